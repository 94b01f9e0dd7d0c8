"""Which user tasks somebody has or is offered: several small searches, each by an index of its own.

One condition over three tables would read every open task. Of a page, a search that an index has in
the page's order gives no more than the page can show, so that an inbox costs what it shows and not
what there is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, literal_column, or_, select, union_all

from engine.queries import TaskQuery, TaskScope
from engine.store.aliases import alias_of
from engine.store.tables import task_candidate, task_escalation, user_task
from engine.store.transaction import Conditions, among

#: What bounds and orders one search.
Bound = Callable[[Select[Any]], Select[Any]]

_T = user_task.c
#: Named once: an alias copies all columns of its table.
_BELOW = alias_of(user_task, "below")


@dataclass(frozen=True, slots=True)
class Searches:
    """They find the tasks together; each may find some that others find too."""

    #: Of the tasks themselves: indexes have these in the order of an inbox.
    direct: list[Conditions]
    #: Of their ids, in other tables.
    ids: list[Select[tuple[str]]]

    def condition(self) -> ColumnElement[bool]:
        """That one of them finds the task."""
        return _is_in([*(_search(each) for each in self.direct), *self.ids])

    def first(self, others: Conditions, bound: Bound) -> ColumnElement[bool]:
        """That one of them finds the task, and it meets the `others`, all further conditions.

        bound: what limits each of the direct ones. Beside this a statement needs no condition, and
        should have none: it could lead the database to read all tasks in the order of a page.
        """
        direct = [
            select(found.c.task_id)
            for each in self.direct
            for found in [bound(_search([*each, *others])).subquery()]
        ]
        return _is_in([*direct, *(_search([_T.task_id.in_(ids), *others]) for ids in self.ids)])


def searches_of(query: TaskQuery) -> Searches | None:
    """The searches that find the query's tasks; None: its other conditions do."""
    if _is_offer(query):
        return _offered(query.candidate_user, query.candidate_groups or (), query)
    if query.visible_to is None or _is_of_scope(query):
        return None
    return _visible(query.visible_to, query)


def still_visible(query: TaskQuery) -> Conditions:
    """That the offered tasks are visible to the account, unless they are anyway."""
    if query.visible_to is None or not _is_offer(query) or _is_of_scope(query):
        return []
    return [_visible(query.visible_to, query).condition()]


def unassigned(query: TaskQuery) -> Conditions:
    """That the offered tasks are in nobody's hands, unless they may be."""
    return [_T.assignee.is_(None)] if _is_offer(query) and not query.include_assigned else []


def escalated(query: TaskQuery) -> Conditions:
    """That it was escalated, or was not; and to which lanes."""
    conditions: Conditions = []
    if query.is_escalated is not None:
        level = _T.escalation_level
        # Spelled out, as the index of what went up has it: SQLite compares the words.
        conditions.append(level > literal_column("0") if query.is_escalated else level == 0)
    if query.escalated_to is not None:
        conditions.append(_T.task_id.in_(_by_superior(query.escalated_to, query)))
    return conditions


def _is_offer(query: TaskQuery) -> bool:
    return query.candidate_user is not None or query.candidate_groups is not None


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


def _search(conditions: Conditions) -> Select[tuple[str]]:
    # Not of the task that the statement around it looks at.
    return select(_T.task_id).where(*conditions).correlate(None)


def _is_in(found: list[Select[tuple[str]]]) -> ColumnElement[bool]:
    return _T.task_id.in_(union_all(*found) if len(found) > 1 else found[0])


def _offered(user: str | None, groups: Iterable[str], query: TaskQuery) -> Searches:
    in_state = among(_T.state, query.states)
    # Each lane by itself: of several at once no index has the order of a page.
    by_lane = [[_T.offered_lane == lane, *in_state] for lane in sorted(groups)]
    return Searches(by_lane, [_by_candidate(user, groups)])


def _visible(scope: TaskScope, query: TaskQuery) -> Searches:
    own = [_T.assignee == scope.account, *among(_T.state, query.states)]
    offered = _offered(scope.account, scope.lanes, query)
    by_superior = [_by_superior(scope.lanes, query)] if scope.lanes else []
    return Searches([own, *offered.direct], [*offered.ids, *by_superior])


def _by_superior(lanes: Iterable[str], query: TaskQuery) -> Select[tuple[str]]:
    columns = task_escalation.c
    is_task = and_(
        _BELOW.c.instance_id == columns.instance_id,
        _BELOW.c.task_id == columns.task_id,
        # Those above it are of a due date that was moved since.
        _BELOW.c.escalation_level >= columns.level,
    )
    return (
        select(columns.task_id)
        .join(_BELOW, is_task)
        .where(columns.lane.in_(sorted(lanes)), *among(_BELOW.c.state, query.states))
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
