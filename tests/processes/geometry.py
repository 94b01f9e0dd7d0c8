"""Judges the drawing of a diagram: returns one sentence for everything a reader would stumble on.

Widths are those of Arial, the font of bpmn-js: 12 px inside a task, 11 px for outside labels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations, pairwise

from tests.processes.diagrams import (
    NS,
    Element,
    children_of,
    flows_of,
    innermost_lanes,
    lanes_of,
    local,
    members_of,
    nodes_of,
)

HEADER = 30
LINE = 14.4
ICON_ROOM = 20
LANE_MARGIN = 15
CLEARANCE = 3


@dataclass(frozen=True)
class Box:
    """A rectangle, and the id of what it shows."""

    id: str
    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    def overlaps(self, other: Box, gap: float = 0) -> bool:
        return (
            self.x < other.right + gap
            and other.x < self.right + gap
            and self.y < other.bottom + gap
            and other.y < self.bottom + gap
        )

    def holds(self, other: Box, margin: float = 0) -> bool:
        return (
            self.x + margin <= other.x
            and self.y + margin <= other.y
            and other.right + margin <= self.right
            and other.bottom + margin <= self.bottom
        )

    def has_on_border(self, point: tuple[float, float]) -> bool:
        x, y = point
        on_side = x in {self.x, self.right} and self.y <= y <= self.bottom
        return on_side or (y in {self.y, self.bottom} and self.x <= x <= self.right)


@dataclass(frozen=True)
class Drawing:
    """What the diagram interchange says: boxes, labels and waypoints by element id."""

    root: Element
    boxes: dict[str, Box]
    labels: dict[str, Box]
    edges: dict[str, list[tuple[float, float]]]

    @property
    def nodes(self) -> list[Box]:
        return [self.boxes[node] for node in nodes_of(self.root) if node in self.boxes]

    def segments(self) -> Iterator[tuple[str, Box]]:
        """Each straight piece of each edge, as a box without breadth."""
        for edge, points in self.edges.items():
            for (x1, y1), (x2, y2) in pairwise(points):
                yield edge, Box(edge, min(x1, x2), min(y1, y2), abs(x1 - x2), abs(y1 - y2))


def drawing_of(root: Element) -> Drawing:
    shapes = {s.get("bpmnElement"): s for s in root.iter(f"{{{NS['bpmndi']}}}BPMNShape")}
    edges = {e.get("bpmnElement"): e for e in root.iter(f"{{{NS['bpmndi']}}}BPMNEdge")}
    labelled = [
        (key, label)
        for key, element in (shapes | edges).items()
        if (label := element.find("bpmndi:BPMNLabel/dc:Bounds", NS)) is not None
    ]
    return Drawing(
        root=root,
        boxes={key: _box(key, shape.find("dc:Bounds", NS)) for key, shape in shapes.items()},
        labels={key: _box(key, label) for key, label in labelled},
        edges={key: _points(edge) for key, edge in edges.items()},
    )


def _box(key: str, bounds: Element) -> Box:
    return Box(key, *(float(bounds.get(name)) for name in ("x", "y", "width", "height")))


def _points(edge: Element) -> list[tuple[float, float]]:
    return [(float(p.get("x")), float(p.get("y"))) for p in edge.findall("di:waypoint", NS)]


def text_width(text: str, size: float) -> float:
    return sum(_character_width(character) for character in text) * size


def _character_width(character: str) -> float:
    if character in "ijlI.,:;'|!/ ":
        return 0.28
    if character in "frt()-":
        return 0.34
    if character in "mMW":
        return 0.85
    return 0.7 if character.isupper() or character == "w" else 0.556


def lines_of(text: str, width: float, size: float) -> int:
    """How many lines the text takes when broken at blanks."""
    lines, current = 1, ""
    for word in text.split():
        candidate = f"{current} {word}".strip()
        if current and text_width(candidate, size) > width:
            lines, current = lines + 1, word
        else:
            current = candidate
    return lines


def findings(root: Element) -> list[str]:
    """Everything that is wrong with the drawing."""
    drawing = drawing_of(root)
    return [finding for check in CHECKS for finding in check(drawing)]


def undrawn(drawing: Drawing) -> Iterator[str]:
    """Every node, lane and flow is drawn; what stands outside its shape has a label of its own."""
    lanes = [lane for top in lanes_of(drawing.root) for lane in (top, *children_of(top))]
    for element in (*nodes_of(drawing.root).values(), *lanes):
        if element.get("id") not in drawing.boxes:
            yield f"{element.get('id')} is not drawn"
    for flow in flows_of(drawing.root):
        if flow.get("id") not in drawing.edges:
            yield f"{flow.get('id')} is not drawn"
    for element in _outside_labelled(drawing.root):
        if element.get("id") not in drawing.labels:
            yield f"{element.get('id')} has no label bounds"


def _outside_labelled(root: Element) -> Iterator[Element]:
    for element in (*nodes_of(root).values(), *flows_of(root)):
        if element.get("name") and not local(element).endswith("Task"):
            yield element


def overlapping_shapes(drawing: Drawing) -> Iterator[str]:
    for one, other in combinations(drawing.nodes, 2):
        if one.overlaps(other, gap=CLEARANCE):
            yield f"{one.id} overlaps {other.id}"


def strays(drawing: Drawing) -> Iterator[str]:
    """Every node stands inside its innermost lane, clear of the lane's header."""
    for lane in innermost_lanes(drawing.root):
        area = _area(drawing.boxes[lane.get("id")])
        for member in members_of(lane):
            if not area.holds(drawing.boxes[member], margin=LANE_MARGIN):
                yield f"{member} strays from lane {lane.get('id')}"


