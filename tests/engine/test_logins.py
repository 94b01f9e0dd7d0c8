"""Passwords asked for, and guessers made to wait."""

from __future__ import annotations

from threading import Event, Thread
from typing import Any

import pytest
from argon2 import extract_parameters

from engine.errors import Forbidden, NotAuthenticated, TooManyHashes, TooManyLogins
from engine.logins import OF_NAME, OF_NAME_AND_SOURCE, OF_SOURCE
from engine.model import AccountEventKind
from engine.passwords import Passwords, owasp_hasher
from tests.house import PASSWORD, CountingHasher, House, house_over
from tests.office import ADMIN


def fail(house: House, name: str, times: int, *, source: str = "") -> None:
    for _ in range(times):
        with pytest.raises(NotAuthenticated, match="wrong"):
            house.engine.logins.authenticate(name, "another-password", source=source)


def test_passwords_are_hashed_as_owasp_asks() -> None:
    parameters = extract_parameters(owasp_hasher().hash(PASSWORD))

    assert parameters.type.name == "ID"
    assert parameters.memory_cost == 19 * 1024
    assert (parameters.time_cost, parameters.parallelism) == (2, 1)


def test_the_right_password_proves_the_account(house: House) -> None:
    added = house.add()

    assert house.engine.logins.authenticate("siti", PASSWORD) == added


def test_no_refusal_tells_what_was_wrong(house: House) -> None:
    house.add("siti")
    house.add("adi")
    house.add("robot", password=None)
    house.engine.accounts.deactivate("adi", actor=ADMIN)

    messages = set()
    for name, password in (
        ("siti", "another-password"),
        ("nobody", PASSWORD),
        ("adi", PASSWORD),
        ("robot", ""),
        ("No Name!", PASSWORD),
        ("siti", "x" * 129),
        ("siti", "\ud800"),
    ):
        with pytest.raises(NotAuthenticated) as caught:
            house.engine.logins.authenticate(name, password)
        messages.add(str(caught.value))

    assert len(messages) == 1


@pytest.mark.parametrize("name", ["siti", "nobody", "robot", "No Name!"])
def test_every_refusal_costs_one_verification(house: House, name: str) -> None:
    house.add("siti")
    house.add("robot", password=None)

    with pytest.raises(NotAuthenticated):
        house.engine.logins.authenticate(name, "another-password")

    assert house.hasher.verified == 1


def test_a_password_that_was_right_a_moment_ago_is_not_hashed_again(house: House) -> None:
    house.add()

    for _ in range(3):
        house.engine.logins.authenticate("siti", PASSWORD)
    assert house.hasher.verified == 1

    house.clock.advance(minutes=5)
    house.engine.logins.authenticate("siti", PASSWORD)
    assert house.hasher.verified == 2


def test_what_was_proved_ends_with_the_password_and_the_account(house: House) -> None:
    house.add()
    house.engine.logins.authenticate("siti", PASSWORD)

    house.engine.accounts.set_password("siti", "kunci-baru-8", actor=ADMIN)
    with pytest.raises(NotAuthenticated):
        house.engine.logins.authenticate("siti", PASSWORD)
    house.engine.logins.authenticate("siti", "kunci-baru-8")
    house.engine.accounts.deactivate("siti", actor=ADMIN)
    with pytest.raises(NotAuthenticated):
        house.engine.logins.authenticate("siti", "kunci-baru-8")
    house.engine.accounts.activate("siti", actor=ADMIN)

    assert house.engine.logins.authenticate("siti", "kunci-baru-8").is_active


def test_the_memory_of_proofs_is_bounded(house: House) -> None:
    proved = house.engine.logins._proved
    now = house.clock.now()

    for number in range(2000):
        proved.keep(proved.proof("siti", str(number), "hash"), now)

    assert len(proved._until) == 1024
    assert proved.holds(proved.proof("siti", "1999", "hash"), now)
    assert not proved.holds(proved.proof("siti", "0", "hash"), now)


@pytest.mark.parametrize("name", ["siti", "nobody"])
def test_after_ten_failures_a_name_must_wait(house: House, name: str) -> None:
    house.add("siti")
    for _ in range(OF_NAME_AND_SOURCE.failures):
        with pytest.raises(NotAuthenticated, match="wrong"):
            house.engine.logins.authenticate(name, "another-password")
    verified = house.hasher.verified

    with pytest.raises(NotAuthenticated, match="wait 15 minutes"):
        house.engine.logins.authenticate(name, PASSWORD)

    assert house.hasher.verified == verified


def test_after_the_wait_the_right_password_counts_again(house: House) -> None:
    house.add()
    for _ in range(OF_NAME_AND_SOURCE.failures):
        with pytest.raises(NotAuthenticated):
            house.engine.logins.authenticate("siti", "another-password")

    house.clock.advance(minutes=15)

    assert house.engine.logins.authenticate("siti", PASSWORD).name == "siti"


