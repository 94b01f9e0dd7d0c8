"""Pages that begin at a place: together they are the listing; an index finds where each begins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise, product
from typing import Any

import pytest

from engine.errors import InvalidQuery
from engine.model import EventKind
from engine.queries import ActivityQuery, EventQuery, InstanceQuery, Page, SortOrder, TaskQuery
from engine.store import Store, StoreTransaction
from tests.contract.builders import a_task, an_event, at, deploy, first_step, start
from tests.statements import asked_by, plans_of

Ask = Callable[[StoreTransaction, Page], Sequence[Any]]

#: Listing -> how it is asked, what breaks its ties, and by what it may be sorted.
LISTINGS: dict[str, tuple[Ask, tuple[str, ...], tuple[str, ...]]] = {
    "events": (
        lambda tx, page: tx.find_events(EventQuery(), page),
        ("instance_id", "sequence"),
        ("at", "instance_id", "kind", "actor", "activity_id"),
    ),
    "activities": (
        lambda tx, page: tx.activities(ActivityQuery(), page),
        ("instance_id", "sequence"),
        ("started_at", "ended_at", "activity_name", "activity_type", "assignee", "definition_id"),
    ),
    "instances": (
        lambda tx, page: tx.instances(InstanceQuery(), page),
        ("instance_id",),
        ("started_at", "business_key", "ended_at", "definition_key", "state"),
    ),
    "tasks": (
        lambda tx, page: tx.tasks(TaskQuery(), page),
        ("task_id",),
        ("created_at", "due_at", "assignee", "priority", "name"),
    ),
}


@pytest.fixture
def filled(store: Store) -> Store:
    """Four instances of four events each: with values that are equal, and some that are missing."""
    deploy(store)
    start(store, *(_instance(n) for n in range(4)))
    return store


def _instance(number: int) -> Any:
    key = f"i{number}"
    return first_step(
        key,
        business_key=f"B-{number % 2}" if number else None,
        started_at=at(hours=number // 2),
        events=[
            an_event(key, 1, actor="siti" if number % 2 else None, at=at(hours=number)),
            _visit(key, 2, EventKind.ACTIVITY_ENTERED, "a", at(hours=1)),
            _visit(key, 3, EventKind.ACTIVITY_COMPLETED, "a", at(hours=1 + number % 2)),
            _visit(key, 4, EventKind.ACTIVITY_ENTERED, "b", at(hours=2)),
        ],
        opened=(
            a_task(f"b-{key}", key, due_at=at(days=number) if number % 2 else None),
            a_task(f"c-{key}", key, assignee="budi" if number == 2 else None, priority=number // 2),
        ),
    )


def _visit(instance: str, sequence: int, kind: EventKind, activity: str, when: Any) -> Any:
    payload = {"type": "userTask", "name": activity} if kind == EventKind.ACTIVITY_ENTERED else {}
    return an_event(
        instance,
        sequence,
        kind=kind,
        activity_id=activity,
        activity_instance_id=f"{activity}-{instance}",
        at=when,
        payload=payload,
    )


def walked(tx: StoreTransaction, ask: Ask, page: Page, ties: tuple[str, ...]) -> list[Any]:
    """The rows of all pages, each begun behind the last row of the one before."""
    found: list[Any] = []
    while rows := ask(tx, page):
        found += rows
        names = (*(name for name, _ in page.sorting), *ties)
        page = replace(page, after=tuple(getattr(rows[-1], name) for name in names))
    return found


@pytest.mark.parametrize("listing", LISTINGS)
def test_pages_behind_each_other_are_the_whole_listing(filled: Store, listing: str) -> None:
    ask, ties, names = LISTINGS[listing]
    wishes = [((name, order),) for name in names for order in SortOrder]
    pairs = pairwise(names)
    wishes += [
        ((one, first), (other, second))
        for (one, other), first, second in product(pairs, SortOrder, SortOrder)
    ]

    with filled.reading() as tx:
        for sorting in [(), *wishes]:
            whole = ask(tx, Page(sorting=sorting))
            assert len(whole) in {4, 8, 16}
            assert walked(tx, ask, Page(0, 3, sorting), ties) == whole, sorting


def test_a_place_stays_when_rows_come_in_before_it(filled: Store) -> None:
    ask, _, _ = LISTINGS["events"]
    page = Page(0, 3, (("at", SortOrder.DESC),))
    with filled.reading() as tx:
        last = ask(tx, page)[-1]
        place = (last.at, last.instance_id, last.sequence)
        before = ask(tx, replace(page, after=place))

    start(filled, first_step("i9", events=[an_event("i9", 1, at=at(days=9))]))

    with filled.reading() as tx:
        assert ask(tx, replace(page, after=place)) == before
        assert ask(tx, page)[0].instance_id == "i9"


@pytest.mark.parametrize(
    "place",
    [(), ("i1",), ("i1", 2, 3), (2, "i1"), (None, 1), ("i1", None), (at(), 1), ("i1", 2**40)],
)
def test_a_place_of_another_order_is_refused(store: Store, place: tuple[Any, ...]) -> None:
    with store.reading() as tx, pytest.raises(InvalidQuery, match="of another order"):
        tx.find_events(EventQuery(), Page(after=place))


#: Place in a listing of events, its order, and the index that finds it.
_BY_TIME = (("at", SortOrder.DESC),)
PLACES = [
    ((), ("i1", 2), "sqlite_autoindex_history_event_1 ((instance_id,sequence)>(?,?))"),
    (_BY_TIME, (at(), "i1", 2), "ix_history_event_deeds ((at,instance_id,sequence)<(?,?,?))"),
]


@pytest.mark.parametrize("dialect", ["sqlite"])  # of small tables PostgreSQL prefers to read all
@pytest.mark.parametrize(("sorting", "place", "index"), PLACES)
def test_a_place_is_found_by_an_index(
    filled: Store, sorting: Any, place: tuple[Any, ...], index: str
) -> None:
    kinds = frozenset({EventKind.INSTANCE_STARTED, EventKind.TASK_COMPLETED}) if sorting else None
    query = EventQuery(kinds=kinds, is_by_somebody=bool(kinds) or None)
    asked = asked_by(filled, lambda tx: tx.find_events(query, Page(0, 25, sorting, after=place)))

    plan = plans_of(filled, asked)[-1]

    assert index in plan
    assert "FOR ORDER BY" not in plan
