"""Reads the error or the escalation of an event: its code, and where what is caught is kept."""

from __future__ import annotations

from engine.bpmn.elements import CodedEvent
from engine.bpmn.names import Element, bpmn, camunda, declaration

ERROR, ESCALATION = "error", "escalation"
KINDS = (ERROR, ESCALATION)


def coded_event_of(event: Element) -> CodedEvent | None:
    """The error or escalation that an event throws or catches; None for other events."""
    for kind in KINDS:
        definition = event.find(bpmn(f"{kind}EventDefinition"))
        if definition is not None:
            return _coded(kind, definition)
    return None


def definition_of(event: Element) -> Element | None:
    """The element that says which error or escalation an event is about."""
    found = (event.find(bpmn(f"{kind}EventDefinition")) for kind in KINDS)
    return next((definition for definition in found if definition is not None), None)


def declared(definition: Element) -> Element | None:
    """The `bpmn:error` or `bpmn:escalation` that a definition refers to; None: nothing certain."""
    kind = _kind(definition)
    return declaration(definition, kind, definition.get(f"{kind}Ref"))


def _kind(definition: Element) -> str:
    return ERROR if definition.tag == bpmn("errorEventDefinition") else ESCALATION


def _coded(kind: str, definition: Element) -> CodedEvent:
    declaration = declared(definition)
    return CodedEvent(
        kind=kind,
        code=_attribute(declaration, f"{kind}Code"),
        message=_attribute(declaration, camunda("errorMessage")),
        code_variable=definition.get(camunda(f"{kind}CodeVariable")) or None,
        message_variable=definition.get(camunda("errorMessageVariable")) or None,
    )


def _attribute(declaration: Element | None, name: str) -> str | None:
    return None if declaration is None else declaration.get(name, "").strip() or None
