"""Overdue tasks that went up to superiors, and the office's order of superiors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from engine.model.values import Json


@dataclass(frozen=True, slots=True)
class TaskEscalation:
    """An overdue task went up to a superior lane; that of level n stands at place n - 1.

    `due_at`: the due date that it had passed.
    """

    lane: str
    at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Superior:
    """The lane above a lane, and how long after the due date work goes up to it.

    `after`: working days (P1D) or working time (PT4H); above the first level it counts from when
    the level before was told.
    """

    lane: str
    after: str


@dataclass(frozen=True, slots=True)
class SuperiorsRevision:
    """Which lane stood above which from one change to the next. `superiors`: lane -> above it."""

    revision: int
    superiors: Mapping[str, Superior]
    changed_at: datetime
    #: None: the order that Alur brings along, put there by nobody.
    changed_by: str | None

    def content(self) -> dict[str, Json]:
        """The superiors as JSON can keep them."""
        return {
            lane: {"superior": above.lane, "after": above.after}
            for lane, above in sorted(self.superiors.items())
        }


def superiors_from(content: Mapping[str, Json]) -> dict[str, Superior]:
    """The superiors whose `content()` this is."""
    return {lane: Superior(said["superior"], said["after"]) for lane, said in content.items()}
