"""A drawing as data: shapes and lines with all that a painter must know of them, no XML."""

from __future__ import annotations

from dataclasses import dataclass

from engine.bpmn.drawing.geometry import Box, Point, around


@dataclass(frozen=True, slots=True)
class Shape:
    """One pool, lane, node, note or data object."""

    id: str
    #: The local tag name ("userTask", "participant", "textAnnotation", ...).
    type: str
    name: str
    box: Box
    #: Where the name stands when it stands outside.
    label: Box | None = None
    #: "timer", "message", ...; None for an event without a type, and for what is no event.
    event: str | None = None
    #: Whether an event throws what its type says, or catches it.
    throws: bool = False
    #: False for an event that lets its activity or process go on: its circle is dashed.
    interrupts: bool = True
    #: "parallel", "sequential", "loop", "compensation", "adhoc", "collapsed", in their order.
    markers: tuple[str, ...] = ()
    #: Whether it shows what it holds; a pool that does not tells nothing of its process.
    is_expanded: bool = False
    is_transaction: bool = False
    #: An embedded sub-process that an event starts has a dotted border.
    is_event_sub_process: bool = False
    #: False for a pool or lane whose header is at its top.
    is_horizontal: bool = True
    #: The analyst's own colours, as "#rrggbb".
    fill: str | None = None
    stroke: str | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """One line."""

    id: str
    #: "sequenceFlow", "messageFlow", "association", "dataInputAssociation", ...
    type: str
    name: str
    source: str
    target: str
    points: tuple[Point, ...]
    label: Box | None = None
    is_default: bool = False
    #: A condition on a flow out of what is no gateway shows as a diamond.
    is_conditional: bool = False
    #: An association with an arrow: "None", "One" or "Both".
    direction: str = "None"


@dataclass(frozen=True, slots=True)
class Picture:
    """One drawing of a process, in the order of painting: what holds others first."""

    #: The element that it shows: a collaboration or a process.
    id: str
    name: str
    shapes: tuple[Shape, ...]
    edges: tuple[Edge, ...]
    #: Whether the file itself says where everything stands; else it was laid out here.
    is_drawn: bool
    #: Element that has no shape (inside of a collapsed sub-process) -> the shape that stands
    #: for it.
    stands_for: dict[str, str]

    @property
    def bounds(self) -> Box:
        """The rectangle around all that is painted."""
        boxes = [shape.box for shape in self.shapes]
        boxes += [shape.label for shape in self.shapes if shape.label]
        boxes += [edge.label for edge in self.edges if edge.label]
        corners = [point for box in boxes for point in box.corners]
        return around([*corners, *(point for edge in self.edges for point in edge.points)])
