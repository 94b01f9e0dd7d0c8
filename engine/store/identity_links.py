"""Who was given a task, was offered it, or lost it: read from history and the tasks' offers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Row,
    Select,
    Subquery,
    Text,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.dialects import postgresql

from engine.model import EventKind, IdentityLink
from engine.queries import IdentityLinkQuery, Page, SortOrder
from engine.store.aliases import alias_of
from engine.store.filters import Conditions, between, equal, visible_instances
from engine.store.tables import (
    history_event,
    of_kind,
    process_instance,
    task_candidate,
    user_task,
)
from engine.store.transaction import Transaction, counted, paged

_FIRST_PAGE = Page()
_MILLISECOND = timedelta(milliseconds=1)
_ALL = IdentityLinkQuery()
_ASSIGNEE, _CANDIDATE = "assignee", "candidate"
_ADD, _DELETE = "add", "delete"
_TIES = ("instance_id", "sequence", "part")
_NAMES = tuple(IdentityLink.__dataclass_fields__)

#: Kind of event -> what its `from` and `to` mean. What one side lost stands before what the other
#: was given.
_HANDS = (
    (EventKind.TASK_CLAIMED, _ADD),
    (EventKind.TASK_ASSIGNED, _DELETE),
    (EventKind.TASK_ASSIGNED, _ADD),
    (EventKind.TASK_UNCLAIMED, _DELETE),
)
_HAND_KINDS = sorted({kind.value for kind, _ in _HANDS})
#: A task is offered when it comes up; anew when its instance goes on in another version.
_OFFERING = (EventKind.ACTIVITY_ENTERED, EventKind.ACTIVITY_MIGRATED)

_told = alias_of(history_event, "told")
_hand = alias_of(history_event, "hand")
_later = alias_of(history_event, "later")


@dataclass(frozen=True, slots=True)
class _Side:
    """What the rows of one branch have in common."""

    link: str
    operation: str


class IdentityLinks(Transaction):
    """Questions about who was given tasks, was offered them, or lost them."""

    def identity_links(
        self, query: IdentityLinkQuery = _ALL, page: Page = _FIRST_PAGE
    ) -> list[IdentityLink]:
        """What matches, in the order of each instance's history."""
        told, given = self._told(query), self._given(query)
        if given and told and page.max_results is not None and _is_by_time(page):
            # What diagrams give has no index: it is looked for no further than the rest reaches.
            most = page.first_result + page.max_results
            found = self._page_of(told, replace(page, first_result=0, max_results=most))
            if most and len(found) == most:
                given = self._given(_up_to(query, page, found[-1].at))
        return self._page_of([*given, *told], page)

    def _page_of(self, branches: Sequence[Subquery], page: Page) -> list[IdentityLink]:
        if not branches:
            return []
        # Each branch gives no more than the page can hold, so that one that has an index for the
        # order is read no further.
        last = None if page.max_results is None else page.first_result + page.max_results
        each = replace(page, first_result=0, max_results=last)
        parts = [_ordered(branch, each).subquery() for branch in branches]
        whole = union_all(*(select(part) for part in parts)).subquery("link")
        listing = _ordered(whole, page)
        return self._listed(listing, _link, *(whole.c[name] for name in _TIES))

    def count_identity_links(self, query: IdentityLinkQuery = _ALL) -> int:
        """How many match."""
        branches = [*self._given(query), *self._told(query)]
        return (
            self._number(counted(select(union_all(*map(select, branches)).subquery())))
            if branches
            else 0
        )

    def _given(self, query: IdentityLinkQuery) -> list[Subquery]:
        """Those whom diagrams give tasks, unless others are asked for."""
        is_wanted = _wants(query, _Side(_ASSIGNEE, _ADD)) and query.actor is None
        if not is_wanted or query.group is not None:
            return []
        return [self._given_by_diagram(query).subquery()]

    def _told(self, query: IdentityLinkQuery) -> list[Subquery]:
        """One for each other way in which somebody comes to a task or loses it, filtered."""
        offered = _Side(_CANDIDATE, _ADD)
        branches: list[Select[Any]] = []
        for kind, operation in _HANDS:
            if _wants(query, _Side(_ASSIGNEE, operation)) and query.group is None:
                branches.append(self._handed(query, kind, operation))
        if _wants(query, offered) and query.actor is None:
            branches += [
                _offered(query, kind, named) for kind in _OFFERING for named in _names(query)
            ]
        return [branch.subquery() for branch in branches]

    def _handed(self, query: IdentityLinkQuery, kind: EventKind, operation: str) -> Select[Any]:
        user = self._of_payload(_told, "from" if operation == _DELETE else "to")
        # A deletion sorts before an addition of the same event.
        part = literal("1" if operation == _ADD else "0", Text)
        statement = _selected(
            _Side(_ASSIGNEE, operation), part=part, user=user, actor=_told.c.actor
        )
        return statement.select_from(_with_instance()).where(
            user.is_not(None),
            *equal(user, query.user),
            *equal(_told.c.actor, query.actor),
            *_conditions(query, kind),
        )

    def _given_by_diagram(self, query: IdentityLinkQuery) -> Select[Any]:
        """Whom a task had from the beginning: from whom the first hand took it, or who has it."""
        first = (
            select(self._of_payload(_hand, "from"))
            .where(_same_visit(_hand), _hand.c.kind.in_(_HAND_KINDS))
            .order_by(_hand.c.sequence)
            .limit(1)
            .correlate(_told)
            .scalar_subquery()
        )
        is_handed = exists().where(_same_visit(_hand), _hand.c.kind.in_(_HAND_KINDS))
        user: ColumnElement[Any] = case(
            (is_handed.correlate(_told), first),
            # Who completed it without claiming it has it from no moment on.
            (user_task.c.claimed_at == user_task.c.created_at, user_task.c.assignee),
        )
        statement = _selected(_Side(_ASSIGNEE, _ADD), part=literal("0", Text), user=user)
        return statement.select_from(_with_task()).where(
            user.is_not(None),
            *equal(user, query.user),
            *_conditions(query, EventKind.ACTIVITY_ENTERED),
        )

    def _of_payload(self, event: FromClause, name: str) -> ColumnElement[Any]:
        payload = type_coerce(event.c.payload, Text)
        if self._connection.dialect.name == "sqlite":
            told: ColumnElement[Any] = func.json_extract(payload, literal(f"$.{name}", Text))
        else:
            told = cast(payload, postgresql.JSON)[name].astext
        return type_coerce(told, Text)


