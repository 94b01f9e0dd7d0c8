"""Statistics of a definition: how often each element was visited, and what failed there.

They are counted from the events of the instances that are asked for: there are no sums beside
history, so that a question costs what these instances have.
"""

from __future__ import annotations

from sqlalchemy import Select, and_, case, func, not_, select

from engine.model import ActivityStatistics, EventKind, InstanceState
from engine.queries import InstanceQuery
from engine.store.instances import instance_conditions
from engine.store.tables import history_event, incident, process_instance
from engine.store.transaction import Transaction

_entered = history_event.alias("entered")
_left = history_event.alias("departed")
_ENDS = (EventKind.ACTIVITY_COMPLETED.value, EventKind.ACTIVITY_CANCELLED.value)


class Statistics(Transaction):
    """Questions about the elements of a definition, over its instances."""

    def visit_statistics(self, query: InstanceQuery) -> list[ActivityStatistics]:
        """Of each element that these instances visited, by its id; no incidents."""
        return [ActivityStatistics(**row._mapping) for row in self._all(_visits(query))]

    def incident_statistics(self, query: InstanceQuery) -> list[ActivityStatistics]:
        """Of each element at which these instances had incidents, by its id; no visits."""
        return [ActivityStatistics(**row._mapping) for row in self._all(_incidents(query))]


def _visits(query: InstanceQuery) -> Select[tuple[str, int, int, int]]:
    visit = _entered.join(
        process_instance, process_instance.c.instance_id == _entered.c.instance_id
    ).outerjoin(
        _left,
        and_(
            _left.c.instance_id == _entered.c.instance_id,
            _left.c.activity_instance_id == _entered.c.activity_instance_id,
            _left.c.kind.in_(_ENDS),
        ),
    )
    is_cancelled = case((_left.c.kind == EventKind.ACTIVITY_CANCELLED.value, 1))
    return (
        select(
            _entered.c.activity_id,
            (func.count() - func.count(_left.c.kind)).label("running"),
            func.count(_left.c.kind).label("finished"),
            func.count(is_cancelled).label("cancelled"),
        )
        .select_from(visit)
        # Hidden from the planner: it would read the visits of all definitions.
        .where(
            _entered.c.kind.concat("") == EventKind.ACTIVITY_ENTERED.value,
            *instance_conditions(query),
        )
        .group_by(_entered.c.activity_id)
        .order_by(_entered.c.activity_id)
    )


def _incidents(query: InstanceQuery) -> Select[tuple[str, int, int, int]]:
    is_deleted = and_(
        incident.c.resolved_at == process_instance.c.ended_at,
        process_instance.c.state == InstanceState.CANCELLED.value,
    )
    is_over = incident.c.resolved_at.is_not(None)
    return (
        select(
            incident.c.activity_id,
            func.count(case((~is_over, 1))).label("open_incidents"),
            func.count(case((and_(is_over, not_(is_deleted)), 1))).label("resolved_incidents"),
            func.count(case((is_deleted, 1))).label("deleted_incidents"),
        )
        .join(process_instance, process_instance.c.instance_id == incident.c.instance_id)
        .where(*instance_conditions(query))
        .group_by(incident.c.activity_id)
        .order_by(incident.c.activity_id)
    )
