"""Lays out a sheet: a place for every shape, a way for every line, room for every name.

After K. Sugiyama, S. Tagawa, M. Toda, "Methods for visual understanding of hierarchical system
structures" (1981): columns by rank, then rows, then lines in the channels between them; here with
lanes, and with orthogonal lines. No library on PyPI knows lanes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from engine.bpmn.drawing.geometry import Box, Point
from engine.bpmn.drawing.labels import Labeller
from engine.bpmn.drawing.links import lead_all
from engine.bpmn.drawing.measures import Measures, Plan, measure
from engine.bpmn.drawing.outline import Figure, LaneOutline, Line, Pool, Scope, Sheet
from engine.bpmn.drawing.routes import Route
from engine.bpmn.drawing.sizes import (
    HEADER,
    Seat,
    even,
    flow_names,
    seats,
    size_of,
    task_size,
)
from engine.bpmn.drawing.stack import Stack
from engine.bpmn.drawing.texts import INSIDE, text_width
from engine.bpmn.drawing.tracks import assign
from engine.bpmn.names import ACTIVITIES

#: Around the drawing, as bpmn-js leaves it.
_MARGIN = 80.0
#: Above what a sub-process holds: its name; below: its markers.
_NAME_OF_SUB_PROCESS = 20.0
_BELOW_SUB_PROCESS = 10.0
_EMPTY_SUB_PROCESS = (160.0, 100.0)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything of a sheet stands, by element id; sub-processes around what they hold."""

    boxes: Mapping[str, Box]
    labels: Mapping[str, Box]
    edges: Mapping[str, tuple[Point, ...]]
    width: float
    height: float

    def moved(self, dx: float, dy: float) -> Layout:
        """The same layout elsewhere."""
        return replace(
            self,
            boxes={key: box.moved(dx, dy) for key, box in self.boxes.items()},
            labels={key: box.moved(dx, dy) for key, box in self.labels.items()},
            edges={
                key: tuple((x + dx, y + dy) for x, y in points)
                for key, points in self.edges.items()
            },
        )


def lay_out(sheet: Sheet) -> Layout:
    """A layout of the whole sheet; the same sheet always gets the same one."""
    stack = Stack()
    for pool in sheet.pools:
        stack.add_pool(pool)
    scopes = [pool.scope for pool in sheet.pools if pool.scope]
    whole = Scope(
        tuple(figure for scope in scopes for figure in scope.figures),
        tuple(line for scope in scopes for line in scope.lines),
    )
    # All tasks of a drawing have one size, those in sub-processes too.
    task = task_size(figure.name for figure in _every(whole) if _is_task(figure))
    messages = [_on_surface(line, whole.figures) for line in sheet.messages]
    found, measures = _lay_out_grid(stack, whole, task, messages, _least_heights(sheet.pools))
    frames = dict(_frames(sheet.pools, stack, measures))
    indent = max((HEADER * _depth(pool) for pool in sheet.pools), default=0.0)
    return replace(found, boxes=frames | dict(found.boxes)).moved(_MARGIN + indent, _MARGIN)


def _lay_out_scope(scope: Scope, task: tuple[float, float]) -> Layout:
    """The inside of a sub-process."""
    stack = Stack()
    stack.add_scope(scope)
    return _lay_out_grid(stack, scope, task, (), {})[0]


def _lay_out_grid(
    stack: Stack,
    scope: Scope,
    task: tuple[float, float],
    messages: Sequence[Line],
    least_heights: Mapping[str, float],
) -> tuple[Layout, Measures]:
    figures = {figure.id: figure for figure in scope.figures}
    insides = {
        figure.id: _lay_out_scope(figure.inner, task)
        for figure in scope.figures
        if figure.inner is not None and figure.inner.figures
    }
    seated, sizes = _sizes(scope, task, insides)
    routes, offsets = lead_all(stack, figures, scope.lines, messages)
    for host, row in seated.items():
        offsets |= {seat.event_id: seat.x - sizes[host][0] / 2 for seat in row}
    cells = stack.cells | {k: stack.cells[f.host] for k, f in figures.items() if f.host}
    borders = frozenset(stack.borders)
    labeller = Labeller(cells, figures, sizes, offsets, routes, borders=borders)
    labeller.place_all([*scope.lines, *messages])
    plan = Plan(stack, routes, assign(routes), labeller.room, offsets, least_heights)
    measures = measure(plan)
    boxes = _boxes(figures, cells, sizes, measures)
    layout = Layout(
        boxes=boxes,
        labels={key: measures.label(place) for key, place in labeller.places.items()},
        edges=dict(_edges([*scope.lines, *messages], routes, boxes, measures)),
        width=measures.width,
        height=measures.height,
    )
    return _with_insides(layout, insides), measures


# ---------------------------------------------------------------------------- sizes


