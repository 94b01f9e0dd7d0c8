"""Browser logins: opened, listed, ended."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import Forbidden, NotFound
from tests.house import PASSWORD, House
from tests.office import ADMIN


def test_a_session_proves_its_account(house: House) -> None:
    added = house.add()

    secret, session = house.engine.sessions.open("siti")

    assert house.engine.sessions.find(secret) == (session, added)
    assert house.engine.sessions.find("another") is None


def test_each_login_has_secrets_of_its_own(house: House) -> None:
    house.add()

    logins = [house.engine.sessions.open("siti") for _ in range(3)]

    assert len({secret for secret, _ in logins}) == 3
    assert len({session.csrf_token for _, session in logins}) == 3


def test_an_idle_session_ends(house: House) -> None:
    house.add()
    secret, _ = house.engine.sessions.open("siti")

    house.clock.advance(minutes=29)
    assert house.engine.sessions.find(secret) is not None
    house.clock.advance(minutes=29)
    assert house.engine.sessions.find(secret) is not None
    house.clock.advance(minutes=30)

    assert house.engine.sessions.find(secret) is None


def test_a_session_in_use_ends_after_its_longest_time(house: House) -> None:
    house.add()
    secret, _ = house.engine.sessions.open("siti")

    for _ in range(12 * 3 - 1):
        house.clock.advance(minutes=20)
        assert house.engine.sessions.find(secret) is not None
    house.clock.advance(minutes=20)

    assert house.engine.sessions.find(secret) is None


def test_a_session_notes_its_use_at_most_once_a_minute(house: House) -> None:
    house.add()
    secret, opened = house.engine.sessions.open("siti")

    house.clock.advance(seconds=59)
    session, _ = house.engine.sessions.find(secret)
    assert session.last_seen_at == opened.last_seen_at

    now = house.clock.advance(seconds=1)
    session, _ = house.engine.sessions.find(secret)
    assert session.last_seen_at == now


@pytest.mark.parametrize(
    "end",
    [
        lambda engine, secret: engine.sessions.close(secret),
        lambda engine, _: engine.sessions.revoke_all("siti", actor=ADMIN),
        lambda engine, _: engine.accounts.set_password("siti", "kunci-baru-8", actor=ADMIN),
        lambda engine, _: engine.accounts.deactivate("siti", actor=ADMIN),
    ],
)
def test_a_session_ends_when_it_is_closed(house: House, end: Any) -> None:
    house.add("siti")
    house.add("adi")
    secret, _ = house.engine.sessions.open("siti")
    other, _ = house.engine.sessions.open("adi")

    end(house.engine, secret)

    assert house.engine.sessions.find(secret) is None
    assert house.engine.sessions.find(other) is not None


def test_logins_that_ended_are_neither_listed_nor_kept(house: House) -> None:
    house.add()
    house.engine.sessions.open("siti")
    house.clock.advance(hours=1)
    _, fresh = house.engine.sessions.open("siti")

    assert house.engine.sessions.of("siti", actor=ADMIN) == [fresh]
    assert house.engine.sessions.forget_ended() == 1
    assert house.engine.sessions.forget_ended() == 0


def test_a_login_is_known_by_its_device_and_ended_by_its_owner(house: House) -> None:
    siti = house.add().as_actor()
    stolen, session = house.engine.sessions.open(
        "siti", source="203.0.113.9", device="Firefox\n\x00" + "x" * 400
    )
    kept, _ = house.engine.sessions.open("siti")

    assert session.source == "203.0.113.9"
    assert (session.device[:8], len(session.device)) == ("Firefoxx", 255)
    house.engine.sessions.revoke("siti", session.session_id, actor=siti)

    assert house.engine.sessions.find(stolen) is None
    assert house.engine.sessions.find(kept) is not None
    with pytest.raises(NotFound):
        house.engine.sessions.revoke("siti", session.session_id, actor=siti)


def test_all_other_logins_end_at_once(house: House) -> None:
    siti = house.add().as_actor()
    others = [house.engine.sessions.open("siti")[0] for _ in range(3)]
    kept, here = house.engine.sessions.open("siti")

    count = house.engine.sessions.revoke_all("siti", actor=siti, except_for=here.session_id)

    assert count == 3
    assert [house.engine.sessions.find(each) for each in others] == [None] * 3
    assert house.engine.sessions.find(kept) is not None


def test_nobody_sees_or_ends_the_logins_of_another(house: House) -> None:
    house.add("siti")
    adi = house.add("adi").as_actor()
    _, session = house.engine.sessions.open("siti")

    for deed in (
        lambda: house.engine.sessions.of("siti", actor=adi),
        lambda: house.engine.sessions.revoke("siti", session.session_id, actor=adi),
        lambda: house.engine.sessions.revoke_all("siti", actor=adi),
    ):
        with pytest.raises(Forbidden):
            deed()


def test_no_secret_is_stored(house: House) -> None:
    account = house.add()
    _, token_secret = house.engine.access_tokens.create("siti", "ci", actor=ADMIN)
    session_secret, _ = house.engine.sessions.open("siti")

    stored = house.stored_text()

    for secret in (PASSWORD, token_secret, session_secret):
        assert secret not in stored
    assert str(account.password_hash) not in repr(account)
