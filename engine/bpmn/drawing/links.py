"""Which sides of its shapes a line may use, and which line is led first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.bpmn.drawing.outline import ARTIFACTS, Figure, Line
from engine.bpmn.drawing.routes import BOTTOM, LEFT, RIGHT, TOP, Dock, Link, Route, Router
from engine.bpmn.drawing.stack import Stack
from engine.bpmn.names import ACTIVITIES, EVENTS, GATEWAYS

_OUT_OF_ACTIVITY = {RIGHT: 0, BOTTOM: 8, TOP: 8}
_OUT_OF_EVENT = {RIGHT: 0, BOTTOM: 6, TOP: 6}
_OUT_OF_GATEWAY = {RIGHT: 0, BOTTOM: 2, TOP: 2}
_INTO_ACTIVITY = {LEFT: 0, TOP: 6, BOTTOM: 6}
_INTO_EVENT = {LEFT: 0, TOP: 4, BOTTOM: 4}
_INTO_GATEWAY = {LEFT: 0, TOP: 2, BOTTOM: 2}
_UPRIGHT = {TOP: 0, BOTTOM: 0}
_ANY = {BOTTOM: 0, TOP: 1, LEFT: 4, RIGHT: 4}
#: A choice shows best when each of its ways leaves from a corner of its own.
_SHARING_A_CORNER = 30
#: Messages between the same columns stand so far apart.
_PORT_STEP = 14.0


def lead_all(
    stack: Stack, figures: Mapping[str, Figure], lines: Iterable[Line], messages: Iterable[Line]
) -> tuple[dict[str, Route], dict[str, float]]:
    """(the way of each line, the distance of each port from the middle of its column)."""
    router = Router({cell: key for key, cell in stack.cells.items()})
    offsets: dict[str, float] = {}
    routes: dict[str, Route] = {}
    hosts = {each.host for each in figures.values() if each.host}
    used: dict[int, set[float]] = {}
    for number, line in enumerate(messages):
        link = _message(line, stack, figures, hosts, number)
        if link is not None:
            offset = _free_offset(link, used)
            offsets |= dict.fromkeys((link.start.port, link.end.port), offset)
            routes[link.id] = router.lead(link)
    offsets[""] = 0.0
    links = [_link(line, stack, figures, hosts) for line in lines]
    for link in sorted(links, key=_urgency):
        routes[link.id] = router.lead(link)
    return routes, offsets


def _free_offset(link: Link, used: dict[int, set[float]]) -> float:
    """-14, 14, -28, 28, ...: the messages of a column stand side by side."""
    columns = [used.setdefault(dock.column, set()) for dock in (link.start, link.end)]
    steps = (_PORT_STEP * step * sign for step in (1, 2, 3) for sign in (-1, 1))
    # More than six would leave their shape: from there on they share.
    offset = next((s for s in steps if not any(s in taken for taken in columns)), _PORT_STEP)
    for taken in columns:
        taken.add(offset)
    return offset


def _urgency(link: Link) -> tuple[int, int, int]:
    """Notes first, since they stand close by; then short ways onward; ways back last."""
    columns = link.end.column - link.start.column
    rows = abs(link.end.row - link.start.row)
    if link.type != "sequenceFlow":
        return 0, abs(columns), rows
    if columns > 0:
        return (1, columns, rows) if rows == 0 else (2, columns + rows, rows)
    return 3, -columns, rows


def _link(line: Line, stack: Stack, figures: Mapping[str, Figure], hosts: set[str]) -> Link:
    source, target = figures[line.source], figures[line.target]
    is_flow = line.type == "sequenceFlow"
    out = _sides(source, _out_sides(source) if is_flow else _note_sides(source), hosts)
    into = _sides(target, _in_sides(target) if is_flow else _note_sides(target), hosts)
    return Link(
        id=line.id,
        type=line.type,
        source=line.source,
        target=line.target,
        start=_dock(source, stack, out),
        end=_dock(target, stack, into),
        sharing=_SHARING_A_CORNER if source.type in GATEWAYS else 1,
    )


def _dock(figure: Figure, stack: Stack, sides: Mapping[str, int]) -> Dock:
    column, row = stack.cells[figure.host or figure.id]
    return Dock(column, row, sides, port=figure.id if figure.host else "")


def _sides(figure: Figure, sides: Mapping[str, int], hosts: set[str]) -> Mapping[str, int]:
    if figure.host:
        return {BOTTOM: 0}
    # The lower border of a host belongs to its boundary events.
    return {s: c for s, c in sides.items() if s != BOTTOM or figure.id not in hosts}


def _out_sides(figure: Figure) -> Mapping[str, int]:
    if figure.type in GATEWAYS:
        return _OUT_OF_GATEWAY
    return _OUT_OF_EVENT if figure.type in EVENTS else _OUT_OF_ACTIVITY


def _in_sides(figure: Figure) -> Mapping[str, int]:
    if figure.type in GATEWAYS:
        return _INTO_GATEWAY
    return _INTO_EVENT if figure.type in EVENTS else _INTO_ACTIVITY


def _note_sides(figure: Figure) -> Mapping[str, int]:
    """Left and right of what flows go through are theirs."""
    return _ANY if figure.type in ARTIFACTS else _UPRIGHT


# ------------------------------------------------------------------------- messages


def _message(
    line: Line,
    stack: Stack,
    figures: Mapping[str, Figure],
    hosts: set[str],
    number: int,
) -> Link | None:
    """The link of a message flow; None when an end of it is not in the drawing."""
    known = {*figures, *stack.spans}
    if not {line.source, line.target} <= known:
        return None
    ends = [_rows_of(key, stack, figures) for key in (line.source, line.target)]
    is_downward = ends[0][1] <= ends[1][0]
    # A message between two pools stands somewhere; several stand side by side.
    columns = [
        stack.cells[_seat_of(k, figures)][0] for k in (line.source, line.target) if k in figures
    ]
    column = columns[0] if columns else number % stack.column_count
    has_ports = all(_has_ports(key, figures) for key in (line.source, line.target))
    docks = [
        _message_dock(figures[key], stack, hosts, line.id if has_ports else "")
        if key in figures
        else _border_dock(stack.spans[key], column, line.id if has_ports else "", is_above=is_above)
        for key, is_above in ((line.source, is_downward), (line.target, not is_downward))
    ]
    return Link(line.id, line.type, line.source, line.target, docks[0], docks[1])


def _rows_of(key: str, stack: Stack, figures: Mapping[str, Figure]) -> tuple[int, int]:
    """The first and the last row of a shape or pool."""
    if key in figures:
        row = stack.cells[_seat_of(key, figures)][1]
        return row, row
    return stack.spans[key]


def _seat_of(key: str, figures: Mapping[str, Figure]) -> str:
    """The shape that has a cell: itself, or the host of a boundary event."""
    return figures[key].host or key


def _has_ports(key: str, figures: Mapping[str, Figure]) -> bool:
    """Whether a line may dock beside the middle: of a pool and of an activity, not of a circle."""
    return key not in figures or figures[key].type in ACTIVITIES


def _message_dock(figure: Figure, stack: Stack, hosts: set[str], port: str) -> Dock:
    column, row = stack.cells[figure.host or figure.id]
    if figure.host:
        return Dock(column, row, {BOTTOM: 0}, figure.id)
    return Dock(column, row, _sides(figure, _UPRIGHT, hosts), port)


def _border_dock(rows: tuple[int, int], column: int, port: str, *, is_above: bool) -> Dock:
    """On the lower border of the pool above, or on the upper one of the pool below."""
    if is_above:
        return Dock(column, rows[1], {BOTTOM: 0}, port)
    return Dock(column, rows[0], {TOP: 0}, port)
