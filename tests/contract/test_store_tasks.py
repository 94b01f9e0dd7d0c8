"""User tasks and inboxes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from engine.errors import InvalidQuery, NotFound
from engine.model import StoredInstance, TaskState
from engine.queries import Page, SortOrder, TaskQuery, TaskScope
from engine.search_words import words_of_key
from engine.store import Store
from tests.contract.builders import (
    NOON,
    a_task,
    an_instance,
    at,
    deploy,
    first_step,
    next_step,
    start,
)
from tests.statements import asked_by

WHOLE = a_task(
    assignee="siti",
    claimed_at=at(hours=1),
    ended_at=at(hours=2),
    ended_by="siti",
    state=TaskState.COMPLETED,
    due_at=at(days=1),
    follow_up_at=at(days=2),
    priority=70,
    description="Periksa",
    form_key="form",
    candidate_users=("budi", "siti"),
    candidate_groups=("Kepala Seksi",),
    local_variables={"bidang": "Sekretariat", "n": [1, None]},
    business_key="PDAM-1",
)


def test_a_task_comes_back_whole(store: Store) -> None:
    deploy(store)
    start(store, first_step(opened=(WHOLE,)))

    with store.writing() as tx:
        assert tx.task("t1") == WHOLE
        for for_step in (False, True):
            stored = StoredInstance(an_instance(), b"snapshot-1")
            assert tx.stored_task("t1", for_step=for_step) == (WHOLE, stored)


def test_an_unknown_task_is_not_found(store: Store) -> None:
    with store.writing() as tx:
        with pytest.raises(NotFound):
            tx.task("?")
        with pytest.raises(NotFound):
            tx.stored_task("?", for_step=True)


def start_inboxes(store: Store) -> None:
    """Who sees what: t1 lane, t2 taken from the lane, t3 candidates only, t4 another lane."""
    deploy(store)
    start(
        store,
        first_step(
            opened=(
                a_task("t1", due_at=at(days=1), business_key="PDAM-1"),
                a_task("t2", assignee="siti", created_at=at(hours=1), priority=70),
                a_task("t3", candidate_users=("budi",), candidate_groups=("HRD",)),
                a_task("t4", lane="Kepala Seksi", name="Setujui", activity_id="Approve"),
                a_task("t5", lane=None, assignee="budi", follow_up_at=at(days=3)),
                a_task("t6", state=TaskState.COMPLETED, ended_at=at(hours=3), ended_by="siti"),
            )
        ),
    )


def index_key(store: Store, key: str) -> None:
    """The search knows the instance by its key, as a start writes it."""
    with store.writing() as tx:
        tx.put_words("i1", " ".join(words_of_key(key)))


def scope(account: str, *lanes: str) -> TaskQuery:
    return TaskQuery(visible_to=TaskScope(account, frozenset(lanes)))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        # The lane shows its tasks, taken or not, but not those that name candidates.
        (scope("nobody", "Petugas"), "t1 t2"),
        (scope("nobody", "Petugas", "Kepala Seksi"), "t1 t2 t4"),
        (scope("nobody", "HRD"), "t3"),
        (scope("budi"), "t3 t5"),
        (scope("siti"), "t2"),
        (scope("siti", "Petugas"), "t1 t2"),
        (scope("nobody"), ""),
        (
            TaskQuery(visible_to=TaskScope("nobody", frozenset({"Petugas"})), states=None),
            "t1 t2 t6",
        ),
        # Offered: to a person by name, to lanes and groups; taken ones only when asked for.
        (TaskQuery(candidate_user="budi"), "t3"),
        (TaskQuery(candidate_groups=("Petugas",)), "t1"),
        (TaskQuery(candidate_groups=("Petugas",), include_assigned=True), "t1 t2"),
        (TaskQuery(candidate_groups=("HRD", "Kepala Seksi")), "t3 t4"),
        (TaskQuery(candidate_user="budi", candidate_groups=("Petugas",)), "t1 t3"),
        (TaskQuery(candidate_groups=()), ""),
    ],
)
def test_inboxes(store: Store, query: TaskQuery, expected: str) -> None:
    start_inboxes(store)

    with store.reading() as tx:
        assert [each.task_id for each in tx.tasks(query)] == expected.split()
        assert tx.count_tasks(query) == len(expected.split())


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (TaskQuery(), "t1 t2 t3 t4 t5"),
        (TaskQuery(lane="Kepala Seksi"), "t4"),
        (TaskQuery(states=None), "t1 t2 t3 t4 t5 t6"),
        (TaskQuery(states=frozenset({TaskState.COMPLETED})), "t6"),
        (TaskQuery(task_id="t1"), "t1"),
        (TaskQuery(instance_id="i1", name="Setujui"), "t4"),
        (TaskQuery(instance_id="?"), ""),
        (TaskQuery(business_key="PDAM-1"), "t1"),
        (TaskQuery(business_key_like="PDAM%"), "t1"),
        (TaskQuery(definition_id="?"), ""),
        (TaskQuery(definition_key="valve-check", activity_id="Approve"), "t4"),
        (TaskQuery(definition_keys_in=("?",)), ""),
        (TaskQuery(activity_ids_in=("Approve", "?")), "t4"),
        (TaskQuery(name_like="Setuju_"), "t4"),
        (TaskQuery(name_like="setuju%"), ""),
        (TaskQuery(name_contains="TUJU"), "t4"),
        (TaskQuery(name_contains="%"), ""),
        (TaskQuery(names_in=("Setujui", "?")), "t4"),
        (TaskQuery(key_words=("pda", "1")), "t1"),
        (TaskQuery(key_words=("dam",)), ""),
        (TaskQuery(key_words=("p",)), ""),
        (TaskQuery(key_words=()), ""),
        (TaskQuery(assignee="siti"), "t2"),
        (TaskQuery(assignee_like="%i"), "t2 t5"),
        (TaskQuery(is_assigned=True), "t2 t5"),
        (TaskQuery(is_assigned=False), "t1 t3 t4"),
        (TaskQuery(created_after=NOON), "t2"),
        (TaskQuery(created_before=at(minutes=1)), "t1 t3 t4 t5"),
        (TaskQuery(due_after=NOON), "t1"),
        (TaskQuery(due_before=NOON), ""),
        (TaskQuery(follow_up_after=at(days=2)), "t5"),
        (TaskQuery(follow_up_before=at(days=2)), ""),
        (TaskQuery(follow_up_before_or_absent=at(days=3)), "t1 t2 t3 t4"),
        (TaskQuery(follow_up_before_or_absent=at(days=4)), "t1 t2 t3 t4 t5"),
        (TaskQuery(states=None, ended_after=NOON, ended_before=at(days=1)), "t6"),
        (TaskQuery(states=None, ended_by="siti"), "t6"),
        (TaskQuery(priority=70), "t2"),
        (TaskQuery(min_priority=51), "t2"),
        (TaskQuery(max_priority=50), "t1 t3 t4 t5"),
    ],
)
def test_tasks_are_filtered(store: Store, query: TaskQuery, expected: str) -> None:
    start_inboxes(store)
    index_key(store, "PDAM-1")

    with store.reading() as tx:
        assert [each.task_id for each in tx.tasks(query)] == expected.split()
        assert tx.count_tasks(query) == len(expected.split())


def test_tasks_without_a_due_time_come_last(store: Store) -> None:
    start_inboxes(store)
    page = Page(0, 2, (("due_at", SortOrder.ASC), ("priority", SortOrder.DESC)))

    with store.reading() as tx:
        assert [each.task_id for each in tx.tasks(TaskQuery(), page)] == ["t1", "t2"]


def test_sorting_tasks_by_an_unknown_field_names_it(store: Store) -> None:
    page = Page(sorting=(("offered_lane", SortOrder.ASC),))

    with store.reading() as tx, pytest.raises(InvalidQuery, match="'offered_lane'"):
        tx.tasks(TaskQuery(), page)


def test_tasks_of_an_instance_are_those_in_the_wanted_states(store: Store) -> None:
    start_inboxes(store)

    with store.reading() as tx:
        ended = tx.tasks_of_instance("i1", {TaskState.COMPLETED, TaskState.CANCELLED})
        assert [each.task_id for each in ended] == ["t6"]
        assert len(tx.tasks_of_instance("i1")) == 6


def test_a_changed_task_keeps_who_it_is_offered_to(store: Store) -> None:
    start_inboxes(store)

    with store.writing() as tx:
        claimed = a_task("t3", assignee="budi", claimed_at=NOON)
        tx.append_step(next_step(tx.instance("i1"), changed=(claimed,)))

    with store.reading() as tx:
        found = tx.task("t3")
        assert (found.assignee, found.candidate_users) == ("budi", ("budi",))
        assert [each.task_id for each in tx.tasks(scope("x", "HRD"))] == ["t3"]
        assert "t3" not in [each.task_id for each in tx.tasks(scope("x", "Petugas"))]


def test_an_inbox_is_searched_by_indexes(store: Store) -> None:
    deploy(store)
    start(
        store,
        first_step(opened=tuple(a_task(f"t{n}", lane=f"Lane {n % 100}") for n in range(3000))),
    )
    with store.writing() as tx:
        tx._write(text("ANALYZE"))

    plan = plan_of(store, scope("siti", "Lane 7", "Lane 8"))

    assert "ix_user_task_offered_lane" in plan or "ix_user_task_open_age" in plan
    assert "ix_user_task_assignee" in plan or "ix_user_task_claimed" in plan
    assert "SCAN user_task" not in plan


@pytest.fixture
def crowded(store: Store) -> Store:
    """3,000 open tasks over 4 SOPs and 20 lanes, with statistics of them."""
    deploy(store)
    opened = tuple(
        a_task(
            f"t{n}",
            lane=f"Lane {n % 20}",
            definition_key=f"sop-{n % 4}",
            due_at=at(minutes=n) if n % 5 else None,
            created_at=at(minutes=-n),
            assignee="siti" if n % 100 == 7 else None,
        )
        for n in range(3000)
    )
    start(store, first_step(opened=opened))
    with store.writing() as tx:
        tx._write(text("ANALYZE"))
    return store


def inbox(lanes: str = "Lane 7", **filters: Any) -> dict[str, TaskQuery]:
    """The three scopes of siti's inbox, and an auditor's."""
    scope = TaskScope("siti", frozenset({lanes}))
    return {
        "mine": TaskQuery(visible_to=scope, assignee="siti", **filters),
        "of my lane": TaskQuery(
            visible_to=scope, candidate_user="siti", candidate_groups=(lanes,), **filters
        ),
        "all of mine": TaskQuery(visible_to=scope, **filters),
        "everything": TaskQuery(**filters),
    }


_ALL = Page()
_DUE = (("due_at", SortOrder.ASC), ("created_at", SortOrder.ASC))


@pytest.mark.parametrize(
    "filters", [{}, {"definition_key": "sop-1"}, {"due_before": at(minutes=9)}]
)
def test_no_inbox_needs_to_read_all_tasks_there_are(
    crowded: Store, filters: dict[str, Any]
) -> None:
    for name, query in inbox(**filters).items():
        for page in (None, Page(0, 25, _DUE)):
            plan = plan_of(crowded, query, page)
            assert "SCAN user_task" not in plan, (name, plan)
            assert "Seq Scan on user_task" not in plan, (name, plan)


def test_the_first_page_of_everything_is_not_sorted(crowded: Store) -> None:
    plan = plan_of(crowded, TaskQuery(), Page(0, 25, _DUE))

    assert "ix_user_task_due_at" in plan
    assert "TEMP B-TREE FOR ORDER BY" not in plan
    assert "Sort" not in plan


@pytest.mark.parametrize("scope", ["mine", "of my lane", "all of mine", "everything"])
def test_pages_are_parts_of_the_whole_list(crowded: Store, scope: str) -> None:
    query = inbox()[scope]
    for sorting in (_DUE, (("priority", SortOrder.DESC), *_DUE), (("name", SortOrder.DESC),), ()):
        with crowded.reading() as tx:
            whole = [each.task_id for each in tx.tasks(query, Page(sorting=sorting))]
            for first, size in ((0, 25), (25, 25), (130, 30), (0, 0)):
                page = tx.tasks(query, Page(first, size, sorting))
                assert [each.task_id for each in page] == whole[first : first + size]
            assert tx.count_tasks(query) == len(whole)
            assert tx.count_tasks(query, at_most=40) == min(len(whole), 40)
            assert tx.count_tasks(query, at_most=100_000) == len(whole)


def test_the_first_page_of_a_lane_reads_no_more_than_it_shows(crowded: Store) -> None:
    plan = plan_of(crowded, inbox()["of my lane"], Page(0, 25, _DUE))

    if crowded.dialect == "sqlite":
        # What is sorted is what the searches found: the lane's first 25, and who is named.
        before_all, _, _ = plan.partition("USE TEMP B-TREE FOR ORDER BY")
        assert "CO-ROUTINE" in before_all
        assert "ix_user_task_offered_lane (offered_lane=? AND state=?)" in before_all
        assert plan.count("TEMP B-TREE FOR ORDER BY") == 1
        assert "ix_user_task_due_at" not in plan
    else:
        assert "Limit" in plan
        assert "Index Only Scan using ix_user_task_offered_lane" in plan


def test_what_is_visible_anyway_is_not_asked_for_twice(store: Store) -> None:
    start_inboxes(store)
    scope = TaskScope("siti", frozenset({"Petugas"}))
    for query in (
        TaskQuery(visible_to=scope, assignee="siti"),
        TaskQuery(visible_to=scope, candidate_user="siti", candidate_groups=("Petugas",)),
        TaskQuery(visible_to=scope, candidate_groups=("Petugas",), include_assigned=True),
    ):
        with store.reading() as tx:
            unscoped = replace(query, visible_to=None)
            assert tx.tasks(query) == tx.tasks(unscoped)
    # Of others nothing is shown by asking for it.
    for query in (
        TaskQuery(visible_to=scope, candidate_groups=("Kepala Seksi",)),
        TaskQuery(visible_to=scope, candidate_user="budi", candidate_groups=("Petugas", "HRD")),
        TaskQuery(visible_to=scope, assignee="budi"),
        TaskQuery(visible_to=scope, candidate_user="budi"),
    ):
        with store.reading() as tx:
            assert {task.task_id for task in tx.tasks(query)} <= {"t1", "t2"}


def plan_of(store: Store, query: TaskQuery, page: Page | None = _ALL) -> str:
    """How the database answers the listing, or the count without a page, in its own words.

    PostgreSQL reads a table as small as a test's as a whole: it is asked for what it can do else.
    """
    asked = asked_by(
        store, lambda tx: tx.count_tasks(query) if page is None else tx.tasks(query, page)
    )
    with store.reading() as tx:
        if store.dialect == "postgresql":
            tx._connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        explain = "EXPLAIN " if store.dialect == "postgresql" else "EXPLAIN QUERY PLAN "
        return str(
            tx._connection.exec_driver_sql(explain + asked[-1].text, asked[-1].parameters).all()
        )
