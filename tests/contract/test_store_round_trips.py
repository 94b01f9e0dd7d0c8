"""Round trips to PostgreSQL: how many a step takes, and what becomes of connections in the pool."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import psycopg
import pytest
from psycopg.pq import Trace, TransactionStatus
from sqlalchemy import event, insert, select
from sqlalchemy.engine import make_url
from sqlalchemy.pool import QueuePool

from engine.errors import (
    DamagedRow,
    InvalidInput,
    RevisionConflict,
    StorageAway,
    StorageUnusable,
)
from engine.model import HistoryEvent, ProcessInstance, TaskState
from engine.queries import TaskQuery
from engine.store import Store, round_trips, trips
from engine.store.connection import MAX_CONNECTIONS
from engine.store.driver import driver_of
from engine.store.tables import history_event
from tests.contract.builders import (
    NOON,
    a_task,
    an_event,
    deploy,
    first_step,
    next_step,
    start,
)
from tests.databases import PostgresqlServer

ON_POSTGRESQL = pytest.mark.parametrize(
    "dialect", [pytest.param("postgresql", marks=pytest.mark.postgresql)]
)


def _complete(store: Store) -> None:
    with store.writing() as tx:
        task, stored = tx.stored_task("t1", for_step=True)
        done = replace(task, state=TaskState.COMPLETED, ended_at=NOON, ended_by="siti")
        events = [an_event("i1", number, revision=2) for number in range(2, 9)]
        tx.append_step(
            next_step(stored.instance, events=events, changed=(done,), opened=(a_task("t2"),))
        )


def _driver(store: Store) -> Any:
    """The driver's connection that the next one gets; it is put back at once."""
    with store.asking() as tx:
        return driver_of(tx._connection)


@contextmanager
def _traced(store: Store, file: Path) -> Iterator[None]:
    """What the one connection of the store sends and is sent."""
    driver = _driver(store)
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
        _complete(store)

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
        tx.begin_step(stored.instance, [done, replace(tx.task("t2"), priority=7)])
        assert [tx.task(each).state for each in ("t1", "t2")] == ["completed", "open"]
        before = tx.statements
        tx.append_step(next_step(stored.instance, changed=(done,)))
        assert tx.statements == before + 2

    with store.reading() as tx:
        assert tx.task("t1").ended_by == "siti"
        assert tx.instance("i1").revision == 2


def test_nothing_is_written_ahead_of_a_step_that_a_rival_may_take(store: Store) -> None:
    deploy(store)
    start(store, first_step(opened=(a_task("t1"),)))

    with store.writing() as tx:
        task, stored = tx.stored_task("t1")
        done = replace(task, state=TaskState.COMPLETED, ended_at=NOON, ended_by="siti")
        tx.begin_step(stored.instance, [done])
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
    _complete(store)


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
    _complete(store)

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
    _complete(store)
    driver = _driver(store)

    for _ in range(5):
        with pytest.raises(RevisionConflict), store.writing() as tx:
            tx.append_step(next_step(before, opened=(a_task("t9"),)))
        with store.writing() as tx:
            _, stored = tx.stored_task("t2", for_step=True)
            tx.append_step(next_step(stored.instance, events=[_later(stored.instance)]))

    assert _driver(store) is driver
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
    assert _driver(store).prepared
    # The driver lets go of all that is prepared after a DROP, if it prepared something itself.
    with store._engine.begin() as connection:
        for _ in range(7):
            connection.exec_driver_sql("SELECT 1")
        connection.exec_driver_sql("DROP TABLE IF EXISTS nowhere")

    with store.writing() as tx:
        # By a statement of the driver and one of a trip, in one transaction.
        assert tx.instance("i1").revision == 1
        assert tx.stored_task("t1", for_step=True)[0].state is TaskState.OPEN
    _complete(store)


@ON_POSTGRESQL
def test_a_pooler_that_changes_connections_is_named(store: Store) -> None:
    deploy(store)
    start(store, first_step(opened=(a_task("t1"),)))
    with store.asking() as tx:
        assert tx.stored_task("t1")[0].state is TaskState.OPEN
    # As it is on another server connection, which has not what was prepared on the first.
    _driver(store).pgconn.exec_(b"DEALLOCATE ALL")

    with pytest.raises(StorageUnusable, match="pool_mode = session"), store.asking() as tx:
        tx.stored_task("t1")


