"""Which lanes a process has, and in which one each flow node stands; the innermost wins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.bpmn.elements import Lane
from engine.bpmn.names import SUB_PROCESSES, Element, bpmn, local, text_of


@dataclass(frozen=True, slots=True)
class LaneIndex:
    """The lane path of each referenced element of one process."""

    paths: Mapping[str, tuple[str, ...]]

    def path_of(self, node: Element) -> tuple[str, ...]:
        """The node's own lane path, else that of the nearest sub-process around it."""
        current: Element | None = node
        while current is not None:
            if path := self.paths.get(current.get("id", "")):
                return path
            parent = current.getparent()
            current = parent if parent is not None and local(parent) in SUB_PROCESSES else None
        return ()


def lanes_of(process: Element) -> tuple[Lane, ...]:
    """All lanes of the process, parents before children, in diagram order."""
    return tuple(Lane(lane.get("id", ""), path[-1], path) for lane, path in lane_elements(process))


def index_lanes(process: Element) -> LaneIndex:
    """Who stands where. A node that parent and child both name belongs to the child."""
    paths: dict[str, tuple[str, ...]] = {}
    for lane, path in lane_elements(process):
        for reference in lane.findall(bpmn("flowNodeRef")):
            member = text_of(reference) or ""
            if len(path) >= len(paths.get(member, ())):
                paths[member] = path
    return LaneIndex(paths)


def lane_elements(process: Element) -> Iterator[tuple[Element, tuple[str, ...]]]:
    """(lane element, its path of names); a nameless lane stands in the path by its id."""
    pending: list[tuple[Element, tuple[str, ...]]] = [
        (lane, ()) for lane in _lanes_in(process, "laneSet")
    ]
    while pending:
        lane, parents = pending.pop(0)
        path = (*parents, lane.get("name", "").strip() or lane.get("id", ""))
        yield lane, path
        pending[:0] = [(child, path) for child in _lanes_in(lane, "childLaneSet")]


def _lanes_in(holder: Element, lane_set: str) -> list[Element]:
    return [
        lane for group in holder.findall(bpmn(lane_set)) for lane in group.findall(bpmn("lane"))
    ]
