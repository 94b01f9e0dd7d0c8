"""Documents that were changed beside history are found, named and not given."""

from __future__ import annotations

import hashlib

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from engine.errors import DamagedRow
from engine.store import Store
from tests.engine.handing_in import DIAGRAM, DIGEST, KADIS, a_case, faults
from tests.office import Office

_UNLOCK = {
    "sqlite": [
        f"DROP TRIGGER IF EXISTS {table}_refuses_{deed}"
        for table in ("document", "document_content", "history_event")
        for deed in ("update", "delete")
    ],
    "postgresql": [
        f"DROP TRIGGER IF EXISTS {table}_refuses_change ON {table}"
        for table in ("document", "document_content", "history_event")
    ]
    + ["ALTER TABLE document DROP CONSTRAINT IF EXISTS fk_document_sha256"],
}


def tamper(store: Store, statement: str, **values: object) -> None:
    """Change the database as somebody with its password can."""
    with store._engine.connect() as connection:
        # SQLite takes this outside of transactions only, where SQLAlchemy never is.
        is_sqlite = store.dialect == "sqlite"
        driver = connection.connection.driver_connection
        if is_sqlite:
            driver.execute("PRAGMA foreign_keys = OFF")
        with connection.begin():
            for drop in _UNLOCK[store.dialect]:
                connection.execute(text(drop))
            assert connection.execute(text(statement), values).rowcount >= 1
        if is_sqlite:
            driver.execute("PRAGMA foreign_keys = ON")


def test_changed_bytes_are_named_and_not_given(office_on_both: Office) -> None:
    office = office_on_both
    instance, other = a_case(office), office.start(office.deploy(DIAGRAM), KADIS)
    tamper(office.store, "UPDATE document_content SET content = :new", new=b"SK nomor 2")

    [fault] = faults(office, instance)
    assert (fault.check, fault.sequence) == ("document", 1)
    assert "sk.txt" in fault.message
    assert fault.expected == hashlib.sha256(b"SK nomor 1").hexdigest()
    assert fault.found == hashlib.sha256(b"SK nomor 2").hexdigest()
    assert faults(office, other) == ()
    with pytest.raises(DamagedRow):
        office.engine.documents.variable(instance, "dasar", actor=KADIS)


def test_a_size_that_is_not_that_of_the_bytes_is_named(office_on_both: Office) -> None:
    office = office_on_both
    instance, other = a_case(office), office.start(office.deploy(DIAGRAM), KADIS)
    tamper(office.store, "UPDATE document_content SET size = size + 1")

    [fault] = faults(office, instance)
    assert (fault.check, fault.sequence) == ("document", 1)
    assert "size of document 'sk.txt'" in fault.message
    assert (fault.expected, fault.found) == ("10 by history", "11 beside 10 bytes")
    assert faults(office, other) == ()


def test_a_size_that_is_changed_everywhere_is_named(office_on_both: Office) -> None:
    office = office_on_both
    instance = a_case(office)
    tamper(office.store, "UPDATE document_content SET size = 11")
    tamper(office.store, "UPDATE document SET size = 11")
    tamper(
        office.store,
        "UPDATE history_event SET payload = replace(payload, :old, :new)",
        old='"size":10',
        new='"size":11',
    )

    found = {fault.check: fault.found for fault in faults(office, instance)}
    assert "chain" in found
    assert found["document"] == "11 beside 10 bytes"


def test_a_size_that_cannot_be_read_is_named(office: Office) -> None:
    instance, other = a_case(office), office.start(office.deploy(DIAGRAM), KADIS)
    tamper(office.store, "UPDATE document_content SET size = 'besar'")

    [fault] = faults(office, instance)
    assert "document_content.size" in fault.message
    assert fault.found == "unreadable"
    assert faults(office, other) == ()


def test_deleted_bytes_are_named(office_on_both: Office) -> None:
    office = office_on_both
    instance = a_case(office)
    tamper(office.store, "DELETE FROM document_content")

    [fault] = faults(office, instance)
    assert (fault.check, fault.sequence, fault.found) == ("document", 1, "nothing")


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM document",
        "UPDATE document SET name = 'sk-baru.txt'",
        "UPDATE document SET mime_type = 'text/html'",
        "UPDATE document SET sequence = 2",
    ],
)
def test_a_changed_row_of_a_document_is_named(office_on_both: Office, change: str) -> None:
    office = office_on_both
    instance = a_case(office)
    tamper(office.store, change)

    [fault] = faults(office, instance)
    assert (fault.check, fault.sequence) == ("document", 1)


def test_a_document_that_no_input_brought_is_named(office_on_both: Office) -> None:
    office = office_on_both
    instance, other = a_case(office), office.start(office.deploy(DIAGRAM), KADIS)
    tamper(
        office.store,
        "INSERT INTO document SELECT :other, document_id, 1, name, mime_type, size, sha256 "
        "FROM document",
        other=other,
    )

    assert faults(office, instance) == ()
    [fault] = faults(office, other)
    assert (fault.check, fault.expected) == ("document", "nothing")


def test_a_changed_digest_in_history_breaks_the_chain(office_on_both: Office) -> None:
    office = office_on_both
    instance = a_case(office)
    digest = hashlib.sha256(b"SK nomor 1").hexdigest()
    tamper(
        office.store,
        "UPDATE history_event SET payload = replace(payload, :old, :new)",
        old=digest,
        new=DIGEST,
    )

    assert {"chain", "document"} <= {fault.check for fault in faults(office, instance)}


@pytest.mark.parametrize("table", ["document", "document_content"])
@pytest.mark.parametrize("deed", ["UPDATE {} SET size = 1", "DELETE FROM {}"])
def test_documents_are_append_only(office_on_both: Office, table: str, deed: str) -> None:
    office = office_on_both
    instance = a_case(office)

    with (
        pytest.raises(DBAPIError, match=f"{table} is append-only"),
        office.store._engine.begin() as connection,
    ):
        connection.execute(text(deed.format(table)))

    office.assert_sound(instance)