def _sizes(
    scope: Scope, task: tuple[float, float], insides: Mapping[str, Layout]
) -> tuple[dict[str, tuple[Seat, ...]], dict[str, tuple[float, float]]]:
    """(the seats of each host, the size of each figure)."""
    names = flow_names(scope.lines)
    seated: dict[str, tuple[Seat, ...]] = {}
    sizes: dict[str, tuple[float, float]] = {}
    for figure in scope.figures:
        width, height = _size(figure, task, insides)
        guests = [each for each in scope.figures if each.host == figure.id]
        if guests:
            seated[figure.id], width = seats(guests, names, width)
        sizes[figure.id] = width, height
    return seated, sizes


def _size(
    figure: Figure, task: tuple[float, float], insides: Mapping[str, Layout]
) -> tuple[float, float]:
    if figure.inner is None:
        return size_of(figure, task)
    inside = insides.get(figure.id)
    if inside is None:
        return _EMPTY_SUB_PROCESS
    least = even(min(text_width(figure.name, INSIDE) + 20, 2 * inside.width))
    height = inside.height + _NAME_OF_SUB_PROCESS + _BELOW_SUB_PROCESS
    return max(even(inside.width), least), even(height)


def _is_task(figure: Figure) -> bool:
    return figure.type in ACTIVITIES and figure.inner is None


def _every(scope: Scope) -> Iterator[Figure]:
    for figure in scope.figures:
        yield figure
        yield from _every(figure.inner or Scope())


def _least_heights(pools: Iterable[Pool]) -> dict[str, float]:
    """Lane or pool -> how high it must be for its name to stand upright in its header."""
    found: dict[str, float] = {}
    for pool in pools:
        if pool.id is not None:
            # Two lines fit in a header.
            found[pool.id] = even(text_width(pool.name, INSIDE) / 1.8 + 20)
        for lane in pool.lanes:
            found |= {each.id: even(text_width(each.name, INSIDE) + 16) for each in _lanes(lane)}
    return found


def _lanes(lane: LaneOutline) -> Iterator[LaneOutline]:
    yield lane
    for child in lane.children:
        yield from _lanes(child)


# ---------------------------------------------------------------- from grid to drawing


def _boxes(
    figures: Mapping[str, Figure],
    cells: Mapping[str, tuple[int, int]],
    sizes: Mapping[str, tuple[float, float]],
    measures: Measures,
) -> dict[str, Box]:
    boxes: dict[str, Box] = {}
    for key, figure in figures.items():
        column, row = cells[key]
        width, height = sizes[key]
        x, y = measures.columns[column], measures.rows[row]
        if figure.host:
            x += measures.offsets[key]
            y += sizes[figure.host][1] / 2
        boxes[key] = Box(x - width / 2, y - height / 2, width, height)
    return boxes


def _edges(
    lines: Iterable[Line],
    routes: Mapping[str, Route],
    boxes: Mapping[str, Box],
    measures: Measures,
) -> Iterator[tuple[str, tuple[Point, ...]]]:
    for line in lines:
        if line.id in routes:
            ends = {"source": boxes.get(line.source), "target": boxes.get(line.target)}
            yield line.id, tuple(measures.points(line.id, routes[line.id], ends))


def _with_insides(layout: Layout, insides: Mapping[str, Layout]) -> Layout:
    boxes, labels, edges = dict(layout.boxes), dict(layout.labels), dict(layout.edges)
    for key, inside in insides.items():
        around = layout.boxes[key]
        shift = (around.width - inside.width) / 2
        placed = inside.moved(around.x + shift, around.y + _NAME_OF_SUB_PROCESS)
        boxes |= placed.boxes
        labels |= placed.labels
        edges |= placed.edges
    return replace(layout, boxes=boxes, labels=labels, edges=edges)


def _frames(pools: Iterable[Pool], stack: Stack, measures: Measures) -> Iterator[tuple[str, Box]]:
    """Pools and lanes, each left of what it holds by the headers of those inside."""
    for pool in pools:
        depth = _depth(pool)
        if pool.id is not None:
            yield pool.id, _frame(pool.id, depth, stack, measures)
        for lane in pool.lanes:
            yield from _lane_frames(lane, depth - (pool.id is not None), stack, measures)


def _lane_frames(
    lane: LaneOutline, depth: int, stack: Stack, measures: Measures
) -> Iterator[tuple[str, Box]]:
    yield lane.id, _frame(lane.id, depth, stack, measures)
    for child in lane.children:
        yield from _lane_frames(child, depth - 1, stack, measures)


def _frame(key: str, depth: int, stack: Stack, measures: Measures) -> Box:
    first, last = (measures.rows[row] for row in stack.spans[key])
    return Box(-HEADER * depth, first, measures.width + HEADER * depth, last - first)


def _depth(pool: Pool) -> int:
    """How many headers stand side by side at most."""
    return (pool.id is not None) + max((_lane_depth(lane) for lane in pool.lanes), default=0)


def _lane_depth(lane: LaneOutline) -> int:
    return 1 + max((_lane_depth(child) for child in lane.children), default=0)


def _on_surface(line: Line, figures: Sequence[Figure]) -> Line:
    """The message with ends that the grid of pools knows: for what is inside, its sub-process."""
    above = {
        inside.id: figure.id for figure in figures for inside in _every(figure.inner or Scope())
    }
    return replace(
        line,
        source=above.get(line.source, line.source),
        target=above.get(line.target, line.target),
    )
