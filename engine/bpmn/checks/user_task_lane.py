"""Somebody in particular may do each user task; a task without a lane would be everybody's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from engine.bpmn.checks.places import Rule, checked_processes, flow_nodes
from engine.bpmn.diagram import Diagram
from engine.bpmn.elements import FlowNode, ProcessModel
from engine.bpmn.lanes import lane_elements
from engine.bpmn.names import Element, bpmn, text_of
from engine.model import Finding

RULE = "user-task-lane"


def check(diagram: Diagram) -> Iterator[Finding]:
    """Each user task stands in one named lane or names its people."""
    rule = Rule(RULE, diagram)
    for model, process in checked_processes(diagram):
        yield from _nameless_lanes(rule, process)
        yield from _shared_nodes(rule, process)
        unowned = [
            task
            for task in flow_nodes(process, "userTask")
            if not _has_owner(model.nodes[task.get("id", "")])
        ]
        yield from _unowned(rule, model, process, unowned)


def _has_owner(node: FlowNode) -> bool:
    return bool(node.lane_path or node.assignee or node.candidate_users or node.candidate_groups)


def _nameless_lanes(rule: Rule, process: Element) -> Iterator[Finding]:
    for lane, _ in lane_elements(process):
        if not str(lane.get("name", "")).strip():
            yield rule.unsupported(
                lane,
                "lajur belum bernama; berilah nama pelaksana",
                "the lane has no name; name who performs its tasks",
            )


def _shared_nodes(rule: Rule, process: Element) -> Iterator[Finding]:
    """Parent and child lane may both name a node; two lanes side by side may not."""
    members: Counter[tuple[int, str | None]] = Counter()
    for lane, path in lane_elements(process):
        for reference in lane.findall(bpmn("flowNodeRef")):
            place = (len(path), text_of(reference))
            members[place] += 1
            if members[place] == 2:
                yield rule.error(
                    reference,
                    f"{text_of(reference)} berada di dua lajur sekaligus; pilih satu",
                    f"{text_of(reference)} stands in two lanes at once; choose one",
                )


def _unowned(
    rule: Rule, model: ProcessModel, process: Element, tasks: list[Element]
) -> Iterator[Finding]:
    if tasks and not model.lanes:
        names = ", ".join(str(task.get("id")) for task in tasks)
        yield rule.warning(
            process,
            f"tidak ada lajur dan tidak ada pelaksana untuk {names}; hanya yang memulai dan admin "
            "yang akan melihatnya. Tambahkan lajur",
            f"there are no lanes and nobody is named for {names}; only the starter and admins will "
            "see them. Add lanes",
        )
        return
    for task in tasks:
        yield rule.unsupported(
            task,
            "tidak berada di lajur mana pun dan tidak menyebut pelaksana; tempatkan di lajur",
            "it stands in no lane and names nobody; put it into a lane",
        )
