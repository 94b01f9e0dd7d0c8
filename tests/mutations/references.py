"""References that lead nowhere, and ids that lead to two places."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.names import BPMNDI, bpmn, local
from tests.mutations.planting import (
    UNSUPPORTED,
    WARNING,
    Defect,
    Element,
    add,
    defect,
    drop,
    flows,
    kind,
    leaving,
    nodes,
    owner_of,
    process_of,
    retype,
)

NOWHERE = "tidak_ada"
RULE = "unresolved-reference"


@kind
def flow_from_nowhere(root: Element) -> Iterator[Defect]:
    for flow in flows(root):
        yield defect(lambda f=flow: f.set("sourceRef", NOWHERE), flow, RULE)


@kind
def flow_to_nowhere(root: Element) -> Iterator[Defect]:
    for flow in flows(root):
        yield defect(lambda f=flow: f.set("targetRef", NOWHERE), flow, RULE)


@kind
def flow_without_source(root: Element) -> Iterator[Defect]:
    for flow in flows(root):
        yield defect(lambda f=flow: f.attrib.pop("sourceRef"), flow, RULE)


@kind
def default_to_nowhere(root: Element) -> Iterator[Defect]:
    for node in nodes(root, "exclusiveGateway", "inclusiveGateway", "userTask"):
        yield defect(lambda n=node: n.set("default", NOWHERE), node, RULE)


@kind
def default_of_another_node(root: Element) -> Iterator[Defect]:
    for node in nodes(root, "exclusiveGateway", "inclusiveGateway"):
        others = [flow for flow in flows(root) if flow.get("sourceRef") != node.get("id")]
        for flow in others[:1]:
            yield defect(lambda n=node, f=flow: n.set("default", f.get("id")), node, RULE)


@kind
def boundary_event_on_nothing(root: Element) -> Iterator[Defect]:
    for event in nodes(root, "boundaryEvent"):
        yield defect(lambda e=event: e.set("attachedToRef", NOWHERE), event, RULE)


@kind
def boundary_event_on_an_event(root: Element) -> Iterator[Defect]:
    for event in nodes(root, "boundaryEvent"):
        start = event.getparent().find(bpmn("startEvent"))
        yield defect(lambda e=event, s=start: e.set("attachedToRef", s.get("id")), event, RULE)


@kind
def message_of_nowhere(root: Element) -> Iterator[Defect]:
    for definition in root.iter(bpmn("messageEventDefinition")):
        yield defect(lambda d=definition: d.set("messageRef", NOWHERE), owner_of(definition), RULE)


def _ends_that_throw(root: Element, what: str) -> Iterator[Defect]:
    for end in nodes(root, "endEvent"):
        plant = lambda e=end: add(  # noqa: E731
            retype(e, "endEvent"), f"{what}EventDefinition", None, **{f"{what}Ref": NOWHERE}
        )
        yield defect(plant, end, RULE)


@kind
def signal_of_nowhere(root: Element) -> Iterator[Defect]:
    yield from _ends_that_throw(root, "signal")


@kind
def error_of_nowhere(root: Element) -> Iterator[Defect]:
    yield from _ends_that_throw(root, "error")


@kind
def escalation_of_nowhere(root: Element) -> Iterator[Defect]:
    yield from _ends_that_throw(root, "escalation")


@kind
def received_message_of_nowhere(root: Element) -> Iterator[Defect]:
    for task in nodes(root, "userTask", "manualTask", "task"):
        if task.find(bpmn("multiInstanceLoopCharacteristics")) is None:
            yield defect(
                lambda t=task: retype(t, "receiveTask").set("messageRef", NOWHERE), task, RULE
            )


@kind
def pool_of_no_process(root: Element) -> Iterator[Defect]:
    for participant in root.iter(bpmn("participant")):
        if participant.get("processRef"):
            yield defect(lambda p=participant: p.set("processRef", NOWHERE), participant, RULE)


@kind
def lane_with_a_stranger(root: Element) -> Iterator[Defect]:
    for lane in root.iter(bpmn("lane")):
        yield defect(lambda e=lane: add(e, "flowNodeRef", NOWHERE), lane, RULE)


@kind
def call_of_nothing(root: Element) -> Iterator[Defect]:
    for task in nodes(root, "task", "manualTask", "userTask"):
        if task.find(bpmn("multiInstanceLoopCharacteristics")) is None:
            yield defect(lambda t=task: retype(t, "callActivity"), task, "call-activity")


@kind
def call_of_itself(root: Element) -> Iterator[Defect]:
    key = str(process_of(root).get("id"))
    for task in nodes(root, "task", "manualTask", "userTask"):
        if task.find(bpmn("multiInstanceLoopCharacteristics")) is None:
            yield defect(
                lambda t=task: retype(t, "callActivity").set("calledElement", key),
                task,
                "call-activity",
                UNSUPPORTED,
            )


@kind
def link_that_nothing_catches(root: Element) -> Iterator[Defect]:
    for end in nodes(root, "endEvent"):
        plant = lambda e=end: add(  # noqa: E731
            retype(e, "intermediateThrowEvent"), "linkEventDefinition", None, name="ke mana"
        )
        yield defect(plant, end, "link-event")


@kind
def link_that_nothing_throws(root: Element) -> Iterator[Defect]:
    for event in nodes(root, "intermediateCatchEvent"):
        plant = lambda e=event: add(  # noqa: E731
            retype(e, "intermediateCatchEvent"), "linkEventDefinition", None, name="dari mana"
        )
        yield defect(plant, event, "link-event")


def _pool(root: Element) -> Element:
    """The collaboration of the file, made when there is none."""
    found = root.find(bpmn("collaboration"))
    if found is None:
        found = add(root, "collaboration", id="kolaborasi_tanam")
        root.insert(0, found)
    return found


@kind
def message_flow_within_a_pool(root: Element) -> Iterator[Defect]:
    tasks = nodes(root, "userTask", "task")
    if len(tasks) > 1:
        ends = {"sourceRef": str(tasks[0].get("id")), "targetRef": str(tasks[1].get("id"))}
        yield defect(
            lambda: add(_pool(root), "messageFlow", id="pesan_tanam", **ends),
            "pesan_tanam",
            "message-flow",
        )


@kind
def message_flow_to_nowhere(root: Element) -> Iterator[Defect]:
    for task in nodes(root, "userTask", "task")[:1]:
        ends = {"sourceRef": str(task.get("id")), "targetRef": NOWHERE}
        yield defect(
            lambda e=ends: add(_pool(root), "messageFlow", id="pesan_tanam", **e),
            "pesan_tanam",
            "message-flow",
        )


@kind
def id_used_twice(root: Element) -> Iterator[Defect]:
    for node in nodes(root):
        yield defect(
            lambda n=node: add(n.getparent(), "textAnnotation", id=n.get("id")),
            node,
            "duplicate-id",
        )


@kind
def node_without_a_shape(root: Element) -> Iterator[Defect]:
    for shape in root.iter(f"{{{BPMNDI}}}BPMNShape"):
        if shape.get("bpmnElement") in {node.get("id") for node in nodes(root)}:
            yield defect(
                lambda s=shape: drop(s), str(shape.get("bpmnElement")), "missing-diagram", WARNING
            )


@kind
def shape_of_nothing(root: Element) -> Iterator[Defect]:
    for shape in root.iter(f"{{{BPMNDI}}}BPMNShape", f"{{{BPMNDI}}}BPMNEdge"):
        if local(shape) == "BPMNEdge" or len(list(shape.getparent())) > 1:
            yield defect(lambda s=shape: s.set("bpmnElement", NOWHERE), shape, RULE, WARNING)


@kind
def default_that_has_a_condition(root: Element) -> Iterator[Defect]:
    for node in nodes(root, "exclusiveGateway", "inclusiveGateway"):
        for flow in leaving(root, node):
            if node.get("default") is None and flow.find(bpmn("conditionExpression")) is not None:
                yield defect(
                    lambda n=node, f=flow: n.set("default", f.get("id")), flow, "default-flow"
                )
