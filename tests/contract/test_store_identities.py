"""Identities of a single sign-on, and logins there that are under way."""

from __future__ import annotations

import pytest

from engine.errors import Conflict
from engine.model import Identity, SignOn
from engine.store import Store
from tests.contract.builders import NOON, an_account, at

ISSUER = "https://sso.example"


def a_sign_on(state: str = "s1", **changes: object) -> SignOn:
    values = {
        "nonce": "n",
        "code_verifier": "v",
        "next_path": "/",
        "account": None,
        "created_at": NOON,
    }
    return SignOn(state_hash=state, **{**values, **changes})


@pytest.fixture
def siti(store: Store) -> Store:
    with store.writing() as tx:
        tx.add_account(an_account("siti"))
    return store


def test_an_account_is_found_by_issuer_and_subject_together(siti: Store) -> None:
    identity = Identity(ISSUER, "p-1", "siti", NOON)
    with siti.writing() as tx:
        tx.add_identity(identity)

        assert tx.account_of_identity(ISSUER, "p-1") == tx.account("siti")
        assert tx.account_of_identity("https://other.example", "p-1") is None
        assert tx.account_of_identity(ISSUER, "p-2") is None
        assert tx.identities_of("siti") == [identity]
        assert tx.delete_identities_of("siti") == 1
        assert tx.identities_of("siti") == []


def test_an_identity_is_one_accounts(siti: Store) -> None:
    with siti.writing() as tx:
        tx.add_account(an_account("adi"))
        tx.add_identity(Identity(ISSUER, "p-1", "siti", NOON))

    with pytest.raises(Conflict), siti.writing() as tx:
        tx.add_identity(Identity(ISSUER, "p-1", "adi", NOON))


def test_a_login_under_way_is_taken_once(store: Store) -> None:
    with store.writing() as tx:
        tx.add_sign_on(a_sign_on(account="siti"))

        assert tx.take_sign_on("other") is None
        assert tx.take_sign_on("s1") == a_sign_on(account="siti")
        assert tx.take_sign_on("s1") is None


def test_old_logins_under_way_are_forgotten(store: Store) -> None:
    with store.writing() as tx:
        tx.add_sign_on(a_sign_on("old"))
        tx.add_sign_on(a_sign_on("new", created_at=at(minutes=9)))

        assert tx.forget_sign_ons(at(minutes=1)) == 1
        assert tx.take_sign_on("new") is not None
