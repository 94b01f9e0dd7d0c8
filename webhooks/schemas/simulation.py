"""Simulations on the wire: what is asked for, and what was found."""

from __future__ import annotations

from typing import Any

from marshmallow import RAISE, ValidationError, fields

from engine.errors import InvalidInput
from engine.model import Severity
from engine.simulation import read_duration
from webhooks.schemas.base import Answer, Computed, Moment, Shape


class Duration(fields.String):
    """How long something takes: 30m, 1h, 2d."""

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Any:
        if not isinstance(value, str):
            raise ValidationError("expected a duration such as 30m, 1h or 2d")
        try:
            return read_duration(value)
        except InvalidInput as error:
            raise ValidationError(str(error)) from error


class ValuesInOrder(fields.Field[list[Any]]):
    """One value, or a list of values in order."""

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Any:
        return value if isinstance(value, list) else [value]


class SimulationOptions(Shape):
    """The scenario. Without `decisions` they are explored. Values are plain JSON."""

    class Meta:
        """A misspelt option would simulate something else than was meant."""

        unknown = RAISE

    process = fields.String()
    at = Moment()
    each = Duration()
    each_of = fields.Dict(keys=fields.String(), values=Duration())
    variables = fields.Dict(keys=fields.String())
    decisions = fields.Dict(keys=fields.String(), values=ValuesInOrder())


class FindingAnswer(Answer):
    """What a check says of one place."""

    rule = fields.String()
    severity = Computed(lambda finding: str(Severity(finding.severity)))
    file_name = fields.String()
    line = fields.Integer(allow_none=True)
    element_id = fields.String(allow_none=True)
    element_name = fields.String(allow_none=True)
    message_id = fields.String()
    message_en = fields.String()


class WaitingAnswer(Answer):
    """A task that waits, and for whom."""

    activity_id = fields.String()
    activity_name = fields.String(allow_none=True)
    waits_for = fields.String()


class StepAnswer(Answer):
    """One step of a run."""

    number = fields.Integer()
    at = Moment()
    deed = fields.String()
    activity_id = fields.String(allow_none=True)
    activity_name = fields.String(allow_none=True)
    waits_for = fields.String(allow_none=True)
    decisions = fields.Dict(keys=fields.String())
    flows = fields.List(fields.String())
    incidents = fields.List(fields.String())
    waiting = fields.List(fields.Nested(WaitingAnswer))
    next_due_at = Moment(allow_none=True)


class RunAnswer(Answer):
    """One run from its start."""

    number = fields.Integer()
    outcome = Computed(lambda run: str(run.outcome))
    completions = fields.Integer()
    duration_seconds = fields.Integer()
    decisions = fields.Dict(keys=fields.String())
    new_flows = fields.List(fields.String())
    path = fields.List(fields.Nested(StepAnswer))
    variables = fields.Dict(keys=fields.String())


class PlaceAnswer(Answer):
    """A node or sequence flow that was never reached."""

    id = fields.String()
    type = fields.String()
    name = fields.String(allow_none=True)
    line = fields.Integer(allow_none=True)
    source = fields.String(allow_none=True)
    target = fields.String(allow_none=True)


class CoverageAnswer(Answer):
    """What was reached."""

    full = fields.Boolean(attribute="is_full")
    flows = fields.Integer()
    nodes = fields.Integer()
    untaken_flows = fields.List(fields.Nested(PlaceAnswer))
    unreached_nodes = fields.List(fields.Nested(PlaceAnswer))


class DecisionAnswer(Answer):
    """A field whose values were varied."""

    field = fields.String()
    activity_id = fields.String()
    values = fields.List(fields.Raw(allow_none=True))


class DutyAnswer(WaitingAnswer):
    """A task and whom it waits for."""

    times = fields.Integer()


class LoopAnswer(Answer):
    """A flow that led back."""

    flow = fields.String()
    source = fields.String()
    target = fields.String()
    times = fields.Integer()


class TroubleAnswer(Answer):
    """An incident or a dead end."""

    activity_id = fields.String(allow_none=True)
    activity_name = fields.String(allow_none=True)
    line = fields.Integer(allow_none=True)
    message = fields.String()
    run = fields.Integer()
    times = fields.Integer()


class LengthAnswer(Answer):
    """How long a completed run was."""

    run = fields.Integer()
    completions = fields.Integer()
    duration_seconds = fields.Integer()


class SimulationAnswer(Answer):
    """What a simulation found; of a refused diagram its findings, and nothing else."""

    accepted = fields.Boolean(attribute="is_accepted")
    sound = fields.Boolean(attribute="is_sound")
    findings = fields.List(fields.Nested(FindingAnswer))
    process_key = fields.String(allow_none=True)
    process_name = fields.String(allow_none=True)
    explored = fields.Boolean(attribute="is_explored")
    exhausted = fields.Boolean(attribute="is_exhausted")
    bounded = fields.Boolean(attribute="is_bounded")
    bounds = fields.List(fields.String())
    runs = fields.List(fields.Nested(RunAnswer))
    outcomes = fields.Dict(keys=fields.String())
    coverage = fields.Nested(CoverageAnswer, allow_none=True)
    decisions = fields.List(fields.Nested(DecisionAnswer))
    duties = fields.List(fields.Nested(DutyAnswer))
    loops = fields.List(fields.Nested(LoopAnswer))
    incidents = fields.List(fields.Nested(TroubleAnswer))
    dead_ends = fields.List(fields.Nested(TroubleAnswer))
    shortest = fields.Nested(LengthAnswer, allow_none=True)
    longest = fields.Nested(LengthAnswer, allow_none=True)
