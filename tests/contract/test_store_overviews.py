"""Overviews: what they count, for whom, and that each reads only an index."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from engine.model import (
    DatedWork,
    InstanceCount,
    InstanceState,
    OpenWork,
    TaskState,
    UserTask,
)
from engine.queries import InstanceQuery, OverviewQuery, Page
from engine.store import Store, StoreTransaction, late_instances
from tests.contract.builders import (
    a_definition,
    a_task,
    an_incident,
    at,
    deploy,
    first_step,
    start,
)
from tests.statements import asked_by, plans_of

_FIRST = Page()
OURS, THEIRS = "valve-check:1:uuid", "audit:1:uuid"
ALL = OverviewQuery(since=at(days=-30), before=at(days=1))
#: Somebody of the lane Petugas, which takes part in the one definition and not in the other.
PETUGAS = replace(ALL, visible_to_lanes=frozenset({"Petugas"}), visible_to_account="siti")


def completed(task_id: str, **changes: Any) -> UserTask:
    values = {"state": TaskState.COMPLETED, "ended_at": at(), "ended_by": "siti", **changes}
    return a_task(task_id, **values)


@pytest.fixture
def two_sops(store: Store) -> Store:
    deploy(store, a_definition(), a_definition("audit", lanes=("Auditor",)))
    return store


def of_audit(instance_id: str, *opened: UserTask, **changes: Any) -> Any:
    tasks = tuple(
        replace(each, instance_id=instance_id, definition_id=THEIRS, definition_key="audit")
        for each in opened
    )
    values = {"definition_id": THEIRS, "definition_key": "audit", "started_by": "budi", **changes}
    return first_step(instance_id, opened=tasks, **values)


def test_open_tasks_are_counted_by_lane_with_the_unclaimed_late_and_oldest(store: Store) -> None:
    deploy(store)
    start(
        store,
        first_step(
            opened=(
                a_task("t1", due_at=at(hours=-1), created_at=at(days=-3)),
                a_task("t2", due_at=at(hours=1), assignee="siti", created_at=at(days=-5)),
                a_task("t3", lane=None),
                completed("t4", created_at=at(days=-9)),
            )
        ),
    )

    with store.reading() as tx:
        found = tx.open_work(ALL, at())

    assert sorted(found, key=lambda each: each.lane or "") == [
        OpenWork(None, 1, 1, 0, at()),
        OpenWork("Petugas", 2, 1, 1, at(days=-5)),
    ]


def test_completed_tasks_of_the_period_are_counted_by_their_due_date(store: Store) -> None:
    deploy(store)
    start(
        store,
        first_step(
            opened=(
                completed("in time", due_at=at(hours=1)),
                completed("to the moment", due_at=at()),
                completed("late", due_at=at(hours=-1)),
                completed("without one"),
                completed("before", due_at=at(), ended_at=at(days=-31)),
                completed("given up", due_at=at(), state=TaskState.CANCELLED),
                a_task("open", due_at=at()),
            )
        ),
    )

    with store.reading() as tx:
        assert tx.dated_work(ALL) == [DatedWork(OURS, "Petugas", 3, 2)]


def test_running_and_ended_instances_are_counted_by_definition(store: Store) -> None:
    deploy(store)
    ended = {"state": InstanceState.COMPLETED, "ended_at": at()}
    start(
        store,
        first_step("i1"),
        first_step("i2"),
        first_step("i3", **ended),
        first_step("i4", state=InstanceState.CANCELLED, ended_at=at()),
        first_step("i5", **{**ended, "ended_at": at(days=-31)}),
    )

    with store.reading() as tx:
        running, found = tx.running_instances(ALL), tx.ended_instances(ALL)

    assert running == [InstanceCount(OURS, InstanceState.ACTIVE, 2)]
    assert {(each.state, each.number) for each in found} == {
        (InstanceState.COMPLETED, 1),
        (InstanceState.CANCELLED, 1),
    }


def test_late_and_failed_instances_come_with_the_longest_first(store: Store) -> None:
    deploy(store)
    late = [("i1", -1), ("i2", -9), ("i3", 9)]
    start(
        store,
        *(
            first_step(
                instance_id,
                opened=(
                    a_task(f"{instance_id} a", instance_id, due_at=at(hours=hours)),
                    a_task(f"{instance_id} b", instance_id, due_at=at(hours=hours + 0.5)),
                ),
                incidents_raised=(
                    an_incident(f"x {instance_id}", instance_id, raised_at=at(hours=hours)),
                ),
            )
            for instance_id, hours in late
        ),
    )

    with store.reading() as tx:
        stuck, failed = tx.late_instances(ALL, at(), 9), tx.failed_instances(ALL, 2)

        assert [(s.instance.instance_id, s.since, s.number) for s in stuck] == [
            ("i2", at(hours=-9), 2),
            ("i1", at(hours=-1), 2),
        ]
        assert [(s.instance.instance_id, s.number) for s in failed] == [("i2", 1), ("i1", 1)]
        assert tx.late_by_definition(ALL, at()) == {OURS: 2}
        assert tx.failed_by_definition(ALL) == {OURS: 3}


def test_overview_counts_what_lanes_see_and_what_was_started_and_nothing_twice(
    two_sops: Store,
) -> None:
    late = {"due_at": at(hours=-1), "lane": "Auditor"}
    start(
        two_sops,
        first_step("i1", opened=(a_task("t1", "i1"),), started_by="siti"),
        of_audit("i2", a_task("t2", **late)),
        of_audit("i3", a_task("t3", **late), started_by="siti"),
    )

    with two_sops.reading() as tx:
        seen = {(each.definition_id, each.number) for each in tx.running_instances(PETUGAS)}
        work = {(each.lane, each.open_tasks) for each in tx.open_work(PETUGAS, at())}
        stuck = [s.instance.instance_id for s in tx.late_instances(PETUGAS, at(), 9)]
        places = [task.task_id for task in tx.open_tasks_in(PETUGAS, ["i1", "i2", "i3"])]
        everything = sum(each.number for each in tx.running_instances(ALL))

    assert seen == {(OURS, 1), (THEIRS, 1)}
    assert work == {("Petugas", 1), ("Auditor", 1)}
    assert (stuck, places, everything) == (["i3"], ["t1", "t3"], 3)


def test_overview_of_one_sop_counts_no_other(two_sops: Store) -> None:
    start(
        two_sops,
        first_step("i1", opened=(a_task("t1", "i1"),)),
        of_audit("i2", a_task("t2"), started_by="siti"),
    )

    with two_sops.reading() as tx:
        for query in (ALL, PETUGAS):
            one = replace(query, definition_key="audit")
            assert [each.definition_id for each in tx.running_instances(one)] == [THEIRS]
            assert [each.lane for each in tx.open_work(one, at())] == ["Petugas"]
            assert sum(each.open_tasks for each in tx.open_work(one, at())) == 1


def test_instances_are_found_by_the_lane_that_they_wait_for_and_by_being_late(
    store: Store,
) -> None:
    deploy(store)
    start(
        store,
        first_step("i1", opened=(a_task("t1", "i1", lane="Kadis", due_at=at(hours=-1)),)),
        first_step("i2", opened=(a_task("t2", "i2", lane="Kadis", due_at=at(hours=1)),)),
        first_step("i3", opened=(a_task("t3", "i3", due_at=at(hours=-1)),)),
        first_step(
            "i4", opened=(completed("t4", instance_id="i4", lane="Kadis", due_at=at(hours=-1)),)
        ),
    )

    def found(tx: StoreTransaction, **wanted: Any) -> list[str]:
        return [each.instance_id for each in tx.instances(InstanceQuery(**wanted))]

    with store.reading() as tx:
        assert found(tx, open_lane="Kadis") == ["i1", "i2"]
        assert found(tx, late_at=at()) == ["i1", "i3"]
        assert found(tx, open_lane="Kadis", late_at=at()) == ["i1"]


ASKED: dict[str, Callable[[StoreTransaction], object]] = {
    "user_task USING COVERING INDEX ix_user_task_open_lane (state=?)": lambda tx: tx.open_work(
        PETUGAS, at()
    ),
    "task_time USING COVERING INDEX ix_task_time_ended_at (definition_key=? AND ended_at>?": (
        lambda tx: tx.dated_work(ALL)
    ),
    "user_task USING INDEX ix_user_task_ended_at (is_measured=? AND ended_at>?": (
        lambda tx: tx.dated_work(ALL)
    ),
    "process_instance USING COVERING INDEX ix_process_instance_definition_id": (
        lambda tx: tx.running_instances(ALL)
    ),
    "instance_time USING COVERING INDEX ix_instance_time_ended_at (definition_key=? AND ended": (
        lambda tx: tx.ended_instances(ALL)
    ),
    "process_instance USING INDEX ix_process_instance_unmeasured (ended_at>?": (
        lambda tx: tx.ended_instances(ALL)
    ),
    "late_task USING INDEX ix_user_task_due_at (state=? AND due_at<?)": lambda tx: (
        tx.late_instances(ALL, at(), 9)
    ),
    "user_task USING COVERING INDEX ix_user_task_open_lane (state=? AND lane=? AND due_at<?": (
        lambda tx: tx.late_by_definition(ALL, at())
    ),
}


@pytest.mark.parametrize("dialect", ["sqlite"])  # of small tables PostgreSQL prefers to read all
@pytest.mark.parametrize("found", ASKED)
def test_overview_is_counted_in_an_index(store: Store, found: str) -> None:
    assert found in "\n".join(plans_of(store, asked_by(store, ASKED[found])))


def _late_ones(store: Store) -> None:
    deploy(store)
    dues = {"i1": (-5, -1), "i2": (-9,), "i3": (-3, -8), "i4": (2,), "i5": (-1,)}
    start(
        store,
        *(
            first_step(
                instance_id,
                opened=tuple(
                    a_task(
                        f"{instance_id} {n}",
                        instance_id,
                        due_at=at(hours=due),
                        lane="Kadis" if instance_id in {"i1", "i5"} else "Petugas",
                    )
                    for n, due in enumerate(each)
                ),
            )
            for instance_id, each in dues.items()
        ),
    )


def test_what_is_late_longest_comes_first_and_each_instance_once(store: Store) -> None:
    _late_ones(store)

    with store.reading() as tx:

        def found(page: Page = _FIRST, **wanted: Any) -> list[str]:
            return tx.longest_late(InstanceQuery(late_at=at(), **wanted), page)

        assert found() == ["i2", "i3", "i1", "i5"]
        assert found(Page(1, 2)) == ["i3", "i1"]
        assert found(Page(3, 2)) == ["i5"]
        assert found(open_lane="Kadis") == ["i1", "i5"]
        assert found(instance_ids=("i5", "i3", "i4")) == ["i3", "i5"]
        assert found(definition_key="other") == []
        assert found(states=frozenset({InstanceState.COMPLETED})) == []
        assert found(is_escalated=True) == []
        late = InstanceQuery(late_at=at())
        assert [tx.count_instances(late, at_most=n) for n in (2, 9)] == [2, 4]
        assert tx.count_instances(replace(late, open_lane="Kadis"), at_most=9) == 2
        assert tx.count_instances(late) == 4


def test_what_is_late_is_read_on_until_there_are_enough_instances(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(late_instances, "_MORE", 0)
    deploy(store)
    many = tuple(a_task(f"t{n}", "i1", due_at=at(hours=-9 - n)) for n in range(9))
    last = first_step("i2", opened=(a_task("t", "i2", due_at=at(hours=-1)),))
    start(store, first_step("i1", opened=many), last)

    with store.reading() as tx:
        assert tx.longest_late(InstanceQuery(late_at=at()), Page(0, 2)) == ["i1", "i2"]


def test_a_due_date_that_cannot_be_read_hides_no_other_late_instance(store: Store) -> None:
    _late_ones(store)
    with store._engine.begin() as connection:
        damage = "UPDATE user_task SET due_at = -9000000000000000 WHERE instance_id = 'i2'"
        connection.execute(text(damage))

    with store.reading() as tx:
        late = InstanceQuery(late_at=at())
        assert tx.longest_late(late, Page(0, 3)) == ["i1", "i2", "i3"]
        assert tx.count_instances(late, at_most=9) == 4
        stuck = [each.instance.instance_id for each in tx.late_instances(ALL, at(), 9)]
        assert set(stuck) >= {"i1", "i3", "i5"}
