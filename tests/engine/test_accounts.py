"""Accounts: who may log in, and by which proof."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher, extract_parameters
from sqlalchemy import text

from engine.accounts import MAX_FAILURES, Accounts, owasp_hasher
from engine.errors import InvalidInput, NameTaken, NotAuthenticated, NotFound
from engine.model import Account, Role
from engine.sources import ManualClock, RandomIds
from engine.store import Store

PASSWORD = "kunci-rumah-7"


class CountingHasher(PasswordHasher):
    """Argon2 as weak as it can be, which counts how often it verifies."""

    def __init__(self) -> None:
        super().__init__(memory_cost=8, time_cost=1, parallelism=1)
        self.verified = 0

    def verify(self, *arguments: Any) -> bool:
        self.verified += 1
        return super().verify(*arguments)


@dataclass
class House:
    store: Store
    clock: ManualClock
    hasher: CountingHasher
    accounts: Accounts

    def add(self, name: str = "siti", **changes: Any) -> Account:
        values = {"display_name": "Siti", "password": PASSWORD, "roles": [Role.STAFF]}
        return self.accounts.add(name, **{**values, **changes})

    def stored_text(self) -> str:
        """All that the tables of secrets hold."""
        with self.store.reading() as tx:
            return str(
                [
                    tx._connection.execute(text(f"SELECT * FROM {table}")).all()
                    for table in ("account", "access_token", "login_session")
                ]
            )


@pytest.fixture
def house() -> Iterator[House]:
    store = Store.open("sqlite://")
    store.migrate()
    clock, hasher = ManualClock(datetime(2026, 11, 20, tzinfo=UTC)), CountingHasher()
    yield House(store, clock, hasher, Accounts(store, clock, RandomIds(), hasher=hasher))
    store.close()


# ------------------------------------------------------------------- accounts


def test_an_added_account_is_listed(house: House) -> None:
    added = house.add("siti.a-1", roles=["analyst", Role.STAFF], lanes=[" Kepala Seksi "])

    assert added.roles == {Role.ANALYST, Role.STAFF}
    assert added.lanes == {"Kepala Seksi"}
    assert added.is_active
    assert added.created_at == house.clock.now()
    assert house.accounts.list() == [added]
    assert house.accounts.account("siti.a-1") == added


def test_a_name_is_taken_once(house: House) -> None:
    house.add()

    with pytest.raises(NameTaken):
        house.add()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "S"}, "name"),
        ({"name": "Siti"}, "name"),
        ({"name": "-siti"}, "name"),
        ({"name": "siti\n"}, "name"),
        ({"name": "a" * 65}, "name"),
        ({"display_name": " "}, "display_name"),
        ({"display_name": "a\x00b"}, "display_name"),
        ({"password": "1234567"}, "password"),
        ({"password": "x" * 129}, "password"),
        ({"password": "Password123"}, "password"),
        ({"name": "siti-aminah", "password": "Siti-Aminah"}, "password"),
        ({"password": "abcdefg\ud800"}, "password"),
        ({"roles": ["king"]}, "roles"),
        ({"lanes": [""]}, "lanes"),
        ({"lanes": ["x" * 256]}, "lanes"),
        ({"lanes": "Petugas"}, "lanes"),
    ],
)
def test_a_wrong_field_is_refused_by_name(
    house: House, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        house.add(**changes)

    assert list(caught.value.fields) == [field]
    assert house.accounts.list() == []


def test_roles_and_lanes_can_be_changed(house: House) -> None:
    house.add()

    house.accounts.set_roles_and_lanes("siti", roles=["admin"], lanes=["Kepala Seksi"])

    found = house.accounts.authenticate("siti", PASSWORD)
    assert (found.roles, found.lanes) == ({Role.ADMIN}, {"Kepala Seksi"})


def test_an_unknown_account_cannot_be_changed(house: House) -> None:
    for change in (
        lambda: house.accounts.account("nobody"),
        lambda: house.accounts.set_password("nobody", PASSWORD),
        lambda: house.accounts.set_roles_and_lanes("nobody", roles=[], lanes=[]),
        lambda: house.accounts.deactivate("nobody"),
        lambda: house.accounts.activate("nobody"),
        lambda: house.accounts.create_token("nobody", "ci"),
        lambda: house.accounts.open_session("nobody"),
    ):
        with pytest.raises(NotFound):
            change()


# ------------------------------------------------------------------ passwords


def test_passwords_are_hashed_as_owasp_asks() -> None:
    parameters = extract_parameters(owasp_hasher().hash(PASSWORD))

    assert parameters.type.name == "ID"
    assert parameters.memory_cost == 19 * 1024
    assert (parameters.time_cost, parameters.parallelism) == (2, 1)


def test_the_right_password_proves_the_account(house: House) -> None:
    added = house.add()

    assert house.accounts.authenticate("siti", PASSWORD) == added


def test_no_refusal_tells_what_was_wrong(house: House) -> None:
    house.add("siti")
    house.add("adi")
    house.add("robot", password=None)
    house.accounts.deactivate("adi")

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
            house.accounts.authenticate(name, password)
        messages.add(str(caught.value))

    assert len(messages) == 1


@pytest.mark.parametrize("name", ["siti", "nobody", "robot", "No Name!"])
def test_every_refusal_costs_one_verification(house: House, name: str) -> None:
    house.add("siti")
    house.add("robot", password=None)

    with pytest.raises(NotAuthenticated):
        house.accounts.authenticate(name, "another-password")

    assert house.hasher.verified == 1


def test_a_password_that_was_right_a_moment_ago_is_not_hashed_again(house: House) -> None:
    house.add()

    for _ in range(3):
        house.accounts.authenticate("siti", PASSWORD)
    assert house.hasher.verified == 1

    house.clock.advance(minutes=5)
    house.accounts.authenticate("siti", PASSWORD)
    assert house.hasher.verified == 2


def test_what_was_proved_ends_with_the_password_and_the_account(house: House) -> None:
    house.add()
    house.accounts.authenticate("siti", PASSWORD)

    house.accounts.set_password("siti", "kunci-baru-8")
    with pytest.raises(NotAuthenticated):
        house.accounts.authenticate("siti", PASSWORD)
    house.accounts.authenticate("siti", "kunci-baru-8")
    house.accounts.deactivate("siti")
    with pytest.raises(NotAuthenticated):
        house.accounts.authenticate("siti", "kunci-baru-8")
    house.accounts.activate("siti")

    assert house.accounts.authenticate("siti", "kunci-baru-8").is_active


def test_the_memory_of_proofs_is_bounded(house: House) -> None:
    proved = house.accounts._proved
    now = house.clock.now()

    for number in range(2000):
        proved.keep(proved.proof("siti", str(number), "hash"), now)

    assert len(proved._until) == 1024
    assert proved.holds(proved.proof("siti", "1999", "hash"), now)
    assert not proved.holds(proved.proof("siti", "0", "hash"), now)


@pytest.mark.parametrize("name", ["siti", "nobody"])
def test_after_ten_failures_a_name_must_wait(house: House, name: str) -> None:
    house.add("siti")
    for _ in range(MAX_FAILURES):
        with pytest.raises(NotAuthenticated, match="wrong"):
            house.accounts.authenticate(name, "another-password")
    verified = house.hasher.verified

    with pytest.raises(NotAuthenticated, match="wait 15 minutes"):
        house.accounts.authenticate(name, PASSWORD)

    assert house.hasher.verified == verified


def test_after_the_wait_the_right_password_counts_again(house: House) -> None:
    house.add()
    for _ in range(MAX_FAILURES):
        with pytest.raises(NotAuthenticated):
            house.accounts.authenticate("siti", "another-password")

    house.clock.advance(minutes=15)

    assert house.accounts.authenticate("siti", PASSWORD).name == "siti"


def test_a_success_forgets_the_failures_before_it(house: House) -> None:
    house.add()

    for _ in range(3):
        for _ in range(MAX_FAILURES - 1):
            with pytest.raises(NotAuthenticated):
                house.accounts.authenticate("siti", "another-password")
        house.accounts.authenticate("siti", PASSWORD)


def test_failures_of_one_name_do_not_lock_another(house: House) -> None:
    house.add()
    for _ in range(MAX_FAILURES):
        with pytest.raises(NotAuthenticated):
            house.accounts.authenticate("nobody", PASSWORD)

    assert house.accounts.authenticate("siti", PASSWORD).name == "siti"


# --------------------------------------------------------------------- tokens


def test_a_token_proves_its_account(house: House) -> None:
    added = house.add()

    token, secret = house.accounts.create_token("siti", "ci")

    assert secret.startswith("alur_")
    assert house.accounts.authenticate_token(secret) == added
    assert [each.token_id for each in house.accounts.tokens("siti")] == [token.token_id]


def test_a_token_ends_when_it_expires(house: House) -> None:
    house.add()
    expiry = house.clock.now() + timedelta(days=1)
    _, secret = house.accounts.create_token("siti", "ci", expiry)
    house.accounts.authenticate_token(secret)

    house.clock.advance(days=1)

    with pytest.raises(NotAuthenticated):
        house.accounts.authenticate_token(secret)


def test_a_token_ends_with_its_account_or_when_revoked(house: House) -> None:
    house.add()
    token, secret = house.accounts.create_token("siti", "ci")

    house.accounts.deactivate("siti")
    with pytest.raises(NotAuthenticated):
        house.accounts.authenticate_token(secret)
    house.accounts.activate("siti")
    house.accounts.authenticate_token(secret)
    house.accounts.revoke_token("siti", token.token_id)
    with pytest.raises(NotAuthenticated):
        house.accounts.authenticate_token(secret)


def test_nobody_revokes_the_token_of_another(house: House) -> None:
    house.add("siti")
    house.add("adi")
    token, _ = house.accounts.create_token("siti", "ci")

    with pytest.raises(NotFound):
        house.accounts.revoke_token("adi", token.token_id)


def test_a_token_notes_its_use_at_most_once_a_minute(house: House) -> None:
    house.add()
    _, secret = house.accounts.create_token("siti", "ci")
    first = house.clock.now()

    house.accounts.authenticate_token(secret)
    house.clock.advance(seconds=59)
    house.accounts.authenticate_token(secret)
    assert house.accounts.tokens("siti")[0].last_used_at == first

    second = house.clock.advance(seconds=1)
    house.accounts.authenticate_token(secret)
    assert house.accounts.tokens("siti")[0].last_used_at == second


def test_a_token_needs_a_name_of_its_own_and_a_time_to_come(house: House) -> None:
    house.add()
    house.accounts.create_token("siti", "ci")

    with pytest.raises(NameTaken):
        house.accounts.create_token("siti", "ci")
    with pytest.raises(InvalidInput):
        house.accounts.create_token("siti", " ")
    with pytest.raises(InvalidInput):
        house.accounts.create_token("siti", "old", house.clock.now())


@pytest.mark.parametrize("secret", ["", "alur_", "alur_wrong", "\ud800", "x" * 10_000])
def test_an_unknown_token_is_refused(house: House, secret: str) -> None:
    with pytest.raises(NotAuthenticated):
        house.accounts.authenticate_token(secret)


# ------------------------------------------------------------------- sessions


def test_a_session_proves_its_account(house: House) -> None:
    added = house.add()

    secret, session = house.accounts.open_session("siti")

    assert house.accounts.session(secret) == (session, added)
    assert house.accounts.session("another") is None


def test_each_login_has_secrets_of_its_own(house: House) -> None:
    house.add()

    logins = [house.accounts.open_session("siti") for _ in range(3)]

    assert len({secret for secret, _ in logins}) == 3
    assert len({session.csrf_token for _, session in logins}) == 3


def test_an_idle_session_ends(house: House) -> None:
    house.add()
    secret, _ = house.accounts.open_session("siti")

    house.clock.advance(minutes=29)
    assert house.accounts.session(secret) is not None
    house.clock.advance(minutes=29)
    assert house.accounts.session(secret) is not None
    house.clock.advance(minutes=30)

    assert house.accounts.session(secret) is None


def test_a_session_in_use_ends_after_its_longest_time(house: House) -> None:
    house.add()
    secret, _ = house.accounts.open_session("siti")

    for _ in range(12 * 3 - 1):
        house.clock.advance(minutes=20)
        assert house.accounts.session(secret) is not None
    house.clock.advance(minutes=20)

    assert house.accounts.session(secret) is None


def test_a_session_notes_its_use_at_most_once_a_minute(house: House) -> None:
    house.add()
    secret, opened = house.accounts.open_session("siti")

    house.clock.advance(seconds=59)
    session, _ = house.accounts.session(secret)
    assert session.last_seen_at == opened.last_seen_at

    now = house.clock.advance(seconds=1)
    session, _ = house.accounts.session(secret)
    assert session.last_seen_at == now


@pytest.mark.parametrize(
    "end",
    [
        lambda accounts, secret: accounts.close_session(secret),
        lambda accounts, _: accounts.close_sessions_of("siti"),
        lambda accounts, _: accounts.set_password("siti", "kunci-baru-8"),
        lambda accounts, _: accounts.deactivate("siti"),
    ],
)
def test_a_session_ends_when_it_is_closed(house: House, end: Any) -> None:
    house.add("siti")
    house.add("adi")
    secret, _ = house.accounts.open_session("siti")
    other, _ = house.accounts.open_session("adi")

    end(house.accounts, secret)

    assert house.accounts.session(secret) is None
    assert house.accounts.session(other) is not None


def test_expired_sessions_are_cleared_away_at_the_next_login(house: House) -> None:
    house.add()
    house.accounts.open_session("siti")
    house.clock.advance(hours=1)

    house.accounts.open_session("siti")

    assert house.accounts.close_sessions_of("siti") == 1


# -------------------------------------------------------------------- secrets


def test_no_secret_is_stored(house: House) -> None:
    account = house.add()
    _, token_secret = house.accounts.create_token("siti", "ci")
    session_secret, _ = house.accounts.open_session("siti")

    stored = house.stored_text()

    for secret in (PASSWORD, token_secret, session_secret):
        assert secret not in stored
    assert str(account.password_hash) not in repr(account)
