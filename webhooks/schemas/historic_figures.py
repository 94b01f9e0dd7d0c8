"""Figures over many histories on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from marshmallow import RAISE, ValidationError, fields, post_load, validate

from engine.model import ActivityStatistics, PeriodUnit, TaskCount
from engine.queries import InstanceQuery, SortOrder, TaskQuery
from webhooks.schemas.base import Answer, Flag, Moment, Names, Shape
from webhooks.schemas.reports import Millis

#: Camunda's option -> the figures that it asks for; without it they are 0.
_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "canceled": ("cancelled",),
    "finished": ("finished",),
    "complete_scope": ("scopes_completed",),
    "incidents": ("open_incidents", "resolved_incidents", "deleted_incidents"),
}


@dataclass(frozen=True, slots=True)
class StatisticsWish:
    """Over which instances, and which figures beside the visits that go on."""

    query: InstanceQuery
    options: frozenset[str]
    is_descending: bool

    @property
    def with_ended(self) -> bool:
        """Whether visits that are over are asked for."""
        return not self.options <= {"incidents"}

    @property
    def with_incidents(self) -> bool:
        """Whether incidents are asked for."""
        return "incidents" in self.options

    def shown(self, each: ActivityStatistics) -> ActivityStatistics | None:
        """Only the figures that are asked for; None when they are all 0."""
        hidden = [f for name, some in _OPTIONS.items() if name not in self.options for f in some]
        none: dict[str, Any] = dict.fromkeys(hidden, 0)
        shown = replace(each, **none)
        return None if shown == ActivityStatistics(each.activity_id) else shown


class ActivityStatisticsAnswer(Answer):
    """One element of the definition."""

    id = fields.String(attribute="activity_id")
    instances = fields.Integer(attribute="running")
    canceled = fields.Integer(attribute="cancelled")
    finished = fields.Integer()
    complete_scope = fields.Integer(attribute="scopes_completed")
    open_incidents = fields.Integer()
    resolved_incidents = fields.Integer()
    deleted_incidents = fields.Integer()


class _Wish(Shape):
    """What is asked for in a query string."""

    class Meta:
        """A misspelt filter would give other figures."""

        unknown = RAISE

    error_messages = {"unknown": "Alur does not know this parameter"}  # noqa: RUF012


class ActivityStatisticsWish(_Wish):
    """Which figures, over which instances of the definition."""

    canceled = Flag()
    finished = Flag()
    complete_scope = Flag()
    incidents = Flag()
    started_after = Moment()
    started_before = Moment()
    finished_after = Moment(attribute="ended_after")
    finished_before = Moment(attribute="ended_before")
    process_instance_id_in = Names(attribute="instance_ids")
    sort_by = fields.String(validate=validate.OneOf(["activityId"]))
    sort_order = fields.Enum(SortOrder, by_value=True)

    @post_load
    def as_wish(self, values: dict[str, Any], **_kwargs: Any) -> StatisticsWish:
        """The elements come by their ids anyway; the order may be turned round."""
        sort_by, order = values.pop("sort_by", None), values.pop("sort_order", None)
        if (sort_by is None) != (order is None):
            missing = "sortOrder" if order is None else "sortBy"
            raise ValidationError({missing: ["sortBy and sortOrder go together"]})
        options = frozenset(name for name in _OPTIONS if values.pop(name, False))
        return StatisticsWish(InstanceQuery(**values), options, order is SortOrder.DESC)


# ---------------------------------------------------------------------- reports

_UNITS = tuple(unit.value for unit in PeriodUnit)
_DURATION, _COUNT = "duration", "count"
_BY_NAME, _BY_DEFINITION = "taskName", "processDefinition"


@dataclass(frozen=True, slots=True)
class InstanceReportAsked:
    """Over which instances, by which part of the year."""

    query: InstanceQuery
    unit: PeriodUnit


@dataclass(frozen=True, slots=True)
class TaskReportAsked:
    """Over which tasks: durations by `unit`, or without one how many."""

    query: TaskQuery
    unit: PeriodUnit | None
    by_name: bool


@dataclass(frozen=True, slots=True)
class NamedCount:
    """How many tasks were completed, with the name of their definition."""

    count: TaskCount
    definition_name: str | None
    tenant: None = None


class PeriodAnswer(Answer):
    """How long took what began, or ended, in one period: in milliseconds."""

    period = fields.Integer()
    period_unit = fields.String(attribute="unit.name")
    minimum = Millis(attribute="durations.minimum")
    maximum = Millis(attribute="durations.maximum")
    average = Millis(attribute="durations.average")


class TaskReportAnswer(PeriodAnswer):
    """One period with its durations, or one count: each has its own keys."""

    task_name = fields.String(attribute="count.name", allow_none=True)
    process_definition_id = fields.String(attribute="count.definition_id")
    process_definition_key = fields.String(attribute="count.definition_key")
    process_definition_name = fields.String(attribute="definition_name", allow_none=True)
    count = fields.Integer(attribute="count.count")
    tenant_id = fields.String(attribute="tenant", allow_none=True)


class InstanceReportWish(_Wish):
    """Which report of instances."""

    report_type = fields.String(required=True, validate=validate.OneOf([_DURATION]))
    period_unit = fields.String(required=True, validate=validate.OneOf(_UNITS))
    process_definition_id_in = Names(attribute="definition_ids_in")
    process_definition_key_in = Names(attribute="definition_keys_in")
    started_after = Moment()
    started_before = Moment()

    @post_load
    def as_asked(self, values: dict[str, Any], **_kwargs: Any) -> InstanceReportAsked:
        """There is only the one type."""
        values.pop("report_type")
        unit = PeriodUnit(values.pop("period_unit"))
        return InstanceReportAsked(InstanceQuery(**values), unit)


class TaskReportWish(_Wish):
    """Which report of completed tasks."""

    report_type = fields.String(required=True, validate=validate.OneOf([_DURATION, _COUNT]))
    period_unit = fields.String(validate=validate.OneOf(_UNITS))
    group_by = fields.String(validate=validate.OneOf([_BY_NAME, _BY_DEFINITION]))
    completed_after = Moment(attribute="ended_after")
    completed_before = Moment(attribute="ended_before")

    @post_load
    def as_asked(self, values: dict[str, Any], **_kwargs: Any) -> TaskReportAsked:
        """Durations need their unit, counts what they are grouped by; neither has the other's."""
        kind = values.pop("report_type")
        unit, group = values.pop("period_unit", None), values.pop("group_by", None)
        needed, other = (
            ("periodUnit", "groupBy") if kind == _DURATION else ("groupBy", "periodUnit")
        )
        given = {"periodUnit": unit, "groupBy": group}
        if given[needed] is None:
            raise ValidationError({needed: [f"reportType={kind} needs it"]})
        if given[other] is not None:
            raise ValidationError({other: [f"reportType={kind} has no {other}"]})
        query = TaskQuery(**values, include_assigned=True)
        return TaskReportAsked(query, PeriodUnit(unit) if unit else None, by_name=group == _BY_NAME)
