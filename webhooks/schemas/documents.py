"""Documents of instances on the wire."""

from __future__ import annotations

from marshmallow import fields

from webhooks.schemas.base import Answer, Moment


class DocumentAnswer(Answer):
    """A file that an instance holds, and the input that brought it."""

    id = fields.String(attribute="document.document_id")
    name = fields.String(attribute="document.name")
    mime_type = fields.String(attribute="document.mime_type")
    size = fields.Integer(attribute="document.size")
    sha256 = fields.String(attribute="document.sha256")
    process_instance_id = fields.String(attribute="event.instance_id")
    sequence = fields.Integer(attribute="event.sequence")
    user_id = fields.String(attribute="event.actor", allow_none=True)
    time = Moment(attribute="event.at")
    activity_id = fields.String(attribute="event.activity_id", allow_none=True)
    withdrawn = fields.Boolean(
        attribute="is_withdrawn",
        metadata={"description": "an attachment whose bytes only auditors and admins get now"},
    )