def _is_by_time(page: Page) -> bool:
    return bool(page.sorting) and page.sorting[0][0] == "at"


def _up_to(query: IdentityLinkQuery, page: Page, at: datetime) -> IdentityLinkQuery:
    """The query for what stands at that moment or before it, in the order of the page."""
    if page.sorting[0][1] is SortOrder.DESC:
        after = at - _MILLISECOND
        return replace(query, at_after=max(after, query.at_after or after))
    before = at + _MILLISECOND
    return replace(query, at_before=min(before, query.at_before or before))


def _wants(query: IdentityLinkQuery, side: _Side) -> bool:
    return query.link in {None, side.link} and query.operation in {None, side.operation}


def _names(query: IdentityLinkQuery) -> list[ColumnElement[bool]]:
    """Which offers are asked for: searches that each have an index, when a name is given."""
    name, kind = task_candidate.c.name, task_candidate.c.kind
    if query.user is not None:
        is_nobody = [] if query.group is None else [name.is_(None)]
        return [and_(kind == "user", name == query.user, *is_nobody)]
    if query.group is not None:
        return [
            and_(kind == "group", name == query.group),
            user_task.c.offered_lane == query.group,
        ]
    return [or_(name.is_not(None), user_task.c.offered_lane.is_not(None))]


def _offered(query: IdentityLinkQuery, kind: EventKind, named: ColumnElement[bool]) -> Select[Any]:
    name = func.coalesce(task_candidate.c.name, user_task.c.offered_lane)
    of = func.coalesce(task_candidate.c.kind, literal("group", Text))
    statement = _selected(
        _Side(_CANDIDATE, _ADD),
        part=literal("1:", Text) + of + literal(":", Text) + name,
        user=case((of == "user", name)),
        group=case((of == "group", name)),
    )
    return statement.select_from(
        _with_task().outerjoin(
            task_candidate,
            and_(
                task_candidate.c.instance_id == user_task.c.instance_id,
                task_candidate.c.task_id == user_task.c.task_id,
            ),
        )
    ).where(named, ~_is_offered_later(), *_conditions(query, kind))


