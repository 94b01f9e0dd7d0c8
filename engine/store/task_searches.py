"""Which user tasks somebody has or is offered: several small searches, each by an index of its own.

One condition over three tables would read every open task. Of a page, a search that an index has in
the page's order gives no more than the page can show, so that an inbox costs what it shows and not
what there is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, false, literal, or_, select, union, union_all

from engine.queries import TaskQuery, TaskScope
from engine.store.aliases import alias_of
from engine.store.filters import Conditions, among
from engine.store.leading import found_first, hidden, unled
from engine.store.tables import task_candidate, task_escalation, user_task
from engine.store.task_facets import (
    GONE_UP,
    OPEN_ONES,
    Bound,
    is_of_few,
    is_of_scope,
    is_offer,
    lanes_of,
)
from engine.store.transaction import counted

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
        return _is_in(self._found(others, bound))

    def number(self, others: Conditions, at_most: int) -> Select[int]:
        """How many of the tasks that they find meet the `others`; of more than that it says that.

        By their ids alone: to come to each task once more takes longer than all else.
        """
        found = self._found(others, lambda search, _: search.limit(at_most))
        if not found:
            return select(literal(0))
        ids = union(*found).subquery() if len(found) > 1 else found[0].subquery()
        return counted(select(ids.c.task_id).limit(at_most))

    def _found(self, others: Conditions, bound: Bound) -> list[Select[tuple[str]]]:
        others = hidden(others)
        direct = [
            select(found.c.task_id)
            for each in self.direct
            for found in [bound(_search([*each, *others]), each).subquery()]
        ]
        return [*direct, *(_search([_T.task_id.in_(ids), *others]) for ids in self.ids)]


def searches_of(
    query: TaskQuery, parts: list[Conditions] | None = None, *, is_by_due: bool = True
) -> Searches | None:
    """The searches that find the query's tasks; None: its other conditions do.

    is_by_due: they are wanted in the order in which they are due, or in none.
    """
    if is_of_few(query):
        return None
    if is_offer(query):
        return _offered(query.candidate_user, query.candidate_groups or (), query, parts)
    if query.visible_to is None or is_of_scope(query):
        return None if parts is None else Searches(parts, [])
    return _visible(query.visible_to, query, parts, is_by_due=is_by_due)


def apart(query: TaskQuery) -> list[Conditions] | None:
    """Searches of which each task that the query finds is found by one alone, to be counted.

    None: there are none that the tasks would be found by.
    """
    lanes, found = lanes_of(query), searches_of(query)
    if found is None or not lanes:
        return None
    in_state = among(_T.state, query.states)
    by_lane = [[_T.offered_lane == lane, *in_state] for lane in sorted(lanes)]
    scope = None if is_offer(query) else query.visible_to
    own = [] if scope is None else [[_T.assignee == scope.account, *in_state]]
    in_no_lane = or_(_T.offered_lane.is_(None), unled(_T.offered_lane).not_in(sorted(lanes)))
    return [*by_lane, [Searches(own, found.ids).condition(), in_no_lane]]


def still_visible(query: TaskQuery) -> Conditions:
    """That the offered tasks are visible to the account, unless they are anyway."""
    if is_of_few(query):
        return _of_few(query)
    if query.visible_to is None or not is_offer(query) or is_of_scope(query):
        return []
    return [_visible(query.visible_to, query).condition()]


def _of_few(query: TaskQuery) -> Conditions:
    """That each of the named tasks is offered, and visible: told of it alone, not of all lanes."""
    conditions: Conditions = []
    if is_offer(query):
        conditions.append(_is_offered(query.candidate_user, query.candidate_groups or ()))
    scope = query.visible_to
    if scope is not None and not is_of_scope(query):
        conditions.append(seen_by(scope))
    return conditions


def seen_by(scope: TaskScope) -> ColumnElement[bool]:
    """That a task is visible, looked up for each task that something else leads to."""
    # Hidden from the planner, which would search all that the account has.
    in_hand = _T.assignee.concat("") == scope.account
    return or_(in_hand, _is_offered(scope.account, scope.lanes), _is_above(scope.lanes))


def _is_offered(user: str | None, groups: Iterable[str]) -> ColumnElement[bool]:
    lanes = sorted(groups)
    by_name = _by_candidate(user, lanes).where(
        task_candidate.c.instance_id == _T.instance_id, task_candidate.c.task_id == _T.task_id
    )
    return or_(_T.offered_lane.concat("").in_(lanes), _is_any(by_name))


def _is_above(lanes: Iterable[str]) -> ColumnElement[bool]:
    columns = task_escalation.c
    found = select(columns.task_id).where(
        columns.instance_id == _T.instance_id,
        columns.task_id == _T.task_id,
        columns.lane.in_(sorted(lanes)),
        columns.level <= _T.escalation_level,
    )
    return _is_any(found)


def _is_any(found: Select[tuple[str]]) -> ColumnElement[bool]:
    # For "exists" PostgreSQL would rather read what all tasks have, and keep it in memory.
    return found.correlate(user_task).limit(1).scalar_subquery().is_not(None)


def escalated(query: TaskQuery) -> Conditions:
    """That it was escalated, or was not; and to which lanes."""
    conditions: Conditions = []
    if query.is_escalated is not None:
        conditions.append(GONE_UP if query.is_escalated else _T.escalation_level == 0)
    if query.escalated_to is not None and is_of_few(query):
        conditions += [GONE_UP, _is_above(query.escalated_to)]
    elif query.escalated_to is not None:
        conditions.append(_T.task_id.in_(_by_superior(query.escalated_to, query)))
    return conditions


def _search(conditions: Conditions) -> Select[tuple[str]]:
    # Not of the task that the statement around it looks at.
    return select(_T.task_id).where(*conditions).correlate(None)


def _is_in(found: list[Select[tuple[str]]]) -> ColumnElement[bool]:
    if not found:
        return false()
    return _T.task_id.in_(union_all(*found) if len(found) > 1 else found[0])


def _offered(
    user: str | None, groups: Iterable[str], query: TaskQuery, parts: list[Conditions] | None = None
) -> Searches:
    in_state = among(_T.state, query.states)
    # Each lane by itself: of several at once no index has the order of a page.
    by_lane = [[_T.offered_lane == lane, *in_state] for lane in sorted(groups)]
    by_part = None if parts is None else [[*part, *in_state] for part in parts]
    return Searches(by_lane if by_part is None else by_part, [_by_candidate(user, groups)])


def _visible(
    scope: TaskScope,
    query: TaskQuery,
    parts: list[Conditions] | None = None,
    *,
    is_by_due: bool = True,
) -> Searches:
    own = [_T.assignee == scope.account, *among(_T.state, query.states)]
    if not is_by_due and query.states == OPEN_ONES:
        # PostgreSQL takes somebody for having as many as he ever had, and would look for the first
        # of them among the tasks of all.
        own = [found_first(_T.task_id, _search(own), own)]
    offered = _offered(scope.account, scope.lanes, query, parts)
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
