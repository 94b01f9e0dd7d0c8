"""Access tokens: proofs for programs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.errors import InvalidInput, NameTaken, NotAuthenticated, NotFound
from tests.house import House
from tests.office import ADMIN


def test_a_token_proves_its_account(house: House) -> None:
    added = house.add()

    token, secret = house.engine.access_tokens.create("siti", "ci", actor=ADMIN)

    assert secret.startswith("alur_")
    proved = house.engine.access_tokens.authenticate(secret)
    assert (proved.token, proved.account) == (token, added)
    kept = house.engine.access_tokens.of("siti", actor=ADMIN)
    assert [each.token_id for each in kept] == [token.token_id]


def test_a_token_ends_when_it_expires(house: House) -> None:
    house.add()
    expiry = house.clock.now() + timedelta(days=1)
    _, secret = house.engine.access_tokens.create("siti", "ci", expires_at=expiry, actor=ADMIN)
    house.engine.access_tokens.authenticate(secret)

    house.clock.advance(days=1)

    with pytest.raises(NotAuthenticated):
        house.engine.access_tokens.authenticate(secret)


def test_a_token_ends_with_its_account_or_when_revoked(house: House) -> None:
    house.add()
    token, secret = house.engine.access_tokens.create("siti", "ci", actor=ADMIN)

    house.engine.accounts.deactivate("siti", actor=ADMIN)
    with pytest.raises(NotAuthenticated):
        house.engine.access_tokens.authenticate(secret)
    house.engine.accounts.activate("siti", actor=ADMIN)
    house.engine.access_tokens.authenticate(secret)
    house.engine.access_tokens.revoke("siti", token.token_id, actor=ADMIN)
    with pytest.raises(NotAuthenticated):
        house.engine.access_tokens.authenticate(secret)


def test_nobody_revokes_the_token_of_another(house: House) -> None:
    house.add("siti")
    house.add("adi")
    token, _ = house.engine.access_tokens.create("siti", "ci", actor=ADMIN)

    with pytest.raises(NotFound):
        house.engine.access_tokens.revoke("adi", token.token_id, actor=ADMIN)


def test_a_token_notes_its_use_at_most_once_a_minute(house: House) -> None:
    house.add()
    _, secret = house.engine.access_tokens.create("siti", "ci", actor=ADMIN)
    first = house.clock.now()

    house.engine.access_tokens.authenticate(secret)
    house.clock.advance(seconds=59)
    house.engine.access_tokens.authenticate(secret)
    assert house.engine.access_tokens.of("siti", actor=ADMIN)[0].last_used_at == first

    second = house.clock.advance(seconds=1)
    house.engine.access_tokens.authenticate(secret)
    assert house.engine.access_tokens.of("siti", actor=ADMIN)[0].last_used_at == second


def test_a_token_needs_a_name_of_its_own_and_a_time_to_come(house: House) -> None:
    house.add()
    house.engine.access_tokens.create("siti", "ci", actor=ADMIN)

    with pytest.raises(NameTaken):
        house.engine.access_tokens.create("siti", "ci", actor=ADMIN)
    with pytest.raises(InvalidInput):
        house.engine.access_tokens.create("siti", " ", actor=ADMIN)
    with pytest.raises(InvalidInput):
        house.engine.access_tokens.create("siti", "old", expires_at=house.clock.now(), actor=ADMIN)


@pytest.mark.parametrize("secret", ["", "alur_", "alur_wrong", "\ud800", "x" * 10_000])
def test_an_unknown_token_is_refused(house: House, secret: str) -> None:
    with pytest.raises(NotAuthenticated):
        house.engine.access_tokens.authenticate(secret)
