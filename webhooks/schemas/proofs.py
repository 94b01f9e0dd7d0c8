"""Verification on the wire."""

from __future__ import annotations

from marshmallow import fields

from webhooks.schemas.base import Answer


class FaultAnswer(Answer):
    """One thing that is wrong, at its place."""

    sequence = fields.Integer(allow_none=True)
    check = fields.String()
    message = fields.String()
    expected = fields.String(allow_none=True)
    found = fields.String(allow_none=True)


class VerificationAnswer(Answer):
    """Whether history is what happened, as far as the check can tell."""

    instance_id = fields.String()
    sound = fields.Boolean(attribute="is_sound")
    events = fields.Integer()
    inputs = fields.Integer()
    faults = fields.List(fields.Nested(FaultAnswer))
