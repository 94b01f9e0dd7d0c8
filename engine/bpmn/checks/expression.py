"""Conditions, collections, cardinalities and completion conditions are in the language we run."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.checks.places import Rule, checked_processes, is_foreign
from engine.bpmn.diagram import Diagram
from engine.bpmn.expressions import translate
from engine.bpmn.names import Element, bpmn, camunda, local, text_of
from engine.bpmn.refusals import NotRun, Refusal, shortened
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
    if is_foreign(element.get("language")):
        yield from _another_language(rule, element)
        return
    try:
        translate(source)
    except Refusal as refusal:
        # The file may say for all of its expressions that they are in another language.
        is_declared = is_foreign(rule.diagram.source.get("expressionLanguage"))
        refused = NotRun(source, refusal.reason, refusal.reason_id) if is_declared else refusal
        yield rule.refused(
            element,
            refused,
            f"ungkapan {shortened(source)!r} tidak dapat dijalankan: {refusal.reason_id}",
            f"the expression {shortened(source)!r} cannot be run: {refusal.reason}",
        )


def _another_language(rule: Rule, element: Element) -> Iterator[Finding]:
    if local(element) != "conditionExpression":  # of which unsupported-element speaks
        language = element.get("language")
        yield rule.unsupported(
            element,
            f"bahasa {language} tidak dijalankan; tulis sebagai ${{...}}",
            f"the language {language} is not run; write it as ${{...}}",
        )
