"""`alur personal`: whose data is sealed, and its erasure."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest

from tests.cli.conftest import Terminal
from tests.diagrams import end, field, form, line, process, start, user
from tests.engine.test_personal_data import ADDRESS, personal

BASIS = (
    *("--basis", "400/12", "--reason", "permintaan"),
    *("--basis-date", datetime.now(UTC).date().isoformat()),
)


@pytest.fixture
def instance_id(alur: Terminal) -> str:
    fields = form(field("pegawai"), personal("alamat", subject="pegawai"), personal("catatan"))
    content = process(
        start("s", fields),
        user("tinjau"),
        end(),
        line("s", "tinjau", "e"),
        key="data",
        lanes={"Sekretaris": ["s", "tinjau", "e"]},
    )
    alur.ok("deploy", alur.file("data.bpmn", content))
    values = ("--set", "pegawai=P-19", "--set", f"alamat={ADDRESS}", "--set", "catatan=x")
    started = alur.ok("start", "data", *values, "--as", "sekretaris", "--json").json
    return str(started["instance"]["instanceId"])


def test_a_person_is_erased_only_when_it_is_confirmed(alur: Terminal, instance_id: str) -> None:
    asked = alur("personal", "erase", "--subject", "P-19", *BASIS)
    assert (asked.code, "1 values of P-19 in 1 instances" in asked.err) == (2, True)
    assert ADDRESS in alur.ok("history", instance_id, "--json").out

    done = alur.ok("personal", "erase", "--subject", "P-19", *BASIS, "--yes")

    assert "1 values in 1 instances are erased" in done.out
    assert "backups" in done.out
    shown = alur.ok("history", instance_id, "--json").out
    assert ADDRESS not in shown
    assert "dasar: 400/12" in shown
    assert alur.ok("verify", "--all").code == 0
    assert [each["basis"] for each in alur.ok("personal", "erasures", "--json").json] == ["400/12"]
    again = alur("personal", "erase", "--subject", "P-19", *BASIS, "--yes")
    assert again.code == 3


def test_persons_are_listed_and_an_account_is_erased(alur: Terminal, instance_id: str) -> None:
    listed = alur.ok("personal", "list")
    done = alur.ok("personal", "erase", "--account", "sekretaris", *BASIS, "--yes", "--json").json

    assert "P-19" in listed.out
    assert (done["account"], done["valueCount"]) == ("sekretaris", 1)
    assert "P-19" in alur.ok("personal", "list").out
    assert alur("personal", "list", "--as", "sekretaris").code == 4


def test_without_anything_outlived_nothing_happens(alur: Terminal, instance_id: str) -> None:
    answer = alur.ok("personal", "outlived", *BASIS, "--yes")

    assert "no instance whose retention is over" in answer.out
    wrong = alur("personal", "outlived", *BASIS[:-1], "kemarin")
    assert (wrong.code, "kemarin" in wrong.err) == (2, True)


def test_verify_names_a_key_that_is_called_by_another_person(
    alur: Terminal, instance_id: str
) -> None:
    with closing(sqlite3.connect(alur.folder / "alur.db")) as database, database:
        database.execute(
            "UPDATE personal_key SET person = 'x' WHERE person = "
            "(SELECT min(person) FROM personal_key)"
        )

    answer = alur("verify", "--all")

    assert answer.code == 1
    assert instance_id in answer.out
    assert "person of personal key" in answer.out


def test_verify_says_what_it_cannot_compare_without_the_secret_key(
    alur: Terminal, instance_id: str
) -> None:
    (alur.folder / "alur.secret-key").unlink()

    answer = alur.ok("verify", "--all")

    assert instance_id not in answer.out
    assert "2 keys of personal data not compared" in answer.out
