"""Keys of personal data that are not what was made are named by `verify --all`."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from engine.errors import Forbidden
from engine.model import Actor, KeysVerification
from engine.settings import Settings
from engine.store import Store
from tests.engine.test_personal_data import KEY, erase, person_of, submitted
from tests.office import ADMIN, ANALYST, AUDITOR, Office, staff


@pytest.fixture
def house(store: Store) -> Office:
    """An office with a secret key, on SQLite and again on PostgreSQL."""
    return Office(store, Settings(secret_key=(KEY,)))


def forge(office: Office, person: str, change: str, *, before: str = "SELECT 1") -> None:
    with office.store._engine.begin() as connection:
        connection.execute(text(before))
        statement = text(f"UPDATE personal_key SET {change} WHERE person = :person")
        assert connection.execute(statement, {"person": person}).rowcount == 1


def verified(office: Office) -> KeysVerification:
    return office.engine.personal_data.verify(actor=AUDITOR)


def with_key(office: Office, *keys: str) -> Office:
    """The same house, opened with these secret keys."""
    return Office(office.store, Settings(secret_key=keys))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("person = 'orang lain'", "person of"),
        ("sealed_subject = sealed_key", "sealed_subject of"),
        ("sealed_key = sealed_subject", "sealed_key of"),
    ],
    ids=["person", "subject", "key"],
)
def test_a_key_that_is_not_what_was_made_is_named(house: Office, change: str, named: str) -> None:
    instance_id = submitted(house)
    submitted(house, pegawai="P-20")
    person = person_of(house, "P-20")
    assert verified(house) == KeysVerification(keys=4)

    forge(house, person, change)

    [fault] = verified(house).faults
    assert fault.check == "state"
    assert fault.instance_id != instance_id
    assert fault.message.startswith(named)
    assert "P-20" not in str(fault)


def test_whom_a_key_was_made_for_is_told_by_what_stands_for_him(house: Office) -> None:
    submitted(house)
    person = person_of(house, "P-19")
    forge(house, person, "person = 'orang lain'")

    [fault] = verified(house).faults
    assert (fault.expected, fault.found) == (person, "orang lain")


def test_a_key_that_is_of_nobody_is_named(office: Office) -> None:
    submitted(office)
    person = person_of(office, "P-19")

    forge(office, person, "person = NULL", before="PRAGMA ignore_check_constraints = ON")

    [fault] = verified(office).faults
    assert (fault.expected, fault.found) == (person, "None")


def test_a_key_that_cannot_be_read_is_named_and_the_others_are_compared(office: Office) -> None:
    submitted(office)
    forge(office, person_of(office, "P-19"), "value_count = 'banyak'")

    found = verified(office)

    assert (found.keys, len(found.faults)) == (1, 1)
    assert "personal_key" in found.faults[0].message


def test_a_page_of_keys_that_cannot_be_read_is_not_the_last_one(office: Office) -> None:
    submitted(office)
    with office.store._engine.begin() as connection:
        numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)"
        columns = "instance_id, key_id, person, sealed_subject, sealed_key, created_at, used_at"
        connection.execute(
            text(
                f"INSERT INTO personal_key ({columns}, value_count) {numbers} "
                "SELECT instance_id, '!' || i, 'orang ' || i, sealed_subject, sealed_key, "
                "created_at, used_at, 'banyak' FROM n, "
                "(SELECT * FROM personal_key ORDER BY instance_id, key_id LIMIT 1)"
            )
        )

    found = verified(office)

    assert (found.keys, len(found.faults)) == (2, 500)


def test_of_keys_that_another_secret_key_sealed_nothing_is_said(house: Office) -> None:
    submitted(house)

    assert verified(with_key(house, "another key" * 4)) == KeysVerification(2, unopened=2)
    assert verified(with_key(house, "new" * 20, KEY)) == KeysVerification(2)
    assert verified(house) == KeysVerification(2)


def test_keys_that_were_sealed_anew_are_what_was_made(house: Office) -> None:
    submitted(house)
    with_key(house, "new" * 20, KEY).engine.personal_data.reseal(actor=ADMIN)

    assert verified(with_key(house, "new" * 20)) == KeysVerification(2)


def test_a_key_that_is_gone_is_named_at_the_event_that_needs_it(house: Office) -> None:
    instance, other = submitted(house), submitted(house)
    verify = house.engine.history.verify
    with house.store._engine.begin() as connection:
        gone = text("DELETE FROM personal_key WHERE instance_id = :instance AND person = :person")
        given = {"instance": instance, "person": person_of(house, "P-19")}
        assert connection.execute(gone, given).rowcount == 1

    [fault] = verify(instance, actor=AUDITOR).faults

    events = house.engine.history.events(instance, actor=AUDITOR)
    assert str(events[(fault.sequence or 0) - 1].kind) == "task_completed"
    assert fault.check == "state"
    assert "is gone without an erasure" in fault.message
    assert verify(other, actor=AUDITOR).is_sound


def test_an_erasure_leaves_nothing_to_name(house: Office) -> None:
    instance = submitted(house)
    erase(house)

    assert house.engine.history.verify(instance, actor=AUDITOR).is_sound


def test_keys_that_were_destroyed_are_not_compared(house: Office) -> None:
    submitted(house)
    erase(house)

    assert verified(house) == KeysVerification(keys=1)


@pytest.mark.parametrize("actor", [ANALYST, staff("Kadis")], ids=["analyst", "staff"])
def test_only_auditors_and_admins_verify_keys(office: Office, actor: Actor) -> None:
    with pytest.raises(Forbidden):
        office.engine.personal_data.verify(actor=actor)
