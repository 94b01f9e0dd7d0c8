"""Round trips to PostgreSQL: how many a step takes, and what is written ahead of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from psycopg.pq import Trace
from sqlalchemy import insert, select

from engine.errors import (
    DamagedRow,
    InvalidInput,
    RevisionConflict,
    StorageAway,
)
from engine.model import EventKind, HistoryEvent, Json, ProcessInstance, TaskState
from engine.queries import TaskQuery
from engine.store import Store, trips
from engine.store.tables import history_event, variable_update
from tests.contract.builders import (
    NOON,
    a_task,
    an_event,
    complete,
    deploy,
    driver_left,
    first_step,
    next_step,
    start,
)

ON_POSTGRESQL = pytest.mark.parametrize(
    "dialect", [pytest.param("postgresql", marks=pytest.mark.postgresql)]
)


@contextmanager
def _traced(store: Store, file: Path) -> Iterator[None]:
    """What the one connection of the store sends and is sent."""
    driver = driver_left(store)
    with file.open("wb") as output:
        driver.pgconn.trace(output.fileno())
        driver.pgconn.set_trace_flags(Trace.SUPPRESS_TIMESTAMPS)
        yield
        driver.pgconn.untrace()


@ON_POSTGRESQL
def test_a_step_takes_two_round_trips(store: Store, tmp_path: Path) -> None:
    deploy(store)
    start(store, first_step(opened=(a_task("t1"),)))

    with _traced(store, tmp_path / "trace"):
        complete(store)

    # Begin and load, write and commit: the server says each time that it is ready for more.
    lines = (tmp_path / "trace").read_text().splitlines()
    assert len([line for line in lines if "ReadyForQuery" in line]) == 2, lines


def test_a_question_after_a_step_is_answered_with_what_the_step_wrote(store: Store) -> None:
    deploy(store)
    start(store, first_step(opened=(a_task("t1"),)))

    with store.writing() as tx:
        _, stored = tx.stored_task("t1", for_step=True)
        tx.append_step(next_step(stored.instance, opened=(a_task("t2"),)))
        # By a statement of SQLAlchemy's, by a prepared one, and by a listing.
        assert tx.instance("i1").revision == 2
        _, stored = tx.stored_task("t2", for_step=True)
        later = next_step(stored.instance, events=[_later(stored.instance)], opened=(a_task("t3"),))
        tx.append_step(later)
        assert len(tx.tasks(TaskQuery(instance_id="i1"))) == 3
        tx.append_step(next_step(later.instance, events=[_later(later.instance)]))

    with store.reading() as tx:
        assert tx.instance("i1").revision == 4
        assert [each.sequence for each in tx.events("i1")] == [1, 2, 3, 4]


def test_tasks_that_a_step_ends_are_written_ahead_and_once(store: Store) -> None:
    deploy(store)
    start(store, first_step(opened=(a_task("t1"), a_task("t2"))))

    with store.writing() as tx:
        task, stored = tx.stored_task("t1", for_step=True)
        done = replace(task, state=TaskState.COMPLETED, ended_at=NOON, ended_by="siti")
        changed = [done, replace(tx.task("t2"), priority=7)]
        tx.begin_step(stored.instance, changed, _later(stored.instance), None)
        assert [tx.task(each).state for each in ("t1", "t2")] == ["completed", "open"]
        before = tx.statements
        tx.append_step(next_step(stored.instance, changed=(done,)))
        assert tx.statements == before + 2

    with store.reading() as tx:
        assert tx.task("t1").ended_by == "siti"
        assert tx.instance("i1").revision == 2


def test_variables_of_a_steps_input_are_written_ahead_and_once(store: Store) -> None:
    deploy(store)
    start(store, first_step(opened=(a_task("t1"),)))

    _begin_and_end(store, {"a": 1, "b": 1}, then={"b": 2, "c": 1})

    assert _variables_set(store) == [
        (2, "a", "", True),
        (2, "b", "", True),
        (3, "b", "", False),
        (3, "c", "", True),
    ]


def test_of_variables_of_an_input_those_that_were_there_are_known(store: Store) -> None:
    deploy(store)
    start(store, first_step(opened=(a_task("t1"), a_task("t2"))))

    _begin_and_end(store, {'nilai "akhir"': 1, "ü": 1}, then={})
    _begin_and_end(store, {'nilai "akhir"': 2, "{x,y}": 1}, then={}, of="t2", at=4)

    assert _variables_set(store) == [
        (2, 'nilai "akhir"', "", True),
        (2, "ü", "", True),
        (4, 'nilai "akhir"', "", False),
        (4, "{x,y}", "", True),
    ]


@pytest.mark.parametrize("scope", ["", "v9", None], ids=["the instance", "a visit", "looked up"])
def test_what_is_set_in_a_visit_has_the_scope_of_the_visit(store: Store, scope: str | None) -> None:
    deploy(store)
    entered = EventKind.ACTIVITY_ENTERED
    visit = an_event("i1", 1, kind=entered, payload={"scope": "v1"}, activity_instance_id="v2")
    start(store, first_step(events=[visit], opened=(a_task("t1"),)))

    _begin_and_end(store, {"a": 1}, then={}, visit="v2", scope=scope)

    assert _variables_set(store) == [(2, "a", "v1" if scope is None else scope, True)]


@ON_POSTGRESQL
def test_a_variable_whose_name_postgresql_cannot_have_is_refused(store: Store) -> None:
    deploy(store)
    start(store, first_step(opened=(a_task("t1"),)))

    with pytest.raises(InvalidInput, match="must not contain the character NUL"):
        _begin_and_end(store, {"a\0b": 1}, then={})


def _variables_set(store: Store) -> list[tuple[Any, ...]]:
    """(sequence, name, scope, whether it was not there before) of each, in order."""
    columns = variable_update.c
    asked = select(columns.sequence, columns.name, columns.scope, columns.is_first)
    with store._engine.connect() as connection:
        return [tuple(row) for row in connection.execute(asked.order_by(*columns[1:3]))]


@ON_POSTGRESQL
def test_variables_of_a_step_that_was_never_taken_are_damage(store: Store) -> None:
    deploy(store)
    start(store, first_step(opened=(a_task("t1"),)))
    with store._engine.begin() as connection:
        row = {"instance_id": "i1", "sequence": 2, "name": "a", "scope": "", "at": NOON}
        connection.execute(insert(variable_update), {**row, "is_first": True})

    with pytest.raises(DamagedRow, match="instance i1 has rows of its step 2"):
        _begin_and_end(store, {"a": 1}, then={})


def _begin_and_end(
    store: Store,
    given: dict[str, Json],
    *,
    then: dict[str, Json],
    of: str = "t1",
    at: int = 2,
    visit: str | None = None,
    scope: str | None = "",
) -> None:
    """The step that completes `of` with what is given, after which the machine sets more.

    at: the step's first sequence. visit: of the task, in whose scope the given is.
    """
    with store.writing() as tx:
        task, stored = tx.stored_task(of, for_step=True)
        done = replace(task, state=TaskState.COMPLETED, ended_at=NOON, ended_by="siti")
        kinds = {EventKind.TASK_COMPLETED: "variables", EventKind.VARIABLES_SET: "values"}
        revision = stored.instance.revision + 1
        events = [
            an_event(
                *("i1", number),
                revision=revision,
                kind=kind,
                payload={place: values},
                activity_instance_id=visit,
            )
            for number, (kind, place), values in zip(
                (at, at + 1), kinds.items(), (given, then), strict=True
            )
        ]
        tx.begin_step(stored.instance, [done], events[0], scope)
        step = next_step(stored.instance, events=events, changed=(done,), input_scope=scope)
        tx.append_step(step)


def test_nothing_is_written_ahead_of_a_step_that_a_rival_may_take(store: Store) -> None:
    deploy(store)
    start(store, first_step(opened=(a_task("t1"),)))

    with store.writing() as tx:
        task, stored = tx.stored_task("t1")
        done = replace(task, state=TaskState.COMPLETED, ended_at=NOON, ended_by="siti")
        tx.begin_step(stored.instance, [done], _later(stored.instance), None)
        assert tx.task("t1").state is TaskState.OPEN
        tx.append_step(next_step(stored.instance, changed=(done,)))
        assert tx.task("t1").state is TaskState.COMPLETED


@pytest.mark.parametrize("is_asked_after", [False, True], ids=["at the end", "at a question"])
def test_rows_of_a_step_that_was_never_taken_are_damage(
    store: Store, *, is_asked_after: bool
) -> None:
    deploy(store)
    start(store, first_step(opened=(a_task("t1"),)))
    start(store, first_step("i2", opened=(a_task("t9", instance_id="i2"),)))
    with store._engine.begin() as connection:
        [row] = connection.execute(select(history_event).where(history_event.c.instance_id == "i1"))
        connection.execute(insert(history_event), {**row._mapping, "sequence": 2})

    with pytest.raises(DamagedRow, match="i1 has rows of its step 2, expected none") as told:
        _go_on(store, is_asked_after=is_asked_after)

    assert told.value.instance_id == "i1"
    with store.reading() as tx:
        assert tx.instance("i1").revision == 1
        assert len(tx.events("i1")) == 2
    with store.writing() as tx:
        assert tx.stored_task("t9", for_step=True)[1].instance.revision == 1


def _go_on(store: Store, *, is_asked_after: bool = False, is_given_up: bool = False) -> None:
    with store.writing() as tx:
        _, stored = tx.stored_task("t1", for_step=True)
        tx.append_step(next_step(stored.instance, events=[_later(stored.instance)]))
        if is_asked_after:
            tx.instance("i1")
        if is_given_up:
            raise InvalidInput("anything")


def test_a_step_that_the_caller_gives_up_is_not_kept(store: Store) -> None:
    deploy(store)
    start(store, first_step(opened=(a_task("t1"),)))

    with pytest.raises(InvalidInput, match="anything"):
        _go_on(store, is_given_up=True)

    with store.reading() as tx:
        assert tx.instance("i1").revision == 1
    complete(store)


def test_rows_of_a_step_are_kept_letter_by_letter(store: Store) -> None:
    deploy(store)
    start(store, first_step(opened=(a_task("t1"),)))
    odd = "\\u0041 \\x41 \"'{}[],:\t\n\x7f\u2028 é😀 %s %(a)s $1"
    large = 2**62 + 1

    with store.writing() as tx:
        _, stored = tx.stored_task("t1", for_step=True)
        said = {"variables": {"catatan": odd, "kosong": None, "besar": large}}
        events = [an_event("i1", 2, revision=2, payload=said)]
        opened = (a_task("t2", name=odd), a_task("t3", name=""))
        tx.append_step(next_step(stored.instance, events=events, opened=opened))

    with store.reading() as tx:
        assert tx.events("i1")[-1].payload == said
        assert [tx.task(each).name for each in ("t2", "t3")] == [odd, ""]


def test_whoever_appends_second_finds_out_and_leaves_nothing(store: Store) -> None:
    deploy(store)
    start(store, first_step(opened=(a_task("t1"),)))
    with store.reading() as tx:
        before = tx.instance("i1")
    complete(store)

    with pytest.raises(RevisionConflict), store.writing() as tx:
        tx.append_step(next_step(before, opened=(a_task("t9"),)))

    with store.reading() as tx:
        assert tx.instance("i1").revision == 2
        assert [each.task_id for each in tx.tasks_of_instance("i1")] == ["t1", "t2"]


@ON_POSTGRESQL
def test_steps_that_are_under_way_at_once_are_each_kept_or_given_up(store: Store) -> None:
    deploy(store)
    others = [first_step(f"i{n}", opened=(a_task(f"t{n}", instance_id=f"i{n}"),)) for n in (2, 3)]
    start(store, first_step(opened=(a_task("t1"),)), *others)

    with store.writing() as one, store.writing() as other:
        for tx, task_id in ((one, "t1"), (other, "t2")):
            _, stored = tx.stored_task(task_id, for_step=True)
            events = [_later(stored.instance)]
            tx.append_step(next_step(stored.instance, events=events))
        with pytest.raises(StorageAway):
            _break_off(store)
        assert len(trips._at_work) == 2

    with store.reading() as tx:
        assert [tx.instance(f"i{n}").revision for n in (1, 2, 3)] == [2, 2, 1]
    # What was sent early while nobody else was at work is sent early again.
    assert not trips._at_work


def _break_off(store: Store) -> None:
    with store.writing() as tx:
        _, stored = tx.stored_task("t3", for_step=True)
        tx.append_step(next_step(stored.instance, events=[_later(stored.instance)]))
        tx._connection.connection.driver_connection.close()
        tx.instance("i3")


@ON_POSTGRESQL
def test_what_is_prepared_does_not_pile_up_with_rollbacks(store: Store) -> None:
    deploy(store)
    start(store, first_step(opened=(a_task("t1"),)))
    with store.reading() as tx:
        before = tx.instance("i1")
    complete(store)
    driver = driver_left(store)

    for _ in range(5):
        with pytest.raises(RevisionConflict), store.writing() as tx:
            tx.append_step(next_step(before, opened=(a_task("t9"),)))
        with store.writing() as tx:
            _, stored = tx.stored_task("t2", for_step=True)
            tx.append_step(next_step(stored.instance, events=[_later(stored.instance)]))

    assert driver_left(store) is driver
    prepared = driver.execute("SELECT name FROM pg_prepared_statements").fetchall()
    driver.rollback()
    assert len(prepared) < 10


def _later(instance: ProcessInstance) -> HistoryEvent:
    number = instance.last_sequence + 1
    return an_event(instance.instance_id, number, revision=instance.revision + 1)


@ON_POSTGRESQL
def test_what_the_driver_lets_the_server_forget_is_prepared_anew(store: Store) -> None:
    deploy(store)
    start(store, first_step(opened=(a_task("t1"),)))
    with store.reading() as tx:
        assert tx.stored_task("t1")[0].state is TaskState.OPEN
    assert driver_left(store).prepared
    # The driver lets go of all that is prepared after a DROP, if it prepared something itself.
    with store._engine.begin() as connection:
        for _ in range(7):
            connection.exec_driver_sql("SELECT 1")
        connection.exec_driver_sql("DROP TABLE IF EXISTS nowhere")

    with store.writing() as tx:
        # By a statement of the driver and one of a trip, in one transaction.
        assert tx.instance("i1").revision == 1
        assert tx.stored_task("t1", for_step=True)[0].state is TaskState.OPEN
    complete(store)


@ON_POSTGRESQL
def test_a_value_that_cannot_be_sent_is_refused_and_nothing_else(store: Store) -> None:
    deploy(store)
    start(store, first_step(opened=(a_task("t1"),)))

    for odd in ("a\0b", "\ud800"):
        with pytest.raises(InvalidInput, match="cannot be stored"):
            _name_a_task(store, odd)
        with pytest.raises(InvalidInput, match="cannot be stored"), store.reading() as tx:
            tx.tasks(TaskQuery(business_key=odd))
    complete(store)

    with store.reading() as tx:
        assert [each.task_id for each in tx.tasks_of_instance("i1")] == ["t1", "t2"]


def _name_a_task(store: Store, name: str) -> None:
    with store.writing() as tx:
        _, stored = tx.stored_task("t1", for_step=True)
        tx.append_step(next_step(stored.instance, opened=(a_task("t2", name=name),)))


@ON_POSTGRESQL
def test_threads_do_not_wait_for_each_others_answers(store: Store) -> None:
    """Whoever waits for PostgreSQL, here for a lock, lets others of the process work."""
    deploy(store)
    other = first_step("i2", opened=(a_task("t2", instance_id="i2"),))
    start(store, first_step(opened=(a_task("t1"),)), other)
    is_held, may_end = threading.Event(), threading.Event()

    def hold() -> None:
        with store.writing() as tx:
            tx.stored_task("t1", for_step=True)
            is_held.set()
            may_end.wait(30)

    def wait() -> None:
        with store.writing() as tx:
            tx.stored_task("t1", for_step=True)

    with ThreadPoolExecutor(2) as threads:
        holding = threads.submit(hold)
        assert is_held.wait(30)
        waiting = threads.submit(wait)
        with store.writing() as tx:
            tx.stored_task("t2", for_step=True)
        assert not waiting.done()
        may_end.set()
        holding.result(30)
        waiting.result(30)
