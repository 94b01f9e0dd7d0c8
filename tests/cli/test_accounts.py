"""Accounts on the command line."""

from __future__ import annotations

import io
import sqlite3

import pytest

from engine.errors import NotAuthenticated
from engine.process_engine import open_engine
from engine.settings import Settings
from tests.cli.conftest import PASSWORD, Terminal


@pytest.fixture
def types(monkeypatch: pytest.MonkeyPatch):
    def type_in(text: str) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(text))

    return type_in


def _authenticates(alur: Terminal, name: str, password: str) -> bool:
    engine = open_engine(Settings(database_url=f"sqlite:///{alur.folder / 'alur.db'}"))
    try:
        return engine.logins.authenticate(name, password).name == name
    finally:
        engine.close()


def test_password_is_read_from_standard_input(alur: Terminal, types) -> None:
    types(f"{PASSWORD}\n")
    alur.ok("account", "add", "siti", "--name", "Siti Aminah", "--password-stdin")

    assert _authenticates(alur, "siti", PASSWORD)


def test_password_can_be_changed(alur: Terminal, types) -> None:
    types(f"{PASSWORD}\n")
    alur.ok("account", "password", "kadis", "--password-stdin")

    assert _authenticates(alur, "kadis", PASSWORD)


def test_no_password_without_a_terminal_is_bad_input(alur: Terminal, types) -> None:
    types("")

    assert alur("account", "add", "siti").code == 2


def test_weak_password_is_bad_input(alur: Terminal, types) -> None:
    types("password\n")

    answer = alur("account", "add", "siti", "--password-stdin")

    assert answer.code == 2
    assert "password" in answer.err


def test_name_that_is_taken_is_a_conflict(alur: Terminal) -> None:
    answer = alur("account", "add", "kadis", "--no-password")

    assert answer.code == 1
    assert answer.err == "alur: the name 'kadis' is already that of another account\n"


def test_list_holds_no_secret(alur: Terminal, types) -> None:
    types(f"{PASSWORD}\n")
    alur.ok("account", "password", "kadis", "--password-stdin")

    answer = alur.ok("account", "list", "--json")

    assert [each["name"] for each in answer.json] == ["admin", "auditor", "kadis", "sekretaris"]
    assert "argon2" not in answer.out
    assert set(answer.json[0]) == {
        *("name", "displayName", "roles", "lanes", "isActive", "createdAt"),
        *("isPasswordTemporary", "hasSecondFactor", "language", "substitutions"),
    }


def test_token_is_shown_once_and_can_be_revoked(alur: Terminal) -> None:
    made = alur.ok("account", "token", "kadis", "--name", "laptop", "--days", "3", "--json").json
    kept = alur.ok("account", "tokens", "kadis", "--json")

    assert made["secret"].startswith("alur_")
    assert made["secret"] not in kept.out
    alur.ok("account", "revoke", "kadis", kept.json[0]["tokenId"])
    assert alur.ok("account", "tokens", "kadis", "--json").json == []
    assert alur("account", "revoke", "kadis", kept.json[0]["tokenId"]).code == 3


def test_deactivated_account_cannot_act(alur: Terminal) -> None:
    alur.ok("account", "deactivate", "kadis")

    assert alur("tasks", "--as", "kadis").code == 4
    alur.ok("account", "activate", "kadis")
    assert alur("tasks", "--as", "kadis").code == 0


def test_unknown_account_is_not_found(alur: Terminal) -> None:
    assert alur("account", "deactivate", "tidak-ada").code == 3
    assert alur("account", "tokens", "tidak-ada").code == 3
    assert alur("tasks", "--as", "tidak-ada").code == 3


def test_log_shows_who_did_what_to_whom(alur: Terminal) -> None:
    alur.ok("account", "deactivate", "kadis")

    rows = alur.ok("account", "log", "kadis", "--json").json

    assert [each["kind"] for each in rows] == ["deactivated", "account_added"]
    assert (rows[0]["actor"], rows[0]["capacity"]) == ("-", "command line")
    added = alur.ok("account", "log", "--kind", "account_added", "--limit", "2").out
    assert "roles=[" in added
    assert alur("account", "log", "--kind", "nonsense").code == 2


def test_verify_all_checks_the_log_of_accounts(alur: Terminal) -> None:
    assert alur.ok("verify", "--all", "--json").json["accountEvents"] == 4

    with sqlite3.connect(alur.folder / "alur.db") as database:
        database.execute("DROP TRIGGER account_event_refuses_update")
        database.execute("UPDATE account_event SET actor = 'kadis' WHERE sequence = 2")
    database.close()
    answer = alur("verify", "--all")

    assert answer.code == 1
    assert "account-log" in answer.out


def test_failed_logins_can_be_forgotten(alur: Terminal, types) -> None:
    types(f"{PASSWORD}\n")
    alur.ok("account", "password", "kadis", "--password-stdin")
    engine = open_engine(Settings(database_url=f"sqlite:///{alur.folder / 'alur.db'}"))
    with pytest.raises(NotAuthenticated):
        engine.logins.authenticate("kadis", "bukan-sandi-saya")
    engine.close()

    assert alur.ok("account", "unlock", "kadis", "--json").json["forgotten"] == 1


def test_temporary_password_and_scopes_are_chosen_at_the_command_line(
    alur: Terminal, types
) -> None:
    types(f"{PASSWORD}\n")
    made = alur.ok("account", "add", "siti", "--password-stdin", "--temporary", "--json").json
    token = alur.ok("account", "token", "siti", "--name", "x", "--scope", "read", "--json").json

    assert made["isPasswordTemporary"]
    assert token["token"]["scopes"] == ["read"]