def _is_offered_later() -> ColumnElement[bool]:
    """The offer of a task is kept as it is now: it belongs to the last time that it was made."""
    anew = EventKind.ACTIVITY_MIGRATED.value
    later = exists().where(
        _same_visit(_later), _later.c.kind == anew, _later.c.sequence > _told.c.sequence
    )
    return later.correlate(_told)


def _selected(
    side: _Side,
    *,
    part: ColumnElement[Any],
    user: ColumnElement[Any],
    group: ColumnElement[Any] | None = None,
    actor: ColumnElement[Any] | None = None,
) -> Select[Any]:
    nobody = cast(null(), Text)
    return select(
        _told.c.instance_id,
        _told.c.sequence,
        part.label("part"),
        _told.c.at,
        _told.c.activity_instance_id.label("task_id"),
        literal(side.link, Text).label("link"),
        literal(side.operation, Text).label("operation"),
        user.label("user"),
        (nobody if group is None else group).label("group"),
        (nobody if actor is None else actor).label("actor"),
        process_instance.c.definition_id,
        process_instance.c.definition_key,
    )


def _with_instance() -> FromClause:
    return _told.join(process_instance, process_instance.c.instance_id == _told.c.instance_id)


def _with_task() -> FromClause:
    return _with_instance().join(
        user_task,
        and_(
            user_task.c.instance_id == _told.c.instance_id,
            user_task.c.task_id == _told.c.activity_instance_id,
        ),
    )


def _same_visit(other: FromClause) -> ColumnElement[bool]:
    return and_(
        other.c.instance_id == _told.c.instance_id,
        other.c.activity_instance_id == _told.c.activity_instance_id,
    )


def _conditions(query: IdentityLinkQuery, kind: EventKind) -> Conditions:
    columns = _told.c
    is_of_few = query.instance_id is not None or query.task_id is not None
    # Hidden from the planner then: it would read all events of the kind for the sake of the order.
    is_kind = columns.kind.concat("") == kind.value if is_of_few else of_kind(_told, kind)
    return [
        is_kind,
        *equal(columns.instance_id, query.instance_id),
        *_of_task(query.task_id),
        *between(columns.at, query.at_after, query.at_before),
        *equal(process_instance.c.definition_id, query.definition_id),
        *equal(process_instance.c.definition_key, query.definition_key),
        *visible_instances(query.visible_to_lanes, query.visible_to_account, walks=True),
    ]


def _of_task(task_id: str | None) -> Conditions:
    if task_id is None:
        return []
    place = select(user_task.c.instance_id).where(user_task.c.task_id == task_id)
    return [_told.c.instance_id.in_(place), _told.c.activity_instance_id == task_id]


def _ordered(source: Subquery, page: Page) -> Select[Any]:
    sorting = {name: source.c[name] for name in _NAMES}
    return paged(select(source), page, sorting, *(source.c[n] for n in _TIES), reverses=True)


def _link(row: Row[Any]) -> IdentityLink:
    return IdentityLink(**row._mapping)
