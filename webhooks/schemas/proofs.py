"""Our own view of history on the wire: replay and verification."""

from __future__ import annotations

from marshmallow import fields

from webhooks.schemas.base import Answer, Computed, Moment


class FrameAnswer(Answer):
    """One step of an instance: who gave which input, and what followed from it."""

    number = fields.Integer()
    revision = fields.Integer()
    sequence = fields.Integer()
    at = Moment()
    kind = Computed(lambda frame: str(frame.kind))
    actor = fields.String(allow_none=True)
    capacity = fields.String(allow_none=True)
    activity_id = fields.String(allow_none=True)
    activity_instance_id = fields.String(allow_none=True)
    payload = fields.Dict(keys=fields.String())
    flows = fields.List(fields.String())
    entered = fields.List(fields.String())
    completed = fields.List(fields.String())
    cancelled = fields.List(fields.String())
    changes = fields.Dict(keys=fields.String())
    incidents = fields.List(fields.String())
    ends_instance = fields.Boolean()


class ReplayAnswer(Answer):
    """All steps in order. Values are plain JSON."""

    instance_id = fields.String()
    process_definition_id = fields.String()
    activity_names = fields.Dict(keys=fields.String(), values=fields.String())
    frames = fields.List(fields.Nested(FrameAnswer))


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
