"""Papers on the wire: what is initialled and signed, version by version."""

from __future__ import annotations

from marshmallow import fields

from webhooks.schemas.base import Answer, Computed, Moment


class PaperVersionAnswer(Answer):
    """What a paper was from one input on. `by` null: a script or another process made it."""

    number = fields.Integer()
    digest = fields.String()
    sequence = fields.Integer()
    at = Moment()
    by = fields.String(allow_none=True)
    capacity = fields.String(allow_none=True)
    activity_id = fields.String(allow_none=True)


class EndorsementAnswer(Answer):
    """A paraf or signature. `voided` null: it counts; else "changed" or "returned"."""

    kind = Computed(lambda each: str(each.kind))
    sequence = fields.Integer()
    at = Moment()
    by = fields.String(allow_none=True)
    capacity = fields.String(allow_none=True)
    activity_id = fields.String()
    activity_name = fields.String()
    lane_path = fields.List(fields.String())
    version = fields.Integer()
    digest = fields.String()
    waived = fields.Boolean(attribute="is_waived")
    method = fields.String(allow_none=True)
    files = fields.List(fields.String())
    rests_on = fields.List(fields.Integer())
    voided = Computed(lambda each: str(each.voided) if each.voided else None)
    voided_at = Moment(allow_none=True)


class PaperAnswer(Answer):
    """The variables that are initialled and signed together, with all versions of them."""

    document = fields.List(fields.String(), attribute="names")
    labels = fields.List(fields.String())
    versions = fields.List(fields.Nested(PaperVersionAnswer))
    endorsements = fields.List(fields.Nested(EndorsementAnswer))


class TaskPaperAnswer(Answer):
    """The paper that a task initials or signs, and the lanes whose paraf it waits for."""

    kind = Computed(lambda step: str(step.kind))
    paper = fields.Nested(PaperAnswer)
    current = fields.Nested(PaperVersionAnswer, attribute="paper.current", allow_none=True)
    values = fields.Dict(keys=fields.String())
    conceptor = fields.Boolean(attribute="is_conceptor")
    required = fields.List(fields.String())
    missing = fields.List(fields.String())


class ReturnNoteAnswer(Answer):
    """Why work came back, in the words of who sent it back."""

    text = fields.String()
    by = fields.String(allow_none=True)
    capacity = fields.String(allow_none=True)
    at = Moment()
    activity_id = fields.String()
    activity_name = fields.String()
