"""What an account keeps for itself: drafts of forms, and filters of its inbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class TaskDraft:
    """One per account and task; beside history. `texts`: field id -> what stood in its input."""

    account: str
    instance_id: str
    task_id: str
    texts: Mapping[str, str]
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class SavedFilter:
    """A wish that an account has for a list, under a name. `query`: the query string of a URL."""

    account: str
    name: str
    query: str
