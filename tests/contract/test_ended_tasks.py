"""Tasks in the order of their end, as those see them who see many, some long ago, few or none."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert

from engine.model import TaskEscalation, TaskState, UserTask
from engine.queries import Page, SortOrder, TaskQuery, TaskScope
from engine.store import Store, is_one_question
from engine.store.step_rows import task_values
from engine.store.tables import task_candidate, task_escalation, user_task
from tests.contract.builders import a_task, at, deploy, first_step, start
from tests.contract.test_listing_plans import Asked, explained, instructions
from tests.databases import BOTH, migrated_store

_MANY = 1200
_BUSY, _RARE, _FORMER, _ABOVE = "Bidang", "Perencana", "Loket", "Kadis"
_SCOPES = {
    "a busy lane": TaskScope("siti", frozenset({_BUSY})),
    "lanes": TaskScope("siti", frozenset({_BUSY, _RARE, _ABOVE})),
    "a rare lane": TaskScope("budi", frozenset({_RARE})),
    "a lane of long ago": TaskScope("tuti", frozenset({_FORMER})),
    "what went up": TaskScope("kadis", frozenset({_ABOVE})),
    "what is in hand": TaskScope("wati", frozenset()),
    "nothing": TaskScope("tiada", frozenset({"Tiada"})),
}
_ENDED = frozenset({TaskState.COMPLETED, TaskState.CANCELLED})
_STATES = (None, frozenset({TaskState.COMPLETED}))
_LAST = (("ended_at", SortOrder.DESC),)
_SORTINGS: tuple[Any, ...] = (
    _LAST,
    (("ended_at", SortOrder.ASC),),
    (("ended_at", SortOrder.DESC), ("created_at", SortOrder.DESC)),
)


@pytest.fixture(scope="module", params=BOTH)
def archive(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Many tasks of one instance; most have ended, three at each moment, most are measured."""
    folder = tmp_path_factory.mktemp("archive")
    with migrated_store(request.param, request, folder) as store:
        deploy(store)
        start(store, first_step())
        tasks = [_task(number) for number in range(_MANY)]
        with store.writing() as tx:
            measured = [
                {**task_values(task), "is_measured": number < _MANY * 3 // 4 and number % 7 != 0}
                for number, task in enumerate(tasks)
            ]
            tx._write(insert(user_task), measured)
            tx._write(insert(task_candidate), [row for task in tasks for row in _candidates(task)])
            gone_up = [
                {**_key(task), "level": 1, "lane": _ABOVE} for task in tasks if task.escalations
            ]
            tx._write(insert(task_escalation), gone_up)
        yield store


def _task(number: int) -> UserTask:
    state = TaskState.CANCELLED if number % 10 == 3 else TaskState.COMPLETED
    state = TaskState.OPEN if number % 7 == 0 else state
    lane = _FORMER if number < 200 else _RARE if number % 100 == 1 else _BUSY
    named = {"candidate_users": ("wati",), "candidate_groups": (_RARE,)} if number % 60 == 5 else {}
    went_up = (TaskEscalation(_ABOVE, at(days=1), at(hours=1)),) if number % 40 == 9 else ()
    return a_task(
        f"t{number * 7 % _MANY:04}",
        lane="Umum" if number % 4 == 2 else lane,
        state=state,
        created_at=at(days=-9, minutes=number % 11),
        ended_at=None if state is TaskState.OPEN else at(minutes=number // 3),
        assignee="wati" if number % 90 == 8 else None,
        escalations=went_up,
        **named,
    )


def _key(task: UserTask) -> dict[str, str]:
    return {"instance_id": task.instance_id, "task_id": task.task_id}


def _candidates(task: UserTask) -> list[dict[str, str]]:
    users = [{**_key(task), "kind": "user", "name": name} for name in task.candidate_users]
    groups = [{**_key(task), "kind": "group", "name": name} for name in task.candidate_groups]
    return users + groups


@pytest.mark.parametrize("seen", [*_SCOPES, "everything"])
def test_pages_by_the_end_are_parts_of_the_whole_list(archive: Store, seen: str) -> None:
    for states in _STATES:
        for sorting in _SORTINGS:
            query = TaskQuery(states=states, visible_to=_SCOPES.get(seen))
            with archive.reading() as tx:
                # Without a page each task that is visible is found, and sorted.
                whole = tx.tasks(query, Page(sorting=sorting))
                for first, number in ((0, 25), (300, 7), (len(whole) - 3, 10), (0, 0)):
                    page = Page(max(first, 0), number, sorting)
                    assert tx.tasks(query, page) == whole[page.first_result :][:number]
                for place in (25, 26, len(whole) - 5):
                    if 0 <= place < len(whole):
                        behind = Page(0, 20, sorting, after=_place(whole[place], sorting))
                        assert tx.tasks(query, behind) == whole[place + 1 :][:20]


def _place(task: UserTask, sorting: Any) -> tuple[Any, ...]:
    return (*(getattr(task, name) for name, _ in sorting), task.task_id)


def test_each_sees_what_is_his(archive: Store) -> None:
    with archive.reading() as tx:
        numbers = {
            seen: len(tx.tasks(TaskQuery(states=_ENDED, visible_to=scope), Page(0, 5000, _LAST)))
            for seen, scope in _SCOPES.items()
        }
    assert numbers["nothing"] == 0 < numbers["a rare lane"] < 100
    assert numbers["a busy lane"] > _MANY / 2


@pytest.mark.parametrize(
    ("seen", "index"),
    [
        ("a busy lane", "ix_user_task_ended_at"),
        ("lanes", "ix_user_task_ended_at"),
        ("a rare lane", "ix_user_task_offered_lane"),
        ("a lane of long ago", "ix_user_task_offered_lane"),
        ("nothing", "ix_user_task_offered_lane"),
    ],
)
def test_a_page_is_read_in_the_order_of_the_end_or_by_what_is_few(
    archive: Store, seen: str, index: str
) -> None:
    query = TaskQuery(states=_ENDED, visible_to=_SCOPES[seen])
    assert not is_one_question(query, Page(0, 25, _LAST))
    if archive.dialect == "sqlite":
        *_, listing = explained(archive, _asking(query), "EXPLAIN QUERY PLAN ")
        assert index in listing


def test_a_page_of_a_busy_lane_does_not_read_all_that_it_had(archive: Store) -> None:
    if archive.dialect == "sqlite":
        query = TaskQuery(states=_ENDED, visible_to=_SCOPES["a busy lane"])
        of_all = instructions(archive, lambda tx: tx.tasks(query, Page(sorting=_LAST)))
        assert instructions(archive, _asking(query)) < of_all / 2


def test_a_page_far_behind_costs_as_much_as_the_first(archive: Store) -> None:
    for scope in (None, _SCOPES["a busy lane"]):
        query = TaskQuery(states=_ENDED, visible_to=scope)
        with archive.reading() as tx:
            last = tx.tasks(query, Page(450, 1, _LAST))[0]
        if archive.dialect == "sqlite":
            first = instructions(archive, _asking(query))
            assert instructions(archive, _asking(query, after=_place(last, _LAST))) < first * 1.5


def _asking(query: TaskQuery, **page: Any) -> Asked:
    return lambda tx: tx.tasks(query, Page(0, 25, _LAST, **page))
