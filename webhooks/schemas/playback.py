"""An instance step by step on the wire: frames, states and comparisons. Values are plain JSON."""

from __future__ import annotations

from typing import Any

from marshmallow import RAISE, ValidationError, fields, validates_schema

from webhooks.schemas.base import Answer, Computed, Moment, Shape, Whole
from webhooks.schemas.proofs import FaultAnswer


class Asked(Shape):
    """What a query string asks for; a misspelt parameter would be the wrong step."""

    class Meta:
        """Nothing is ignored."""

        unknown = RAISE

    error_messages = {"unknown": "Alur does not know this parameter"}  # noqa: RUF012


class ReplayWindow(Asked):
    """Which steps: those after a number, at most so many."""

    after = Whole(minimum=0, load_default=0)
    max_results = Whole(minimum=1, load_default=None)


class StateQuestion(Asked):
    """After which step, or at which moment; the last one when nothing is said."""

    step = Whole(minimum=0)
    at = Moment()

    @validates_schema
    def _only_one(self, data: dict[str, Any], **_options: Any) -> None:
        if len(data) > 1:
            raise ValidationError("expected either step or at, found both", "at")


class ComparisonQuestion(Asked):
    """With which other instance; without one, with the straight path of its process."""

    other_id = fields.String(data_key="with", load_default=None)


class TakenAnswer(Answer):
    """One passing along a sequence flow; `order` counts all of the instance."""

    order = fields.Integer()
    flow_id = fields.String()
    is_return = fields.Boolean()


class FrameAnswer(Answer):
    """One step of an instance: who gave which input, and what followed from it."""

    number = fields.Integer()
    revision = fields.Integer()
    sequence = fields.Integer()
    at = Moment()
    kind = fields.String()
    actor = fields.String(allow_none=True)
    capacity = fields.String(allow_none=True)
    activity_id = fields.String(allow_none=True)
    activity_instance_id = fields.String(allow_none=True)
    payload = fields.Dict(keys=fields.String())
    flows = fields.List(fields.String())
    taken = fields.List(fields.Nested(TakenAnswer))
    entered = fields.List(fields.String())
    completed = fields.List(fields.String())
    cancelled = fields.List(fields.String())
    changes = fields.Dict(keys=fields.String())
    incidents = fields.List(fields.String())
    ends_instance = fields.Boolean()


class ReplayAnswer(Answer):
    """Steps in order, of those that are proved."""

    instance_id = fields.String()
    process_definition_id = fields.String()
    activity_names = fields.Dict(keys=fields.String(), values=fields.String())
    frames = fields.List(fields.Nested(FrameAnswer))
    #: How many steps can be had, and how many history has; fewer when it has a fault.
    total = fields.Integer()
    recorded = fields.Integer()
    #: `after` of the next page; null on the last one.
    next = fields.Integer(allow_none=True)
    faults = fields.List(fields.Nested(FaultAnswer))


class OpenActivityAnswer(Answer):
    """One activity that was open."""

    activity_instance_id = fields.String(attribute="visit_id")
    activity_id = fields.String()
    activity_name = fields.String(attribute="name")
    activity_type = fields.String(attribute="type")
    lane = fields.List(fields.String(), attribute="lane_path")
    local_variables = fields.Dict(keys=fields.String())
    ordinal = fields.Integer()
    start_time = Moment(attribute="entered_at")
    assignee = fields.String(allow_none=True)
    due = Moment(allow_none=True)


class StateAnswer(Answer):
    """Where an instance stood after a step; 0: before the first."""

    instance_id = fields.String()
    step = fields.Integer()
    at = Moment(allow_none=True)
    ended = fields.Boolean()
    activities = fields.List(fields.Nested(OpenActivityAnswer))
    variables = fields.Dict(keys=fields.String())
    total = fields.Integer()
    recorded = fields.Integer()
    faults = fields.List(fields.Nested(FaultAnswer))


class RoundAnswer(Answer):
    """One coming to an activity, in one course; the straight path knows no times."""

    start_time = Moment(attribute="started_at", allow_none=True)
    end_time = Moment(attribute="ended_at", allow_none=True)
    step = fields.Integer(attribute="first_step", allow_none=True)
    completed_by = fields.List(fields.String(), attribute="people")
    activity_instance_ids = Computed(lambda each: [visit.visit_id for visit in each.visits])


class PairAnswer(Answer):
    """The same coming in both courses; null where a course does not have it."""

    activity_id = Computed(lambda pair: pair.round.activity_id)
    activity_name = Computed(lambda pair: pair.round.name)
    ordinal = Computed(lambda pair: pair.round.ordinal)
    left = fields.Nested(RoundAnswer, allow_none=True)
    right = fields.Nested(RoundAnswer, allow_none=True)
    is_repeat = fields.Boolean()
    is_moved = fields.Boolean()
    is_by_others = fields.Boolean()


class ComparisonAnswer(Answer):
    """Two courses side by side."""

    instance_id = fields.String()
    #: null: the straight path.
    other_id = fields.String(data_key="with", allow_none=True)
    rounds = fields.List(fields.Nested(PairAnswer))
    faults = fields.List(fields.Nested(FaultAnswer))
    other_faults = fields.List(fields.Nested(FaultAnswer))
