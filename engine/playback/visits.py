"""Visits: each passing through one element, with who had it in hand and when it was due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from engine.model import Json

#: What history adds to the id of the body around several instances of an activity.
BODY = "#multiInstanceBody"


@dataclass(frozen=True, slots=True)
class Hand:
    """From a step on a visit was in the hands of an account, or of nobody."""

    step: int
    at: datetime
    account: str | None


@dataclass(frozen=True, slots=True)
class Due:
    """From a step on a visit was due at a moment; None: not due any more, or not yet."""

    step: int
    at: datetime | None
    #: Of the working calendar that set it; None: the diagram said when.
    calendar: str | None = None
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class Former:
    """Where a visit stood until a migration in that step gave it another element."""

    step: int
    activity_id: str
    name: str
    lane_path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Visit:
    """One passing through one element. Steps are numbers of frames."""

    visit_id: str
    activity_id: str
    name: str
    type: str
    lane_path: tuple[str, ...]
    #: What tells it from its siblings in a multi-instance, and the scope's values at entering.
    local_variables: Mapping[str, Json]
    #: Which passing through this element it is, from 1 on.
    ordinal: int
    entered_in: int
    entered_at: datetime
    ended_in: int | None = None
    ended_at: datetime | None = None
    is_cancelled: bool = False
    hands: tuple[Hand, ...] = ()
    dues: tuple[Due, ...] = ()
    #: Whether what is submitted to it stays in its loop or sub-process.
    is_local: bool = False
    #: Who completed it, for what a person or program did.
    ended_by: str | None = None
    ended_as: str | None = None
    #: Of an instance that was migrated while it was open, the oldest first.
    former: tuple[Former, ...] = ()

    def as_of(self, step: int) -> Visit:
        """The visit at the element where it stood after that step."""
        then = next((each for each in self.former if each.step > step), None)
        if then is None:
            return self
        return replace(self, activity_id=then.activity_id, name=then.name, lane_path=then.lane_path)

    @property
    def is_body(self) -> bool:
        """Whether it is the body around several instances of an activity."""
        return self.type == "multiInstanceBody"

    def is_open_after(self, step: int) -> bool:
        """Whether it had begun by that step and had not ended."""
        return self.entered_in <= step and (self.ended_in is None or self.ended_in > step)

    def hand_after(self, step: int) -> Hand | None:
        """In whose hands it was after that step; None for nobody's."""
        last = next((hand for hand in reversed(self.hands) if hand.step <= step), None)
        return last if last and last.account else None

    def due_after(self, step: int) -> Due | None:
        """When it was due, as far as that was known after that step."""
        last = next((due for due in reversed(self.dues) if due.step <= step), None)
        return last if last and last.at else None
