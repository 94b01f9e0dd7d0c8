"""Attachments and comments as pages show them: of an instance and its tasks, or of one task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import url_for

from engine.errors import Forbidden
from engine.model import Attachment, Comment, Role, UserTask
from engine.remarks import Place
from webhooks.language import size_words
from webhooks.pages.logins import current_actor
from webhooks.rest.context import current_engine

#: Activity id -> what people call it.
Names = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Draft:
    """What was typed in vain, and why."""

    message: str = ""
    comment_fault: str | None = None
    attachment_fault: str | None = None


@dataclass(frozen=True, slots=True)
class ShownAttachment:
    """One attachment as a row. `href`: None when the visitor may not have it."""

    attachment: Attachment
    href: str | None
    size: str | None
    activity: str | None
    withdraw_action: str | None


@dataclass(frozen=True, slots=True)
class ShownComment:
    """One comment, with the step it is about."""

    comment: Comment
    activity: str | None


@dataclass(frozen=True, slots=True)
class ShownRemarks:
    """Everything of one place; the actions are None for who may only read."""

    attachments: list[ShownAttachment]
    comments: list[ShownComment]
    comment_action: str | None
    attach_action: str | None
    submission_key: str
    draft: Draft


def remarks_of_instance(
    instance_id: str, names: Names, *, key: str, draft: Draft | None = None
) -> ShownRemarks:
    """What stands at the instance and at all its tasks."""
    actions = (
        url_for("pages.comment_on_instance", instance_id=instance_id),
        url_for("pages.attach_to_instance", instance_id=instance_id),
    )
    return _remarks(Place(instance_id), Place(instance_id), names, actions, key, draft)


def remarks_of_task(task: UserTask, *, key: str, draft: Draft | None = None) -> ShownRemarks:
    """What stands at the task's instance; at the task alone for who does not see the instance."""
    own, whole = Place(task_id=task.task_id), Place(task.instance_id)
    actions = (
        url_for("pages.comment_on_task", task_id=task.task_id),
        url_for("pages.attach_to_task", task_id=task.task_id),
    )
    names = {task.activity_id: task.name}
    try:
        model = current_engine().definitions.model(task.definition_id, actor=current_actor())
        names = {each.id: each.name or each.id for each in model.nodes.values()}
        return _remarks(whole, own, names, actions, key, draft)
    except Forbidden:
        return _remarks(own, own, names, actions, key, draft)


def _remarks(  # noqa: PLR0917 - all of them are facts of one place
    shown: Place,
    own: Place,
    names: Names,
    actions: tuple[str, str],
    key: str,
    draft: Draft | None,
) -> ShownRemarks:
    remarks, actor = current_engine().remarks, current_actor()
    may_add = remarks.may_add(own, actor=actor)
    comment_action, attach_action = actions if may_add else (None, None)
    return ShownRemarks(
        [
            _attachment(each, shown, names, may_add=may_add)
            for each in remarks.attachments(shown, actor=actor)
        ],
        [
            ShownComment(each, names.get(each.activity_id or ""))
            for each in remarks.comments(shown, actor=actor)
        ],
        comment_action,
        attach_action,
        key,
        draft or Draft(),
    )


def _attachment(found: Attachment, shown: Place, names: Names, *, may_add: bool) -> ShownAttachment:
    actor, is_withdrawn = current_actor(), found.withdrawn_at is not None
    may_withdraw = may_add and not is_withdrawn
    may_withdraw = may_withdraw and (found.by == actor.account or actor.has(Role.ADMIN))
    may_read = not is_withdrawn or actor.has(Role.AUDITOR, Role.ADMIN)
    href = found.url if found.document is None else _address("download_attachment_of", found, shown)
    return ShownAttachment(
        found,
        href if may_read else None,
        size_words(found.document.size) if found.document else None,
        names.get(found.activity_id or ""),
        _address("withdraw_from", found, shown) if may_withdraw else None,
    )


def _address(deed: str, found: Attachment, shown: Place) -> str:
    """Where that is done to the attachment, from the page of this place."""
    attachment_id = found.attachment_id
    if shown.task_id is not None:
        return url_for(f"pages.{deed}_task", task_id=shown.task_id, attachment_id=attachment_id)
    return url_for(
        f"pages.{deed}_instance", instance_id=found.instance_id, attachment_id=attachment_id
    )
