"""Reports on the wire: working times in milliseconds, shares from 0 to 1."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from marshmallow import RAISE, fields

from webhooks.schemas.base import Answer, Moment, Shape, Whole

_MILLISECOND = timedelta(milliseconds=1)


class Millis(fields.Integer):
    """A duration as whole milliseconds."""

    def _serialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Any:
        return None if value is None else value // _MILLISECOND


class ReportWish(Shape):
    """Which SOP, and from when to when: `before` is no part of the period."""

    class Meta:
        """A misspelt period would be another one."""

        unknown = RAISE

    error_messages = {"unknown": "Alur does not know this parameter"}  # noqa: RUF012

    process_definition_key = fields.String(required=True)
    process_definition_version = Whole(minimum=1)
    after = Moment(required=True)
    before = Moment(required=True)


class ReportedSpreadAnswer(Answer):
    """How working time is spread."""

    median_millis = Millis(attribute="median")
    ninetieth_percentile_millis = Millis(attribute="ninetieth")
    total_millis = Millis(attribute="total")


class ReportedStepAnswer(Answer):
    """One step against its row of the sheet."""

    task_definition_key = fields.String(attribute="activity_id")
    number = fields.String()
    name = fields.String()
    lane = fields.String(allow_none=True)
    #: The sheet's Waktu in its own words, and as P2D or PT30M.
    norm = fields.String()
    term = fields.String()
    completed = fields.Integer(attribute="figures.visits")
    cancelled = fields.Integer(attribute="figures.cancelled")
    with_due_date = fields.Integer(attribute="figures.dated")
    late = fields.Integer(attribute="figures.late")
    on_time_share = fields.Float(attribute="figures.on_time_share", allow_none=True)
    repeated = fields.Integer(attribute="figures.repeated")
    returned_to = fields.Integer(attribute="figures.returned")
    sent_back = fields.Integer(attribute="figures.sent_back")
    waiting = fields.Nested(ReportedSpreadAnswer, attribute="figures.waiting")
    working = fields.Nested(ReportedSpreadAnswer, attribute="figures.working")
    share_of_time = fields.Float(attribute="share")


class ReportedLaneAnswer(Answer):
    """What a lane did, and what waits for it now."""

    lane = fields.String(allow_none=True)
    completed = fields.Integer(attribute="done")
    late = fields.Integer()
    waiting_millis = Millis(attribute="waiting")
    working_millis = Millis(attribute="working")
    open = fields.Integer()
    overdue = fields.Integer()


class ReportedReturnAnswer(Answer):
    """How often one step sent back to another."""

    sender = fields.String()
    receiver = fields.String()
    times = fields.Integer()


class ReportedVariantAnswer(Answer):
    """One order of steps."""

    steps = fields.List(fields.String())
    instances = fields.Integer()
    share = fields.Float()


class ReportedConformanceAnswer(Answer):
    """Whether completed instances did every step of the sheet, each once."""

    completed = fields.Integer()
    conforming = fields.Integer()
    skipped = fields.Dict(keys=fields.String(), values=fields.Integer())
    repeated = fields.Dict(keys=fields.String(), values=fields.Integer())
    migrated = fields.Integer()


class ReportedInstancesAnswer(Answer):
    """The instances of the SOP: of the period, and running now."""

    started = fields.Integer()
    completed = fields.Integer()
    cancelled = fields.Integer()
    running = fields.Integer()
    elapsed = fields.Nested(ReportedSpreadAnswer)


class SlaAnswer(Answer):
    """Waktu Baku against actual, of one SOP in one period."""

    process_definition_key = fields.String(attribute="definition_key")
    process_definition_id = fields.String(attribute="definition_id")
    name = fields.String()
    office = fields.String()
    after = Moment(attribute="period.since")
    before = Moment(attribute="period.until")
    working_day_millis = Millis(attribute="day")
    #: What has ended and is not in these figures yet.
    unmeasured = fields.Integer()
    instances = fields.Nested(ReportedInstancesAnswer)
    steps = fields.List(fields.Nested(ReportedStepAnswer))
    lanes = fields.List(fields.Nested(ReportedLaneAnswer))
    returns = fields.List(fields.Nested(ReportedReturnAnswer))
    variants = fields.List(fields.Nested(ReportedVariantAnswer))
    conformance = fields.Nested(ReportedConformanceAnswer)
