"""Tracks: which of the lines that share a channel goes left of which, without running together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.bpmn.drawing.routes import Leg, Route

#: (is horizontal, unit): one channel between two rows or columns.
Channel = tuple[bool, int]
#: (id of a line, number of its leg).
LegKey = tuple[str, int]


@dataclass(frozen=True, slots=True)
class _Segment:
    """A leg in a channel. `low_ends` and `high_ends`: where it turns to the lesser, greater side.

    An end is (unit, port); a channel end has no stub that another line could run over.
    """

    key: LegKey
    leg: Leg
    low_ends: tuple[tuple[int, str], ...]
    high_ends: tuple[tuple[int, str], ...]

    def meets(self, other: _Segment) -> bool:
        """Whether the two cannot have one track; touching counts, since units have a breadth."""
        return self.leg.low <= other.leg.high and other.leg.low <= self.leg.high

    def must_precede(self, other: _Segment) -> bool:
        """Whether its stub would run over the other's if it stood on the greater side of it."""
        return any(end[0] % 2 == 1 and end in other.high_ends for end in self.low_ends)

    def crossings_before(self, other: _Segment) -> int:
        """How often the two cross when this one has the lesser track."""
        mine = sum(other.leg.low < unit < other.leg.high for unit, _ in self.high_ends)
        return mine + sum(self.leg.low < unit < self.leg.high for unit, _ in other.low_ends)


@dataclass(frozen=True, slots=True)
class Tracks:
    """The track of each leg in a channel, and how many tracks each channel has."""

    of_leg: Mapping[LegKey, int]
    counts: Mapping[Channel, int]


def assign(routes: Mapping[str, Route]) -> Tracks:
    """Tracks for every leg that is no run."""
    channels: dict[Channel, list[_Segment]] = {}
    for line, route in routes.items():
        for number, leg in enumerate(route):
            if not leg.is_run:
                segment = _segment((line, number), route, number)
                channels.setdefault((leg.is_horizontal, leg.line), []).append(segment)
    of_leg: dict[LegKey, int] = {}
    counts: dict[Channel, int] = {}
    for channel, segments in channels.items():
        numbers = _numbered(_ordered(segments))
        of_leg |= numbers
        counts[channel] = max(numbers.values()) + 1
    return Tracks(of_leg, counts)


def _segment(key: LegKey, route: Route, number: int) -> _Segment:
    leg = route[number]
    low: list[tuple[int, str]] = []
    high: list[tuple[int, str]] = []
    if number > 0:
        before = route[number - 1]
        _note(before, far=before.start, leg=leg, low=low, high=high)
    if number + 1 < len(route):
        after = route[number + 1]
        _note(after, far=after.end, leg=leg, low=low, high=high)
    return _Segment(key, leg, tuple(low), tuple(high))


def _note(
    beside: Leg, *, far: int, leg: Leg, low: list[tuple[int, str]], high: list[tuple[int, str]]
) -> None:
    end = (beside.line, beside.port)
    if far < leg.line:
        low.append(end)
    elif far > leg.line:
        high.append(end)


def _ordered(segments: Sequence[_Segment]) -> list[_Segment]:
    """From the least track to the greatest: what must precede does, crossings are few.

    A route never closes a circle of such demands (routes.Router), so that there is always one
    that nothing must precede.
    """
    left = sorted(segments, key=lambda s: (s.leg.low, s.leg.high, s.key))
    # What each would cost if it came before all others that it meets, minus what it would save.
    weight = {s.key: sum(_gain(s, o) for o in left if o is not s and s.meets(o)) for s in left}
    demands = {s.key: sum(o.must_precede(s) for o in left if o is not s) for s in left}
    ordered: list[_Segment] = []
    while left:
        free = [s for s in left if demands[s.key] == 0] or left
        chosen = min(free, key=lambda s: weight[s.key])
        left.remove(chosen)
        ordered.append(chosen)
        for other in left:
            if chosen.meets(other):
                weight[other.key] -= _gain(other, chosen)
            demands[other.key] -= chosen.must_precede(other)
    return ordered


def _gain(one: _Segment, other: _Segment) -> int:
    """Crossings more when `one` comes first than when `other` does."""
    return one.crossings_before(other) - other.crossings_before(one)


def _numbered(ordered: Sequence[_Segment]) -> dict[LegKey, int]:
    """The least track that keeps the order; what does not meet may have the same."""
    numbers: dict[LegKey, int] = {}
    for place, segment in enumerate(ordered):
        earlier = (o for o in ordered[:place] if segment.meets(o) or o.must_precede(segment))
        numbers[segment.key] = max((numbers[o.key] + 1 for o in earlier), default=0)
    return numbers