def test_a_success_forgets_the_failures_before_it(house: House) -> None:
    house.add()

    for _ in range(3):
        for _ in range(OF_NAME_AND_SOURCE.failures - 1):
            with pytest.raises(NotAuthenticated):
                house.engine.logins.authenticate("siti", "another-password")
        house.engine.logins.authenticate("siti", PASSWORD)


def test_failures_of_one_name_do_not_lock_another(house: House) -> None:
    house.add()
    for _ in range(OF_NAME_AND_SOURCE.failures):
        with pytest.raises(NotAuthenticated):
            house.engine.logins.authenticate("nobody", PASSWORD)

    assert house.engine.logins.authenticate("siti", PASSWORD).name == "siti"


def test_a_stranger_does_not_lock_the_owner_out(house: House) -> None:
    house.add()
    fail(house, "siti", OF_NAME_AND_SOURCE.failures, source="203.0.113.9")

    with pytest.raises(TooManyLogins):
        house.engine.logins.authenticate("siti", PASSWORD, source="203.0.113.9")

    assert house.engine.logins.authenticate("siti", PASSWORD, source="10.0.0.7").name == "siti"


def test_a_success_does_not_forget_the_failures_of_others(house: House) -> None:
    house.add()
    fail(house, "siti", OF_NAME_AND_SOURCE.failures, source="203.0.113.9")

    house.engine.logins.authenticate("siti", PASSWORD, source="10.0.0.7")

    with pytest.raises(TooManyLogins):
        house.engine.logins.authenticate("siti", PASSWORD, source="203.0.113.9")


def test_one_address_cannot_try_every_name(house: House) -> None:
    house.add()
    for number in range(OF_SOURCE.failures):
        fail(house, f"name-{number}", 1, source="203.0.113.9")

    with pytest.raises(TooManyLogins):
        house.engine.logins.authenticate("siti", PASSWORD, source="203.0.113.9")

    assert house.engine.logins.authenticate("siti", PASSWORD, source="10.0.0.7").name == "siti"


def test_many_addresses_together_do_not_guess_one_name_for_ever(house: House) -> None:
    house.add()
    known = "10.0.0.7"
    house.engine.sessions.open("siti", source=known)
    for number in range(OF_NAME.failures // 5):
        fail(house, "siti", 5, source=f"203.0.113.{number}")

    with pytest.raises(TooManyLogins):
        house.engine.logins.authenticate("siti", PASSWORD, source="198.51.100.1")
    assert house.engine.logins.authenticate("siti", PASSWORD, source=known).name == "siti"

    house.clock.advance(hours=24)
    house.engine.logins.authenticate("siti", PASSWORD, source="198.51.100.1")


def test_an_admin_forgets_the_failures_of_a_name(house: House) -> None:
    siti = house.add().as_actor()
    fail(house, "siti", OF_NAME_AND_SOURCE.failures)

    with pytest.raises(Forbidden):
        house.engine.logins.unlock("siti", actor=siti)
    assert house.engine.logins.unlock("siti", actor=ADMIN) == OF_NAME_AND_SOURCE.failures

    assert house.engine.logins.authenticate("siti", PASSWORD).name == "siti"
    assert house.kinds(kinds=(AccountEventKind.LOGIN_UNLOCKED,)) == ["login_unlocked"]


def test_an_open_login_is_not_ended_by_failures(house: House) -> None:
    house.add()
    secret, _ = house.engine.sessions.open("siti")

    fail(house, "siti", OF_NAME_AND_SOURCE.failures)

    assert house.engine.sessions.find(secret) is not None


def test_the_limit_holds_over_several_processes(house_on_both: House) -> None:
    house_on_both.add()
    other = house_over(house_on_both.store)
    fail(house_on_both, "siti", 5)
    fail(other, "siti", 5)

    for each in (house_on_both, other):
        with pytest.raises(TooManyLogins):
            each.engine.logins.authenticate("siti", PASSWORD)


def test_so_many_passwords_are_hashed_at_once_and_no_more() -> None:
    entered, leave = Event(), Event()

    class Slow(CountingHasher):
        def verify(self, *arguments: Any) -> bool:
            entered.set()
            leave.wait(10)
            return super().verify(*arguments)

    passwords = Passwords(Slow(), parallel=1, wait_s=0.01)
    stored = passwords.hash("siti", PASSWORD)
    first = Thread(target=passwords.matches, args=(stored, PASSWORD))
    first.start()
    entered.wait(10)

    with pytest.raises(TooManyHashes):
        passwords.matches(stored, PASSWORD)
    leave.set()
    first.join()

    assert passwords.matches(stored, PASSWORD)


def test_who_took_over_a_login_cannot_find_out_its_password(house: House) -> None:
    siti = house.add().as_actor()
    for _ in range(OF_NAME_AND_SOURCE.failures):
        with pytest.raises(NotAuthenticated):
            house.engine.accounts.change_password("a-guess", "kunci-baru-8", actor=siti)

    with pytest.raises(TooManyLogins):
        house.engine.accounts.change_password(PASSWORD, "kunci-baru-8", actor=siti)
