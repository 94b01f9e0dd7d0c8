"""Reads a call activity: which process it calls, and which variables go in and come out."""

from __future__ import annotations

from engine.bpmn.elements import Call, CallMapping
from engine.bpmn.names import Element, camunda, extension_elements, local

#: `camunda:in businessKey` that hands on the caller's own key.
OWN_BUSINESS_KEY = frozenset({"#{execution.processBusinessKey}", "${execution.processBusinessKey}"})


def call_of(element: Element) -> Call | None:
    """The call of a call activity; None for other nodes."""
    if local(element) != "callActivity":
        return None
    return Call(
        element=element.get("calledElement", "").strip(),
        binding=element.get(camunda("calledElementBinding"), "latest"),
        version=element.get(camunda("calledElementVersion")),
        inputs=mappings_of(element, "in"),
        outputs=mappings_of(element, "out"),
    )


def mappings_of(element: Element, direction: str) -> tuple[CallMapping, ...]:
    """The `camunda:in` or `camunda:out` of an element."""
    return tuple(map(_mapping, extension_elements(element, direction)))


def _mapping(element: Element) -> CallMapping:
    return CallMapping(
        source=element.get("source"),
        source_expression=element.get("sourceExpression"),
        target=element.get("target"),
        all_variables=element.get("variables") == "all",
        business_key=element.get("businessKey"),
    )
