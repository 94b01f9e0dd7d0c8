"""Places for words beside shapes and lines, and the room that rows and columns leave for them.

A place is found before there are coordinates: each belongs to a part of the grid that nothing else
uses, which is then made large enough. So labels cover neither shapes nor lines nor one another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from engine.bpmn.drawing.outline import Figure, Line
from engine.bpmn.drawing.room import Place, Room
from engine.bpmn.drawing.routes import BOTTOM, TOP, Leg, Route
from engine.bpmn.drawing.sizes import FLOW_NAME_WIDTH, NAME_WIDTH
from engine.bpmn.drawing.stack import Cell
from engine.bpmn.drawing.texts import room_of
from engine.bpmn.names import EVENTS, GATEWAYS

#: Between words and what they stand beside.
_GAP = 4.0
#: The head of an arrow, which words leave free.
_HEAD = 12.0
_NAMED_OUTSIDE = EVENTS | GATEWAYS | {"dataObjectReference", "dataStoreReference"}


#: Tries one leg of a line for words so wide and high; whether it found a place.
_Finder = Callable[[Line, int, float, float], bool]


@dataclass(slots=True)
class Labeller:
    """Finds a place for every name of one drawing."""

    cells: Mapping[str, Cell]
    figures: Mapping[str, Figure]
    sizes: Mapping[str, tuple[float, float]]
    offsets: Mapping[str, float]
    routes: Mapping[str, Route]
    room: Room = field(default_factory=Room)
    places: dict[str, Place] = field(default_factory=dict)
    #: Rows that are borders between lanes or pools.
    borders: frozenset[int] = frozenset()
    _at: dict[Cell, str] = field(default_factory=dict)
    _in_cell: dict[Cell, list[Place]] = field(default_factory=dict)
    #: Cell -> how far below its row words stand already.
    _below: dict[Cell, float] = field(default_factory=dict)
    #: (cell, is left, is below) -> how far words beside upright lines reach already.
    _beside: dict[tuple[Cell, bool, bool], float] = field(default_factory=dict)
    _on: dict[tuple[bool, int, str], list[tuple[int, int, str]]] = field(default_factory=dict)

    def place_all(self, lines: Sequence[Line]) -> None:
        """Give every name a place; `room` then says what the grid needs."""
        self._look()
        named = [line for line in lines if line.name and line.id in self.routes]
        # What has its place at a shape comes first; words along a row make way for it.
        upright = [line for line in named if self._is_found(line, self._beside_end)]
        for figure in self.figures.values():
            if figure.name and figure.type in _NAMED_OUTSIDE:
                self._place_figure(figure)
        for line in named:
            if line not in upright:
                self._place_line(line)

    def _look(self) -> None:
        for key, figure in self.figures.items():
            if not figure.host:
                column, row = self.cells[key]
                width, height = self.sizes[key]
                self._at[column, row] = key
                self._claim((column, row), width / 2, height / 2, height / 2)
            else:
                cell, (_, height) = self.cells[figure.host], self.sizes[figure.host]
                self._claim(cell, 0, 0, (height + self.sizes[key][1]) / 2 + _GAP)
        for key, route in self.routes.items():
            for leg in route:
                on = (leg.is_horizontal, leg.line, leg.port)
                self._on.setdefault(on, []).append((leg.low, leg.high, key))

    def _claim(self, cell: Cell, half: float, up: float, down: float) -> None:
        Room.need(self.room.halves, cell[0], half)
        Room.need(self.room.ups, cell[1], up)
        Room.need(self.room.downs, cell[1], down)

    # ---------------------------------------------------------------------- figures

    def _place_figure(self, figure: Figure) -> None:
        width, height = room_of(figure.name, NAME_WIDTH)
        if figure.host:
            self._place_seated(figure, width, height)
            return
        cell, (_, own) = self.cells[figure.id], self.sizes[figure.id]
        side, is_aside = self._free_side(figure)
        dx = -width - _GAP - 2 if is_aside else -width / 2
        dy = own / 2 + _GAP if side == BOTTOM else -own / 2 - _GAP - height
        self._put(Place(figure.id, cell, dx, dy, width, height))
        reach = own / 2 + _GAP + height + _GAP
        up, down = (0.0, reach) if side == BOTTOM else (reach, 0.0)
        self._claim(cell, -dx + _GAP, up, down)

    def _free_side(self, figure: Figure) -> tuple[str, bool]:
        """(above or below, whether left of a line that goes that way)."""
        taken = self._taken_sides(self.cells[figure.id])
        order = (TOP, BOTTOM) if figure.type in GATEWAYS else (BOTTOM, TOP)
        free = [side for side in order if side not in taken]
        return (free[0], False) if free else (order[0], True)

    def _taken_sides(self, cell: Cell) -> set[str]:
        """The sides of the shape in the cell at whose middle lines dock."""
        column, row = 2 * cell[0] + 1, 2 * cell[1] + 1
        on = self._on.get((False, column, ""), ())
        return {TOP for _, high, _ in on if high == row} | {
            BOTTOM for low, _, _ in on if low == row
        }

    def _place_seated(self, event: Figure, width: float, height: float) -> None:
        """Below the boundary event, left of the flow out of it."""
        host = event.host or ""
        cell, (_, host_height) = self.cells[host], self.sizes[host]
        down = host_height / 2 + self.sizes[event.id][1] / 2
        dx = self.offsets[event.id] - width - _GAP
        place = Place(event.id, cell, dx, down + 2, width, height)
        self._put(place)
        self._claim(cell, abs(dx), 0, down + 2 + height + _GAP)

    # ------------------------------------------------------------------------ lines

    def _place_line(self, line: Line) -> None:
        finders = self._above_run, self._beside_leg, self._above_track
        if not any(self._is_found(line, find) for find in finders):
            self._below_start(line, *room_of(line.name, FLOW_NAME_WIDTH))

    def _is_found(self, line: Line, find: _Finder) -> bool:
        width, height = room_of(line.name, FLOW_NAME_WIDTH)
        return any(find(line, number, width, height) for number in range(len(self.routes[line.id])))

    def _above_run(self, line: Line, number: int, width: float, height: float) -> bool:
        """On a stretch of a row that no other line uses, from its start onward."""
        leg = self.routes[line.id][number]
        if not (leg.is_horizontal and leg.is_run):
            return False
        row = leg.line // 2
        for unit in _stretches(leg):
            if self._is_shared(leg, unit, line.id):
                continue
            column = unit // 2 if unit % 2 else (unit + 1) // 2
            if self._has_ports(column):
                continue
            self._put_on_stretch(line, (column, row), unit, width, height)
            return True
        return False

    def _put_on_stretch(
        self, line: Line, cell: Cell, unit: int, width: float, height: float
    ) -> None:
        """Right of the middle of the column before the stretch, or left of that after it."""
        is_before = unit % 2 == 1
        start = self._clear(cell, -height - _GAP, -_GAP, is_right=is_before)
        need = start + width + _GAP
        if is_before:
            dx = start
            Room.need(self.room.lefts, (unit + 1) // 2, need)
        else:
            start += _HEAD if cell in self._at else 0
            dx = -start - width
            Room.need(self.room.rights, unit // 2, need + _HEAD)
        self._put(Place(line.id, cell, dx, -height - _GAP, width, height))
        Room.need(self.room.ups, cell[1], height + 2 * _GAP)

    def _clear(self, cell: Cell, top: float, bottom: float, *, is_right: bool) -> float:
        """How far from the middle of a cell words between these heights begin."""
        shape = self._at.get(cell)
        reach = self.sizes[shape][0] / 2 if shape else 0.0
        for place in self._in_cell.get(cell, ()):
            if place.dy < bottom + 1 and top < place.dy + place.height + 1:
                reach = max(reach, place.dx + place.width if is_right else -place.dx)
        return reach + _GAP

    def _put(self, place: Place) -> None:
        self.places[place.id] = place
        if place.leg is None:
            self._in_cell.setdefault(place.cell, []).append(place)

    def _beside_end(self, line: Line, number: int, width: float, height: float) -> bool:
        """Right of where the line leaves or reaches a shape upright."""
        route = self.routes[line.id]
        leg = route[number]
        if leg.is_horizontal or not leg.is_run:
            return False
        ends = [(leg.start, leg.end, line.source)] if number == 0 else []
        ends += [(leg.end, leg.start, line.target)] if number == len(route) - 1 else []
        for at, far, key in ends:
            stretch = at if far > at else at - 1
            if not self._is_shared(leg, stretch, line.id):
                cell = leg.line // 2, at // 2
                outer = self._outermost(leg, stretch)
                beside = Place(line.id, cell, outer, self._reach(key, cell), width, height)
                self._put_beside(beside, leg, is_down=far > at)
                return True
        return False

    def _reach(self, key: str, cell: Cell) -> float:
        """How far a shape goes up and down from its middle; nothing for the border of a pool."""
        if cell not in self._at:
            return 0.0
        is_seated = key in self.figures and self.figures[key].host
        return self.sizes[self._at[cell]][1] / 2 + (18.0 if is_seated else 0.0)

    def _put_beside(self, rough: Place, leg: Leg, *, is_down: bool) -> None:
        """Right of the line, or left of one that is left of the middle; clear of those beside.

        rough: with its dx and dy only as far as other lines and the shape reach.
        """
        is_left = self._is_left(leg)
        outer = rough.dx + _GAP + 1
        key = rough.cell, is_left, is_down
        reach = self._beside.get(key, rough.dy) + _GAP
        self._beside[key] = reach + rough.height
        dx = -outer - rough.width if is_left else outer
        dy = reach if is_down else -reach - rough.height
        self._put(replace(rough, dx=dx, dy=dy))
        whole = reach + rough.height + _GAP
        half = outer + rough.width + _GAP
        self._claim(rough.cell, half, 0 if is_down else whole, whole if is_down else 0)

    def _is_left(self, leg: Leg) -> bool:
        """Whether it is a message left of the middle of its column."""
        return leg.port in self.routes and self.offsets[leg.port] < 0

    def _outermost(self, leg: Leg, stretch: int) -> float:
        """How far from the middle the outermost message on that side of the column passes."""
        sign = -1 if self._is_left(leg) else 1
        own = self.offsets.get(leg.port, 0.0) * sign
        passing = (
            self.offsets[port] * sign
            for (is_horizontal, other, port), legs in self._on.items()
            if not is_horizontal and other == leg.line and port in self.routes
            for low, high, _ in legs
            if low <= stretch and stretch + 1 <= high
        )
        return max(own, *passing, own)

    def _beside_leg(self, line: Line, number: int, width: float, height: float) -> bool:
        """Right of an upright leg, at the height of a row that no line crosses there."""
        leg = self.routes[line.id][number]
        if leg.is_horizontal or leg.port:
            return False
        for unit in range((leg.low + 1) | 1, leg.high, 2):
            row = unit // 2
            if row in self.borders or self._is_row_used(leg, row):
                continue
            if leg.is_run and not self._is_shared(leg, unit, line.id):
                cell = leg.line // 2, row
                place = Place(line.id, cell, _GAP + 1, -height / 2, width, height)
                self._claim(cell, width + 3 * _GAP, height / 2 + _GAP, height / 2 + _GAP)
            elif not leg.is_run:
                key = line.id, number
                place = Place(line.id, (0, row), _GAP + 1, -height / 2, width, height, key)
                self._claim_row(row, height / 2 + _GAP)
                self.room.beside_legs[key] = width + 2 * _GAP
            else:
                continue
            self._put(place)
            return True
        return False

    def _is_row_used(self, leg: Leg, row: int) -> bool:
        """Whether a line goes along the row where the leg passes it, right and left of it."""
        on = self._on.get((True, 2 * row + 1, ""), ())
        is_crossed = any(low <= leg.line + 1 and leg.line - 1 <= high for low, high, _ in on)
        beside = self._on.get((False, leg.line, ""), ()) if leg.is_run else ()
        is_end = any(2 * row + 1 in (low, high) for low, high, _ in beside)
        return is_crossed or is_end or (leg.is_run and self._has_ports(leg.line // 2))

    def _claim_row(self, row: int, reach: float) -> None:
        Room.need(self.room.ups, row, reach)
        Room.need(self.room.downs, row, reach)

    def _above_track(self, line: Line, number: int, width: float, height: float) -> bool:
        """Above a leg between two rows, where it passes a column without a line across."""
        leg = self.routes[line.id][number]
        if leg.is_run or not leg.is_horizontal:
            return False
        for column in range((leg.low + 1) // 2, leg.high // 2):
            is_crossed = self._has_ports(column) or any(
                low < leg.line + 1 and leg.line - 1 < high
                for low, high, _ in self._on.get((False, 2 * column + 1, ""), ())
            )
            if is_crossed:
                continue
            key = line.id, number
            place = Place(line.id, (column, 0), -width / 2, -height - 2, width, height, key)
            self._put(place)
            Room.need(self.room.halves, column, width / 2 + _GAP)
            self.room.above_legs[key] = height + 2
            return True
        return False

    def _below_start(self, line: Line, width: float, height: float) -> None:
        """No stretch is its own: right below where it leaves, under what stands there already."""
        leg = self.routes[line.id][0]
        column, row = (leg.start, leg.line) if leg.is_horizontal else (leg.line, leg.start)
        cell = column // 2, row // 2
        down = self._below.get(cell, 0.0) + _GAP
        self._below[cell] = down + height
        start = self._clear(cell, down, down + height, is_right=True)
        self._put(Place(line.id, cell, start, down, width, height))
        Room.need(self.room.lefts, cell[0] + 1, start + width + _GAP)
        Room.need(self.room.downs, cell[1], down + height + _GAP)

    def _is_shared(self, leg: Leg, unit: int, key: str) -> bool:
        on = self._on.get((leg.is_horizontal, leg.line, leg.port), ())
        return any(low <= unit and unit + 1 <= high and other != key for low, high, other in on)

    def _has_ports(self, column: int) -> bool:
        """Whether lines pass the column beside its middle."""
        return any(
            not is_horizontal and line == 2 * column + 1 and port
            for is_horizontal, line, port in self._on
        )


def _stretches(leg: Leg) -> Iterator[int]:
    """The lesser units of the stretches of a leg, in the direction of the line."""
    units = range(leg.low, leg.high)
    return iter(units if leg.end > leg.start else reversed(units))
