"""What the rules share: which elements to look at, and how to say where a finding stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.bpmn.diagram import Diagram, flow_elements
from engine.bpmn.elements import ProcessModel
from engine.bpmn.names import BPMNDI, Element, bpmn, line_of, local
from engine.bpmn.refusals import NotRun, Refusal
from engine.bpmn.supported import EXPRESSION_LANGUAGES
from engine.model import Finding, Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """Makes the findings of one rule in one file."""

    id: str
    diagram: Diagram

    def error(self, element: Element, message_id: str, message_en: str) -> Finding:
        """A finding that refuses the file because it is wrong."""
        return self._finding(Severity.ERROR, element, message_id, message_en)

    def unsupported(self, element: Element, message_id: str, message_en: str) -> Finding:
        """A finding that refuses the file because the engine does not run what it says."""
        return self._finding(Severity.UNSUPPORTED, element, message_id, message_en)

    def refused(
        self, element: Element, refusal: Refusal, message_id: str, message_en: str
    ) -> Finding:
        """A finding for an expression: unsupported when it is right in its own language."""
        make = self.unsupported if isinstance(refusal, NotRun) else self.error
        return make(element, message_id, message_en)

    def warning(self, element: Element, message_id: str, message_en: str) -> Finding:
        """A finding that does not refuse the file."""
        return self._finding(Severity.WARNING, element, message_id, message_en)

    def _finding(
        self, severity: Severity, element: Element, message_id: str, message_en: str
    ) -> Finding:
        named = nearest_with_id(element)
        label = label_of(named)
        return Finding(
            rule=self.id,
            severity=severity,
            file_name=self.diagram.file_name,
            line=line_of(element),
            element_id=named.get("id"),
            element_name=named.get("name"),
            message_id=f"{label}: {message_id}",
            message_en=f"{label}: {message_en}",
        )


def label_of(element: Element) -> str:
    """How a message calls an element: tag, name and id."""
    name = " ".join(str(element.get("name", "")).split())
    identity = element.get("id")
    words = [local(element), f"“{name}”" if name else "", f"({identity})" if identity else ""]
    return " ".join(word for word in words if word)


def nearest_with_id(element: Element) -> Element:
    """The element itself, or the nearest one around it with an id of the model or its drawing."""
    current = element
    while not current.get("id") or not current.tag.startswith((bpmn(""), f"{{{BPMNDI}}}")):
        parent = current.getparent()
        if parent is None:
            return element
        current = parent
    return _owner(current)


def _owner(element: Element) -> Element:
    """An event definition or a loop belongs to its node, which is what a person sees."""
    parent = element.getparent()
    is_part = local(element).endswith(("EventDefinition", "LoopCharacteristics", "Expression"))
    is_inside = is_part or local(element).startswith(("time", "loop", "completion"))
    return _owner(parent) if is_inside and parent is not None else element


def is_foreign(language: str | None) -> bool:
    """Whether an expression language, named by a word or an address, is none that is run."""
    word = (language or "").rstrip("/").rpartition("/")[2].lower()
    return bool(word) and word not in EXPRESSION_LANGUAGES


def checked_processes(diagram: Diagram) -> Iterator[tuple[ProcessModel, Element]]:
    """The executable processes with their elements; all of them when none is executable.

    A pool that only describes a partner may hold what it likes.
    """
    elements = diagram.source.findall(bpmn("process"))
    pairs = list(zip(diagram.processes, elements, strict=True))
    executable = [pair for pair in pairs if pair[0].is_executable]
    return iter(executable or pairs)


def nodes_and_flows(process: Element) -> Iterator[Element]:
    """Flow nodes and sequence flows of the process and its sub-processes, in document order."""
    return (element for element, _ in flow_elements(process))


def flow_nodes(process: Element, *types: str) -> Iterator[Element]:
    """Flow nodes of those types (all types when none is given), in document order."""
    return (
        element
        for element in nodes_and_flows(process)
        if local(element) != "sequenceFlow" and (not types or local(element) in types)
    )


def scopes(process: Element) -> Iterator[Element]:
    """The process and each sub-process in it."""
    yield process
    yield from flow_nodes(process, "subProcess", "transaction", "adHocSubProcess")


def flow_scopes(process: Element) -> Iterator[Element]:
    """The scopes in which flows lead from a start to an end.

    BPMN 2.0.2 §10.3.5: the activities of an ad-hoc sub-process need no flows, and it has no start
    and no end event.
    """
    return (scope for scope in scopes(process) if local(scope) != "adHocSubProcess")
