"""Two courses of one SOP side by side: what was skipped, repeated, or done in another order."""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from engine.bpmn.elements import ProcessModel
from engine.bpmn.names import ACTIVITIES
from engine.playback.story import Story
from engine.playback.straight_path import straight_path
from engine.playback.visits import Visit

#: (activity, which coming to it)
RoundKey = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Round:
    """One coming to an activity; of several instances of it all together.

    `visits`: none in the straight path, which nobody went.
    """

    activity_id: str
    name: str
    #: Which coming to this activity it is, from 1 on.
    ordinal: int
    visits: tuple[Visit, ...] = ()

    @property
    def key(self) -> RoundKey:
        """What it is told from others by, in every course."""
        return self.activity_id, self.ordinal

    @property
    def people(self) -> tuple[str, ...]:
        """Who completed it, each once."""
        return tuple(dict.fromkeys(visit.ended_by for visit in self.visits if visit.ended_by))

    @property
    def started_at(self) -> datetime | None:
        """When it began."""
        return min((visit.entered_at for visit in self.visits), default=None)

    @property
    def ended_at(self) -> datetime | None:
        """When it ended; None while any of it is open."""
        ends = [visit.ended_at for visit in self.visits]
        return None if None in ends else max((end for end in ends if end), default=None)

    @property
    def first_step(self) -> int | None:
        """The step in which it began."""
        return min((visit.entered_in for visit in self.visits), default=None)


@dataclass(frozen=True, slots=True)
class Pair:
    """The same round in both courses; None where a course does not have it."""

    left: Round | None
    right: Round | None
    #: Whether the two courses have it in another place.
    is_moved: bool = False

    @property
    def round(self) -> Round:
        """Whichever there is."""
        found = self.left or self.right
        assert found is not None  # noqa: S101 - a pair has one at least
        return found

    @property
    def is_repeat(self) -> bool:
        """Whether only one course has it, and that one came here before."""
        return (self.left is None or self.right is None) and self.round.ordinal > 1

    @property
    def is_by_others(self) -> bool:
        """Whether both have it, done by other people."""
        if self.left is None or self.right is None or not (self.left.visits and self.right.visits):
            return False
        return set(self.left.people) != set(self.right.people)

    @property
    def differs(self) -> bool:
        """Whether the courses differ here in more than time."""
        return self.left is None or self.right is None or self.is_moved or self.is_by_others


def rounds_of(story: Story) -> list[Round]:
    """Every coming to an activity, in order."""
    found: list[Round] = []
    bodies: dict[str, int] = {}
    for visit in story.visits:
        if visit.is_body:
            bodies[visit.activity_id] = len(found)
            found.append(Round(visit.activity_id, visit.name, visit.ordinal))
        elif visit.activity_id in bodies:
            place = bodies[visit.activity_id]
            found[place] = replace(found[place], visits=(*found[place].visits, visit))
        elif visit.type in ACTIVITIES:
            found.append(Round(visit.activity_id, visit.name, visit.ordinal, (visit,)))
    return found


def straight_rounds(model: ProcessModel, start: str | None = None) -> list[Round]:
    """The straight path of a process as rounds that nobody went."""
    nodes = (model.nodes[each] for each in straight_path(model, start))
    return [Round(node.id, node.name or node.id, 1) for node in nodes]


def compare(left: Sequence[Round], right: Sequence[Round]) -> tuple[Pair, ...]:
    """Both courses as one list: in the order of the left one, the right one's own in between."""
    return tuple(_merged(left, right))


def _merged(left: Sequence[Round], right: Sequence[Round]) -> Iterator[Pair]:
    places = {each.key: place for place, each in enumerate(right)}
    known = {each.key for each in left}
    kept = _in_same_order([places[each.key] for each in left if each.key in places])
    done = 0
    for each in left:
        place = places.get(each.key)
        if place is None:
            yield Pair(each, None)
        elif place not in kept:
            yield Pair(each, right[place], is_moved=True)
        else:
            yield from (Pair(None, own) for own in right[done:place] if own.key not in known)
            yield Pair(each, right[place])
            done = place + 1
    yield from (Pair(None, own) for own in right[done:] if own.key not in known)


def _in_same_order(places: Sequence[int]) -> set[int]:
    """The longest rising selection of these places; what is left out was done elsewhere."""
    tails: list[int] = []
    #: Place -> the one before it in the best selection that ends with it.
    before: dict[int, int | None] = {}
    for place in places:
        found = bisect.bisect_left(tails, place)
        before[place] = tails[found - 1] if found else None
        tails[found : found + 1] = [place]
    kept: set[int] = set()
    last = tails[-1] if tails else None
    while last is not None:
        kept.add(last)
        last = before[last]
    return kept
