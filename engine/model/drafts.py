"""What somebody has typed into the form of a task and not yet handed in."""

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
