"""Figures over many histories: how often elements were visited, how long work took."""

from __future__ import annotations

from collections.abc import Sequence

from engine.model import ActivityStatistics, PeriodDurations
from engine.queries import DefinitionQuery
from webhooks.auth import require_actor
from webhooks.rest.context import current_engine
from webhooks.rest.resource import Resource
from webhooks.schemas.historic_figures import (
    ActivityStatisticsAnswer,
    ActivityStatisticsWish,
    InstanceReportAsked,
    InstanceReportWish,
    NamedCount,
    PeriodAnswer,
    StatisticsWish,
    TaskReportAnswer,
    TaskReportAsked,
    TaskReportWish,
)

resource = Resource("history figures", path="/history", description="Figures over many histories")


@resource.on(
    "GET", "/process-definition/<definition_id>/statistics", "How often elements were visited"
)
@resource.takes(ActivityStatisticsWish, location="query")
@resource.gives(ActivityStatisticsAnswer(many=True))
def get_activity_statistics(
    wish: StatisticsWish, definition_id: str
) -> Sequence[ActivityStatistics]:
    """Over the instances that the caller may see."""
    found = current_engine().historic_figures.statistics(
        definition_id,
        wish.query,
        actor=require_actor(),
        with_ended=wish.with_ended,
        with_incidents=wish.with_incidents,
    )
    told = [shown for each in found if (shown := wish.shown(each)) is not None]
    return told[::-1] if wish.is_descending else told


@resource.on("GET", "/process-instance/report", "How long instances took")
@resource.takes(InstanceReportWish, location="query")
@resource.gives(PeriodAnswer(many=True))
def get_instance_report(wish: InstanceReportAsked) -> Sequence[PeriodDurations]:
    """Those that have ended, by the month or quarter in which they were started."""
    return current_engine().historic_figures.instance_durations(
        wish.query, wish.unit, actor=require_actor()
    )


@resource.on("GET", "/task/report", "How long tasks took, or how many were completed")
@resource.takes(TaskReportWish, location="query")
@resource.gives(TaskReportAnswer(many=True))
def get_task_report(wish: TaskReportAsked) -> Sequence[PeriodDurations | NamedCount]:
    """By the month or quarter in which they ended; or by their name or definition."""
    figures, actor = current_engine().historic_figures, require_actor()
    if wish.unit is not None:
        return figures.task_durations(wish.query, wish.unit, actor=actor)
    counts = figures.task_counts(wish.query, actor=actor, by_name=wish.by_name)
    keys = tuple({each.definition_key for each in counts})
    found = current_engine().definitions.definitions(DefinitionQuery(keys_in=keys), actor=actor)
    names = {each.definition_id: each.name for each in found}
    return [NamedCount(each, names.get(each.definition_id)) for each in counts]
