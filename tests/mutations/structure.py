"""Defects of the flow: what begins, what ends, what is never reached, what never meets."""

from __future__ import annotations

import copy
from collections.abc import Iterator

from engine.bpmn.names import ACTIVITIES, GATEWAYS, bpmn, local
from tests.mutations.planting import (
    ERROR,
    UNSUPPORTED,
    Defect,
    Element,
    add_flow,
    defect,
    drop,
    entering,
    flows,
    kind,
    leaving,
    node_of,
    nodes,
)


@kind
def start_dropped(root: Element) -> Iterator[Defect]:
    for start in nodes(root, "startEvent"):
        scope = start.getparent()
        if len(scope.findall(bpmn("startEvent"))) > 1:
            continue
        yield defect(lambda s=start: drop(*leaving(root, s), s), scope, "start-event", UNSUPPORTED)


@kind
def second_none_start(root: Element) -> Iterator[Defect]:
    for start in nodes(root, "startEvent"):
        if len(start.findall("*")) == len(start.findall(bpmn("outgoing"))):
            yield defect(lambda s=start: _second(root, s), "mulai_tanam", "start-event")


def _second(root: Element, start: Element) -> None:
    twin = copy.deepcopy(start)
    twin.set("id", "mulai_tanam")
    start.addnext(twin)
    add_flow(start.getparent(), "mulai_tanam", str(leaving(root, start)[0].get("targetRef")))


@kind
def flow_into_the_start(root: Element) -> Iterator[Defect]:
    for start in nodes(root, "startEvent"):
        for task in [n for n in start.getparent() if local(n) in ACTIVITIES][:1]:
            yield defect(
                lambda s=start, t=task: add_flow(s.getparent(), t.get("id"), s.get("id")),
                start,
                "start-event",
            )


@kind
def isolated_task(root: Element) -> Iterator[Defect]:
    for task in nodes(root, "userTask", "task", "manualTask", "scriptTask"):
        twin = copy.deepcopy(task)
        twin.set("id", "tugas_tanam")
        drop(*[part for part in twin if local(part) in {"incoming", "outgoing"}])
        yield defect(lambda t=task, n=twin: t.addnext(n), "tugas_tanam", "unreachable-node")


@kind
def node_cut_off(root: Element) -> Iterator[Defect]:
    for node in nodes(root):
        sources = [node_of(root, flow.get("sourceRef")) for flow in entering(root, node)]
        if sources and all(len(leaving(root, source)) > 1 for source in sources):
            yield defect(lambda n=node: drop(*entering(root, n)), node, "unreachable-node")


@kind
def task_that_leads_nowhere(root: Element) -> Iterator[Defect]:
    for task in nodes(root, *ACTIVITIES):
        if leaving(root, task):
            yield defect(lambda t=task: drop(*leaving(root, t)), task, "dead-end", UNSUPPORTED)


@kind
def event_that_leads_nowhere(root: Element) -> Iterator[Defect]:
    for event in nodes(root, "intermediateCatchEvent", "intermediateThrowEvent", "startEvent"):
        if leaving(root, event) and event.find(bpmn("linkEventDefinition")) is None:
            yield defect(lambda e=event: drop(*leaving(root, e)), event, "dead-end")


@kind
def boundary_event_that_leads_nowhere(root: Element) -> Iterator[Defect]:
    for event in nodes(root, "boundaryEvent"):
        yield defect(lambda e=event: drop(*leaving(root, e)), event, "dead-end")


@kind
def flow_into_a_boundary_event(root: Element) -> Iterator[Defect]:
    for event in nodes(root, "boundaryEvent"):
        host = str(event.get("attachedToRef"))
        yield defect(
            lambda e=event, h=host: add_flow(e.getparent(), h, e.get("id")),
            event,
            "boundary-event",
        )


@kind
def gateway_that_leads_nowhere(root: Element) -> Iterator[Defect]:
    for gateway in nodes(root, *GATEWAYS):
        is_join = len(entering(root, gateway)) > 1
        yield defect(
            lambda g=gateway: drop(*leaving(root, g)),
            gateway,
            "gateway-without-outgoing",
            UNSUPPORTED if is_join else ERROR,
        )


