"""What of a file is to be drawn: pools, lanes, nodes and lines, before anything has a place.

A sheet is one drawing: of a collaboration, or of a process that no collaboration names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from engine.bpmn.names import (
    ACTIVITIES,
    FLOW_NODES,
    SUB_PROCESSES,
    Element,
    bpmn,
    bpmn_children,
    local,
    text_of,
)

ARTIFACTS = frozenset({"textAnnotation", "dataObjectReference", "dataStoreReference"})
_DATA_LINES = ("dataInputAssociation", "dataOutputAssociation")


@dataclass(frozen=True, slots=True)
class Figure:
    """One element with a shape of its own, and what it holds when it is a sub-process."""

    id: str
    type: str
    name: str
    #: The activity on whose border a boundary event sits.
    host: str | None = None
    inner: Scope | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One element that connects two figures."""

    id: str
    type: str
    name: str
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Scope:
    """What a process or sub-process holds, in document order."""

    figures: tuple[Figure, ...] = ()
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class LaneOutline:
    """One lane, and the lanes in it."""

    id: str
    name: str
    members: frozenset[str]
    children: tuple[LaneOutline, ...] = ()

    def leaves(self) -> Iterator[LaneOutline]:
        """The innermost lanes from top to bottom; itself when it has no children."""
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves()


@dataclass(frozen=True, slots=True)
class Pool:
    """One participant with its process; without an id the process of a sheet without pools."""

    id: str | None
    name: str
    lanes: tuple[LaneOutline, ...] = ()
    #: None: a partner of whom nothing is told.
    scope: Scope | None = None

    def leaves(self) -> list[LaneOutline]:
        """The innermost lanes from top to bottom."""
        return [leaf for lane in self.lanes for leaf in lane.leaves()]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One drawing. `id` is what its plane shows: a collaboration or a process."""

    id: str
    pools: tuple[Pool, ...]
    #: Lines between pools.
    messages: tuple[Line, ...] = ()


def outline(root: Element) -> list[Sheet]:
    """Every sheet of a file, those of collaborations first; every element has an id."""
    processes = {each.get("id", ""): each for each in root.findall(bpmn("process"))}
    sheets = [
        sheet
        for each in root.findall(bpmn("collaboration"))
        if (sheet := _collaboration(each, processes)).pools
    ]
    told = {
        part.get("processRef")
        for each in root.findall(bpmn("collaboration"))
        for part in each.findall(bpmn("participant"))
    }
    return sheets + [
        Sheet(key, (_pool(None, "", process, ()),))
        for key, process in processes.items()
        if key not in told
    ]


def _collaboration(element: Element, processes: Mapping[str, Element]) -> Sheet:
    pools, shown = [], set()
    extra = list(element)
    for part in element.findall(bpmn("participant")):
        reference = part.get("processRef")
        # Two participants may name one process; it is drawn once.
        process = processes.get(reference or "") if reference not in shown else None
        shown.add(reference)
        pools.append(_pool(part.get("id"), part.get("name", ""), process, extra))
        # What the collaboration says besides stands in the first pool that can hold it.
        extra = extra if process is None else []
    messages = tuple(
        _line(each, each.get("sourceRef", ""), each.get("targetRef", ""))
        for each in element.findall(bpmn("messageFlow"))
    )
    return Sheet(element.get("id", ""), tuple(pools), messages)


def _pool(key: str | None, name: str, process: Element | None, extra: Iterable[Element]) -> Pool:
    if process is None:
        return Pool(key, name)
    return Pool(key, name or process.get("name", ""), _lanes(process), _scope(process, extra))


def _lanes(process: Element) -> tuple[LaneOutline, ...]:
    return tuple(lane for group in process.findall(bpmn("laneSet")) for lane in _lanes_in(group))


def _lanes_in(group: Element) -> Iterator[LaneOutline]:
    for lane in group.findall(bpmn("lane")):
        members = (text_of(each) for each in lane.findall(bpmn("flowNodeRef")))
        children = (c for each in lane.findall(bpmn("childLaneSet")) for c in _lanes_in(each))
        yield LaneOutline(
            id=lane.get("id", ""),
            name=lane.get("name", ""),
            members=frozenset(member for member in members if member),
            children=tuple(children),
        )


def _scope(holder: Element, extra: Iterable[Element] = ()) -> Scope:
    elements = [*bpmn_children(holder), *extra]
    figures = _seated({each.id: each for each in map(_figure, elements) if each is not None})
    flows = {each.get("id"): each.get("sourceRef", "") for each in elements}
    # A note may hang at a flow; its line then ends where the flow begins.
    lines = [
        _line(each, *(flows.get(end) or end if end not in figures else end for end in ends))
        for each, ends in _ends(elements)
    ]
    right = (each for each in lines if each.source in figures and each.target in figures)
    return Scope(tuple(figures.values()), tuple(right))


def _seated(figures: dict[str, Figure]) -> dict[str, Figure]:
    """Boundary events without an activity to sit on stand by themselves."""
    hosts = {key for key, each in figures.items() if each.type in ACTIVITIES}
    return {
        key: each if each.host in hosts else replace(each, host=None)
        for key, each in figures.items()
    }


def _figure(element: Element) -> Figure | None:
    kind = local(element)
    if kind not in FLOW_NODES | ARTIFACTS:
        return None
    return Figure(
        id=element.get("id", ""),
        type=kind,
        name=name_of(element),
        host=element.get("attachedToRef") if kind == "boundaryEvent" else None,
        inner=_scope(element) if kind in SUB_PROCESSES else None,
    )


def name_of(element: Element) -> str:
    """The words that a reader sees: the name, or the text of an annotation."""
    if local(element) == "textAnnotation":
        return text_of(element.find(bpmn("text"))) or ""
    return " ".join(element.get("name", "").split())


def _ends(elements: Iterable[Element]) -> Iterator[tuple[Element, tuple[str, str]]]:
    """Each line of a scope with the ids of its ends."""
    for element in elements:
        kind = local(element)
        if kind in {"sequenceFlow", "association"}:
            yield element, (element.get("sourceRef", ""), element.get("targetRef", ""))
        if kind not in FLOW_NODES:
            continue
        owner = element.get("id", "")
        for line in (part for tag in _DATA_LINES for part in element.findall(bpmn(tag))):
            if not line.get("id"):
                continue
            is_input = local(line) == "dataInputAssociation"
            other = text_of(line.find(bpmn("sourceRef" if is_input else "targetRef"))) or ""
            yield line, ((other, owner) if is_input else (owner, other))


def _line(element: Element, source: str, target: str) -> Line:
    return Line(element.get("id", ""), local(element), name_of(element), source, target)
