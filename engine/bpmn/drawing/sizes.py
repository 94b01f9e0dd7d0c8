"""How large shapes are, so that their words fit; and where boundary events sit on their host."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from engine.bpmn.drawing.outline import ARTIFACTS, Figure, Line
from engine.bpmn.drawing.texts import INSIDE, LINE, lines_of, room_of, text_width
from engine.bpmn.names import EVENTS, GATEWAYS

EVENT = 36.0
GATEWAY = 50.0
#: The strip of a pool or lane that holds its name.
HEADER = 30.0
#: Names beside events and gateways break at this width.
NAME_WIDTH = 112.0
#: Names of flows.
FLOW_NAME_WIDTH = 112.0
#: Kept free above and below the words of a task: its icon, its markers.
_ICON_ROOM = 20.0
_SIDE_ROOM = 7.0
#: From bpmn-js's own size upwards; all tasks of a drawing get the first that fits them.
_TASK_SIZES = ((100.0, 80.0), (120.0, 80.0), (150.0, 90.0), (180.0, 110.0), (200.0, 120.0))
_NOTE_WIDTH = 150.0
_FROM_MIDDLE = 12.0
_DATA = (36.0, 50.0)
_STORE = (50.0, 50.0)


def task_size(names: Iterable[str]) -> tuple[float, float]:
    """The size that all tasks of a drawing share; the greatest one when a name fits in none."""
    named = list(names)
    for size in _TASK_SIZES:
        if all(fits_task(name, size) for name in named):
            return size
    return _TASK_SIZES[-1]


def fits_task(name: str, size: tuple[float, float]) -> bool:
    """Whether the name stands in the task unbroken, clear of icon and markers."""
    width, height = size
    room = width - 2 * _SIDE_ROOM
    is_unbroken = all(text_width(word, INSIDE) <= room for word in name.split())
    lines = len(lines_of(name, room, INSIDE))
    return is_unbroken and lines * INSIDE * LINE <= height - 2 * _ICON_ROOM


def size_of(figure: Figure, task: tuple[float, float]) -> tuple[float, float]:
    """Width and height of a shape that holds no others; `task` is the size of tasks."""
    if figure.type in EVENTS:
        return EVENT, EVENT
    if figure.type in GATEWAYS:
        return GATEWAY, GATEWAY
    if figure.type in ARTIFACTS:
        return _artifact_size(figure)
    if fits_task(figure.name, task):
        return task
    lines = len(lines_of(figure.name, task[0] - 2 * _SIDE_ROOM, INSIDE))
    return task[0], max(task[1], even(lines * INSIDE * LINE + 2 * _ICON_ROOM))


def _artifact_size(figure: Figure) -> tuple[float, float]:
    if figure.type != "textAnnotation":
        return _STORE if figure.type == "dataStoreReference" else _DATA
    width, height = room_of(figure.name, _NOTE_WIDTH, INSIDE)
    return max(60.0, even(width + 14)), max(30.0, even(height + 10))


def even(length: float) -> float:
    """The next even number of pixels, so that a middle falls on a whole one."""
    return 2.0 * math.ceil(length / 2)


@dataclass(frozen=True, slots=True)
class Seat:
    """A boundary event on the lower border of its host: its middle from the host's left side."""

    event_id: str
    x: float


def seats(
    events: Sequence[Figure], names: Mapping[str, str], width: float
) -> tuple[tuple[Seat, ...], float]:
    """Where the boundary events of one host sit, and how wide the host is for them.

    names: id of an event -> the name of the flow out of it, which stands right of it as its own
    name stands left. width: what the host has in any case.
    """
    found: list[Seat] = []
    x = 0.0
    for event in events:
        own, _ = room_of(event.name, NAME_WIDTH)
        flow, _ = room_of(names.get(event.id, ""), FLOW_NAME_WIDTH)
        x += max(EVENT / 2, own + 6) + 8
        found.append(Seat(event.id, x))
        x += max(EVENT / 2, flow + 6) + 8
    whole = max(width, even(x))
    # The middle of the column is for other lines.
    while any(abs(whole - x + seat.x - whole / 2) < _FROM_MIDDLE for seat in found):
        whole += 2 * _FROM_MIDDLE
    # They sit at the right, where the flow out of them leads onward.
    return tuple(replace(seat, x=seat.x + whole - x) for seat in found), whole


def flow_names(lines: Iterable[Line]) -> dict[str, str]:
    """Source -> the longest name of a flow out of it."""
    names: dict[str, str] = {}
    for line in lines:
        if len(line.name) >= len(names.get(line.source, "")):
            names[line.source] = line.name
    return names
