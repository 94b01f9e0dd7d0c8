"""Comments and attachments on the wire."""

from __future__ import annotations

from marshmallow import fields

from webhooks.schemas.base import Answer, Computed, Moment, Null, Same, Shape


class CommentBody(Shape):
    """What somebody says."""

    message = fields.String(required=True)


class CommentAnswer(Answer):
    """A comment."""

    links = Same([])
    id = fields.String(attribute="comment_id")
    user_id = fields.String(attribute="by", allow_none=True)
    task_id = fields.String(allow_none=True)
    process_instance_id = fields.String(attribute="instance_id")
    time = Moment(attribute="at")
    message = fields.String()
    removal_time = Null()
    root_process_instance_id = fields.String(attribute="instance_id")


class AttachmentAnswer(Answer):
    """An attachment; of a file with its size and digest, which are our own."""

    links = Same([])
    id = fields.String(attribute="attachment_id")
    name = fields.String()
    description = fields.String(allow_none=True)
    task_id = fields.String(allow_none=True)
    process_instance_id = fields.String(attribute="instance_id")
    type = fields.String(allow_none=True)
    url = fields.String(allow_none=True)
    create_time = Moment(attribute="at")
    removal_time = Null()
    root_process_instance_id = fields.String(attribute="instance_id")
    user_id = fields.String(attribute="by", allow_none=True)
    filename = Computed(lambda each: each.document.name if each.document else None)
    size = Computed(lambda each: each.document.size if each.document else None)
    sha256 = Computed(lambda each: each.document.sha256 if each.document else None)
    withdrawn_by = fields.String(allow_none=True)
    withdrawn_at = Moment(allow_none=True)
