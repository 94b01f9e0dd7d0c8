"""Comments and attachments of tasks and instances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Request, Response, request

from engine.errors import InvalidInput, NotFound
from engine.model import Attachment, Comment, Upload
from engine.remarks import Place
from webhooks.auth import require_actor
from webhooks.downloads import download
from webhooks.rest.context import current_engine
from webhooks.rest.repeating import REPEATABLE, idempotency_key, repeat_header
from webhooks.rest.requests import is_text
from webhooks.rest.resource import FILE, Resource
from webhooks.schemas.remarks import AttachmentAnswer, CommentAnswer, CommentBody

resource = Resource("remark", description="Comments and attachments")

_ATTACHING: Mapping[str, Any] = {
    **REPEATABLE,
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "attachment-name": {"type": "string"},
                        "attachment-description": {"type": "string"},
                        "attachment-type": {"type": "string"},
                        "content": {"type": "string", "format": "binary"},
                        "url": {"type": "string"},
                    },
                }
            }
        },
    },
}


# --------------------------------------------------------------------- comments


@resource.on("GET", "/task/<task_id>/comment", "The comments on a task")
@resource.gives(CommentAnswer(many=True))
def list_task_comments(task_id: str) -> Sequence[Comment]:
    """Also of a task that has ended, for who was offered it."""
    return current_engine().remarks.comments(Place(task_id=task_id), actor=require_actor())


@resource.on("GET", "/task/<task_id>/comment/<comment_id>", "One comment on a task")
@resource.gives(CommentAnswer)
def get_task_comment(task_id: str, comment_id: str) -> Comment:
    """A 404 for one of another task."""
    for each in list_comments(Place(task_id=task_id)):
        if each.comment_id == comment_id:
            return each
    raise NotFound(f"comment on task {task_id}", comment_id)


@resource.on("POST", "/task/<task_id>/comment/create", "Comment on a task", notes=REPEATABLE)
@resource.takes(CommentBody)
@resource.gives(CommentAnswer)
def create_task_comment(body: Mapping[str, str], task_id: str) -> tuple[Comment, dict[str, str]]:
    """For who may work on it, while it is open. Takes an Idempotency-Key header."""
    return _comment(Place(task_id=task_id), body)


@resource.on("GET", "/process-instance/<instance_id>/comment", "The comments on an instance")
@resource.gives(CommentAnswer(many=True))
def list_instance_comments(instance_id: str) -> Sequence[Comment]:
    """Those on its tasks among them."""
    return list_comments(Place(instance_id))


def list_comments(place: Place) -> Sequence[Comment]:
    """The comments of a place that the caller sees."""
    return current_engine().remarks.comments(place, actor=require_actor())


@resource.on(
    "POST",
    "/process-instance/<instance_id>/comment/create",
    "Comment on an instance",
    is_own=True,
    notes=REPEATABLE,
)
@resource.takes(CommentBody)
@resource.gives(CommentAnswer)
def create_instance_comment(
    body: Mapping[str, str], instance_id: str
) -> tuple[Comment, dict[str, str]]:
    """For who takes part in it, while it runs. Takes an Idempotency-Key header."""
    return _comment(Place(instance_id), body)


def _comment(place: Place, body: Mapping[str, str]) -> tuple[Comment, dict[str, str]]:
    made = current_engine().remarks.comment(
        place, body["message"], actor=require_actor(), idempotency_key=idempotency_key()
    )
    return made, repeat_header(is_repeat=made.is_repeat)


# ------------------------------------------------------------------ attachments


@resource.on("GET", "/task/<task_id>/attachment", "The attachments of a task")
@resource.gives(AttachmentAnswer(many=True))
def list_task_attachments(task_id: str) -> Sequence[Attachment]:
    """Without those that were withdrawn; they are found by their id."""
    found = current_engine().remarks.attachments(Place(task_id=task_id), actor=require_actor())
    return [each for each in found if each.withdrawn_at is None]


@resource.on("POST", "/task/<task_id>/attachment/create", "Attach to a task", notes=_ATTACHING)
@resource.gives(AttachmentAnswer)
def create_task_attachment(task_id: str) -> tuple[Attachment, dict[str, str]]:
    """A file (`content`) or an address (`url`), in a form of parts.

    Takes an Idempotency-Key header.
    """
    return _attach(Place(task_id=task_id))


@resource.on("GET", "/task/<task_id>/attachment/<attachment_id>", "One attachment of a task")
@resource.gives(AttachmentAnswer)
def get_task_attachment(task_id: str, attachment_id: str) -> Attachment:
    """One that was withdrawn says by whom and when."""
    actor = require_actor()
    return current_engine().remarks.attachment(Place(task_id=task_id), attachment_id, actor=actor)


@resource.on(
    "GET", "/task/<task_id>/attachment/<attachment_id>/data", "The bytes of one", notes=FILE
)
def get_task_attachment_data(task_id: str, attachment_id: str) -> Response:
    """A 404 for an address; of a withdrawn one for auditors and admins."""
    place = Place(task_id=task_id)
    remarks, actor = current_engine().remarks, require_actor()
    return download(remarks.content(place, attachment_id, actor=actor))


@resource.on("DELETE", "/task/<task_id>/attachment/<attachment_id>", "Withdraw an attachment")
@resource.gives(status=204)
def withdraw_task_attachment(task_id: str, attachment_id: str) -> None:
    """History keeps it, marked. For who attached it, and for admins."""
    place = Place(task_id=task_id)
    current_engine().remarks.withdraw(place, attachment_id, actor=require_actor())


@resource.on(
    "GET",
    "/process-instance/<instance_id>/attachment",
    "The attachments of an instance",
    is_own=True,
)
@resource.gives(AttachmentAnswer(many=True))
def list_instance_attachments(instance_id: str) -> Sequence[Attachment]:
    """Those of its tasks, and those that were withdrawn, among them."""
    return current_engine().remarks.attachments(Place(instance_id), actor=require_actor())


@resource.on(
    "POST",
    "/process-instance/<instance_id>/attachment/create",
    "Attach to an instance",
    is_own=True,
    notes=_ATTACHING,
)
@resource.gives(AttachmentAnswer)
def create_instance_attachment(instance_id: str) -> tuple[Attachment, dict[str, str]]:
    """As to a task."""
    return _attach(Place(instance_id))


def _attach(place: Place) -> tuple[Attachment, dict[str, str]]:
    form: Mapping[str, Any] = request.form
    if faults := {name: ["not a text"] for name, text in form.items() if not is_text(text)}:
        raise InvalidInput(f"{next(iter(faults))}: not a text", faults)
    made = current_engine().remarks.attach(
        place,
        _content(request),
        actor=require_actor(),
        name=form.get("attachment-name"),
        description=form.get("attachment-description"),
        kind=form.get("attachment-type"),
        idempotency_key=idempotency_key(),
    )
    return made, repeat_header(is_repeat=made.is_repeat)


def _content(sent: Request) -> Upload | str:
    file, url = sent.files.get("content"), sent.form.get("url")
    if (file is None) == (not url):
        raise InvalidInput(
            "an attachment is either a file (content) or an address (url)",
            {"content": ["expected a file, or url instead of it"]},
        )
    if file is None:
        return str(url)
    return Upload(file.filename or "", file.read(), file.mimetype)
