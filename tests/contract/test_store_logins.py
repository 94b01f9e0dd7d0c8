"""Accounts, tokens, sessions and failed logins."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.errors import NameTaken, NotFound
from engine.model import AccessToken, LoginMethod, Role, Scope, Session
from engine.store import Store
from tests.contract.builders import NOON, an_account, at


def a_token(token_id: str = "k1", **changes: object) -> AccessToken:  # noqa: S107
    values = {"account": "siti", "name": token_id, "created_at": NOON, "expires_at": None}
    return AccessToken(token_id=token_id, **{**values, **changes})


def a_session(session_hash: str = "s1", **changes: object) -> Session:
    values = {
        "session_id": f"id-{session_hash}",
        "account": "siti",
        "csrf_token": "c",
        "method": LoginMethod.PASSWORD,
        "source": "10.0.0.7",
        "device": "Firefox",
        "created_at": NOON,
        "last_seen_at": NOON,
    }
    return Session(session_hash=session_hash, **{**values, **changes})


@pytest.fixture
def siti(store: Store) -> Store:
    with store.writing() as tx:
        tx.add_account(an_account("siti", password_hash="hash"))
    return store


def test_an_account_comes_back_whole(store: Store) -> None:
    whole = an_account(
        roles=frozenset({Role.ADMIN, Role.AUDITOR}), lanes=frozenset({"B", "A"}), password_hash="h"
    )

    with store.writing() as tx:
        tx.add_account(whole)
        tx.add_account(an_account("adi", is_active=False, lanes=frozenset()))

    with store.writing() as tx:
        assert tx.account("siti") == whole
        assert tx.account("siti", for_change=True) == whole
        assert [each.name for each in tx.accounts()] == ["adi", "siti"]
        assert not tx.account("adi").is_active


def test_an_account_name_is_taken_once(siti: Store) -> None:
    with pytest.raises(NameTaken, match="'siti'"), siti.writing() as tx:
        tx.add_account(an_account("siti"))


def test_an_account_is_changed_whole(siti: Store) -> None:
    with siti.writing() as tx:
        changed = replace(tx.account("siti"), is_active=False, display_name="Siti A.")
        tx.update_account(changed)
        assert tx.account("siti") == changed
        with pytest.raises(NotFound):
            tx.update_account(an_account("nobody"))
        with pytest.raises(NotFound):
            tx.account("nobody")


def test_a_token_is_found_by_its_hash_with_its_account(siti: Store) -> None:
    token = a_token(expires_at=at(days=1), scopes=frozenset({Scope.READ, Scope.TASKS}))

    with siti.writing() as tx:
        tx.add_token(token, "hash-1")
        tx.touch_token("k1", at(hours=1))

    with siti.reading() as tx:
        touched = replace(token, last_used_at=at(hours=1))
        assert tx.token_by_hash("hash-1") == (touched, tx.account("siti"))
        assert tx.token_by_hash("hash-2") is None
        assert tx.tokens("siti") == [touched]


def test_a_token_name_is_taken_once_per_account(siti: Store) -> None:
    with siti.writing() as tx:
        tx.add_account(an_account("budi"))
        tx.add_token(a_token("k1", name="ci"), "hash-1")
        tx.add_token(a_token("k2", name="ci", account="budi"), "hash-2")

    with pytest.raises(NameTaken, match="'ci'"), siti.writing() as tx:
        tx.add_token(a_token("k3", name="ci"), "hash-3")


def test_a_token_is_deleted_by_its_own_account_only(siti: Store) -> None:
    with siti.writing() as tx:
        tx.add_token(a_token("k1"), "hash-1")

        assert not tx.delete_token("budi", "k1")
        assert tx.delete_token("siti", "k1")
        assert not tx.delete_token("siti", "k1")


def test_a_session_is_found_with_its_account(siti: Store) -> None:
    with siti.writing() as tx:
        tx.add_session(a_session())
        tx.touch_session("s1", at(minutes=5))

    with siti.reading() as tx:
        touched = a_session(last_seen_at=at(minutes=5))
        assert tx.session("s1") == (touched, tx.account("siti"))
        assert tx.session("s2") is None


def test_sessions_end_one_by_one_all_at_once_or_by_age(siti: Store) -> None:
    with siti.writing() as tx:
        for number in range(6):
            tx.add_session(
                a_session(f"s{number}", created_at=at(hours=number), last_seen_at=at(hours=9))
            )
        tx.add_session(a_session("idle", created_at=at(hours=8), last_seen_at=at(hours=8)))

        assert tx.delete_session("s5")
        assert not tx.delete_session("s5")
        assert tx.delete_expired_sessions(seen_before=at(hours=9), created_before=at(hours=2)) == 3
        assert tx.delete_sessions_of("siti") == 3


def test_logins_of_an_account_are_listed_and_ended_but_one(siti: Store) -> None:
    early, late = a_session("s1"), a_session("s2", last_seen_at=at(hours=1))
    with siti.writing() as tx:
        for each in (early, late, a_session("s3", last_seen_at=at(hours=2))):
            tx.add_session(each)

        assert tx.delete_sessions_of("siti", only="id-s3") == 1
        assert tx.sessions_of("siti") == [late, early]
        assert tx.delete_sessions_of("siti", except_for="id-s1") == 1
        assert tx.sessions_of("siti") == [early]


def test_login_failures_are_counted_by_name_and_time(store: Store) -> None:
    with store.writing() as tx:
        for minute in (0, 1, 1):
            tx.record_login_failure("nobody", "10.0.0.7", at(minutes=minute))
        tx.record_login_failure("nobody", "10.0.0.8", at(minutes=-2))
        tx.record_login_failure("siti", "10.0.0.7", NOON)

        assert tx.recent_login_failures("nobody", at(minutes=-1)) == 3
        assert tx.recent_login_failures("nobody", NOON) == 2
        assert tx.recent_login_failures("nobody", at(minutes=-3), source="10.0.0.8") == 1
        assert tx.recent_failures_from("10.0.0.7", at(minutes=-1)) == 4
        assert tx.clear_login_failures("nobody", source="10.0.0.8") == 1
        assert tx.clear_login_failures("nobody") == 3
        assert tx.recent_login_failures("nobody", at(minutes=-1)) == 0
        assert tx.recent_login_failures("siti", at(minutes=-1)) == 1
        assert tx.forget_login_failures(at(minutes=1)) == 1
