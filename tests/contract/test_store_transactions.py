"""Transactions: all or nothing, nobody's step lost, and a driver's error never seen outside."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from engine.errors import (
    Conflict,
    InvalidInput,
    NotFound,
    RevisionConflict,
    StorageBusy,
    StorageError,
    StorageFull,
    StorageUnusable,
)
from engine.model import CalendarRevision, InstanceState, TaskState
from engine.store import Store, StoreTransaction, connection
from engine.store.transaction import Transaction
from tests.contract.builders import (
    NOON,
    a_definition,
    a_deployment,
    a_resource,
    a_task,
    an_account,
    an_event,
    an_incident,
    at,
    deploy,
    first_step,
    next_step,
    start,
)
from tests.statements import statements_of

# ------------------------------------------------------------- reading at once


def test_what_is_read_at_once_is_of_one_moment(store: Store) -> None:
    deploy(store)
    start(store)

    with store.reading_at_once():
        assert _revision(store) == 1
        _in_another_thread(lambda: _take_step(store))
        assert _revision(store) == 1
    assert _revision(store) == 2


def test_who_reads_at_once_sees_what_he_wrote_meanwhile(store: Store) -> None:
    deploy(store)
    start(store)

    with store.reading_at_once():
        assert _revision(store) == 1
        _take_step(store)
        assert _revision(store) == 2


def test_another_thread_does_not_read_at_once_with_this_one(store: Store) -> None:
    deploy(store)
    found: list[StoreTransaction] = []

    def read() -> None:
        with store.reading() as tx:
            found.append(tx)

    with store.reading_at_once():
        read()
        read()
        _in_another_thread(read)
    read()

    assert found[0] is found[1]
    assert len({id(each) for each in found}) == len(found) - 1


def test_a_failed_question_does_not_spoil_those_that_are_read_at_once(store: Store) -> None:
    deploy(store)
    start(store)

    with store.reading_at_once():
        assert _revision(store) == 1
        with pytest.raises(StorageError), store.reading() as tx:
            tx._all(text("SELECT no_such_column FROM process_instance"))
        assert _revision(store) == 1


def test_the_same_question_is_asked_once_of_what_cannot_change(store: Store) -> None:
    deploy(store)
    start(store)

    with store.reading_at_once():
        _revision(store)
        with store.reading() as tx:
            before = tx.statements
            assert tx.instance("i1") is tx.instance("i1")
            assert tx.statements == before
    with store.writing() as tx:
        assert tx.instance("i1").revision == 1
        tx.append_step(next_step(tx.instance("i1")))
        assert tx.instance("i1").revision == 2


def _revision(store: Store) -> int:
    with store.reading() as tx:
        return tx.instance("i1").revision


def _take_step(store: Store) -> None:
    with store.writing() as tx:
        tx.append_step(next_step(tx.instance("i1")))


def _in_another_thread(deed: Callable[[], None]) -> None:
    thread = threading.Thread(target=deed)
    thread.start()
    thread.join(30)
    assert not thread.is_alive()


# ------------------------------------------------------------- all or nothing


def test_a_step_that_raises_leaves_nothing(store: Store) -> None:
    deploy(store)
    start(store)

    with pytest.raises(RuntimeError, match="power cut"), store.writing() as tx:
        _append_and_fail(tx)

    with store.reading() as tx:
        assert tx.instance("i1").revision == 1
        assert len(tx.events("i1")) == 1
        assert tx.tasks_of_instance("i1") == []
        assert tx.incidents() == []


def _append_and_fail(tx: StoreTransaction) -> None:
    step = next_step(tx.instance("i1"), opened=(a_task(),), incidents_raised=(an_incident(),))
    tx.append_step(step)
    raise RuntimeError("power cut")


@pytest.mark.parametrize("error", [OverflowError("mine"), UnicodeError("mine"), NotFound("a", "b")])
def test_errors_of_the_caller_pass_as_they_are(store: Store, error: Exception) -> None:
    for transaction in (store.reading, store.writing):
        with pytest.raises(type(error)) as caught, transaction():
            raise error
        assert caught.value is error


def test_a_reading_transaction_cannot_write_or_lock(store: Store) -> None:
    deploy(store)
    start(store)

    with store.reading() as tx:
        with pytest.raises(StorageError, match="reading transaction"):
            tx.add_account(an_account())
        with pytest.raises(StorageError, match="reading transaction"):
            tx.stored_instance("i1", for_step=True)


def test_a_reading_transaction_sees_one_state(store: Store) -> None:
    with store.reading() as tx:
        assert tx.accounts() == []
        with store.writing() as other:
            other.add_account(an_account())
        assert tx.accounts() == []

    with store.reading() as tx:
        assert len(tx.accounts()) == 1


def test_readers_do_not_wait_for_a_writer(store: Store) -> None:
    deploy(store)
    start(store)

    with store.writing() as writer:
        writer.append_step(next_step(writer.instance("i1")))
        with store.reading() as reader:
            assert reader.instance("i1").revision == 1

    with store.reading() as reader:
        assert reader.instance("i1").revision == 2


# --------------------------------------------------------- nobody's step is lost


def _count_up(url: str, rounds: int, acknowledged: multiprocessing.Queue) -> None:
    """Read the instance and append a step, again and again; only acknowledged steps count."""
    store = Store.open(url)
    done = 0
    while done < rounds:
        try:
            with store.writing() as tx:
                before = tx.stored_instance("i1").instance
                tx.append_step(next_step(before))
        except RevisionConflict:
            continue
        done += 1
    acknowledged.put(done)
    store.close()


def test_three_processes_lose_no_step(store: Store, database_url: str) -> None:
    deploy(store)
    start(store)
    context = multiprocessing.get_context("spawn")
    acknowledged = context.Queue()

    processes = [
        context.Process(target=_count_up, args=(database_url, 100, acknowledged)) for _ in range(3)
    ]
    for process in processes:
        process.start()
    total = sum(acknowledged.get(timeout=120) for _ in processes)
    for process in processes:
        process.join()

    with store.reading() as tx:
        assert total == 300
        assert tx.instance("i1").revision == 1 + total
        assert [each.sequence for each in tx.events("i1")] == list(range(1, 302))


def test_the_second_step_from_one_revision_is_a_conflict(store: Store) -> None:
    deploy(store)
    start(store)
    with store.reading() as tx:
        before = tx.instance("i1")
    with store.writing() as tx:
        tx.append_step(next_step(before))

    with pytest.raises(RevisionConflict) as caught, store.writing() as tx:
        tx.append_step(next_step(before))

    assert (caught.value.instance_id, caught.value.revision) == ("i1", 2)
    with store.reading() as tx:
        assert len(tx.events("i1")) == 2


def test_a_gap_in_the_sequence_is_a_conflict(store: Store) -> None:
    deploy(store)
    start(store)

    with pytest.raises(RevisionConflict), store.writing() as tx:
        tx.append_step(next_step(tx.instance("i1"), events=[an_event("i1", 3, revision=2)]))


def test_a_sequence_that_is_there_already_is_a_conflict(store: Store) -> None:
    deploy(store)
    start(store, first_step(events=[an_event(sequence=1), an_event(sequence=2)]))

    with store.writing() as tx:
        tx._write(text("UPDATE process_instance SET last_sequence = 1"))

    with pytest.raises(RevisionConflict), store.writing() as tx:
        tx.append_step(next_step(tx.instance("i1")))


def test_an_instance_id_that_is_taken_is_a_conflict(store: Store) -> None:
    deploy(store)
    start(store)

    with pytest.raises(RevisionConflict), store.writing() as tx:
        tx.add_instance(first_step())


def test_two_writers_at_once_follow_each_other(store: Store, database_url: str) -> None:
    deploy(store)
    start(store)
    others = [Store.open(database_url) for _ in range(2)]
    gate = threading.Barrier(2)
    revisions: list[int] = []

    def write(own: Store) -> None:
        gate.wait()
        with own.writing() as tx:
            before = tx.stored_instance("i1", for_step=True).instance
            tx.append_step(next_step(before))
        revisions.append(before.revision + 1)

    threads = [threading.Thread(target=write, args=(each,)) for each in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(revisions) == [2, 3]
    for each in others:
        each.close()


def test_who_waited_for_a_task_sees_what_became_of_it(store: Store, database_url: str) -> None:
    deploy(store)
    start(store, first_step(opened=(a_task(),)))
    rival = Store.open(database_url)
    seen: list[tuple[TaskState, int]] = []

    def complete_too() -> None:
        with rival.writing() as tx:
            task, stored = tx.stored_task("t1", for_step=True)
            seen.append((task.state, stored.instance.revision))

    with store.writing() as tx:
        task, stored = tx.stored_task("t1", for_step=True)
        thread = threading.Thread(target=complete_too)
        thread.start()
        _until_somebody_waits(store)
        done = replace(task, state=TaskState.COMPLETED, ended_at=at(hours=1), ended_by="siti")
        tx.append_step(next_step(stored.instance, changed=(done,)))
    thread.join()

    assert seen == [(TaskState.COMPLETED, 2)]
    rival.close()


def test_who_seeds_a_calendar_while_another_does_goes_on_with_his(
    store: Store, database_url: str
) -> None:
    """Its own transaction goes on: nobody's first step is refused, nor what is measured first."""
    first = CalendarRevision("kantor", 1, {"name": "Kantor"}, NOON, None, "dari bawaan")
    rival = Store.open(database_url)
    seen: list[CalendarRevision] = []

    def seed_too() -> None:
        with rival.writing() as tx:
            tx.seed_calendar(replace(first, content={"name": "Lain"}))
            seen.append(tx.calendar("kantor", tx.last_calendar_revision("kantor")))

    with store.writing() as tx:
        tx.seed_calendar(first)
        thread = threading.Thread(target=seed_too)
        thread.start()
        _until_somebody_waits(store)
    thread.join()

    assert seen == [first]
    rival.close()


