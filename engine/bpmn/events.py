"""Reads which message or signal an event or receive task is about."""

from __future__ import annotations

from engine.bpmn.calls import mappings_of
from engine.bpmn.elements import NamedEvent
from engine.bpmn.names import Element, bpmn, declaration, local

#: Event definition -> (kind, attribute that refers to it).
_DEFINITIONS = {
    "messageEventDefinition": ("message", "messageRef"),
    "signalEventDefinition": ("signal", "signalRef"),
}

THROWING = frozenset({"intermediateThrowEvent", "endEvent"})


def named_event_of(node: Element) -> NamedEvent | None:
    """The message or signal of a node; None when it has none, or one that does not exist."""
    if local(node) == "receiveTask":
        return _named(node, "message", node.get("messageRef"), node)
    for tag, (kind, attribute) in _DEFINITIONS.items():
        definition = node.find(bpmn(tag))
        if definition is not None:
            return _named(node, kind, definition.get(attribute), definition)
    return None


def _named(
    node: Element, kind: str, reference: str | None, definition: Element
) -> NamedEvent | None:
    element = declaration(node, kind, reference)
    if element is None:
        return None
    inputs = mappings_of(definition, "in") if local(node) in THROWING else ()
    return NamedEvent(kind, element.get("name", "").strip(), inputs)
