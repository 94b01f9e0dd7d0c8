"""User tasks: one by one, and the inboxes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields, replace
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import Select, bindparam, literal, select

from engine.copies import made_of
from engine.errors import DamagedRow, NotFound
from engine.model import (
    PrecedingTask,
    StoredInstance,
    TaskEscalation,
    TaskState,
    UserTask,
)
from engine.queries import Page, SortOrder, TaskQuery
from engine.store.announcements import SOMEBODY_LISTENS
from engine.store.ended_tasks import EndedTasks
from engine.store.filters import Conditions, among
from engine.store.instances import stored_instance_of
from engine.store.kept_rows import readable, require, required_in
from engine.store.leading import hidden
from engine.store.prepared import PreparedQuery
from engine.store.shapes import ShapedListing
from engine.store.tables import process_instance, search_entry, user_task
from engine.store.task_conditions import conditions_of
from engine.store.task_facets import IS_DUE, Bound, is_of_the_ended, led
from engine.store.task_searches import (
    Searches,
    apart,
    searches_of,
)
from engine.store.transaction import asked_once, counted, paged

_FIRST_PAGE = Page()
#: What is there of each task that is over.
_ENDED_ONES = frozenset({"ended_at"})

_SORTING = {
    name: user_task.c[name]
    for name in (
        "task_id",
        "instance_id",
        "definition_id",
        "definition_key",
        "activity_id",
        "name",
        "assignee",
        "created_at",
        "due_at",
        "follow_up_at",
        "ended_at",
        "priority",
        "business_key",
        "lane",
    )
}
#: What names a task's row.
TASK_KEY = (user_task.c.instance_id, user_task.c.task_id)
_NAMES = tuple(column.name for column in user_task.c)
_required = itemgetter(*map(_NAMES.index, required_in(user_task)))
_FIELDS = tuple(each.name for each in fields(UserTask))
_of_fields = itemgetter(*map(_NAMES.index, _FIELDS))
#: Places of fields whose values a row has in another shape.
_LISTS = tuple(
    _FIELDS.index(name)
    for name in ("lane_path", "candidate_users", "candidate_groups", "preceded_by", "escalations")
)
_PRECEDED, _ESCALATIONS = _LISTS[-2:]
_STATE = _FIELDS.index("state")
#: Where the task begins in a row that has its instance first.
_PLACE = len(process_instance.c)
#: Columns of both tables in one row need names of their own.
_LABELLED = tuple(column.label(f"task_{column.name}") for column in user_task.c)

# Built once, for the sake of speed: every step of a person begins with it.
_STORED_TASK = (
    select(process_instance, *_LABELLED)
    .join(user_task, user_task.c.instance_id == process_instance.c.instance_id)
    .where(user_task.c.task_id == bindparam("wanted_task"))
)
# Both rows: who waited for the lock must see the rival's task as well as its instance.
# The instance first, as in every other step, or two steps could wait for each other.
# Who listens, and what the search knows, is asked along with them: each alone took as long as the
# whole of this statement. Of a step that was waited for they may be older, which does no harm.
_STORED = PreparedQuery(_STORED_TASK)
_STORED_FOR_STEP = PreparedQuery(
    _STORED_TASK.add_columns(
        SOMEBODY_LISTENS.label("is_somebody_told"),
        select(search_entry.c.words)
        .where(search_entry.c.instance_id == process_instance.c.instance_id)
        .scalar_subquery()
        .label("known_words"),
    ).with_for_update(of=[process_instance, user_task])
)

_OPEN = (
    select(user_task)
    .where(
        user_task.c.instance_id == bindparam("of_instance"),
        user_task.c.state == TaskState.OPEN.value,
    )
    .order_by(user_task.c.created_at, user_task.c.task_id)
)

# The state written into it, so that both databases take the index that has completed tasks only.
_LAST_COMPLETED = (
    select(user_task.c.task_id, user_task.c.activity_id, user_task.c.ended_by, user_task.c.ended_at)
    .where(
        user_task.c.instance_id == bindparam("of_instance"),
        user_task.c.activity_id == bindparam("of"),
        user_task.c.state == literal(TaskState.COMPLETED.value, literal_execute=True),
    )
    .order_by(user_task.c.ended_at.desc(), user_task.c.task_id.desc())
    .limit(literal(1, literal_execute=True))
)


class Tasks(EndedTasks):
    """Questions about user tasks."""

    @asked_once
    def stored_task(
        self, task_id: str, *, for_step: bool = False
    ) -> tuple[UserTask, StoredInstance]:
        """The task with its instance and snapshot in one statement, or NotFound.

        for_step: other steps of the instance wait until this transaction ends.
        """
        if for_step:
            self._must_write()
        with readable(f"the row of task {task_id}, or of its instance,"):
            row = self._ask(_STORED_FOR_STEP if for_step else _STORED, {"wanted_task": task_id})
            if row is None:
                raise NotFound("task", task_id)
            task = task_of(row, first=_PLACE)
            stored = self._taken(stored_instance_of(row), for_step=for_step)
            if for_step:
                self._is_somebody_told, words = bool(row[-2]), row[-1]
                self._known_words[task.instance_id] = words or ""
            return task, stored

    @asked_once
    def task(self, task_id: str) -> UserTask:
        """The task of that id, or NotFound."""
        with readable(f"the row of task {task_id}"):
            row = self._first(select(user_task).where(user_task.c.task_id == task_id))
            if row is None:
                raise NotFound("task", task_id)
            return task_of(row)

    def tasks(self, query: TaskQuery, page: Page = _FIRST_PAGE) -> list[UserTask]:
        """The tasks that match; those that are open, unless the query says otherwise."""
        query = self._narrowed_tasks(query, page)
        if query.instance_ids == ():
            return []
        parts = self._by_end(query, page, self.count_tasks)
        if parts is None:
            parts = self._by_instance(query, page, self.count_tasks)
        if parts is not None:
            query = replace(query, visible_to=None)  # which each part says
        elif page.max_results is not None:
            parts = self._parts(query, page)
        if parts is None:
            # Which row is damaged is found by a statement made of the query.
            with suppress(DamagedRow):
                found = self._shaped(_LISTING, task_of, query, page)
                if found is not None:
                    return found
        return self._listed(_listing(query, page, parts), task_of, *TASK_KEY)

    def count_tasks(self, query: TaskQuery, *, at_most: int | None = None) -> int:
        """How many tasks match; of more than `at_most` it says no more than that."""
        return self._number(self._count(query, at_most))

    def count_each(self, queries: Sequence[TaskQuery], *, at_most: int | None = None) -> list[int]:
        """The same of several queries, in one statement."""
        counts = [self._count(query, at_most).scalar_subquery() for query in queries]
        row = self._first(select(*counts)) if counts else None
        return [int(number) for number in row or ()]

    def _count(self, query: TaskQuery, at_most: int | None) -> Select[int]:
        query = self._narrowed_tasks(query)
        if query.instance_ids == ():
            return select(literal(0))
        found = led(select(literal(1)).select_from(user_task), query)
        if at_most is None:
            return _exact_number(found, query)
        searches, others = _searched(query, self._parts(query, Page()))
        if searches is not None:
            return searches.number(others, at_most)
        return counted(found.where(*others).limit(at_most))

    def tasks_of_instance(
        self, instance_id: str, states: Iterable[TaskState] | None = None
    ) -> list[UserTask]:
        """The tasks of one instance in the order of their creation, in `states` or in any."""
        statement = (
            select(user_task)
            .where(user_task.c.instance_id == instance_id, *among(user_task.c.state, states))
            .order_by(user_task.c.created_at, user_task.c.task_id)
        )
        with readable(f"the row of a task of instance {instance_id}"):
            return [task_of(row) for row in self._all(statement)]

    def open_tasks_of(self, instance_id: str) -> list[UserTask]:
        """The open tasks of one instance in the order of their creation."""
        with readable(f"the row of a task of instance {instance_id}"):
            return [task_of(row) for row in self._all(_OPEN, {"of_instance": instance_id})]

    def last_completed(
        self, instance_id: str, activity_ids: Collection[str]
    ) -> list[tuple[datetime, PrecedingTask]]:
        """Of each of these activities the task that was completed last, and when."""
        found = []
        for activity_id in sorted(activity_ids):
            row = self._first(_LAST_COMPLETED, {"of_instance": instance_id, "of": activity_id})
            if row is not None:
                task = PrecedingTask(row.task_id, row.activity_id, row.ended_by or "")
                found.append((row.ended_at, task))
        return found


def _exact_number(found: Select[Any], query: TaskQuery) -> Select[int]:
    """How many there are: each search by itself counts within an index, all together in memory."""
    searches = apart(query)
    if searches is None:
        return counted(found.where(*task_conditions(query)))
    others = hidden(conditions_of(query))
    numbers = [counted(found.where(*each, *others)).scalar_subquery() for each in searches]
    return select(sum(numbers[1:], numbers[0]))


def _listing(
    query: TaskQuery, page: Page, parts: list[Conditions] | None = None
) -> Select[tuple[Any, ...]]:
    is_over = query.states is not None and TaskState.OPEN not in query.states
    is_over = is_over or (parts is not None and is_of_the_ended(query, page))
    lacks_none = _ENDED_ONES if is_over else frozenset()
    bound = _first_of(page, lacks_none)
    conditions = task_conditions(query, bound, parts, is_by_due=_is_by_due(page))
    statement = led(select(user_task).where(*conditions), query)
    return paged(statement, page, _SORTING, user_task.c.task_id, lacks_none=lacks_none)


def _is_by_due(page: Page) -> bool:
    return not page.sorting or page.sorting[0] == ("due_at", SortOrder.ASC)


_LISTING = ShapedListing(_listing)


def task_conditions(
    query: TaskQuery,
    bound: Bound | None = None,
    parts: list[Conditions] | None = None,
    *,
    is_by_due: bool = True,
) -> Conditions:
    """That a task matches; with a bound, that it is among the first that do, of each search.

    parts: in which the searches are made, only with a bound. is_by_due: what is due first comes
    first.
    """
    searches, conditions = _searched(query, parts, is_by_due=is_by_due)
    if searches is None:
        return conditions
    if bound is None:
        return [*conditions, searches.condition()]
    return [searches.first(conditions, bound)]


def _searched(
    query: TaskQuery, parts: list[Conditions] | None, *, is_by_due: bool = True
) -> tuple[Searches | None, Conditions]:
    """The searches that find the query's tasks, and what else the tasks meet."""
    conditions = conditions_of(query)
    if query.instance_ids is not None:
        # By these: SQLite would rather read all tasks of an SOP, or of a name.
        conditions = [*among(user_task.c.instance_id, query.instance_ids), *hidden(conditions)]
    return searches_of(query, parts, is_by_due=is_by_due), conditions


