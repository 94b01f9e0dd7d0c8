"""Connections to PostgreSQL: what becomes of those that nobody uses, and of those that are lost."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any, cast

import psycopg
import pytest
from psycopg.pq import TransactionStatus
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.pool import QueuePool

from engine.errors import (
    StorageAway,
    StorageUnusable,
)
from engine.model import TaskState
from engine.store import Store, round_trips
from engine.store.connection import MAX_CONNECTIONS
from tests.contract.builders import (
    a_task,
    complete,
    deploy,
    driver_left,
    first_step,
    start,
)
from tests.databases import PostgresqlServer

ON_POSTGRESQL = pytest.mark.parametrize(
    "dialect", [pytest.param("postgresql", marks=pytest.mark.postgresql)]
)


@ON_POSTGRESQL
def test_a_pooler_that_changes_connections_is_named(store: Store) -> None:
    deploy(store)
    start(store, first_step(opened=(a_task("t1"),)))
    with store.asking() as tx:
        assert tx.stored_task("t1")[0].state is TaskState.OPEN
    # As it is on another server connection, which has not what was prepared on the first.
    driver_left(store).pgconn.exec_(b"DEALLOCATE ALL")

    with pytest.raises(StorageUnusable, match="pool_mode = session"), store.asking() as tx:
        tx.stored_task("t1")


@ON_POSTGRESQL
def test_connection_that_was_ended_in_the_pool_is_replaced_unnoticed(
    store: Store, database_url: str
) -> None:
    deploy(store)
    start(store, first_step(opened=(a_task("t1"),)))
    driver = driver_left(store)

    _end(database_url, driver.info.backend_pid)
    complete(store)

    assert driver_left(store) is not driver


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

    driver_left(store)
    driver_left(store)
    monkeypatch.setattr(round_trips, "BELIEVED_S", 0.0)
    driver_left(store)

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
def test_connection_is_not_kept_at_hand_while_somebody_waits_at_the_pool(store: Store) -> None:
    pool = cast(QueuePool, store._engine.pool)
    with ExitStack() as readers:
        for _ in range(MAX_CONNECTIONS - 1):
            readers.enter_context(store.reading())
        with store.asking():
            assert pool.checkedout() == MAX_CONNECTIONS
            # As a reader does, who waits at the pool then.
            store._writers.at_hand.make_room()

        assert pool.checkedout() == MAX_CONNECTIONS - 1


@ON_POSTGRESQL
def test_connection_that_began_a_transaction_of_its_own_is_not_left_so(store: Store) -> None:
    with store.asking() as tx:
        tx._connection.exec_driver_sql("SELECT 1")

    assert driver_left(store).pgconn.transaction_status == TransactionStatus.IDLE


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
        with psycopg.connect(_plain(str(theirs))) as other:
            with pytest.raises(StorageAway, match='too many connections for role "sempit"'):
                store.schema()
            backend_pid = other.info.backend_pid
        # The server may not have noticed yet that it was closed.
        _end(url, backend_pid)
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