@ON_POSTGRESQL
def test_a_value_that_cannot_be_sent_is_refused_and_nothing_else(store: Store) -> None:
    deploy(store)
    start(store, first_step(opened=(a_task("t1"),)))

    for odd in ("a\0b", "\ud800"):
        with pytest.raises(InvalidInput, match="cannot be stored"):
            _name_a_task(store, odd)
        with pytest.raises(InvalidInput, match="cannot be stored"), store.reading() as tx:
            tx.tasks(TaskQuery(business_key=odd))
    _complete(store)

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


@ON_POSTGRESQL
def test_connection_that_was_ended_in_the_pool_is_replaced_unnoticed(
    store: Store, database_url: str
) -> None:
    deploy(store)
    start(store, first_step(opened=(a_task("t1"),)))
    driver = _driver(store)

    _end(database_url, driver.info.backend_pid)
    _complete(store)

    assert _driver(store) is not driver


@ON_POSTGRESQL
def test_connection_is_asked_only_when_in_doubt(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    @event.listens_for(store._engine, "checkout")
    def note(*_: object) -> None:
        asked.append("checkout")

    ping = store._engine.dialect.do_ping

    def pinged(driver: Any) -> bool:
        asked.append("ping")
        return ping(driver)

    monkeypatch.setattr(store._engine.dialect, "do_ping", pinged)

    _driver(store)
    _driver(store)
    monkeypatch.setattr(round_trips, "BELIEVED_S", 0.0)
    _driver(store)

    assert asked == ["checkout", "ping"]


@ON_POSTGRESQL
def test_readers_get_what_was_left_at_hand_when_the_pool_has_no_other(store: Store) -> None:
    deploy(store)
    pool = cast(QueuePool, store._engine.pool)
    with ExitStack() as readers:
        with store.asking():
            pass
        for _ in range(MAX_CONNECTIONS - 1):
            readers.enter_context(store.reading())
        assert pool.checkedout() == MAX_CONNECTIONS

        with store.reading() as tx:
            assert tx.definition_ids()


@ON_POSTGRESQL
def test_connection_is_not_kept_at_hand_when_the_pool_has_no_other(store: Store) -> None:
    pool = cast(QueuePool, store._engine.pool)
    with ExitStack() as readers:
        for _ in range(MAX_CONNECTIONS - 1):
            readers.enter_context(store.reading())
        with store.asking():
            assert pool.checkedout() == MAX_CONNECTIONS

        assert pool.checkedout() == MAX_CONNECTIONS - 1


@ON_POSTGRESQL
def test_connection_that_began_a_transaction_of_its_own_is_not_left_so(store: Store) -> None:
    with store.asking() as tx:
        tx._connection.exec_driver_sql("SELECT 1")

    assert _driver(store).pgconn.transaction_status == TransactionStatus.IDLE


@pytest.mark.postgresql
def test_too_many_connections_are_refused_in_the_words_of_the_server(
    postgresql_server: PostgresqlServer,
) -> None:
    url = postgresql_server.create_migrated()
    with psycopg.connect(_plain(url), autocommit=True) as admin:
        admin.execute("DROP ROLE IF EXISTS sempit")
        admin.execute("CREATE ROLE sempit LOGIN CONNECTION LIMIT 1")
        admin.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO sempit")
    theirs = make_url(url).set(username="sempit")
    store = Store.open(theirs.render_as_string(hide_password=False))
    try:
        with (
            psycopg.connect(_plain(str(theirs))),
            pytest.raises(StorageAway, match='too many connections for role "sempit"'),
            store.reading(),
        ):
            pass
        # It finds its place again as soon as there is one.
        store.check_schema()
    finally:
        store.close()
        with psycopg.connect(_plain(url), autocommit=True) as admin:
            admin.execute("DROP OWNED BY sempit")
            admin.execute("DROP ROLE sempit")
        postgresql_server.drop(url)


def _end(database_url: str, backend_pid: int) -> None:
    with psycopg.connect(_plain(database_url)) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [backend_pid])


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
