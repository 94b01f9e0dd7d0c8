"""History: events as they were appended, and the visits of BPMN elements read from them."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Row, Select, and_, exists, literal, or_, select

from engine.errors import PASSING_TROUBLE, DamagedHistory, StorageError
from engine.model import ActivityInstance, EventKind, HistoryEvent
from engine.queries import ActivityQuery, EventQuery, Page
from engine.store.aliases import alias_of
from engine.store.event_searches import EventSearches, instances_wanted
from engine.store.filters import Conditions, among, between, equal, like, present, visible_instances
from engine.store.kept_rows import require, required_in
from engine.store.leading import all_hidden, unled
from engine.store.tables import history_event, of_kind, process_instance, user_task
from engine.store.transaction import counted, paged

_FIRST_PAGE = Page()

_EVENT_SORTING = {
    name: history_event.c[name]
    for name in ("at", "instance_id", "sequence", "kind", "actor", "activity_id")
}
_entered = alias_of(history_event, "entered")
_left = alias_of(history_event, "departed")

_ACTIVITY_SORTING = {
    "activity_instance_id": _entered.c.activity_instance_id,
    "instance_id": _entered.c.instance_id,
    "activity_id": _entered.c.activity_id,
    "activity_name": _entered.c.activity_name,
    "activity_type": _entered.c.activity_type,
    "definition_id": process_instance.c.definition_id,
    "definition_key": process_instance.c.definition_key,
    "started_at": _entered.c.at,
    "ended_at": _left.c.at.label("ended_at"),
    "assignee": user_task.c.assignee,
}


class Events(EventSearches):
    """Questions about history."""

    def events(
        self, instance_id: str, after_sequence: int = 0, limit: int | None = None
    ) -> list[HistoryEvent]:
        """The events of one instance after that sequence, in their order.

        Raises DamagedHistory naming each event that cannot be read.
        """
        statement = (
            select(history_event)
            .where(
                history_event.c.instance_id == instance_id,
                history_event.c.sequence > after_sequence,
            )
            .order_by(history_event.c.sequence)
        )
        try:
            rows = self._all(statement if limit is None else statement.limit(limit))
            return [event_of(row) for row in rows]
        except PASSING_TROUBLE:
            raise
        except (StorageError, ValueError, TypeError) as error:
            damages = self._damages(instance_id)
            if not damages:
                raise
            raise DamagedHistory(instance_id, damages) from error

    def event_of_code(self, instance_part: str, hash_part: str) -> HistoryEvent | None:
        """The event whose hash begins so, of an instance whose id begins so; None: there is none.

        Both are lower-case hexadecimal digits and hyphens.
        """
        instances = select(process_instance.c.instance_id).where(
            process_instance.c.instance_id.startswith(instance_part, autoescape=True)
        )
        row = self._first(
            select(history_event)
            .where(
                history_event.c.instance_id.in_(instances),
                history_event.c.hash.startswith(hash_part, autoescape=True),
            )
            .limit(1)
        )
        return event_of(row) if row else None

    def _damages(self, instance_id: str) -> list[tuple[int, str]]:
        """(sequence, reason) of the events that cannot be read, found one by one."""
        sequences = self._all(
            select(history_event.c.sequence)
            .where(history_event.c.instance_id == instance_id)
            .order_by(history_event.c.sequence)
        )
        damages: list[tuple[int, str]] = []
        for row in sequences:
            one = select(history_event).where(
                history_event.c.instance_id == instance_id,
                history_event.c.sequence == row.sequence,
            )
            try:
                found = self._first(one)
                if found is not None:
                    event_of(found)
            except PASSING_TROUBLE:
                raise
            except (StorageError, ValueError, TypeError) as error:
                damages.append((row.sequence, str(error)))
        return damages

    def find_events(self, query: EventQuery, page: Page = _FIRST_PAGE) -> list[HistoryEvent]:
        """The events that match, across instances."""
        key = (history_event.c.instance_id, history_event.c.sequence)
        query = self._by_instances(query)
        matching = select(history_event).where(*_event_conditions(query))
        matching = paged(matching, page, _EVENT_SORTING, *key, reverses=True)
        return self._listed(matching, event_of, *key)

    def count_events(self, query: EventQuery, *, at_most: int | None = None) -> int:
        """How many events match; of more than `at_most` it says no more than that."""
        query = self._by_instances(query)
        found = select(literal(1)).select_from(history_event).where(*_event_conditions(query))
        return self._number(counted(found if at_most is None else found.limit(at_most)))

    def activities(self, query: ActivityQuery, page: Page = _FIRST_PAGE) -> list[ActivityInstance]:
        """The visits of elements that match; running ones have no `ended_at`.

        The assignee is that of the user task whose `task_id` is the `activity_instance_id`.
        """
        query = self._of_few_instances(query)
        if (beside := self._beside(query)) is not None and (named := self._visits_of(beside, page)):
            return named
        if self._is_of_few_tasks(query):
            return self._visits_of(query, page)
        for narrowed in self._by_steps(query, page):
            found = self._visits_of(narrowed, page, is_led=_is_led_by_kind(narrowed, page))
            if len(found) == page.max_results:
                return found
        return self._visits_of(query, page, is_led=_is_led_by_kind(query, page))

    def _visits_of(
        self, query: ActivityQuery, page: Page, *, is_led: bool = False
    ) -> list[ActivityInstance]:
        key = (_entered.c.instance_id, _entered.c.sequence)
        matching = _activities(query, is_led=is_led)
        matching = paged(matching, page, _ACTIVITY_SORTING, *key, reverses=True)
        return self._listed(matching, _activity, *key)

    def count_activities(self, query: ActivityQuery) -> int:
        """How many visits match."""
        return self._number(counted(_activities(query)))


# --------------------------------------------------------------------- events


def _event_conditions(query: EventQuery) -> Conditions:
    columns = history_event.c
    return [
        *equal(columns.instance_id, query.instance_id),
        *among(columns.instance_id, query.instance_ids),
        *_of_kinds(query),
        *equal(columns.activity_id, query.activity_id),
        *equal(columns.activity_instance_id, query.activity_instance_id),
        *equal(columns.revision, query.revision),
        *equal(columns.actor, query.actor),
        *present(columns.actor, query.is_by_somebody),
        *between(columns.at, query.at_after, query.at_before),
        *_of_definition(query),
    ]


def _of_kinds(query: EventQuery) -> Conditions:
    kind: ColumnElement[str] = history_event.c.kind
    if query.kinds is not None and len(query.kinds) == 1:
        # One that nobody looks for often is found by it, in the order of time.
        return [of_kind(history_event, *query.kinds)]
    if query.is_by_somebody:
        # Otherwise the index of deeds has the order.
        kind = unled(kind)
    return among(kind, query.kinds)


def _of_definition(query: EventQuery) -> Conditions:
    wanted = instances_wanted(query)
    if not wanted:
        return []
    # Looked up for each event: since the instances are many, an order soon comes to them.
    of_event = process_instance.c.instance_id == history_event.c.instance_id
    return [exists().where(of_event, *all_hidden(wanted, process_instance))]


_NAMES = tuple(history_event.c.keys())
_required = itemgetter(*(_NAMES.index(name) for name in required_in(history_event)))
_KINDS = {each.value: each for each in EventKind}


def event_of(row: Row[Any]) -> HistoryEvent:
    """The event in a row that begins with all columns of history_event in their order."""
    # By place: proofs read all events that there are.
    places: Sequence[Any] = row
    if None in _required(places):
        require(history_event, dict(zip(_NAMES, places, strict=False)))
    instance_id, sequence, revision, kind, at, actor, capacity, activity_id, visit = places[:9]
    payload, previous_hash, event_hash = places[11:14]
    return HistoryEvent(
        instance_id=instance_id,
        sequence=sequence,
        revision=revision,
        # The enum's own way to its members takes as long as all the rest.
        kind=_KINDS.get(kind) or EventKind(kind),
        at=at,
        actor=actor,
        capacity=capacity,
        activity_id=activity_id,
        activity_instance_id=visit,
        payload=_object(payload),
        previous_hash=previous_hash,
        hash=event_hash,
    )


def _object(payload: Any) -> dict[str, Any]:
    if not isinstance(payload, dict):
        raise TypeError(f"the payload is {type(payload).__name__}; an object was expected")
    return payload


# ----------------------------------------------------------------- activities


def _is_led_by_kind(query: ActivityQuery, page: Page) -> bool:
    """Whether an index of visits has the order of the page, or those of an element."""
    if query.instance_id is not None or query.instance_ids is not None:
        return False
    named = (query.activity_id, query.activity_ids_in, query.started_after, query.started_before)
    is_by_start = bool(page.sorting) and page.sorting[0][0] == "started_at"
    return is_by_start or page.max_results is None or any(each is not None for each in named)


def _activities(query: ActivityQuery, *, is_led: bool = True) -> Select[Any]:
    """is_led: by the kind of event; otherwise by instances, one after the other."""
    kind = EventKind.ACTIVITY_ENTERED
    return (
        select(
            _entered.c.activity_instance_id,
            _entered.c.instance_id,
            _entered.c.sequence,
            process_instance.c.definition_id,
            process_instance.c.definition_key,
            _entered.c.activity_id,
            _entered.c.activity_name,
            _entered.c.activity_type,
            _entered.c.at.label("started_at"),
            _left.c.at.label("ended_at"),
            _left.c.kind.label("ended_as"),
            user_task.c.assignee,
        )
        .select_from(_visits())
        .where(
            of_kind(_entered, kind) if is_led else unled(_entered.c.kind) == kind.value,
            *_activity_conditions(query),
        )
    )


def _visits() -> FromClause:
    ends = [EventKind.ACTIVITY_COMPLETED.value, EventKind.ACTIVITY_CANCELLED.value]
    return (
        _entered.join(process_instance, process_instance.c.instance_id == _entered.c.instance_id)
        .outerjoin(_left, and_(_same_visit(_left), _left.c.kind.in_(ends)))
        .outerjoin(
            user_task,
            and_(
                user_task.c.instance_id == _entered.c.instance_id,
                user_task.c.task_id == _entered.c.activity_instance_id,
            ),
        )
    )


def _same_visit(other: FromClause) -> ColumnElement[bool]:
    return and_(
        other.c.instance_id == _entered.c.instance_id,
        other.c.activity_instance_id == _entered.c.activity_instance_id,
    )


def _activity_conditions(query: ActivityQuery) -> Conditions:
    columns = _entered.c
    return [
        *equal(columns.instance_id, query.instance_id),
        *among(columns.instance_id, query.instance_ids),
        *equal(columns.activity_instance_id, query.activity_instance_id),
        *equal(columns.activity_id, query.activity_id),
        *among(columns.activity_id, query.activity_ids_in),
        *equal(columns.activity_name, query.activity_name),
        *like(columns.activity_name, query.activity_name_like),
        *equal(columns.activity_type, query.activity_type),
        *equal(process_instance.c.definition_id, query.definition_id),
        *equal(process_instance.c.definition_key, query.definition_key),
        *equal(user_task.c.assignee, query.assignee),
        *present(_left.c.at, query.is_finished),
        *_cancelled(query.is_cancelled),
        *between(columns.at, query.started_after, query.started_before),
        *between(_left.c.at, query.ended_after, query.ended_before),
        *visible_instances(query.visible_to_lanes, query.visible_to_account),
    ]


def _cancelled(wanted: bool | None) -> Conditions:
    if wanted is None:
        return []
    cancelled = EventKind.ACTIVITY_CANCELLED.value
    if wanted:
        return [_left.c.kind == cancelled]
    return [or_(_left.c.kind.is_(None), _left.c.kind != cancelled)]


def _activity(row: Row[Any]) -> ActivityInstance:
    return ActivityInstance(
        activity_instance_id=row.activity_instance_id,
        instance_id=row.instance_id,
        sequence=row.sequence,
        definition_id=row.definition_id,
        definition_key=row.definition_key,
        activity_id=row.activity_id,
        activity_name=row.activity_name,
        activity_type=row.activity_type or "",
        started_at=row.started_at,
        ended_at=row.ended_at,
        is_cancelled=row.ended_as == EventKind.ACTIVITY_CANCELLED.value,
        assignee=row.assignee,
    )
