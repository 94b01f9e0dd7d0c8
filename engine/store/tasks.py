"""User tasks: one by one, and the inboxes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Row,
    Select,
    and_,
    bindparam,
    func,
    or_,
    select,
    union_all,
)

from engine.errors import NotFound
from engine.model import (
    PrecedingTask,
    StoredInstance,
    TaskEscalation,
    TaskState,
    UserTask,
)
from engine.queries import Page, TaskQuery, TaskScope
from engine.store.announcements import SOMEBODY_LISTENS
from engine.store.instances import stored_instance_of
from engine.store.step_rows import BESIDE_TASKS
from engine.store.tables import process_instance, task_candidate, task_escalation, user_task
from engine.store.transaction import (
    Conditions,
    Transaction,
    among,
    between,
    containing,
    equal,
    like,
    present,
)

_FIRST_PAGE = Page()

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
_NAMES = tuple(column.name for column in user_task.c)
#: Where the task begins in a row that has its instance first.
_PLACE = len(process_instance.c)
#: Columns of both tables in one row need names of their own.
_LABELLED = tuple(column.label(f"task_{column.name}") for column in user_task.c)

# Built once, for the sake of speed: every step of a person begins with it.
_STORED = (
    select(process_instance, *_LABELLED)
    .join(user_task, user_task.c.instance_id == process_instance.c.instance_id)
    .where(user_task.c.task_id == bindparam("wanted_task"))
)
# Both rows: who waited for the lock must see the rival's task as well as its instance.
# The instance first, as in every other step, or two steps could wait for each other.
# Who listens is asked along with them: alone, that took as long as the whole of this statement.
_STORED_FOR_STEP = _STORED.add_columns(SOMEBODY_LISTENS.label("is_somebody_told")).with_for_update(
    of=[process_instance, user_task]
)


class Tasks(Transaction):
    """Questions about user tasks."""

    def stored_task(
        self, task_id: str, *, for_step: bool = False
    ) -> tuple[UserTask, StoredInstance]:
        """The task with its instance and snapshot in one statement, or NotFound.

        for_step: other steps of the instance wait until this transaction ends.
        """
        if for_step:
            self._must_write()
        row = self._first(_STORED_FOR_STEP if for_step else _STORED, {"wanted_task": task_id})
        if row is None:
            raise NotFound("task", task_id)
        if for_step:
            self._is_somebody_told = bool(row.is_somebody_told)
        return task_of(row, first=_PLACE), stored_instance_of(row)

    def task(self, task_id: str) -> UserTask:
        """The task of that id, or NotFound."""
        row = self._first(select(user_task).where(user_task.c.task_id == task_id))
        if row is None:
            raise NotFound("task", task_id)
        return task_of(row)

    def tasks(self, query: TaskQuery, page: Page = _FIRST_PAGE) -> list[UserTask]:
        """The tasks that match; those that are open, unless the query says otherwise."""
        statement = select(user_task).where(*_conditions(query))
        rows = self._page(statement, page, _SORTING, user_task.c.task_id)
        return [task_of(row) for row in rows]

    def count_tasks(self, query: TaskQuery) -> int:
        """How many tasks match."""
        return self._number(select(func.count()).select_from(user_task).where(*_conditions(query)))

    def count_each(self, queries: Sequence[TaskQuery]) -> list[int]:
        """How many tasks match each query, in one statement."""
        counts = [
            select(func.count()).select_from(user_task).where(*_conditions(query)).scalar_subquery()
            for query in queries
        ]
        row = self._first(select(*counts)) if counts else None
        return [int(number) for number in row or ()]

    def tasks_of_instance(
        self, instance_id: str, states: Iterable[TaskState] | None = None
    ) -> list[UserTask]:
        """The tasks of one instance in the order of their creation, in `states` or in any."""
        rows = self._all(
            select(user_task)
            .where(user_task.c.instance_id == instance_id, *among(user_task.c.state, states))
            .order_by(user_task.c.created_at, user_task.c.task_id)
        )
        return [task_of(row) for row in rows]


def _conditions(query: TaskQuery) -> Conditions:
    columns = user_task.c
    return [
        *equal(columns.task_id, query.task_id),
        *equal(columns.instance_id, query.instance_id),
        *among(columns.instance_id, query.instance_ids),
        *equal(columns.business_key, query.business_key),
        *like(columns.business_key, query.business_key_like),
        *equal(columns.definition_id, query.definition_id),
        *equal(columns.definition_key, query.definition_key),
        *among(columns.definition_key, query.definition_keys_in),
        *equal(columns.activity_id, query.activity_id),
        *among(columns.activity_id, query.activity_ids_in),
        *equal(columns.name, query.name),
        *like(columns.name, query.name_like),
        *containing(columns.name, query.name_contains),
        *containing(columns.business_key, query.business_key_contains),
        *_with_words(query.words),
        *equal(columns.assignee, query.assignee),
        *like(columns.assignee, query.assignee_like),
        *present(columns.assignee, query.is_assigned),
        *equal(columns.lane, query.lane),
        *among(columns.state, query.states),
        *between(columns.created_at, query.created_after, query.created_before),
        *between(columns.due_at, query.due_after, query.due_before),
        *between(columns.follow_up_at, query.follow_up_after, query.follow_up_before),
        *_not_put_off(query.follow_up_before_or_absent),
        *between(columns.ended_at, query.ended_after, query.ended_before),
        *equal(columns.ended_by, query.ended_by),
        *_with_priority(query),
        *_offered(query),
        *_escalated(query),
        *([] if _is_of_scope(query) else _visible(query.visible_to, query.states)),
    ]


def _with_words(words: Iterable[str]) -> Conditions:
    columns = user_task.c
    places = (columns.name, columns.business_key)
    return [or_(*(place.icontains(word, autoescape=True) for place in places)) for word in words]


def _not_put_off(until: datetime | None) -> Conditions:
    if until is None:
        return []
    follow_up = user_task.c.follow_up_at
    return [or_(follow_up.is_(None), follow_up < until)]


def _with_priority(query: TaskQuery) -> Conditions:
    conditions = equal(user_task.c.priority, query.priority)
    if query.min_priority is not None:
        conditions.append(user_task.c.priority >= query.min_priority)
    if query.max_priority is not None:
        conditions.append(user_task.c.priority <= query.max_priority)
    return conditions


# ---------------------------------------------------------------- who is offered what
# A union of small indexed searches: an OR over three tables would read every open task.

# Named once: an alias copies all columns of its table.
_MINE = user_task.alias("mine")
_OFFERED = user_task.alias("offered")


def _offered(query: TaskQuery) -> Conditions:
    if query.candidate_user is None and query.candidate_groups is None:
        return []
    groups = query.candidate_groups or ()
    searches = [_by_candidate(query.candidate_user, groups)]
    if groups:
        searches.append(_by_lane(groups, query.states))
    conditions = [_is_in(searches)]
    if not query.include_assigned:
        conditions.append(user_task.c.assignee.is_(None))
    return conditions


def _is_of_scope(query: TaskQuery) -> bool:
    """Whether what is asked for is visible anyway: it is what the account has or is offered.

    Asking twice would double the work of an inbox.
    """
    scope = query.visible_to
    if scope is None:
        return True
    is_offered = (
        query.candidate_user in {None, scope.account}
        and query.candidate_groups is not None
        and scope.lanes.issuperset(query.candidate_groups)
    )
    went_up = query.escalated_to is not None and scope.lanes.issuperset(query.escalated_to)
    return query.assignee == scope.account or is_offered or went_up


def _visible(scope: TaskScope | None, states: Iterable[TaskState] | None) -> Conditions:
    if scope is None:
        return []
    own = select(_MINE.c.task_id).where(
        _MINE.c.assignee == scope.account, *among(_MINE.c.state, states)
    )
    searches = [own, _by_candidate(scope.account, scope.lanes)]
    if scope.lanes:
        searches.append(_by_lane(scope.lanes, states))
        searches.append(_by_superior(scope.lanes, states))
    return [_is_in(searches)]


def _escalated(query: TaskQuery) -> Conditions:
    conditions: Conditions = []
    if query.is_escalated is not None:
        level = user_task.c.escalation_level
        conditions.append(level > 0 if query.is_escalated else level == 0)
    if query.escalated_to is not None:
        conditions.append(_is_in([_by_superior(query.escalated_to, query.states)]))
    return conditions


def _is_in(searches: list[Select[tuple[str]]]) -> ColumnElement[bool]:
    found: CompoundSelect[tuple[str]] | Select[tuple[str]] = (
        union_all(*searches) if len(searches) > 1 else searches[0]
    )
    return user_task.c.task_id.in_(found)


def _by_lane(lanes: Iterable[str], states: Iterable[TaskState] | None) -> Select[tuple[str]]:
    return select(_OFFERED.c.task_id).where(
        _OFFERED.c.offered_lane.in_(sorted(lanes)), *among(_OFFERED.c.state, states)
    )


def _by_superior(lanes: Iterable[str], states: Iterable[TaskState] | None) -> Select[tuple[str]]:
    below = user_task.alias("below")
    columns = task_escalation.c
    return (
        select(columns.task_id)
        .join(
            below,
            and_(
                below.c.instance_id == columns.instance_id,
                below.c.task_id == columns.task_id,
                # Those above it are of a due date that was moved since.
                below.c.escalation_level >= columns.level,
            ),
        )
        .where(columns.lane.in_(sorted(lanes)), *among(below.c.state, states))
    )


def _by_candidate(user: str | None, groups: Iterable[str]) -> Select[tuple[str]]:
    columns = task_candidate.c
    named: Conditions = []
    if user is not None:
        named.append(and_(columns.kind == "user", columns.name == user))
    group_names = sorted(groups)
    if group_names or user is None:
        named.append(and_(columns.kind == "group", columns.name.in_(group_names)))
    return select(columns.task_id).where(or_(*named))


def task_of(row: Row[Any], first: int = 0) -> UserTask:
    """The task in a row that has all columns of user_task in their order, from `first` on."""
    # By place: by name it took three times as long, and every step of a person reads one.
    values = dict(zip(_NAMES, row[first : first + len(_NAMES)], strict=True))
    for name in BESIDE_TASKS:
        del values[name]
    for name in ("lane_path", "candidate_users", "candidate_groups"):
        values[name] = tuple(values[name])
    values["preceded_by"] = tuple(
        PrecedingTask(each["task"], each["activity"], each["by"]) for each in values["preceded_by"]
    )
    values["escalations"] = tuple(
        TaskEscalation(
            each["lane"], datetime.fromisoformat(each["at"]), datetime.fromisoformat(each["dueAt"])
        )
        for each in values["escalations"]
    )
    values["state"] = TaskState(values["state"])
    return UserTask(**values)
