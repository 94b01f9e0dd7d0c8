"""What went up to superiors, as an inbox and the duty ask for it; and the order of superiors."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from engine.errors import Conflict, EngineError
from engine.model import (
    InstanceState,
    Superior,
    SuperiorsRevision,
    TaskEscalation,
    TaskState,
    UserTask,
)
from engine.queries import InstanceQuery, TaskQuery, TaskScope
from engine.store import Store
from tests.contract.builders import (
    NOON,
    a_task,
    at,
    deploy,
    first_step,
    next_step,
    start,
)

DUE = a_task(due_at=at(days=1), escalate_at=at(days=1))
FIRST = SuperiorsRevision(1, {"Petugas": Superior("Kepala", "P1D")}, NOON, None)


def risen(task: UserTask, *lanes: str) -> UserTask:
    """The task after it went up to these lanes."""
    told = tuple(TaskEscalation(lane, at(days=2), at(days=1)) for lane in lanes)
    return replace(task, escalations=told)


@pytest.fixture
def went_up(store: Store) -> UserTask:
    """A task that went up to Kepala and then to Dinas."""
    deploy(store)
    start(store, first_step(opened=(DUE,)))
    put(store, risen(DUE, "Kepala"), 2)
    return put(store, risen(DUE, "Kepala", "Dinas"), 3)


def put(store: Store, task: UserTask, revision: int) -> UserTask:
    with store.writing() as tx:
        tx.append_step(next_step(tx.instance(task.instance_id), changed=(task,)))
        if task.escalations:
            tx.put_escalation(task)
        assert tx.instance(task.instance_id).revision == revision
    return task


def found(store: Store, **query: object) -> list[str]:
    asked = TaskQuery(**query)  # type: ignore[arg-type]
    with store.reading() as tx:
        tasks = [each.task_id for each in tx.tasks(asked)]
        assert tx.count_each([asked, TaskQuery(task_id="?")]) == [len(tasks), 0]
    return tasks


def test_a_task_is_found_by_each_lane_that_it_went_up_to(store: Store, went_up: UserTask) -> None:
    with store.reading() as tx:
        assert tx.task(went_up.task_id) == went_up
    for lane in ("Kepala", "Dinas"):
        assert found(store, escalated_to=(lane,)) == [went_up.task_id]
        assert found(store, visible_to=TaskScope("siapa", frozenset({lane}))) == [went_up.task_id]
    assert found(store, is_escalated=True) == [went_up.task_id]
    assert found(store, is_escalated=False) == []
    assert found(store, escalated_to=("Petugas",)) == []
    assert found(store, visible_to=TaskScope("siapa", frozenset({"Lain"}))) == []


def test_a_task_that_began_anew_is_found_by_where_it_stands(
    store: Store, went_up: UserTask
) -> None:
    put(store, risen(DUE), 4)
    assert found(store, escalated_to=("Kepala", "Dinas")) == []

    put(store, risen(DUE, "Camat"), 5)

    assert found(store, escalated_to=("Camat",)) == [went_up.task_id]
    assert found(store, escalated_to=("Kepala", "Dinas")) == []


def test_instances_are_found_by_what_went_up(store: Store, went_up: UserTask) -> None:
    query = InstanceQuery(is_escalated=True, states=frozenset({InstanceState.ACTIVE}))
    with store.reading() as tx:
        assert [each.instance_id for each in tx.instances(query)] == [went_up.instance_id]
        assert tx.instances(replace(query, open_lane="Lain")) == []

    put(store, replace(went_up, state=TaskState.CANCELLED, ended_at=at(days=3)), 4)

    with store.reading() as tx:
        assert tx.instances(query) == []


def test_the_longest_due_is_looked_at_first_and_what_is_over_is_not(store: Store) -> None:
    later = replace(DUE, task_id="t2", due_at=at(days=3), escalate_at=at(days=3))
    deploy(store)
    start(store, first_step(opened=(DUE, later)))

    with store.writing() as tx:
        assert tx.due_escalations(at(hours=23), 9) == []
        assert tx.due_escalations(at(days=3), 9) == [DUE.task_id, "t2"]
        assert tx.due_escalations(at(days=3), 1) == [DUE.task_id]
        tx.put_escalation_time(DUE, None)
        assert tx.due_escalations(at(days=3), 9) == ["t2"]
        assert tx.look_again_at_escalations() == 2
        assert tx.due_escalations(at(days=3), 9) == [DUE.task_id, "t2"]
    put(store, replace(DUE, state=TaskState.CANCELLED, ended_at=at(days=3)), 2)

    with store.reading() as tx:
        assert tx.due_escalations(at(days=9), 9) == ["t2"]


def test_the_order_of_superiors_only_grows(store: Store) -> None:
    second = replace(FIRST, revision=2, superiors={}, changed_by="admin")
    with store.writing() as tx:
        assert tx.last_superiors_revision() == 0
        tx.add_superiors(FIRST)
        tx.add_superiors(second)
        assert tx.last_superiors_revision() == 2
        assert tx.superiors_revisions() == [second, FIRST]
        assert tx.superiors_revisions(1) == [FIRST]

    with pytest.raises(Conflict), store.writing() as tx:
        tx.add_superiors(FIRST)
    for change in ("DELETE FROM superior_lanes", "UPDATE superior_lanes SET content = '{}'"):
        with pytest.raises(EngineError, match="append-only"), store.writing() as tx:
            tx._write(text(change))
