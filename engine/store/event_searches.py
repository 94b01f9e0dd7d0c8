"""By which few instances, or tasks, events and visits are found.

What is rare is asked for first: an order of time comes to it late, or never.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from sqlalchemy import literal, or_, select

from engine.model import EventKind
from engine.queries import ActivityQuery, EventQuery
from engine.store.filters import Conditions, equal, visible_instances
from engine.store.latest_steps import LatestSteps
from engine.store.tables import UNSEARCHED, history_event, of_kind, process_instance, user_task
from engine.store.transaction import counted

_I = process_instance.c
#: What a query by instances that were looked up no longer asks.
_OF_ANY_INSTANCE: Mapping[str, None] = dict.fromkeys(
    ("definition_id", "definition_key", "visible_to_lanes", "visible_to_account")
)

#: Of somebody who had more of them, reading visits in the order of time soon comes to some.
_MOST_TASKS = 5_000

#: Letters of an id that say a time.
_TIME_OF_ID = 13


class EventSearches(LatestSteps):
    """Narrows what is asked about events and visits."""

    def _by_instances(self, query: EventQuery) -> EventQuery:
        """The same query by the instances that it is about, when they are few."""
        if query.instance_id is not None or query.instance_ids is not None:
            return query
        wanted = instances_wanted(query)
        if not wanted and _may_be_rare(query.kinds):
            rare = or_(*(of_kind(history_event, kind) for kind in sorted(query.kinds or ())))
            ids = self._few_ids(select(history_event.c.instance_id).where(rare))
            return query if ids is None else replace(query, instance_ids=ids)
        if not wanted:
            return query
        ids = self._few_ids(select(_I.instance_id).where(*wanted))
        return query if ids is None else replace(query, instance_ids=ids, **_OF_ANY_INSTANCE)

    def _of_few_instances(self, query: ActivityQuery) -> ActivityQuery:
        """The same query by the instances that it is about, when they are few."""
        named = (query.instance_id, query.instance_ids, query.activity_instance_id)
        wanted = instances_wanted(query)
        if not wanted or any(each is not None for each in named):
            return query
        ids = self._few_ids(select(_I.instance_id).where(*wanted))
        return query if ids is None else replace(query, instance_ids=ids, **_OF_ANY_INSTANCE)

    def _is_of_few_tasks(self, query: ActivityQuery) -> bool:
        """Whether it asks for somebody's tasks, and he had so few that all are looked at."""
        if query.assignee is None or query.instance_id is not None:
            return False
        his = select(literal(1)).where(user_task.c.assignee == query.assignee)
        return self._number(counted(his.limit(_MOST_TASKS + 1))) <= _MOST_TASKS

    def _beside(self, query: ActivityQuery) -> ActivityQuery | None:
        """The same query by instances whose ids begin as that of the visit does, when it has one.

        Ids of visits begin as that of their instance (`Step`), but for those of older versions:
        when none is found so, it is sought among all.
        """
        wanted = query.activity_instance_id
        if wanted is None or query.instance_id is not None or query.instance_ids is not None:
            return None
        beginning, id_ = wanted[:_TIME_OF_ID], _I.instance_id
        ids = self._few_ids(select(id_).where(id_ >= f"{beginning}-", id_ < f"{beginning}."))
        return replace(query, instance_ids=ids) if ids else None


def instances_wanted(query: EventQuery | ActivityQuery) -> Conditions:
    """What instances must be for their events, or visits, to be asked for."""
    return [
        *equal(_I.definition_id, query.definition_id),
        *equal(_I.definition_key, query.definition_key),
        *visible_instances(query.visible_to_lanes, query.visible_to_account),
    ]


def _may_be_rare(kinds: Collection[EventKind] | None) -> bool:
    """Whether they are several, each of which an index has: one alone is found by it anyway."""
    return kinds is not None and len(kinds) > 1 and not UNSEARCHED.intersection(kinds)
