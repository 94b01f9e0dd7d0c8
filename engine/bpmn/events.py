"""Reads which message or signal an event or receive task is about."""

from __future__ import annotations

from engine.bpmn.elements import NamedEvent
from engine.bpmn.names import Element, bpmn, local

#: Event definition -> (kind, attribute that refers to it).
_DEFINITIONS = {
    "messageEventDefinition": ("message", "messageRef"),
    "signalEventDefinition": ("signal", "signalRef"),
}


def named_event_of(node: Element) -> NamedEvent | None:
    """The message or signal of a node; None when it has none, or one that does not exist."""
    if local(node) == "receiveTask":
        return _named(node, "message", node.get("messageRef"))
    for tag, (kind, attribute) in _DEFINITIONS.items():
        definition = node.find(bpmn(tag))
        if definition is not None:
            return _named(node, kind, definition.get(attribute))
    return None


def _named(node: Element, kind: str, reference: str | None) -> NamedEvent | None:
    root = node.getroottree().getroot()
    for element in root.findall(bpmn(kind)):
        if reference and element.get("id") == reference:
            return NamedEvent(kind, element.get("name", "").strip())
    return None
