"""Ways of lines through the grid: from shape to shape, never through a third one.

The grid has units in both directions. Odd ones are the middles of columns and rows, where shapes
stand; even ones are the channels between them, which hold as many tracks as lines need. A leg
along an odd unit runs over empty cells; one along an even unit gets a track (tracks.py). There is
always a way: out to the channel beside the source, along a channel between rows, to the channel
beside the target.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

RIGHT, LEFT, TOP, BOTTOM = "right", "left", "top", "bottom"

_BEND, _LENGTH, _CROSSING, _CONFLICT, _TWINS = 10, 2, 7, 1000, 300


@dataclass(frozen=True, slots=True)
class Leg:
    """One straight piece. `line` is its unit across, `start` and `end` its units along.

    `port` tells apart lines within one column: "" is its middle.
    """

    is_horizontal: bool
    line: int
    start: int
    end: int
    port: str = ""

    @property
    def low(self) -> int:
        """The lesser of its ends."""
        return min(self.start, self.end)

    @property
    def high(self) -> int:
        """The greater of its ends."""
        return max(self.start, self.end)

    @property
    def is_run(self) -> bool:
        """Whether it goes along the middle of a row or column."""
        return self.line % 2 == 1


Route = tuple[Leg, ...]


@dataclass(frozen=True, slots=True)
class Dock:
    """Where a line may leave or reach a shape: side -> what that costs."""

    column: int
    row: int
    sides: Mapping[str, int]
    port: str = ""

    @property
    def cell(self) -> tuple[int, int]:
        """Where the shape stands."""
        return self.column, self.row

    @property
    def x(self) -> int:
        """The unit of its column."""
        return 2 * self.column + 1

    @property
    def y(self) -> int:
        """The unit of its row."""
        return 2 * self.row + 1

    def way_out(self, side: str) -> int:
        """The channel beside the shape on that side."""
        at = self.x if side in (LEFT, RIGHT) else self.y
        return at + 1 if side in (RIGHT, BOTTOM) else at - 1


@dataclass(frozen=True, slots=True)
class Link:
    """A line to be led from one dock to the other."""

    id: str
    type: str
    source: str
    target: str
    start: Dock
    end: Dock
    #: What it costs to leave a side that another line of the same source has taken.
    sharing: int = 1


@dataclass(slots=True)
class Router:
    """Leads one line after the other; whatever was led before is in the way of what follows."""

    #: (column, row) -> the shape that stands there.
    cells: Mapping[tuple[int, int], str]
    _runs: dict[tuple[bool, int, str], list[tuple[int, int, Link]]] = field(default_factory=dict)
    #: (is horizontal, x unit, y unit) -> how many legs pass there.
    _passing: Counter[tuple[bool, int, int]] = field(default_factory=Counter)
    #: Channel -> middle -> middles that a track joins it to, from lesser to greater side.
    _joins: dict[tuple[bool, int], dict[tuple[int, str], set[tuple[int, str]]]] = field(
        default_factory=dict
    )

    def lead(self, link: Link) -> Route:
        """The cheapest way of this line."""
        best: Route = ()
        least = float("inf")
        for cost, route in sorted(self._priced(link), key=lambda each: each[0]):
            if cost >= least:
                break
            if not self._is_open(route, link):
                continue
            whole = cost + self._hindrance(route, link)
            if whole < least:
                best, least = route, whole
        self._keep(best, link)
        return best

    def _priced(self, link: Link) -> Iterator[tuple[int, Route]]:
        for out, out_cost in link.start.sides.items():
            for into, in_cost in link.end.sides.items():
                for legs in _ways(link.start, link.end, out, into):
                    route = _with_ports(legs, link)
                    length = sum(leg.high - leg.low for leg in route)
                    cost = out_cost + in_cost + _BEND * (len(route) - 1) + _LENGTH * length
                    yield cost, route

    # -------------------------------------------------------------- what is in the way

    def _is_open(self, route: Route, link: Link) -> bool:
        """Whether it passes empty cells only, and its tracks can be put in an order."""
        return all(
            not leg.is_run or self._is_empty(leg, link) for leg in route
        ) and not self._closes_a_circle(route)

    def _is_empty(self, leg: Leg, link: Link) -> bool:
        across = leg.line // 2
        for unit in range(leg.low | 1, leg.high + 1, 2):
            cell = (unit // 2, across) if leg.is_horizontal else (across, unit // 2)
            if cell not in self.cells:
                continue
            is_start = unit == leg.start and cell == link.start.cell
            is_end = unit == leg.end and cell == link.end.cell
            if not (is_start or is_end):
                return False
        return True

    def _hindrance(self, route: Route, link: Link) -> int:
        """What other lines make it cost: crossing them, running along them."""
        return sum(
            _CROSSING * self._crossings(leg) + (self._clashes(leg, link) if leg.is_run else 0)
            for leg in route
        )

    def _crossings(self, leg: Leg) -> int:
        across = not leg.is_horizontal
        return sum(
            self._passing[across, unit, leg.line]
            if leg.is_horizontal
            else self._passing[across, leg.line, unit]
            for unit in range(leg.low + 1, leg.high)
        )

    def _clashes(self, leg: Leg, link: Link) -> int:
        cost = 0
        for low, high, other in self._runs.get((leg.is_horizontal, leg.line, leg.port), ()):
            shared = min(high, leg.high) - max(low, leg.low)
            if shared > 0 and _are_twins(link, other):
                # They may begin and end as one, but must part in between.
                cost += _TWINS * shared * shared
            elif shared > 0:
                cost += link.sharing if _may_share(link, other) else _CONFLICT
            elif shared == 0 and self._is_bare(leg, max(low, leg.low)):
                cost += 0 if _may_share(link, other) else _CONFLICT
        return cost

    def _is_bare(self, leg: Leg, unit: int) -> bool:
        """Whether two lines that touch there touch in an empty cell, so that one seems to go on."""
        across = leg.line // 2
        cell = (unit // 2, across) if leg.is_horizontal else (across, unit // 2)
        return unit % 2 == 1 and cell not in self.cells

    # ----------------------------------------------------------------- order of tracks

    def _closes_a_circle(self, route: Route) -> bool:
        """Whether its tracks would have to be both left and right of others.

        At a row the tracks of lines that come from the left must stand left of those that go on
        to the right, or the two would run over each other.
        """
        return any(
            self._leads(channel, low=high, high=low) for channel, low, high in _joins_of(route)
        )

    def _leads(
        self, channel: tuple[bool, int], *, low: tuple[int, str], high: tuple[int, str]
    ) -> bool:
        ways = self._joins.get(channel, {})
        pending, seen = [low], {low}
        while pending:
            middle = pending.pop()
            if middle == high:
                return True
            fresh = ways.get(middle, set()) - seen
            seen |= fresh
            pending += fresh
        return False

    def _keep(self, route: Route, link: Link) -> None:
        for leg in route:
            if leg.is_run:
                key = (leg.is_horizontal, leg.line, leg.port)
                self._runs.setdefault(key, []).append((leg.low, leg.high, link))
            for unit in range(leg.low + 1, leg.high):
                place = (unit, leg.line) if leg.is_horizontal else (leg.line, unit)
                self._passing[(leg.is_horizontal, *place)] += 1
        for channel, low, high in _joins_of(route):
            self._joins.setdefault(channel, {}).setdefault(low, set()).add(high)


def _may_share(one: Link, other: Link) -> bool:
    """Lines of one kind that part from one shape, or come together in one, may run as one."""
    is_same_kind = one.type == other.type
    return is_same_kind and (one.source == other.source) != (one.target == other.target)


def _are_twins(one: Link, other: Link) -> bool:
    return one.source == other.source and one.target == other.target


def _joins_of(
    route: Route,
) -> Iterator[tuple[tuple[bool, int], tuple[int, str], tuple[int, str]]]:
    """(channel, middle reached from its lesser side, middle reached from its greater side).

    Only of legs in channels that come from a middle and lead to a middle on the other side.
    """
    for before, leg, after in zip(route, route[1:], route[2:], strict=False):
        if leg.is_run or not (before.is_run and after.is_run):
            continue
        first, last = (before.line, before.port), (after.line, after.port)
        comes_from_less, goes_to_less = before.start < leg.line, after.end < leg.line
        if comes_from_less and not goes_to_less:
            yield (leg.is_horizontal, leg.line), first, last
        elif goes_to_less and not comes_from_less:
            yield (leg.is_horizontal, leg.line), last, first


def _with_ports(legs: list[Leg], link: Link) -> Route:
    """The legs at the ends keep to the ports of their docks."""
    return tuple(
        Leg(leg.is_horizontal, leg.line, leg.start, leg.end, port)
        for number, leg in enumerate(legs)
        for port in [_port(number, leg, len(legs), link)]
    )


def _port(number: int, leg: Leg, count: int, link: Link) -> str:
    if leg.is_horizontal or not leg.is_run:
        return ""
    if number == 0:
        return link.start.port
    return link.end.port if number == count - 1 else ""


# ------------------------------------------------------------------------- patterns


def _ways(start: Dock, end: Dock, out: str, into: str) -> Iterator[list[Leg]]:
    """Every way worth looking at from that side of one shape to that side of the other."""
    leaves_sideways, comes_sideways = out in (LEFT, RIGHT), into in (LEFT, RIGHT)
    if leaves_sideways and comes_sideways:
        yield from _side_to_side(start, end, out, into)
    elif leaves_sideways:
        yield from _side_to_edge(start, end, out, into)
    elif comes_sideways:
        for way in _side_to_edge(end, start, into, out):
            yield _turned(way)
    else:
        yield from _edge_to_edge(start, end, out, into)


def _side_to_side(start: Dock, end: Dock, out: str, into: str) -> Iterator[list[Leg]]:
    beside, before = start.way_out(out), end.way_out(into)
    goes_on = _leads_from(start.x, out, end.x) and _leads_from(end.x, into, start.x)
    if start.y == end.y and goes_on:
        yield [_across(start.y, start.x, end.x)]
    if start.y != end.y:
        for channel in {beside, before}:
            if _leads_from(start.x, out, channel) and _leads_from(end.x, into, channel):
                yield [
                    _across(start.y, start.x, channel),
                    _down(channel, start.y, end.y),
                    _across(end.y, channel, end.x),
                ]
    for level in {start.y - 1, start.y + 1, end.y - 1, end.y + 1}:
        yield [
            _across(start.y, start.x, beside),
            _down(beside, start.y, level),
            _across(level, beside, before),
            _down(before, level, end.y),
            _across(end.y, before, end.x),
        ]


def _side_to_edge(start: Dock, end: Dock, out: str, into: str) -> Iterator[list[Leg]]:
    beside, before = start.way_out(out), end.way_out(into)
    if _leads_from(start.x, out, end.x) and _leads_from(end.y, into, start.y):
        yield [_across(start.y, start.x, end.x), _down(end.x, start.y, end.y)]
    for channel in {beside, end.x - 1, end.x + 1}:
        if _leads_from(start.x, out, channel):
            yield [
                _across(start.y, start.x, channel),
                _down(channel, start.y, before),
                _across(before, channel, end.x),
                _down(end.x, before, end.y),
            ]


def _edge_to_edge(start: Dock, end: Dock, out: str, into: str) -> Iterator[list[Leg]]:
    leaving, before = start.way_out(out), end.way_out(into)
    goes_on = _leads_from(start.y, out, end.y) and _leads_from(end.y, into, start.y)
    if start.x == end.x and start.port == end.port and goes_on:
        yield [_down(start.x, start.y, end.y)]
    for level in {leaving, before}:
        if _leads_from(start.y, out, level) and _leads_from(end.y, into, level):
            yield [
                _down(start.x, start.y, level),
                _across(level, start.x, end.x),
                _down(end.x, level, end.y),
            ]
    for channel in {start.x - 1, start.x + 1, end.x - 1, end.x + 1}:
        yield [
            _down(start.x, start.y, leaving),
            _across(leaving, start.x, channel),
            _down(channel, leaving, before),
            _across(before, channel, end.x),
            _down(end.x, before, end.y),
        ]


def _leads_from(at: int, side: str, unit: int) -> bool:
    """Whether the unit lies on that side of the shape."""
    return unit > at if side in (RIGHT, BOTTOM) else unit < at


def _across(line: int, start: int, end: int) -> Leg:
    return Leg(is_horizontal=True, line=line, start=start, end=end)


def _down(line: int, start: int, end: int) -> Leg:
    return Leg(is_horizontal=False, line=line, start=start, end=end)


def _turned(legs: list[Leg]) -> list[Leg]:
    return [Leg(leg.is_horizontal, leg.line, leg.end, leg.start, leg.port) for leg in legs[::-1]]
