"""Visits in the order of their end are found by the steps in which they ended."""

from __future__ import annotations

from typing import Any

import pytest

from engine.model import ActivityInstance, EventKind, HistoryEvent
from engine.queries import ActivityQuery, Page, SortOrder
from engine.store import Store
from tests.contract.builders import an_event, at, deploy, first_step
from tests.contract.test_listing_plans import Asked, explained, instructions
from tests.databases import BOTH, migrated_store
from tests.statements import asked_by, plans_of

_MANY = 500
_INPUTS = (
    (EventKind.TASK_COMPLETED, "siti"),
    (EventKind.TIMERS_DUE, None),
    (EventKind.MESSAGE_RECEIVED, None),
    (EventKind.CALLED_INSTANCE_ENDED, None),
    (EventKind.TASK_ERROR, "budi"),
)
_ORDERS = tuple((("ended_at", order),) for order in SortOrder)
_QUERIES = (
    ActivityQuery(),
    ActivityQuery(is_finished=True),
    ActivityQuery(is_cancelled=True),
    ActivityQuery(activity_id="periksa"),
    ActivityQuery(visible_to_lanes=frozenset(), visible_to_account="siti"),
    ActivityQuery(visible_to_lanes=frozenset({"Tiada"}), visible_to_account="tiada"),
)

_NAMES = ("all", "finished", "cancelled", "of an element", "of siti", "of nobody")


@pytest.fixture(scope="module", params=BOTH)
def history(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Instances of two steps: the second, of a person or by itself, ends one of two visits."""
    folder = tmp_path_factory.mktemp("history")
    with migrated_store(request.param, request, folder) as store:
        deploy(store)
        with store.writing() as tx:
            for number in range(_MANY):
                instance_id = f"i{number * 7 % _MANY}"
                events = _events(number, instance_id)
                started_by = "siti" if number % 3 else "budi"
                tx.add_instance(first_step(instance_id, events=events, started_by=started_by))
        yield store


def _events(number: int, instance_id: str) -> tuple[HistoryEvent, ...]:
    """Some instances end their visit at one moment, some long after they began."""
    began = at(minutes=number // 2)
    ended = at(minutes=number // 2 + number * 13 % 300)
    kind, actor = _INPUTS[number % len(_INPUTS)]
    is_cancelled = number % 4 == 1
    end = EventKind.ACTIVITY_CANCELLED if is_cancelled else EventKind.ACTIVITY_COMPLETED
    entered = EventKind.ACTIVITY_ENTERED
    one: dict[str, Any] = {"activity_id": "periksa", "activity_instance_id": f"v{number}"}
    other: dict[str, Any] = {"activity_id": "setujui", "activity_instance_id": f"w{number}"}
    return (
        an_event(instance_id, 1, actor="siti", at=began),
        an_event(instance_id, 2, kind=entered, at=began, **one),
        an_event(instance_id, 3, revision=2, kind=kind, actor=actor, at=ended),
        an_event(instance_id, 4, revision=2, kind=end, at=ended, **one),
        an_event(instance_id, 5, revision=2, kind=entered, at=ended, **other),
    )


@pytest.mark.parametrize("sorting", _ORDERS, ids=str)
@pytest.mark.parametrize("query", _QUERIES, ids=_NAMES)
def test_pages_are_parts_of_the_whole_list(
    history: Store, query: ActivityQuery, sorting: Any
) -> None:
    with history.reading() as tx:
        # Without a page all visits are sorted.
        whole = tx.activities(query, Page(sorting=sorting))
        for first, number in ((0, 25), (30, 20), (len(whole) - 3, 9), (_MANY - 4, 9), (0, 0)):
            page = Page(max(first, 0), number, sorting)
            assert tx.activities(query, page) == whole[page.first_result :][:number]
        for place in (0, 24, 25, len(whole) - 4, _MANY):
            if 0 <= place < len(whole):
                behind = Page(0, 20, sorting, after=_place(whole[place]))
                assert tx.activities(query, behind) == whole[place + 1 :][:20]


def _place(visit: ActivityInstance) -> tuple[Any, ...]:
    return (visit.ended_at, visit.instance_id, visit.sequence)


@pytest.mark.parametrize("sorting", _ORDERS, ids=str)
def test_a_page_reads_the_instances_of_the_steps_next_to_it(history: Store, sorting: Any) -> None:
    def ask(page: Page) -> Asked:
        return lambda tx: tx.activities(ActivityQuery(), page)

    if history.dialect == "sqlite":
        first = Page(0, 10, sorting)
        steps, *_, listing = explained(history, ask(first), "EXPLAIN QUERY PLAN ")
        assert "ix_history_event_deeds" in steps
        assert "ix_history_event_kind" in steps
        assert "sqlite_autoindex_history_event_1 (instance_id=?" in listing
        of_all = instructions(history, ask(Page(sorting=sorting)))
        # Those that began first have all to end yet: so more steps are looked at.
        assert instructions(history, ask(first)) < of_all
        with history.reading() as tx:
            last = tx.activities(ActivityQuery(), Page(300, 1, sorting))[0]
        behind = Page(0, 10, sorting, after=_place(last))
        assert instructions(history, ask(behind)) < of_all / 5


def test_a_visit_is_found_by_its_id_beside_its_instance(store: Store) -> None:
    deploy(store)
    ours, other = "01a203ac-5909-78c8-9249-311b2b6ad0cc", "01a203ac-590a-78c8-9249-311b2b6ad0cc"
    visit, strange = "01a203ac-5909-8004-ac60-374969215b8e", "01a203ac-5908-8004-ac60-374969215b8e"
    with store.writing() as tx:
        for instance_id, visits in ((ours, (visit, strange)), (other, ())):
            entered = [
                an_event(
                    instance_id,
                    n,
                    kind=EventKind.ACTIVITY_ENTERED,
                    activity_id="periksa",
                    activity_instance_id=each,
                )
                for n, each in enumerate(visits, start=2)
            ]
            events = (an_event(instance_id, 1), *entered)
            tx.add_instance(first_step(instance_id, events=events))

    with store.reading() as tx:

        def found(of: str) -> list[tuple[str, str]]:
            visits = tx.activities(ActivityQuery(activity_instance_id=of))
            return [(each.instance_id, each.activity_instance_id) for each in visits]

        assert found(visit) == [(ours, visit)]
        assert found(strange) == [(ours, strange)]
        assert found("") == found(other) == []

    if store.dialect == "sqlite":
        asked = asked_by(store, lambda tx: tx.activities(ActivityQuery(activity_instance_id=visit)))
        first, second = plans_of(store, asked)
        assert "sqlite_autoindex_process_instance_1 (instance_id>? AND instance_id<?)" in first
        assert "(instance_id=? AND activity_instance_id=?)" in second
