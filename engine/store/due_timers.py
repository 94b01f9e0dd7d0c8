"""Which instances have timers that are due, and one of them for a step."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select

from engine.errors import DamagedRow
from engine.model import InstanceState, StoredInstance
from engine.store.filters import Conditions
from engine.store.instances import stored_instance_of
from engine.store.kept_rows import readable
from engine.store.tables import process_instance
from engine.store.transaction import Transaction


class DueTimers(Transaction):
    """Questions about timers."""

    def due_instances(self, now: datetime, limit: int) -> list[str]:
        """Ids of active instances with a timer that was due before `now`, the longest due first."""
        wanted = (
            select(process_instance.c.instance_id)
            .where(*_due_before(now))
            .order_by(process_instance.c.next_due_at, process_instance.c.instance_id)
            .limit(limit)
        )
        return self._ids(wanted, process_instance.c.instance_id)

    def claimed_due(self, among: Collection[str], now: datetime) -> StoredInstance | None:
        """Of the instances `among`, the one that was due the longest before `now`, for a step.

        One that another transaction holds is passed over: who holds it, a worker or a person,
        sees to it. None when no other is due. DamagedRow, naming it, when it cannot be read.
        """
        self._must_write()
        statement = (
            select(process_instance)
            .where(process_instance.c.instance_id.in_(sorted(among)), *_due_before(now))
            .order_by(process_instance.c.next_due_at, process_instance.c.instance_id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        try:
            with readable():
                row = self._first(statement)
                return None if row is None else stored_instance_of(row)
        except DamagedRow as error:
            found = self._first(statement.with_only_columns(process_instance.c.instance_id))
            damaged = None if found is None else found.instance_id
            raise DamagedRow(str(error), instance_id=damaged) from error


def _due_before(now: datetime) -> Conditions:
    # The state hidden from the planner: SQLite would search the index of states, which has every
    # active instance, instead of that of due times, which has the few that wait for a timer.
    is_active = process_instance.c.state.concat("") == InstanceState.ACTIVE
    return [process_instance.c.next_due_at < now, is_active]