def _until_somebody_waits(store: Store) -> None:
    """On SQLite the rival cannot even begin; on PostgreSQL it must have come to the lock."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    while store.dialect == "postgresql":
        with store._reading_engine.connect() as conn:
            if conn.execute(text(waiting + " AND datname = current_database()")).scalar():
                return


# ------------------------------------------------------------------ statements


def test_completing_a_task_takes_five_statements(store: Store) -> None:
    deploy(store)
    start(store, first_step(opened=(a_task("t1"),)))

    with statements_of(store) as statements, store.writing() as tx:
        task, stored = tx.stored_task("t1", for_step=True)
        done = replace(task, state=TaskState.COMPLETED, ended_at=NOON, ended_by="siti")
        events = [an_event("i1", number, revision=2) for number in range(2, 9)]
        opened = (a_task("t2"), a_task("t3"))
        tx.append_step(next_step(stored.instance, events=events, changed=(done,), opened=opened))

    assert len(statements) == 5


def test_the_fullest_step_takes_six_statements(store: Store) -> None:
    deploy(store)
    start(store, first_step(opened=(a_task("t1"),), incidents_raised=(an_incident("x1"),)))
    with store.reading() as tx:
        before, task = tx.instance("i1"), tx.task("t1")

    with statements_of(store) as statements, store.writing() as tx:
        tx.append_step(
            next_step(
                before,
                opened=(a_task("t2", candidate_users=("budi",)),),
                changed=(replace(task, assignee="siti"),),
                incidents_raised=(an_incident("x2"),),
                incidents_resolved=(("x1", NOON),),
            )
        )

    assert len(statements) == 6


def test_loading_a_task_for_a_step_takes_one_statement(store: Store) -> None:
    deploy(store)
    start(store, first_step(opened=(a_task("t1", candidate_users=("budi",)),)))

    with statements_of(store) as statements, store.writing() as tx:
        tx.stored_task("t1", for_step=True)

    assert len(statements) == 1


# ---------------------------------------------------------- errors of the driver


def test_nobody_changes_or_deletes_history(store: Store) -> None:
    deploy(store)
    start(store)

    for deed in ("UPDATE history_event SET actor = 'somebody'", "DELETE FROM history_event"):
        with pytest.raises(StorageError, match="append-only"), store.writing() as tx:
            tx._write(text(deed))


def test_a_broken_foreign_key_is_a_storage_error(store: Store) -> None:
    with pytest.raises(StorageError, match=r"(?i)foreign key"), store.writing() as tx:
        tx.add_instance(first_step())


def test_a_state_outside_the_law_is_a_storage_error(store: Store) -> None:
    deploy(store)

    with pytest.raises(StorageError, match=r"(?i)check"), store.writing() as tx:
        tx.add_instance(first_step(state=InstanceState.COMPLETED, ended_at=None))


def test_a_version_that_is_taken_is_a_conflict(store: Store) -> None:
    deploy(store)
    second = a_definition(definition_id="other", deployment_id="d2")

    with pytest.raises(Conflict, match="valve-check"), store.writing() as tx:
        tx.add_deployment(a_deployment("d2"), [a_resource("d2")], [second])

    with store.reading() as tx, pytest.raises(NotFound):
        tx.deployment("d2")


@pytest.mark.parametrize("value", ["\ud800", 10**30, float("nan"), {1, 2}])
def test_a_value_that_no_database_keeps_is_invalid_input(store: Store, value: object) -> None:
    deploy(store)
    as_key = {"business_key": value} if isinstance(value, str) else {}
    as_revision = {"revision": value} if isinstance(value, int) else {}
    payload = {} if as_key or as_revision else {"value": value}

    with pytest.raises(InvalidInput, match="cannot be stored"), store.writing() as tx:
        tx.add_instance(first_step(events=[an_event(payload=payload)], **as_key, **as_revision))


def test_a_moment_without_zone_is_invalid_input(store: Store) -> None:
    with pytest.raises(InvalidInput, match="aware"), store.writing() as tx:
        tx.add_account(an_account(created_at=NOON.replace(tzinfo=None)))


def test_a_locked_database_is_busy(
    store: Store, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy(store)
    start(store)
    monkeypatch.setattr(connection, "BUSY_TIMEOUT_MS", 50)
    impatient = Store.open(database_url)

    with store.writing() as tx:
        tx.stored_instance("i1", for_step=True)
        with pytest.raises(StorageBusy), impatient.writing() as other:
            other.stored_instance("i1", for_step=True)
    impatient.close()


def test_a_full_disk_is_said_and_nothing_is_written(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path}/alur.db")
    store.migrate()
    deploy(store)

    # The limit is that of a connection; writers hand on theirs.
    with store.writing() as tx:
        tx._connection.exec_driver_sql("PRAGMA max_page_count = 1")

    with pytest.raises(StorageFull), store.writing() as tx:
        tx.add_instance(first_step(snapshot=b"x" * 1_000_000))

    with store.reading() as tx:
        tx._connection.exec_driver_sql("PRAGMA max_page_count = 100000")
    start(store)
    with store.reading() as tx:
        assert tx.instance("i1").revision == 1
    store.close()


@pytest.mark.parametrize(
    ("dialect", "limit"),
    [
        ("sqlite", ("sqlite:///", "sqlite:///file:", "?mode=ro&uri=true")),
        pytest.param(
            *("postgresql", ("", "", "?options=-c%20default_transaction_read_only%3Don")),
            marks=pytest.mark.postgresql,
        ),
    ],
)
def test_what_is_read_only_is_read_and_says_so_to_who_writes(
    store: Store, database_url: str, limit: tuple[str, str, str]
) -> None:
    """A disk that the system mounts anew after a fault; a standby after a failover."""
    deploy(store)
    start(store)
    former, new, behind = limit
    read_only = Store.open(database_url.replace(former, new, 1) + behind)

    with pytest.raises(StorageUnusable, match="read-only"), read_only.writing() as tx:
        tx.add_instance(first_step())

    with read_only.reading() as tx:
        assert tx.instance("i1").revision == 1
    read_only.close()


def test_a_server_that_is_not_there_is_a_storage_error() -> None:
    store = Store.open("postgresql://alur@127.0.0.1:1/alur?connect_timeout=1")

    with pytest.raises(StorageError), store.reading():
        pass
    store.close()


@pytest.mark.postgresql
@pytest.mark.parametrize("dialect", [pytest.param("postgresql", marks=pytest.mark.postgresql)])
def test_server_whose_machine_vanishes_is_not_waited_for_as_long_as_the_system_does(
    store: Store, database_url: str
) -> None:
    patient = Store.open(f"{database_url}?tcp_user_timeout=60000")

    assert _told_to_libpq(store)["tcp_user_timeout"] == "20000"
    assert int(_told_to_libpq(store)["connect_timeout"]) == 10
    assert _told_to_libpq(patient)["tcp_user_timeout"] == "60000"
    patient.close()


def _told_to_libpq(store: Store) -> dict[str, str]:
    with store.reading() as tx:
        info = tx._connection.connection.driver_connection.info
        return dict(info.get_parameters())


def test_no_subject_of_a_transaction_takes_the_name_of_another_ones() -> None:
    owners: dict[str, type] = {}
    for subject in StoreTransaction.__mro__:
        if subject in {StoreTransaction, Transaction, object}:
            continue
        for name in vars(subject):
            if not name.startswith("__"):
                assert name not in owners, (name, subject, owners[name])
                owners[name] = subject
