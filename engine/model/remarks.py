"""What people say and show beside the work: comments and attachments."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from engine.model.documents import Document


@dataclass(frozen=True, slots=True)
class Comment:
    """A remark on an instance, or on one of its tasks. It is never changed."""

    comment_id: str
    instance_id: str
    task_id: str | None
    activity_id: str | None
    message: str
    by: str | None
    at: datetime
    #: Of the answer to a request: whether the same request made it before.
    is_repeat: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A document, or an address, that somebody put beside an instance or one of its tasks.

    It is never deleted: who withdraws it marks it, and its bytes are for auditors from then on.
    """

    attachment_id: str
    instance_id: str
    task_id: str | None
    activity_id: str | None
    name: str
    description: str | None
    #: The word of whoever attached it, as Camunda has it.
    type: str | None
    url: str | None
    document: Document | None
    by: str | None
    at: datetime
    withdrawn_by: str | None = None
    withdrawn_at: datetime | None = None
    #: Of the answer to a request: whether the same request made it before.
    is_repeat: bool = field(default=False, compare=False)
