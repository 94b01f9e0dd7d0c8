"""Whatever statement the database breaks at: the answer says so, and nothing counts as damage."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, event

from engine.errors import PASSING_TROUBLE
from engine.settings import Settings
from engine.store import Store
from tests.office import ADMIN
from tests.webhooks.rest.hall import Hall, assert_problem
from tests.webhooks.rest.test_rest_external_task import Office, mail

#: How the database breaks off a statement, given the connection and the database's address.
Break = Callable[[Connection, str], None]

pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.parametrize("dialect", [pytest.param("postgresql", marks=pytest.mark.postgresql)]),
]


def end_connection(connection: Connection, database_url: str) -> None:
    pid = connection.connection.driver_connection.info.backend_pid  # type: ignore[union-attr]
    with psycopg.connect(database_url) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


def end_statement(connection: Connection, _database_url: str) -> None:
    connection.exec_driver_sql("SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(60)")


BREAKS = pytest.mark.parametrize(
    ("break_off", "told"),
    [(end_connection, "StorageAwayException"), (end_statement, "StorageBusyException")],
    ids=["connection", "statement"],
)


@contextmanager
def broken_at(store: Store, database_url: str, break_off: Break, place: int) -> Iterator[list[str]]:
    """The `place`th statement meanwhile breaks off; gives all that were begun."""
    begun: list[str] = []

    def listen(connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        begun.append(statement)
        if len(begun) == place:
            break_off(connection, database_url)

    event.listen(store._engine, "before_cursor_execute", listen)
    try:
        yield begun
    finally:
        event.remove(store._engine, "before_cursor_execute", listen)


@pytest.fixture
def office(store: Store) -> Office:
    """One letter with deadlines is done, and two programs' tasks wait."""
    office = Office(Hall(store, Settings()))
    hall = office.hall
    hall.deployed()
    hall.deployed(mail())
    letter = hall.started()
    hall.complete(hall.open_task(letter)["id"], "siti", isi_surat="halo", jumlah=2)
    office.begun()
    office.begun()
    return office


def answers(
    store: Store, database_url: str, break_off: Break, ask: Callable[[], Any]
) -> Iterator[Any]:
    """The answer for each statement that it breaks off at; the last one is that of no break."""
    for place in range(1, 200):
        with broken_at(store, database_url, break_off, place) as begun:
            answer = ask()
        yield answer
        if len(begun) < place:
            return


@BREAKS
@pytest.mark.parametrize("what", ["verify", "replay"])
def test_history_that_cannot_be_read_now_is_no_fault(
    office: Office, store: Store, database_url: str, break_off: Break, told: str, what: str
) -> None:
    [instance] = office.hall.get("/process-instance", processDefinitionKey="surat").json
    path = f"/history/process-instance/{instance['id']}/{what}"

    *broken, whole = answers(store, database_url, break_off, lambda: office.hall.get(path))

    assert whole.status_code == 200
    assert broken
    for each in broken:
        assert_problem(each, 503, told)


@BREAKS
def test_tasks_of_programs_that_cannot_be_read_now_stay_free(
    office: Office, store: Store, database_url: str, break_off: Break, told: str
) -> None:
    *broken, whole = answers(store, database_url, break_off, office.fetch)

    assert broken

    for each in broken:
        assert_problem(each, 503, told)
    assert len(whole.json) == 2


@BREAKS
def test_no_verification_of_all_takes_it_for_a_fault(
    office: Office, store: Store, database_url: str, break_off: Break, told: str
) -> None:
    history = office.hall.engine.history

    def verify_all() -> Any:
        try:
            return [each.is_sound for each in history.verify_all(actor=ADMIN)]
        except PASSING_TROUBLE as trouble:
            return type(trouble).__name__

    *broken, whole = answers(store, database_url, break_off, verify_all)

    assert set(broken) == {told.removesuffix("Exception")}
    assert whole == [True] * 3
