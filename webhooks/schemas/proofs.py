"""Verification on the wire."""

from __future__ import annotations

from marshmallow import fields

from webhooks.schemas.base import Answer, Moment


class FaultAnswer(Answer):
    """One thing that is wrong, at its place."""

    sequence = fields.Integer(allow_none=True)
    check = fields.String()
    message = fields.String()
    expected = fields.String(allow_none=True)
    found = fields.String(allow_none=True)


class CodeAnswer(Answer):
    """The event that was the last one of a history when the code was given."""

    process_definition_key = fields.String()
    process_definition_version = fields.Integer()
    process_definition_name = fields.String()
    sequence = fields.Integer()
    at = Moment()
    hash = fields.String()
    later = fields.Integer()
    sound = fields.Boolean()


class VerificationAnswer(Answer):
    """Whether history is what happened, as far as the check can tell."""

    instance_id = fields.String()
    sound = fields.Boolean(attribute="is_sound")
    events = fields.Integer()
    inputs = fields.Integer()
    faults = fields.List(fields.Nested(FaultAnswer))
