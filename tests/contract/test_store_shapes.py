"""Listings whose statement was made before, for a query of the same shape with other values."""

from __future__ import annotations

from datetime import datetime
from itertools import product
from typing import Any

import pytest
from sqlalchemy import Select, event, select

from engine.errors import InvalidInput, InvalidQuery, StorageError
from engine.model import TaskState
from engine.queries import Page, SortOrder, TaskQuery, TaskScope
from engine.store import Store, is_one_question
from engine.store.shapes import shape_of
from engine.store.tables import user_task
from engine.store.tasks import task_conditions, task_of
from engine.store.transaction import paged
from tests.contract.builders import NOON, a_task, at, deploy, first_step, start

LANES = ("Petugas", "Kepala Seksi", "HRD")
SOONEST = (("due_at", SortOrder.ASC), ("created_at", SortOrder.ASC))


@pytest.fixture
def crowd(store: Store) -> Store:
    """40 tasks of two instances: in three lanes, some named, some in hand, some ended."""
    deploy(store)
    for instance_id, first in (("i1", 0), ("i2", 20)):
        opened = tuple(_task(n, instance_id) for n in range(first, first + 20))
        start(store, first_step(instance_id, opened=opened))
    return store


def _task(number: int, instance_id: str) -> Any:
    is_over = number % 7 == 6
    names = {"candidate_users": ("budi",), "candidate_groups": ("HRD",)} if number % 5 == 4 else {}
    return a_task(
        f"t{number:02}",
        instance_id=instance_id,
        lane=LANES[number % 3],
        assignee=("siti", "budi")[number % 2] if number % 4 == 1 else None,
        state=TaskState.COMPLETED if is_over else TaskState.OPEN,
        ended_at=at(hours=3) if is_over else None,
        ended_by="siti" if is_over else None,
        due_at=at(hours=number) if number % 3 else None,
        follow_up_at=at(hours=number) if number % 2 else None,
        business_key=f"PDAM-{number % 4}",
        **names,
    )


SITI = TaskScope("siti", frozenset({"Petugas"}))
BUDI = TaskScope("budi", frozenset({"HRD"}))
#: What one and the other ask for: the same with other values.
PAIRS: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = (
    ({}, {}),
    ({"instance_id": "i1"}, {"instance_id": "i2"}),
    (
        {"instance_id": "i1", "candidate_groups": ("Petugas",)},
        {"instance_id": "i2", "candidate_groups": ("HRD",)},
    ),
    ({"task_ids": ("t01", "t04")}, {"task_ids": ("t21", "t24")}),
    ({"business_key": "PDAM-1"}, {"business_key": "PDAM-2"}),
    ({"business_key_like": "%1"}, {"business_key_like": "PDAM-_"}),
    ({"assignee": "siti"}, {"assignee": "budi"}),
    ({"candidate_groups": ("HRD",)}, {"candidate_groups": ("Petugas",)}),
    (
        {"candidate_user": "siti", "candidate_groups": ("Petugas",)},
        {"candidate_user": "budi", "candidate_groups": ("HRD",)},
    ),
    ({"due_before": at(hours=9)}, {"due_before": at(hours=30)}),
    ({"follow_up_before_or_absent": NOON}, {"follow_up_before_or_absent": at(hours=9)}),
)
MORE: tuple[dict[str, Any], ...] = ({}, {"states": None}, {"include_assigned": True})
PAGES = (Page(), Page(0, 5, SOONEST), Page(3, 4, (("created_at", SortOrder.DESC),)))


@pytest.mark.parametrize("more", MORE, ids=str)
def test_the_other_ones_values_are_asked_for(crowd: Store, more: dict[str, Any]) -> None:
    for (one, other), page, is_seen in product(PAIRS, PAGES, (True, False)):
        first = TaskQuery(**one, **more, visible_to=SITI if is_seen else None)
        second = TaskQuery(**other, **more, visible_to=BUDI if is_seen else None)
        with crowd.reading() as tx:
            for query in (first, second, first):
                assert tx.tasks(query, page) == tx._listed(
                    _made_of(query, page), task_of, user_task.c.task_id
                ), (query, page)
        assert _key(first, page) == _key(second, page)


def _made_of(query: TaskQuery, page: Page) -> Select[Any]:
    """The statement of this query alone."""
    return paged(
        select(user_task).where(*task_conditions(query)),
        page,
        {name: user_task.c[name] for name, _ in page.sorting},
        user_task.c.task_id,
    )


def _key(query: TaskQuery, page: Page) -> object:
    shape = shape_of(query, page)
    assert shape is not None
    return shape.key


def test_which_values_are_equal_is_of_the_shape() -> None:
    """Who asks for his own lane is not asked whether he may see it; who asks for another is."""
    own, other = (TaskQuery(candidate_groups=(lane,), visible_to=SITI) for lane in LANES[:2])

    assert _key(own, Page()) != _key(other, Page())


@pytest.mark.parametrize(
    "query",
    [
        TaskQuery(name_contains="Periksa"),
        TaskQuery(key_words=("pdam",)),
        TaskQuery(lane=""),
        TaskQuery(instance_ids=tuple(f"i{number}" for number in range(100))),
    ],
)
def test_some_queries_have_a_statement_of_their_own(query: TaskQuery) -> None:
    assert shape_of(query, Page()) is None


def test_one_question_is_one_statement(crowd: Store) -> None:
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    event.listen(crowd._engine, "before_cursor_execute", note)
    alone = 0
    for (one, other), more, page in product(PAIRS, MORE, PAGES):
        for query in (TaskQuery(**one, **more), TaskQuery(**other, **more, visible_to=BUDI)):
            is_one = is_one_question(query, page)
            asked.clear()
            with crowd.asking(is_one=is_one) as tx:
                tx.tasks(query, page)
            if is_one:
                assert len(asked) == 1, query
                alone += 1
    assert alone > 100


def test_a_question_sees_what_was_just_written(crowd: Store) -> None:
    query = TaskQuery(instance_id="i3")
    with crowd.asking() as tx:
        assert tx.tasks(query) == []
    start(crowd, first_step("i3", opened=(a_task("t99", instance_id="i3"),)))
    with crowd.asking() as tx:
        assert [each.task_id for each in tx.tasks(query)] == ["t99"]


def test_who_asks_cannot_write(crowd: Store) -> None:
    with crowd.asking() as tx, pytest.raises(StorageError, match="cannot write"):
        tx.stored_task("t01", for_step=True)


def test_what_cannot_be_asked_is_refused_as_ever(crowd: Store) -> None:
    naive = TaskQuery(due_before=datetime(2026, 1, 1))  # noqa: DTZ001 (that is the mistake)
    unknown = Page(sorting=(("offered_lane", SortOrder.ASC),))
    with crowd.reading() as tx, pytest.raises(InvalidInput, match="time zone"):
        tx.tasks(naive)
    for _ in range(2):
        with crowd.reading() as tx, pytest.raises(InvalidQuery, match="'offered_lane'"):
            tx.tasks(TaskQuery(), unknown)
