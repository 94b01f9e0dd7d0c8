"""Figures over many histories on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from marshmallow import RAISE, ValidationError, fields, post_load, validate

from engine.model import ActivityStatistics
from engine.queries import InstanceQuery, SortOrder
from webhooks.schemas.base import Answer, Flag, Moment, Names, Shape

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


class ActivityStatisticsWish(Shape):
    """Which figures, over which instances of the definition."""

    class Meta:
        """A misspelt filter would give other figures."""

        unknown = RAISE

    error_messages = {"unknown": "Alur does not know this parameter"}  # noqa: RUF012

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
