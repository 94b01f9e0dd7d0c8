"""Working calendars as they are kept: revision upon revision, none ever changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from engine.model.values import Json


@dataclass(frozen=True, slots=True)
class CalendarRevision:
    """What a calendar said from one change to the next; `content` is that of worktime/as_json."""

    key: str
    revision: int
    content: Mapping[str, Json]
    changed_at: datetime
    #: None: made from the seeds, by nobody.
    changed_by: str | None
    note: str
