"""A call activity says what it calls, and no process comes to call itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.bpmn.checks.places import Rule, checked_processes, flow_nodes
from engine.bpmn.diagram import Diagram
from engine.bpmn.names import Element, camunda
from engine.model import Finding

RULE = "call-activity"


def check(diagram: Diagram) -> Iterator[Finding]:
    """Each call activity names a process, and the calls of the file do not go in a circle."""
    rule = Rule(RULE, diagram)
    for _, process in checked_processes(diagram):
        for call in flow_nodes(process, "callActivity"):
            if not _called(call):
                yield (rule.unsupported if call.get(camunda("caseRef")) else rule.error)(
                    call,
                    "tidak menyebut proses yang dipanggil (calledElement); isilah",
                    "it does not name the process it calls (calledElement); set it",
                )
    yield from circular_calls([diagram])


def circular_calls(diagrams: Iterable[Diagram]) -> Iterator[Finding]:
    """One finding for each circle of calls among the processes of those files."""
    calls: dict[str, list[tuple[Diagram, Element]]] = {}
    for diagram in diagrams:
        for model, process in checked_processes(diagram):
            found = [(diagram, call) for call in flow_nodes(process, "callActivity")]
            calls.setdefault(model.id, []).extend(found)
    reported = set[frozenset[str]]()
    for key, made in calls.items():
        # Several calls of one process are one way.
        for diagram, call in {_called(call): (diagram, call) for diagram, call in made}.values():
            circle = _way_back(_called(call), key, calls)
            if circle and frozenset(circle) not in reported:
                reported.add(frozenset(circle))
                yield _circle(Rule(RULE, diagram), call, [key, *circle])


def _called(call: Element) -> str:
    """The key of the called process, without a prefix."""
    return call.get("calledElement", "").strip().rpartition(":")[2]


def _way_back(
    start: str, wanted: str, calls: dict[str, list[tuple[Diagram, Element]]]
) -> list[str]:
    """The keys from `start` to `wanted`, both included; empty when there is no such way."""
    came_from: dict[str, str] = {start: ""}
    pending = [start]
    while pending and wanted not in came_from:
        key = pending.pop(0)
        for _, call in calls.get(key, ()):
            if _called(call) not in came_from:
                came_from[_called(call)] = key
                pending.append(_called(call))
    way: list[str] = []
    current = wanted if wanted in came_from else ""
    while current:
        way.insert(0, current)
        current = came_from[current]
    return way


def _circle(rule: Rule, call: Element, keys: list[str]) -> Finding:
    way = " → ".join(keys)
    return rule.unsupported(
        call,
        f"proses memanggil dirinya kembali ({way}), yang tidak dijalankan; pakai putaran atau "
        "proses lain",
        f"the process comes to call itself ({way}), which is not run; use a loop or another "
        "process",
    )
