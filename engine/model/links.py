"""Links in messages, by which one person does one task without logging in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class TaskLink:
    """A link to one task for one account; of its secret only the SHA-256 is stored.

    It identifies a message, not a person: what is done by it is recorded as done by link.
    """

    link_id: str
    instance_id: str
    task_id: str
    account: str
    created_at: datetime
    #: The account that asked for the link; None when Alur made it for a message of its own.
    created_by: str | None
    expires_at: datetime
    used_at: datetime | None = None
