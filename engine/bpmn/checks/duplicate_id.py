"""An id names one element of the file; the second one would silently replace the first."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from engine.bpmn.checks.places import Rule, label_of
from engine.bpmn.diagram import Diagram
from engine.bpmn.names import BPMNDI, MODEL, Element, line_of
from engine.model import Finding

RULE = "duplicate-id"


def check(diagram: Diagram) -> Iterator[Finding]:
    """No two elements of the model or of its drawing share an id."""
    rule = Rule(RULE, diagram)
    seen: dict[str, Element] = {}
    for element in diagram.source.iter("*"):
        identity = element.get("id")
        if not identity or etree.QName(element).namespace not in {MODEL, BPMNDI}:
            continue
        first = seen.setdefault(identity, element)
        if first is not element:
            yield rule.error(
                element,
                f"id ini sudah dipakai oleh {label_of(first)} di baris {line_of(first)}; ubah "
                "salah satunya",
                f"the id already belongs to {label_of(first)} on line {line_of(first)}; change one",
            )
