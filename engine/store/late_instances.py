"""Instances with an open task whose due date has passed, those that are late longest first.

Open tasks stand in an index by their due dates: it is read from its beginning until there are as
many instances as are shown, however many more are late.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from engine.errors import DamagedRow
from engine.queries import InstanceQuery, Page
from engine.store.aliases import alias_of
from engine.store.filters import Conditions, among
from engine.store.instance_searches import InstanceSearches, instance_conditions, wanted_task
from engine.store.leading import all_hidden
from engine.store.tables import process_instance, user_task

#: Tasks as what is asked about instances does not know them: it may ask for tasks itself.
LATE_TASK = alias_of(user_task, "late_task")
_L, _I = LATE_TASK.c, process_instance.c
#: Tasks that are read at first, beyond one of each instance that is shown; by how much more then.
_MORE, _GROWTH = 25, 4
#: Each has open tasks in the order of their due dates: of all, of one lane, of what went up.
_BY_DUE = "ix_user_task_due_at"
_OF_LANE = "ix_user_task_open_lane"
_GONE_UP = "ix_user_task_escalated"


class LateInstances(InstanceSearches):
    """Questions about what is late."""

    def longest_late(self, query: InstanceQuery, page: Page) -> list[str]:
        """The ids of the page: of late instances that match, those late longest first.

        page: it begins at a number; what it says of an order is not asked.
        """
        most = None if page.max_results is None else page.first_result + page.max_results
        try:
            found = self._late(query, most)
        except DamagedRow:
            return self._without_damaged(query, page)
        return [instance_id for _, instance_id in found[page.first_result :]]

    def _without_damaged(self, query: InstanceQuery, page: Page) -> list[str]:
        """Those of the page in the order of their ids, but for what cannot be read."""
        ids = select(_I.instance_id).where(*instance_conditions(query)).order_by(_I.instance_id)
        return self._ids(ids.limit(page.max_results).offset(page.first_result), _I.instance_id)

    def count_instances(self, query: InstanceQuery, *, at_most: int | None = None) -> int:
        """How many instances match; of more than `at_most` it says no more than that."""
        if query.late_at is not None and at_most is not None:
            try:
                return len(self._late(query, at_most))
            except DamagedRow:
                pass  # counted without reading it
        return self._count_matching(query, at_most=at_most)

    def _late(self, query: InstanceQuery, most: int | None) -> list[tuple[datetime, str]]:
        query = self._of_rare_sop(self._narrowed(query))
        tasks = [*wanted_task(query, LATE_TASK), *among(_L.instance_id, query.instance_ids)]
        plain = replace(query, instance_ids=None, late_at=None, open_lane=None, is_escalated=False)
        of_instance = instance_conditions(plain, walks=True)
        found = select(_L.instance_id, _L.due_at).where(*tasks)
        if of_instance:
            is_of_task = _I.instance_id == _L.instance_id
            found = found.join(process_instance, is_of_task).where(
                *all_hidden(of_instance, process_instance)
            )
        if query.instance_ids is not None:
            return self._longest(found, most, None)
        by_lane = _BY_DUE if query.open_lane is None else _OF_LANE
        return self._longest(found, most, _GONE_UP if query.is_escalated else by_lane)

    def _of_rare_sop(self, query: InstanceQuery) -> InstanceQuery:
        """The same query by the instances of the SOP, when these are few."""
        if query.instance_ids is not None or query.definition_key is None:
            return query
        return self._instances_of(
            query, select(_I.instance_id).where(_I.definition_key == query.definition_key)
        )

    def _longest(
        self, found: Select[Any], most: int | None, index: str | None = _BY_DUE
    ) -> list[tuple[datetime, str]]:
        """Since when instances are late, and their ids: so many that are late longest.

        found: instance and due date of late tasks. index: that has these in their order; None:
        they are few. Raises DamagedRow.
        """
        ordered = found.order_by(_L.due_at, _L.created_at, _L.task_id)
        if index is not None:
            ordered = ordered.with_hint(LATE_TASK, f"INDEXED BY {index}", "sqlite")
        read = None if most is None else most + max(most // 4, _MORE)
        while True:
            rows = self._all(ordered.limit(read))
            since: dict[str, datetime] = {}
            for row in rows:
                since.setdefault(row.instance_id, row.due_at)
            if most is None or read is None or len(since) >= most or len(rows) < read:
                return [(at, instance_id) for instance_id, at in since.items()][:most]
            read *= _GROWTH


def late_tasks(conditions: Conditions) -> Select[Any]:
    """Instance and due date of the tasks that meet the conditions."""
    return select(_L.instance_id, _L.due_at).where(*conditions)