def _first_of(page: Page, lacks_none: frozenset[str] = frozenset()) -> Bound | None:
    """What of a search can stand on the page or before it."""
    if page.max_results is None:
        return None
    first = replace(page, first_result=0, max_results=page.first_result + page.max_results)
    return lambda search, conditions: paged(
        search,
        _by_what_is_there(first, conditions),
        _SORTING,
        user_task.c.task_id,
        lacks_none=lacks_none | ({"due_at"} if any(map(IS_DUE.compare, conditions)) else set()),
    )


def _by_what_is_there(page: Page, conditions: Conditions) -> Page:
    """The page of tasks that meet the conditions, not ordered by what is missing in all of them.

    PostgreSQL would sort them.
    """
    wishes = tuple(
        (name, order)
        for name, order in page.sorting
        if name not in _SORTING or not any(c.compare(_SORTING[name].is_(None)) for c in conditions)
    )
    return page if wishes == page.sorting else replace(page, sorting=wishes)


def task_of(row: Sequence[Any], first: int = 0) -> UserTask:
    """The task in a row that has all columns of user_task in their order, from `first` on."""
    # By place: by name it took three times as long, and every step of a person reads two.
    columns = row[first:] if first else row
    if None in _required(columns):
        require(user_task, dict(zip(_NAMES, columns, strict=False)))
    values = list(_of_fields(columns))
    for place in _LISTS:
        values[place] = tuple(values[place])
    values[_STATE] = TaskState(values[_STATE])
    if values[_PRECEDED]:
        values[_PRECEDED] = tuple(
            PrecedingTask(each["task"], each["activity"], each["by"]) for each in values[_PRECEDED]
        )
    if values[_ESCALATIONS]:
        values[_ESCALATIONS] = tuple(map(_escalation_of, values[_ESCALATIONS]))
    return made_of(UserTask, values)


def _escalation_of(told: Mapping[str, str]) -> TaskEscalation:
    return TaskEscalation(
        told["lane"], datetime.fromisoformat(told["at"]), datetime.fromisoformat(told["dueAt"])
    )