@kind
def flow_out_of_an_end(root: Element) -> Iterator[Defect]:
    for end in nodes(root, "endEvent"):
        for task in [n for n in end.getparent() if local(n) in ACTIVITIES][:1]:
            yield defect(
                lambda e=end, t=task: add_flow(e.getparent(), e.get("id"), t.get("id")),
                end,
                "dead-end",
            )


@kind
def choice_without_a_condition(root: Element) -> Iterator[Defect]:
    for gateway in nodes(root, "exclusiveGateway"):
        ways = leaving(root, gateway)
        for flow in ways if len(ways) > 1 else []:
            written = flow.find(bpmn("conditionExpression"))
            if written is not None:
                yield defect(lambda w=written: drop(w), flow, "exclusive-without-condition")


@kind
def choice_into_a_parallel_join(root: Element) -> Iterator[Defect]:
    """An exclusive split takes one way, and what follows waits for both."""
    for flow in flows(root):
        if local(node_of(root, flow.get("sourceRef"))) not in GATEWAYS:
            yield defect(lambda f=flow: _pair(f, "exclusiveGateway"), "tanam_4", "soundness")


@kind
def parallel_split_into_a_merge(root: Element) -> Iterator[Defect]:
    """A parallel split takes both ways, and what follows is done twice."""
    for flow in flows(root):
        is_plain = local(node_of(root, flow.get("sourceRef"))) not in GATEWAYS
        if is_plain and local(node_of(root, flow.get("targetRef"))) in ACTIVITIES:
            yield defect(
                lambda f=flow: _pair(f, "parallelGateway"), "tanam_4", "soundness", UNSUPPORTED
            )


def _pair(flow: Element, split: str) -> None:
    """In the middle of a flow: a split, two manual tasks, and a join of the other kind."""
    join = {"exclusiveGateway": "parallelGateway", "parallelGateway": "exclusiveGateway"}[split]
    yes, no = ("true", "false") if split == "exclusiveGateway" else (None, None)
    scope, target = _open(flow, split, "manualTask", "manualTask", join)
    add_flow(scope, "tanam_1", "tanam_2", yes)
    add_flow(scope, "tanam_1", "tanam_3", no)
    add_flow(scope, "tanam_2", "tanam_4")
    add_flow(scope, "tanam_3", "tanam_4")
    add_flow(scope, "tanam_4", target)


def _open(flow: Element, *tags: str) -> tuple[Element, str]:
    """New nodes tanam_1, tanam_2 ... of these types; the flow leads to the first of them now."""
    for number, tag in enumerate(tags, start=1):
        flow.addprevious(flow.makeelement(bpmn(tag), {"id": f"tanam_{number}"}))
    target = str(flow.get("targetRef"))
    flow.set("targetRef", "tanam_1")
    return flow.getparent(), target


@kind
def loop_that_waits_for_nothing(root: Element) -> Iterator[Defect]:
    for flow in flows(root):
        if local(node_of(root, flow.get("sourceRef"))) in ACTIVITIES:
            yield defect(lambda f=flow: _spin(f), "tanam_2", "loop-without-exit")


def _spin(flow: Element) -> None:
    scope, target = _open(flow, "exclusiveGateway", "exclusiveGateway")
    add_flow(scope, "tanam_1", "tanam_2")
    add_flow(scope, "tanam_2", "tanam_1", "ulang")
    out = add_flow(scope, "tanam_2", target)
    split = next(node for node in scope if node.get("id") == "tanam_2")
    split.set("default", str(out.get("id")))


@kind
def loop_without_a_way_out(root: Element) -> Iterator[Defect]:
    for end in nodes(root, "endEvent"):
        scope = end.getparent()
        ends = [node for node in scope if local(node) == "endEvent"]
        for flow in entering(root, end):
            source = node_of(root, flow.get("sourceRef"))
            if len(ends) == 1 and len(entering(root, end)) == 1 and local(source) == "userTask":
                yield defect(
                    lambda e=end, f=flow, s=source: (f.set("targetRef", s.get("id")), drop(e)),
                    source,
                    "dead-end",
                    UNSUPPORTED,
                )
