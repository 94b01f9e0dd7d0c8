"""The log of accounts: every change and login in one chain that can only grow."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from engine.account_log import GENESIS, verification
from engine.errors import Forbidden, NotAuthenticated, StorageError
from engine.model import Actor, LogHead, Role
from engine.queries import AccountEventQuery
from tests.house import PASSWORD, House, house_over
from tests.office import ADMIN, AUDITOR


def a_busy_house(house: House) -> House:
    siti = house.add("siti").as_actor()
    engine = house.engine
    engine.accounts.set_roles_and_lanes("siti", roles=["staff"], lanes=["Kadis"], actor=ADMIN)
    token, _ = engine.access_tokens.create("siti", "ci", actor=siti)
    engine.access_tokens.revoke("siti", token.token_id, actor=siti)
    with pytest.raises(NotAuthenticated):
        engine.logins.authenticate("siti", "a-wrong-one", source="10.0.0.9")
    with pytest.raises(NotAuthenticated):
        engine.logins.authenticate("salah-ketik", PASSWORD)
    engine.logins.authenticate("siti", PASSWORD)
    secret, _ = engine.sessions.open("siti", source="10.0.0.7", device="Firefox")
    engine.sessions.open("siti")
    engine.sessions.close(secret)
    engine.sessions.revoke_all("siti", actor=ADMIN)
    engine.accounts.change_password(PASSWORD, "kunci-baru-8", actor=siti)
    engine.accounts.set_password("siti", PASSWORD, actor=ADMIN)
    engine.accounts.deactivate("siti", actor=ADMIN)
    engine.accounts.activate("siti", actor=ADMIN)
    return house


def test_everything_that_happens_to_an_account_is_recorded(house_on_both: House) -> None:
    house = a_busy_house(house_on_both)

    assert house.kinds() == [
        "account_added",
        "roles_changed",
        "token_created",
        "token_revoked",
        "login_failed",
        "login_failed",
        "login_succeeded",
        "login_succeeded",
        "login_succeeded",
        "logged_out",
        "sessions_revoked",
        "password_changed",
        "password_set",
        "deactivated",
        "activated",
    ]
    changed = house.log()[1]
    assert (changed.account, changed.actor, changed.at) == ("siti", "admin", house.clock.now())
    assert changed.payload["before"] == {"lanes": [], "roles": ["staff"]}
    assert changed.payload["after"] == {"lanes": ["Kadis"], "roles": ["staff"]}
    failed, unknown = house.log()[4:6]
    assert (failed.account, failed.actor, failed.source) == ("siti", None, "10.0.0.9")
    # It may be a password that was typed in the wrong field.
    assert unknown.account is None
    assert "salah-ketik" not in str(house.log())
    verified = house.engine.account_log.verify(actor=AUDITOR)
    assert (verified.events, verified.faults) == (15, ())


def test_ten_failures_are_recorded_as_a_lock_once(house: House) -> None:
    house.add()
    for _ in range(12):
        with pytest.raises(NotAuthenticated):
            house.engine.logins.authenticate("siti", "a-wrong-one")

    assert house.kinds() == ["account_added", *["login_failed"] * 10, "login_locked"]


def test_the_log_is_for_admins_and_auditors(house: House) -> None:
    clerk = Actor("siti", frozenset({Role.STAFF, Role.ANALYST}))
    log, query = house.engine.account_log, AccountEventQuery()

    for read in (
        lambda: log.verify(actor=clerk),
        lambda: log.events(query, actor=clerk),
        lambda: log.count(query, actor=clerk),
    ):
        with pytest.raises(Forbidden):
            read()


def test_events_are_found_by_account_actor_and_time(house: House) -> None:
    house.add("siti")
    house.clock.advance(days=1)
    house.add("adi")
    second = house.log()[1].at

    assert [each.account for each in house.log(account="adi")] == ["adi"]
    assert [each.account for each in house.log(before=second)] == ["siti"]
    assert house.log(actor="adi") == []


@pytest.mark.parametrize(
    "deed", ["UPDATE account_event SET actor = 'x'", "DELETE FROM account_event"]
)
def test_the_database_refuses_to_change_the_log(house_on_both: House, deed: str) -> None:
    house_on_both.add()

    with pytest.raises(StorageError, match="append-only"), house_on_both.store.writing() as tx:
        tx._write(text(deed))


@pytest.mark.parametrize(
    ("damage", "check", "sequence"),
    [
        (lambda events: [*events[:2], replace(events[2], actor="adi"), *events[3:]], "chain", 3),
        (lambda events: [*events[:2], *events[3:]], "gap", 3),
        (lambda events: events[:-1], "gap", 15),
        (lambda events: [events[1], events[0], *events[2:]], "gap", 1),
        (lambda _events: [], "gap", 1),
        (
            lambda events: [*events[:4], replace(events[4], previous_hash=GENESIS), *events[5:]],
            "chain",
            5,
        ),
    ],
    ids=["changed", "removed", "cut", "swapped", "emptied", "chained elsewhere"],
)
def test_a_log_that_was_tampered_with_is_found_out(
    house: House, damage: Any, check: str, sequence: int
) -> None:
    events = a_busy_house(house).log()
    head = LogHead(events[-1].sequence, events[-1].hash)
    assert verification(events, head).is_sound

    faults = verification(damage(events), head).faults

    assert (faults[0].check, faults[0].sequence) == (check, sequence)


def test_an_event_that_cannot_be_read_is_a_fault_and_no_crash(house: House) -> None:
    a_busy_house(house)
    with house.store.writing() as tx:
        tx._connection.exec_driver_sql("DROP TRIGGER account_event_refuses_update")
        tx._connection.exec_driver_sql("UPDATE account_event SET payload = '{' WHERE sequence = 5")

    verified = house.engine.account_log.verify(actor=AUDITOR)

    assert not verified.is_sound
    assert "cannot be read" in verified.faults[0].message
    # Who lists it gets the others; which one is left out is told.
    assert [each.sequence for each in house.log()] == [1, 2, 3, 4, *range(6, 16)]
    assert house.store.quarantine.rows == ("a row of account_event (sequence 5)",)


def test_events_that_come_at_once_make_one_chain(house_on_both: House) -> None:
    houses = [house_on_both, house_over(house_on_both.store)]
    house_on_both.add()

    def fail(house: House) -> None:
        for _ in range(4):
            with pytest.raises(NotAuthenticated):
                house.engine.logins.authenticate("siti", "a-wrong-one")

    threads = [threading.Thread(target=fail, args=(each,)) for each in houses]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    verified = house_on_both.engine.account_log.verify(actor=AUDITOR)
    assert (verified.events, verified.faults) == (9, ())


@pytest.mark.parametrize(
    ("forged", "named", "expected", "found"),
    [
        ("UPDATE account SET roles = '[\"admin\"]'", "roles of account siti", "staff", "admin"),
        ("UPDATE account SET lanes = '[\"Kadis\"]'", "lanes of account siti", "none", "Kadis"),
        ("UPDATE account SET is_active = false", "is_active of account siti", "True", "False"),
        ("UPDATE account SET roles = '['", "account siti", "a row", "no row that can be read"),
        (
            "UPDATE account SET has_second_factor = true",
            "has_second_factor of account siti",
            "False",
            "True",
        ),
        ("UPDATE account SET name = 'adi'", "account adi", "no row", "a row"),
        ("DELETE FROM account", "account siti", "a row", "no row that can be read"),
    ],
    ids=["roles", "lanes", "activity", "unreadable", "second factor", "somebody else", "deleted"],
)
def test_an_account_that_the_log_does_not_lead_to_is_named(
    house_on_both: House, forged: str, named: str, expected: str, found: str
) -> None:
    house = house_on_both
    house.add()
    assert house.engine.account_log.verify(actor=AUDITOR).is_sound

    with house.store.writing() as tx:
        tx._connection.execute(text(forged))

    fault = house.engine.account_log.verify(actor=AUDITOR).faults[0]
    assert fault.check == "state"
    assert fault.message.startswith(f"{named} is not what")
    assert (fault.expected, fault.found) == (expected, found)
