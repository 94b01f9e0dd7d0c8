"""Erasures, and keys that are gone by them, are compared with what the log of accounts tells."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from engine.model import Erasure, Fault
from engine.settings import Settings
from engine.store import Store
from tests.engine.test_personal_data import KEY, erase, submitted
from tests.office import AUDITOR, Office


@pytest.fixture
def house(store: Store) -> Office:
    """An office with a secret key, on SQLite and again on PostgreSQL."""
    return Office(store, Settings(secret_key=(KEY,)))


def erased(office: Office) -> Erasure:
    """Two persons, one of whom is erased in both of two instances; the other in neither."""
    for _ in range(2):
        submitted(office)
    done: Erasure = erase(office)
    return done


def faults(office: Office) -> tuple[Fault, ...]:
    return office.engine.account_log.verify(actor=AUDITOR).faults


def forge(office: Office, *statements: str) -> None:
    """What somebody with the database's password does."""
    with office.store._engine.begin() as connection:
        for each in statements:
            connection.execute(text(each))


_COPY = (
    "INSERT INTO erasure SELECT 'palsu', at, by, basis, basis_date, reason, key_count, "
    "instance_count, value_count, account, by_retention FROM erasure"
)
_GONE = "person = NULL, sealed_subject = NULL, sealed_key = NULL"


def test_an_erasure_that_the_log_tells_of_is_sound(house: Office) -> None:
    erased(house)

    assert faults(house) == ()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("basis = '999/1/Setda'", "basis"),
        ("basis_date = '2025-12-31'", "basis_date"),
        ("reason = 'lain'", "reason"),
        ("by = 'lain'", "by"),
        ("at = at + 1000", "at"),
        ("account = 'bidang'", "account"),
        ("by_retention = NOT by_retention", "by_retention"),
        ("key_count = key_count + 1", "key_count"),
    ],
)
def test_a_changed_erasure_is_named(house: Office, change: str, named: str) -> None:
    done = erased(house)

    forge(house, f"UPDATE erasure SET {change}")

    [fault] = faults(house)
    expected = f"the {named} of erasure {done.erasure_id} is not what the log of accounts leads to"
    assert (fault.check, fault.message) == ("state", expected)


def test_an_erasure_that_nobody_recorded_is_named(house: Office) -> None:
    erased(house)

    forge(house, _COPY)

    [fault] = faults(house)
    assert (fault.message[:13], fault.expected, fault.found) == ("erasure palsu", "no row", "a row")


def test_a_key_that_is_gone_by_an_erasure_that_nobody_recorded_is_named(house: Office) -> None:
    erased(house)
    forged = f"UPDATE personal_key SET erasure_id = 'palsu', {_GONE} WHERE erasure_id IS NULL"

    forge(house, _COPY, forged)

    assert any("keys that erasure palsu destroyed" in each.message for each in faults(house))


def test_a_key_that_is_gone_by_an_erasure_of_others_is_named(house: Office) -> None:
    done = erased(house)
    another = "(SELECT min(key_id) FROM personal_key WHERE erasure_id IS NULL)"
    gone = f"UPDATE personal_key SET erasure_id = '{done.erasure_id}', {_GONE} WHERE key_id ="

    forge(house, f"{gone} {another}")

    found = [each.message for each in faults(house)]
    assert any("the key_count of the personal keys that erasure" in each for each in found), found


def test_an_erasure_that_is_hidden_is_named(office: Office) -> None:
    done = erased(office)
    # Nothing of SQLite's foreign keys holds back who opens the file with another program.
    with office.store._engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA foreign_keys = OFF")
        driver.execute("DELETE FROM erasure")
        driver.commit()
        driver.execute("PRAGMA foreign_keys = ON")

    [fault] = faults(office)
    assert fault.message.startswith(f"erasure {done.erasure_id} is not")
    assert (fault.expected, fault.found) == ("a row", "no row")
