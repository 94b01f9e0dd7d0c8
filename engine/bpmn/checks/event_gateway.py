"""An event-based gateway leads to several events, each its own, of which the first one wins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from engine.bpmn.checks.graph import graph_of
from engine.bpmn.checks.places import Rule, checked_processes, flow_scopes, label_of
from engine.bpmn.diagram import Diagram
from engine.bpmn.events import named_event_of
from engine.bpmn.names import Element, bpmn, local
from engine.model import Finding

RULE = "event-gateway"

_CAUGHT = ("messageEventDefinition", "signalEventDefinition", "timerEventDefinition")
#: They are events too, but not run yet: unsupported-element says so.
_NOT_RUN = ("conditionalEventDefinition",)


def check(diagram: Diagram) -> Iterator[Finding]:
    """What BPMN 2.0.2 §10.6.6 asks of the gateway and of what follows it."""
    rule = Rule(RULE, diagram)
    for _, process in checked_processes(diagram):
        for scope in flow_scopes(process):
            graph = graph_of(scope)
            entries = Counter(flow.get("targetRef") for flow in scope.findall(bpmn("sequenceFlow")))
            for node_id, gateway in graph.nodes.items():
                if local(gateway) == "eventBasedGateway":
                    flows = graph.outgoing.get(node_id, ())
                    targets = [graph.nodes.get(flow.get("targetRef", "")) for flow in flows]
                    found = [target for target in targets if target is not None]
                    yield from _check_gateway(rule, gateway, found)
                    for target in found:
                        yield from _check_target(rule, graph.nodes, target, entries)


def _check_gateway(rule: Rule, gateway: Element, targets: list[Element]) -> Iterator[Finding]:
    if len(targets) == 1:
        yield rule.error(
            gateway,
            "hanya menunggu satu kejadian; tambahkan kejadian lain, atau hapus gerbang ini",
            "it waits for one event only; add another one, or remove the gateway",
        )
    seen: dict[tuple[str, str], Element] = {}
    for target in targets:
        event = named_event_of(target)
        if event is None:
            continue
        twin = seen.setdefault((event.kind, event.name), target)
        if twin is not target:
            yield rule.unsupported(
                target,
                f"menunggu {event.kind} {event.name!r}, sama dengan {label_of(twin)}; hanya satu "
                "yang dapat menerimanya. Ubah namanya",
                f"it waits for the {event.kind} {event.name!r}, as {label_of(twin)} does; only one "
                "of them can get it. Change the name",
            )


def _check_target(
    rule: Rule, nodes: Mapping[str, Element], target: Element, entries: Mapping[str | None, int]
) -> Iterator[Finding]:
    if not _is_event(target):
        yield rule.error(
            target,
            "berada tepat di belakang gerbang kejadian, yang hanya boleh menuju kejadian antara "
            "penerima (pesan, sinyal, pewaktu) atau tugas penerima; sisipkan kejadian itu",
            "it stands right behind an event-based gateway, which may only lead to intermediate "
            "catch events (message, signal, timer) or receive tasks; put such an event between",
        )
    elif entries[target.get("id")] > 1:
        yield rule.error(
            target,
            "menunggu di belakang gerbang kejadian, sehingga tidak boleh dimasuki alur lain; "
            "arahkan alur lain itu ke langkah sesudahnya",
            "it waits behind an event-based gateway, so that no other flow may lead to it; lead "
            "the others to what follows",
        )
    if local(target) == "receiveTask":
        yield from _check_receive_task(rule, nodes, target)


def _is_event(target: Element) -> bool:
    if local(target) == "receiveTask":
        return True
    return local(target) == "intermediateCatchEvent" and any(
        target.find(bpmn(tag)) is not None for tag in (*_CAUGHT, *_NOT_RUN)
    )


def _check_receive_task(
    rule: Rule, nodes: Mapping[str, Element], task: Element
) -> Iterator[Finding]:
    """It does not wait by itself, so that nothing can happen on it, or many times."""
    hosts = {n.get("attachedToRef") for n in nodes.values() if local(n) == "boundaryEvent"}
    is_repeated = task.find(bpmn("multiInstanceLoopCharacteristics")) is not None
    if task.get("id") in hosts or is_repeated:
        yield rule.error(
            task,
            "menunggu di belakang gerbang kejadian, sehingga tidak boleh berulang atau memuat "
            "kejadian batas; pindahkan ke langkah sesudahnya",
            "it waits behind an event-based gateway, so that it may not be repeated or carry "
            "boundary events; move them to what follows",
        )
