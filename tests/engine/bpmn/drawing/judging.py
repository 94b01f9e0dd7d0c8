"""Judges a picture: one sentence for everything that a reader would stumble on.

It looks at the finished picture alone, and shares no code with what laid it out but its data.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise

from engine.bpmn.drawing.geometry import Box
from engine.bpmn.drawing.picture import Edge, Picture, Shape

FRAMES = {"participant", "lane"}
HEADER = 30
#: Computed coordinates may differ from each other by rounding.
SLACK = 0.01


def faults(picture: Picture, lanes: dict[str, list[str]] | None = None) -> list[str]:
    """Everything that is wrong. lanes: innermost lane -> the nodes that stand in it."""
    found = [fault for judge in JUDGES for fault in judge(picture)]
    return found + list(strays(picture, lanes or {}))


def overlap(one: Box, other: Box, gap: float = 0) -> bool:
    return (
        one.x < other.right + gap - SLACK
        and other.x < one.right + gap - SLACK
        and one.y < other.bottom + gap - SLACK
        and other.y < one.bottom + gap - SLACK
    )


def holds(outer: Box, inner: Box) -> bool:
    return (
        outer.x <= inner.x + SLACK
        and outer.y <= inner.y + SLACK
        and inner.right <= outer.right + SLACK
        and inner.bottom <= outer.bottom + SLACK
    )


def nodes_of(picture: Picture) -> list[Shape]:
    return [shape for shape in picture.shapes if shape.type not in FRAMES]


def pieces(edge: Edge) -> Iterator[Box]:
    for (x1, y1), (x2, y2) in pairwise(edge.points):
        yield Box(min(x1, x2), min(y1, y2), abs(x1 - x2), abs(y1 - y2))


def overlapping_shapes(picture: Picture) -> Iterator[str]:
    for one, other in combinations(nodes_of(picture), 2):
        is_seated = "boundaryEvent" in (one.type, other.type)
        is_nested = (one.is_expanded and holds(one.box, other.box)) or (
            other.is_expanded and holds(other.box, one.box)
        )
        if overlap(one.box, other.box, gap=3) and not is_seated and not is_nested:
            yield f"{one.id} overlaps {other.id}"


def badly_seated(picture: Picture) -> Iterator[str]:
    """A boundary event sits on the border of one activity, and on nothing else."""
    for event in nodes_of(picture):
        if event.type == "boundaryEvent":
            under = [s for s in nodes_of(picture) if s is not event and overlap(s.box, event.box)]
            hosts = [s for s in under if not holds(s.box, event.box)]
            if len(hosts) != 1 or hosts[0].box.bottom != event.box.centre[1]:
                yield f"{event.id} sits on {[s.id for s in hosts]}"


def strays(picture: Picture, lanes: dict[str, list[str]]) -> Iterator[str]:
    boxes = {shape.id: shape.box for shape in picture.shapes}
    for lane, members in lanes.items():
        frame = boxes[lane]
        inside = Box(frame.x + HEADER, frame.y, frame.width - HEADER, frame.height)
        for member in members:
            if not holds(inside, boxes[member].grown(3)):
                yield f"{member} strays from {lane}"


def slanted_edges(picture: Picture) -> Iterator[str]:
    for edge in picture.edges:
        if any(piece.width > SLACK and piece.height > SLACK for piece in pieces(edge)):
            yield f"{edge.id} is slanted"


def undocked_edges(picture: Picture) -> Iterator[str]:
    """An edge begins on the border of its source, and ends on that of its target."""
    boxes = {shape.id: shape.box for shape in picture.shapes}
    for edge in picture.edges:
        for end, (x, y) in ((edge.source, edge.points[0]), (edge.target, edge.points[-1])):
            box = boxes.get(end)
            # What is inside of a sub-process gets its messages at the sub-process.
            if box is None or edge.type == "messageFlow":
                continue
            on_side = min(abs(x - box.x), abs(x - box.right)) < SLACK and box.y <= y <= box.bottom
            on_edge = min(abs(y - box.y), abs(y - box.bottom)) < SLACK and box.x <= x <= box.right
            if not (on_side or on_edge):
                yield f"{edge.id} does not touch {end}"


def edges_through_shapes(picture: Picture) -> Iterator[str]:
    shapes = nodes_of(picture)
    for edge in picture.edges:
        for piece in pieces(edge):
            for shape in shapes:
                is_around = shape.is_expanded and holds(shape.box, piece)
                is_own = shape.id in (edge.source, edge.target)
                # It may touch the border of its own ends, and of nothing else.
                box = shape.box if is_own else shape.box.grown(2)
                if overlap(piece, box) and not is_around and not _is_own_host(shape, edge, picture):
                    yield f"{edge.id} runs through {shape.id}"


def _is_own_host(shape: Shape, edge: Edge, picture: Picture) -> bool:
    """A boundary event sticks out of its host, whose border the line out of it leaves."""
    source = next((s for s in picture.shapes if s.id == edge.source), None)
    is_seated = source is not None and source.type == "boundaryEvent"
    return is_seated and source is not None and overlap(shape.box, source.box)


def edges_on_edges(picture: Picture) -> Iterator[str]:
    """Two lines may cross; only those that part from one shape or meet in one may run as one."""
    for level in (True, False):
        flat = sorted(
            ((_line(piece, level=level), edge, piece) for edge, piece in _flat(picture, level)),
            key=lambda each: each[0],
        )
        for place, (line, edge, piece) in enumerate(flat):
            for other_line, other_edge, other in flat[place + 1 :]:
                if other_line - line > 4:
                    break
                if (
                    edge is not other_edge
                    and run_together(piece, other)
                    and _is_wrong(edge, other_edge)
                ):
                    yield f"{edge.id} runs along {other_edge.id}"


def _flat(picture: Picture, level: bool) -> Iterator[tuple[Edge, Box]]:
    for edge in picture.edges:
        for piece in pieces(edge):
            if (piece.height < SLACK) == level:
                yield edge, piece


def _line(piece: Box, *, level: bool) -> float:
    return piece.y if level else piece.x


def _is_wrong(one: Edge, other: Edge) -> bool:
    """Whether the reader cannot tell two lines apart."""
    is_fork, is_join = one.source == other.source, one.target == other.target
    return one.points == other.points or not (is_fork or is_join)


def run_together(one: Box, other: Box, gap: float = 4) -> bool:
    if one.height < SLACK and other.height < SLACK:
        shared = min(one.right, other.right) - max(one.x, other.x)
        return abs(one.y - other.y) <= gap and shared > gap
    if one.width < SLACK and other.width < SLACK:
        shared = min(one.bottom, other.bottom) - max(one.y, other.y)
        return abs(one.x - other.x) <= gap and shared > gap
    return False


def crowded_labels(picture: Picture) -> Iterator[str]:
    """Labels keep clear of shapes, of each other and of every line."""
    labels = [(e.id, e.label) for e in (*picture.shapes, *picture.edges) if e.label is not None]
    for key, label in labels:
        for shape in nodes_of(picture):
            if overlap(label, shape.box) and not (shape.is_expanded and holds(shape.box, label)):
                yield f"the label of {key} covers {shape.id}"
        for edge in picture.edges:
            if any(overlap(label, piece) for piece in pieces(edge)):
                yield f"the label of {key} covers {edge.id}"
    for (key, label), (other_key, other) in combinations(labels, 2):
        if overlap(label, other):
            yield f"the labels of {key} and {other_key} overlap"


def labels_on_borders(picture: Picture) -> Iterator[str]:
    frames = [shape.box for shape in picture.shapes if shape.type in FRAMES]
    for each in (*picture.shapes, *picture.edges):
        is_message = isinstance(each, Edge) and each.type == "messageFlow"
        if each.label is None or is_message:
            continue
        for frame in frames:
            if overlap(each.label, frame) and not holds(frame, each.label):
                yield f"the label of {each.id} covers the border of a lane"


JUDGES = (
    overlapping_shapes,
    badly_seated,
    slanted_edges,
    undocked_edges,
    edges_through_shapes,
    edges_on_edges,
    crowded_labels,
    labels_on_borders,
)
