"""Housekeeping: what has ended is dropped once an hour, and nothing that still counts."""

from __future__ import annotations

import pytest

from engine.cli.duties import duties_of
from engine.errors import NotAuthenticated, TooManyLogins
from engine.housekeeping import Housekeeping
from engine.model import RememberedRequest
from engine.settings import Settings
from engine.sources import ManualClock, SystemClock
from tests.house import PASSWORD, House
from tests.office import ADMIN


def never() -> bool:
    return False


def housekeeping(house: House) -> Housekeeping:
    """The duty as a worker is given it."""
    duties = duties_of(house.engine, Settings())
    (found,) = (duty for duty in duties if isinstance(duty, Housekeeping))
    return found


def test_what_has_ended_is_dropped(house_on_both: House) -> None:
    house = house_on_both
    house.add()
    house.engine.sessions.open("siti")
    house.engine.single_sign_on.begin("/")
    with pytest.raises(NotAuthenticated):
        house.engine.logins.authenticate("siti", "a-wrong-one")
    with house.store.writing() as tx:
        request = RememberedRequest("siti", "k", "f", "i", 1, {}, house.clock.now())
        tx.remember_request(request)
    duty = housekeeping(house)
    assert duty.turn(never) == 0

    house.clock.advance(days=1, seconds=1)
    assert duty.turn(never) == 3
    house.clock.advance(days=29)
    assert duty.turn(never) == 1

    with house.store.reading() as tx:
        assert tx.recall_request("siti", "k") is None
        assert tx.sessions_of("siti") == []
    assert house.engine.account_log.verify(actor=ADMIN).is_sound


def test_what_still_counts_stays(house: House) -> None:
    house.add()
    secret, _ = house.engine.sessions.open("siti")
    for _ in range(10):
        with pytest.raises(NotAuthenticated):
            house.engine.logins.authenticate("siti", "a-wrong-one")

    assert housekeeping(house).turn(never) == 0

    assert house.engine.sessions.find(secret) is not None
    with pytest.raises(TooManyLogins):
        house.engine.logins.authenticate("siti", PASSWORD)


def test_a_chore_that_fails_holds_up_no_other_and_is_done_again() -> None:
    clock = ManualClock(SystemClock().now())
    done: list[str] = []

    def broken() -> int:
        done.append("a")
        raise ZeroDivisionError

    def chore() -> int:
        done.append("b")
        return 1

    duty = Housekeeping([broken, chore], clock)

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            duty.turn(never)
    assert done == ["a", "b"] * 2


def test_chores_are_done_once_an_hour_and_stop_between_two() -> None:
    clock = ManualClock(SystemClock().now())
    done: list[str] = []

    def chore(name: str) -> int:
        done.append(name)
        return 1

    duty = Housekeeping([lambda: chore("a"), lambda: chore("b")], clock)

    assert duty.turn(lambda: len(done) == 1) == 1
    assert duty.turn(never) == 2
    assert duty.turn(never) == 0
    clock.advance(hours=1)
    assert duty.turn(never) == 2
    assert done == ["a", "a", "b", "a", "b"]
