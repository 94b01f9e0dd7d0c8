"""Conditions, collections, cardinalities and completion conditions are in the language we run."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.checks.places import Rule, checked_processes
from engine.bpmn.diagram import Diagram
from engine.bpmn.expressions import translate
from engine.bpmn.names import Element, bpmn, camunda, text_of
from engine.bpmn.refusals import Refusal, shortened
from engine.model import Finding

RULE = "expression"

_TEXTS = ("conditionExpression", "loopCardinality", "completionCondition")


def check(diagram: Diagram) -> Iterator[Finding]:
    """Every expression of the process can be translated."""
    rule = Rule(RULE, diagram)
    for _, process in checked_processes(diagram):
        for tag in _TEXTS:
            for element in process.iter(bpmn(tag)):
                yield from _check(rule, element, text_of(element))
        for loop in process.iter(bpmn("multiInstanceLoopCharacteristics")):
            yield from _check(rule, loop, loop.get(camunda("collection")))


def _check(rule: Rule, element: Element, source: str | None) -> Iterator[Finding]:
    if source is None:
        return
    try:
        translate(source)
    except Refusal as refusal:
        yield rule.error(
            element,
            f"ungkapan {shortened(source)!r} tidak dapat dijalankan: {refusal.reason_id}",
            f"the expression {shortened(source)!r} cannot be run: {refusal.reason}",
        )