def untiled_lanes(drawing: Drawing) -> Iterator[str]:
    """Lanes fill their pool from top to bottom, child lanes fill their lane, beside its header."""
    groups = [("pool", lanes_of(drawing.root))]
    groups += [(lane.get("id"), children_of(lane)) for lane in lanes_of(drawing.root)]
    for parent, lanes in groups:
        if lanes and not _tiles(_area(drawing.boxes[parent]), _boxes(drawing, lanes)):
            yield f"the lanes of {parent} do not fill it in order"


def _tiles(area: Box, boxes: list[Box]) -> bool:
    tops = [area.y, *(box.bottom for box in boxes)]
    is_stacked = all(box.y == top for box, top in zip(boxes, tops, strict=False))
    is_as_wide = all((box.x, box.right) == (area.x, area.right) for box in boxes)
    return is_stacked and is_as_wide and tops[-1] == area.bottom


def _boxes(drawing: Drawing, lanes: list[Element]) -> list[Box]:
    return [drawing.boxes[lane.get("id")] for lane in lanes]


def _area(box: Box) -> Box:
    return Box(box.id, box.x + HEADER, box.y, box.width - HEADER, box.height)


def slanted_edges(drawing: Drawing) -> Iterator[str]:
    for edge, piece in drawing.segments():
        if piece.width and piece.height:
            yield f"{edge} is slanted"


def undocked_edges(drawing: Drawing) -> Iterator[str]:
    """Edges begin on the border of their source and end on that of their target."""
    for flow in flows_of(drawing.root):
        points = drawing.edges.get(flow.get("id"), [])
        for end, point in (("sourceRef", points[:1]), ("targetRef", points[-1:])):
            box = drawing.boxes[flow.get(end)]
            if point and not box.has_on_border(point[0]):
                yield f"{flow.get('id')} does not touch {box.id}"


def edges_through_shapes(drawing: Drawing) -> Iterator[str]:
    for edge, piece in drawing.segments():
        for box in drawing.nodes:
            if piece.overlaps(box):
                yield f"{edge} runs through {box.id}"


def edges_on_edges(drawing: Drawing) -> Iterator[str]:
    """Two edges may cross or meet at their ends; they may not run along each other."""
    for (edge, piece), (other_edge, other) in combinations(list(drawing.segments()), 2):
        if edge != other_edge and _run_together(piece, other):
            yield f"{edge} runs along {other_edge}"


def edges_on_lane_borders(drawing: Drawing) -> Iterator[str]:
    for edge, piece in drawing.segments():
        for lane in innermost_lanes(drawing.root):
            box = drawing.boxes[lane.get("id")]
            if any(_run_together(piece, side) for side in _horizontal_sides(box)):
                yield f"{edge} runs along the border of {box.id}"


def _horizontal_sides(box: Box) -> tuple[Box, Box]:
    top = Box(box.id, box.x, box.y, box.width, 0)
    return top, Box(box.id, box.x, box.bottom, box.width, 0)


def _run_together(one: Box, other: Box, gap: float = 4) -> bool:
    if one.height == other.height == 0:
        shared = min(one.right, other.right) - max(one.x, other.x)
        return abs(one.y - other.y) <= gap and shared > gap
    if one.width == other.width == 0:
        shared = min(one.bottom, other.bottom) - max(one.y, other.y)
        return abs(one.x - other.x) <= gap and shared > gap
    return False


def crowded_labels(drawing: Drawing) -> Iterator[str]:
    """Labels keep clear of shapes, of each other, of every edge and of the lanes' borders."""
    for label in drawing.labels.values():
        for box in drawing.nodes:
            if label.overlaps(box):
                yield f"the label of {label.id} covers {box.id}"
        for edge, piece in drawing.segments():
            if label.overlaps(piece):
                yield f"the label of {label.id} covers {edge}"
        if not any(_area(box).holds(label) for box in _innermost(drawing)):
            yield f"the label of {label.id} covers the border of a lane"
    for one, other in combinations(drawing.labels.values(), 2):
        if one.overlaps(other):
            yield f"the labels of {one.id} and {other.id} overlap"


def _innermost(drawing: Drawing) -> list[Box]:
    return _boxes(drawing, list(innermost_lanes(drawing.root)))


def cramped_texts(drawing: Drawing) -> Iterator[str]:
    """A task has room for its name below its icon; a label for its words; a header for its lane."""
    for node, element in nodes_of(drawing.root).items():
        if local(element).endswith("Task") and not _fits_task(drawing.boxes[node], element):
            yield f"{node} is too small for its name"
    for element in _outside_labelled(drawing.root):
        label = drawing.labels.get(element.get("id"))
        if label and not _fits_label(label, element.get("name")):
            yield f"the label of {element.get('id')} is too small for its words"
    for lane in innermost_lanes(drawing.root):
        if text_width(lane.get("name"), 12) > drawing.boxes[lane.get("id")].height:
            yield f"{lane.get('id')} is too low for its name"


def _fits_task(box: Box, element: Element) -> bool:
    lines = lines_of(element.get("name"), box.width - 14, 12)
    return lines * LINE <= box.height - 2 * ICON_ROOM


def _fits_label(label: Box, text: str) -> bool:
    widest_word = max(text_width(word, 11) for word in text.split())
    lines = lines_of(text, label.width, 11)
    return widest_word <= label.width and lines * 14 <= label.height


CHECKS: tuple[Callable[[Drawing], Iterator[str]], ...] = (
    undrawn,
    overlapping_shapes,
    strays,
    untiled_lanes,
    slanted_edges,
    undocked_edges,
    edges_through_shapes,
    edges_on_edges,
    edges_on_lane_borders,
    crowded_labels,
    cramped_texts,
)
