"""From the grid to pixels: how far apart columns, rows and tracks are, and where lines turn."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from engine.bpmn.drawing.geometry import Box, Point
from engine.bpmn.drawing.room import Place, Room
from engine.bpmn.drawing.routes import Leg, Route
from engine.bpmn.drawing.stack import Stack
from engine.bpmn.drawing.tracks import LegKey, Tracks

#: Between two tracks, and from the outermost ones to shapes beside columns and rows.
_TRACK = 14.0
_BESIDE_COLUMN = 24.0
_BESIDE_ROW = 16.0
#: Channels beside a border need less, since nothing stands on it.
_BESIDE_BORDER = 10.0
_BLANK_POOL = 30.0
_BETWEEN_POOLS = 20.0


@dataclass(frozen=True, slots=True)
class Measures:
    """Pixels of everything in a grid, the upper left corner being (0, 0)."""

    #: Middle of each column and row.
    columns: tuple[float, ...]
    rows: tuple[float, ...]
    #: Middle of each leg in a channel: its y when it is horizontal, else its x.
    legs: Mapping[LegKey, float]
    #: Legs in channels between rows.
    level_legs: frozenset[LegKey]
    offsets: Mapping[str, float]
    width: float
    height: float

    def x_of(self, key: LegKey, leg: Leg) -> float:
        """The x of a vertical leg."""
        if leg.is_run:
            return self.columns[leg.line // 2] + self.offsets.get(leg.port, 0.0)
        return self.legs[key]

    def y_of(self, key: LegKey, leg: Leg) -> float:
        """The y of a horizontal leg."""
        return self.rows[leg.line // 2] if leg.is_run else self.legs[key]

    def label(self, place: Place) -> Box:
        """The box of a label."""
        x, y = self.columns[place.cell[0]], self.rows[place.cell[1]]
        if place.leg in self.level_legs:
            y = self.legs[place.leg]
        elif place.leg is not None:
            x = self.legs[place.leg]
        return Box(x + place.dx, y + place.dy, place.width, place.height)

    def points(self, line_id: str, route: Route, boxes: Mapping[str, Box | None]) -> list[Point]:
        """The corners of a line from border to border; boxes: "source" and "target".

        None stands for a pool, whose border is the middle of a row.
        """
        keys = [(line_id, number) for number in range(len(route))]
        found = [self._end(keys[0], route[0], boxes["source"], is_start=True)]
        for (key, leg), (next_key, next_leg) in pairwise(zip(keys, route, strict=True)):
            if leg.is_horizontal:
                found.append((self.x_of(next_key, next_leg), self.y_of(key, leg)))
            else:
                found.append((self.x_of(key, leg), self.y_of(next_key, next_leg)))
        found.append(self._end(keys[-1], route[-1], boxes["target"], is_start=False))
        return straightened(found)

    def _end(self, key: LegKey, leg: Leg, box: Box | None, *, is_start: bool) -> Point:
        towards = leg.end - leg.start if is_start else leg.start - leg.end
        if leg.is_horizontal:
            x = self.columns[(leg.start if is_start else leg.end) // 2]
            if box is not None:
                x = box.right if towards > 0 else box.x
            return x, self.y_of(key, leg)
        y = self.rows[(leg.start if is_start else leg.end) // 2]
        if box is not None:
            y = box.bottom if towards > 0 else box.y
        return self.x_of(key, leg), y


def straightened(points: list[Point]) -> list[Point]:
    """The same line without points between which it does not turn."""
    found: list[Point] = []
    for point in points:
        if found and point == found[-1]:
            continue
        if len(found) > 1 and _is_straight(found[-2], found[-1], point):
            found.pop()
        found.append(point)
    return found


def _is_straight(first: Point, middle: Point, last: Point) -> bool:
    return first[0] == middle[0] == last[0] or first[1] == middle[1] == last[1]


@dataclass(frozen=True, slots=True)
class Plan:
    """All that decides the pixels of one grid."""

    stack: Stack
    routes: Mapping[str, Route]
    tracks: Tracks
    room: Room
    offsets: Mapping[str, float]
    #: Lane or pool -> how high it must be for its name.
    least_heights: Mapping[str, float]

    def legs(self) -> Iterator[tuple[LegKey, Leg]]:
        """Every leg in a channel."""
        for line_id, route in self.routes.items():
            for number, leg in enumerate(route):
                if not leg.is_run:
                    yield (line_id, number), leg


def measure(plan: Plan) -> Measures:
    """Pixels for the grid."""
    legs: dict[LegKey, float] = {}
    columns, width = _columns(plan, legs)
    rows, height = _rows(plan, legs)
    level = frozenset(key for key, leg in plan.legs() if leg.is_horizontal)
    return Measures(columns, rows, legs, level, plan.offsets, width, height)


def _columns(plan: Plan, legs: dict[LegKey, float]) -> tuple[tuple[float, ...], float]:
    room, count = plan.room, plan.stack.column_count
    in_channel: dict[int, list[LegKey]] = {}
    for key, leg in plan.legs():
        if not leg.is_horizontal:
            in_channel.setdefault(leg.line // 2, []).append(key)
    middles: list[float] = []
    x = 0.0
    for channel in range(count + 1):
        half = room.halves[channel - 1] if channel else 0.0
        next_half = room.halves[channel] if channel < count else 0.0
        x += max(_BESIDE_COLUMN, room.lefts[channel] - half)
        keys = in_channel.get(channel, [])
        legs |= (at := _tracks_across(x, keys, plan.tracks, room))
        x = max((at[key] + room.beside_legs.get(key, 0.0) for key in keys), default=x)
        x += max(_BESIDE_COLUMN, room.rights[channel] - next_half)
        if channel < count:
            middles.append(x + next_half)
            x += 2 * next_half
    return tuple(middles), x


def _tracks_across(
    x: float, keys: Sequence[LegKey], tracks: Tracks, room: Room
) -> dict[LegKey, float]:
    """Leg -> its x; right of a track stand the words of its legs."""
    words: dict[int, float] = {}
    for key in keys:
        track = tracks.of_leg[key]
        words[track] = max(words.get(track, 0.0), room.beside_legs.get(key, 0.0))
    at: dict[int, float] = {}
    for track in sorted(words):
        at[track] = x
        x += _TRACK + words[track]
    return {key: at[tracks.of_leg[key]] for key in keys}


def _rows(plan: Plan, legs: dict[LegKey, float]) -> tuple[tuple[float, ...], float]:
    stack, room = plan.stack, plan.room
    heights = [_heights(row, stack, room) for row in range(stack.row_count)]
    channels = [_Channel(stack, row) for row in range(stack.row_count + 1)]
    for key, leg in plan.legs():
        if leg.is_horizontal:
            words = room.above_legs.get(key, 0.0)
            channels[leg.line // 2].add(key, plan.tracks.of_leg[key], words)
    _raise_lanes(stack, heights, channels, plan.least_heights)
    middles: list[float] = []
    y = 0.0
    for number, channel in enumerate(channels):
        y = channel.settle(y, legs)
        if number < stack.row_count:
            up, down = heights[number]
            middles.append(y + up)
            y += up + down
    return tuple(middles), y


class _Channel:
    """A channel between two rows: its tracks, and the words above them."""

    def __init__(self, stack: Stack, row: int) -> None:
        self._above = _beside(stack, row - 1)
        self._below = _beside(stack, row)
        self._legs: list[tuple[int, LegKey]] = []
        self._words: dict[int, float] = {}
        is_between = row - 1 in stack.borders and row in stack.borders
        #: What lanes need besides so that their names fit.
        self.spare = _BETWEEN_POOLS if is_between else 0.0

    def add(self, key: LegKey, track: int, words: float) -> None:
        self._legs.append((track, key))
        self._words[track] = max(self._words.get(track, 0.0), words)

    @property
    def height(self) -> float:
        gaps = _TRACK * max(0, len(self._words) - 1)
        return self._above + gaps + sum(self._words.values()) + self._below + self.spare

    def settle(self, top: float, legs: dict[LegKey, float]) -> float:
        """Give each leg its y; the lower end of the channel."""
        y = top + self._above + self.spare // 2
        at: dict[int, float] = {}
        for number, track in enumerate(sorted(self._words)):
            y += self._words[track] + (_TRACK if number else 0.0)
            at[track] = y
        legs |= {key: at[track] for track, key in self._legs}
        return top + self.height


def _beside(stack: Stack, row: int) -> float:
    is_outside = not 0 <= row < stack.row_count
    if is_outside:
        return 0.0 if stack.borders else _BESIDE_ROW
    return _BESIDE_BORDER if row in stack.borders else _BESIDE_ROW


def _heights(row: int, stack: Stack, room: Room) -> tuple[float, float]:
    if row in stack.borders:
        # The border of a pool is where names of messages may stand.
        return room.ups[row], room.downs[row]
    if row in stack.blanks:
        return _BLANK_POOL, _BLANK_POOL
    # An empty lane is as high as if an event stood in it.
    return max(18.0, room.ups[row]), max(18.0, room.downs[row])


def _raise_lanes(
    stack: Stack,
    heights: list[tuple[float, float]],
    channels: list[_Channel],
    least_heights: Mapping[str, float],
) -> None:
    """A lane that is too low for its name gets more above its first and below its last row."""
    # Inner lanes first: what they gain, those around them gain too.
    innermost_first = sorted(stack.spans.items(), key=lambda each: each[1][1] - each[1][0])
    for key, (top, bottom) in innermost_first:
        inside = range(top + 1, bottom + 1)
        height = sum(channels[c].height for c in inside)
        height += sum(up + down for up, down in heights[top + 1 : bottom])
        lack = least_heights.get(key, 0.0) - height
        if lack > 0:
            half = math.ceil(lack / 2)
            channels[top + 1].spare += half
            channels[bottom].spare += half
