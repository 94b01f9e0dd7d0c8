"""What is thrown has a code and somebody to catch it, and what is caught can be thrown."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.checks.places import Rule, checked_processes, flow_nodes, label_of, scopes
from engine.bpmn.codes import ERROR, coded_event_of, declared, definition_of
from engine.bpmn.diagram import Diagram
from engine.bpmn.elements import CodedEvent
from engine.bpmn.names import (
    FLOW_NODES,
    SUB_PROCESSES,
    Element,
    bpmn,
    bpmn_children,
    is_external,
    is_true,
    is_variable,
    local,
)
from engine.bpmn.refusals import Refusal, shortened
from engine.bpmn.supported import MAX_NODES
from engine.bpmn.values import template
from engine.model import Finding

RULE = "thrown-code"

_THROWING = frozenset({"endEvent", "intermediateThrowEvent"})
#: Here a person or another process may throw any code.
_THROWING_ANYTHING = frozenset({"userTask", "callActivity"})
_NODES = tuple(map(bpmn, FLOW_NODES))
_NAMES_ID = {ERROR: "galat", "escalation": "eskalasi"}


def check(diagram: Diagram) -> Iterator[Finding]:
    """An error or escalation leads from what throws it to what catches it (BPMN 2.0.2 §10.5.6)."""
    rule = Rule(RULE, diagram)
    for model, process in checked_processes(diagram):
        if len(model.nodes) > MAX_NODES:
            continue  # chain-length says so
        for event in flow_nodes(process, *_THROWING):
            yield from _check_throwing(rule, event)
        for scope in scopes(process):
            yield from _check_catching(rule, scope)


# ---------------------------------------------------------------------- throwing


def _check_throwing(rule: Rule, event: Element) -> Iterator[Finding]:
    coded, definition = coded_event_of(event), definition_of(event)
    if coded is None or definition is None:
        return
    if coded.code is None:
        if not definition.get(f"{coded.kind}Ref") or declared(definition) is not None:
            # BPMN 2.0.2 table 10.98: whoever throws must supply one.
            yield rule.error(event, *_without_code(coded))
        return
    if coded.message:
        yield from _check_message(rule, event, coded.message)
    if not _is_caught(event, coded):
        yield _uncaught(rule, event, coded)


def _without_code(coded: CodedEvent) -> tuple[str, str]:
    return (
        f"tidak menyebut {_NAMES_ID[coded.kind]} yang mempunyai kode ({coded.kind}Code); pilih "
        "atau isilah, agar lemparan dan tangkapan bertemu",
        f"it names no {coded.kind} with a code ({coded.kind}Code); choose or set one, so that what "
        "throws it and what catches it meet",
    )


def _check_message(rule: Rule, event: Element, message: str) -> Iterator[Finding]:
    try:
        template(message)
    except Refusal as refusal:
        yield rule.refused(
            event,
            refusal,
            f"camunda:errorMessage {shortened(message)!r} tidak dapat dijalankan: "
            f"{refusal.reason_id}",
            f"camunda:errorMessage {shortened(message)!r} cannot be run: {refusal.reason}",
        )


def _uncaught(rule: Rule, event: Element, coded: CodedEvent) -> Finding:
    if coded.kind == ERROR:
        return rule.warning(
            event,
            f"galat {coded.code} tidak ditangkap siapa pun di proses ini, sehingga seluruh proses "
            "berakhir di sini; hanya proses yang memanggilnya dapat menangkapnya",
            f"nothing in this process catches the error {coded.code}, so that the whole process "
            "ends here; only a process that calls it can catch it",
        )
    return rule.warning(
        event,
        f"eskalasi {coded.code} tidak ditangkap siapa pun di proses ini; hanya proses yang "
        "memanggilnya dapat menangkapnya",
        f"nothing in this process catches the escalation {coded.code}; only a process that calls "
        "it can",
    )


def _is_caught(thrower: Element, coded: CodedEvent) -> bool:
    """Whether an event around the thrower catches it: in its scope, on its edge, further out."""
    inside, scope = thrower, thrower.getparent()
    while scope is not None:
        caught = [*_triggers(scope, but=inside), *_on_the_edge_of(scope)]
        if any(c.kind == coded.kind and c.code in {None, coded.code} for _, c in caught):
            return True
        inside, scope = scope, scope.getparent() if local(scope) in SUB_PROCESSES else None
    return False


# ---------------------------------------------------------------------- catching


def _check_catching(rule: Rule, scope: Element) -> Iterator[Finding]:
    hosts = {node.get("id"): node for node in bpmn_children(scope)}
    areas = [(scope, _triggers(scope))]
    areas += [(host, _on_the_edge_of(host)) for host in hosts.values()]
    for area, caught in areas:
        seen: dict[tuple[str, str | None], Element] = {}
        for event, coded in caught:
            yield from _check_code(rule, event, coded)
            first = seen.setdefault((coded.kind, coded.code), event)
            if first is not event:
                yield _twice(rule, event, first)
            elif not _may_throw(area, coded, but=event):
                yield _never(rule, event, coded)


def _check_code(rule: Rule, event: Element, coded: CodedEvent) -> Iterator[Finding]:
    definition = definition_of(event)
    if coded.code is None and definition is not None and declared(definition) is not None:
        yield rule.unsupported(event, *_without_code(coded))
    for name in (coded.code_variable, coded.message_variable):
        if name is not None and not is_variable(name):
            yield rule.error(
                event,
                f"{name!r} bukan nama variabel; pakai huruf, angka dan garis bawah",
                f"{name!r} is no name of a variable; use letters, digits and underscores",
            )


def _twice(rule: Rule, event: Element, first: Element) -> Finding:
    return rule.unsupported(
        event,
        f"menangkap kode yang sama dengan {label_of(first)} di tempat yang sama; hapus salah satu",
        f"it catches the same code as {label_of(first)} in the same place; remove one of them",
    )


def _never(rule: Rule, event: Element, coded: CodedEvent) -> Finding:
    name = _NAMES_ID[coded.kind]
    code = f" {coded.code}" if coded.code else ""
    return rule.warning(
        event,
        f"tidak akan pernah dipicu, sebab tidak ada yang dapat melempar {name}{code} di situ",
        f"it can never be triggered, because nothing there can throw the {coded.kind}{code}",
    )


def _may_throw(area: Element, coded: CodedEvent, *, but: Element) -> bool:
    """Whether anything in the area may throw it; inner events that catch it are passed over."""
    own = but.getparent() if local(but) == "startEvent" else None
    return any(
        _throws(element, coded)
        for element in area.iter(*_NODES)
        if own is None or own not in element.iterancestors()
    )


def _throws(element: Element, coded: CodedEvent) -> bool:
    if local(element) in _THROWING_ANYTHING:
        return True
    if is_external(element):
        return coded.kind == ERROR
    if local(element) not in _THROWING:
        return False
    thrown = coded_event_of(element)
    is_kind = thrown is not None and thrown.kind == coded.kind
    return is_kind and thrown is not None and coded.code in {None, thrown.code}


# ------------------------------------------------------------------- what catches


def _triggers(scope: Element, *, but: Element | None = None) -> list[tuple[Element, CodedEvent]]:
    """The start events of the event sub-processes directly in the scope, `but` one of them.

    Those of an event sub-process that interrupts are alone: the others wait no more.
    """
    starts = [
        (sub, start)
        for sub in scope.findall(bpmn("subProcess"))
        if is_true(sub.get("triggeredByEvent"))
        for start in sub.findall(bpmn("startEvent"))
    ]
    ended_all = any(s is but and is_true(e.get("isInterrupting", "true")) for s, e in starts)
    if ended_all:
        return []
    return _coded([start for sub, start in starts if sub is not but])


def _on_the_edge_of(host: Element) -> list[tuple[Element, CodedEvent]]:
    scope = host.getparent()
    if scope is None or not host.get("id"):
        return []
    events = scope.findall(bpmn("boundaryEvent"))
    return _coded([event for event in events if event.get("attachedToRef") == host.get("id")])


def _coded(events: list[Element]) -> list[tuple[Element, CodedEvent]]:
    found = [(event, coded_event_of(event)) for event in events]
    return [(event, coded) for event, coded in found if coded is not None]
