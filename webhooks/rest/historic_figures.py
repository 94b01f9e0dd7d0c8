"""Figures over many histories: how often the elements of a definition were visited."""

from __future__ import annotations

from collections.abc import Sequence

from engine.model import ActivityStatistics
from webhooks.auth import require_actor
from webhooks.rest.context import current_engine
from webhooks.rest.resource import Resource
from webhooks.schemas.historic_figures import (
    ActivityStatisticsAnswer,
    ActivityStatisticsWish,
    StatisticsWish,
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
