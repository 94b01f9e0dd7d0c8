"""A file that is not what SQLite wrote: each command names it, and makes nothing worse."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from contextlib import closing
from random import Random
from typing import Any

import pytest

from engine.store import Store
from tests.crashes.clerk import UNEXPECTED, Clerk

#: What reads all, what writes much, what a service begins with, and what somebody looks first at.
COMMANDS = (
    ("doctor",),
    ("verify", "--all"),
    ("backup",),
    ("migrate",),
    ("reindex",),
    ("instances",),
)
PAGE = 4096
TELLING = re.compile(r"damaged|BROKEN|restore|cannot be read|faults|install that one")


def _execute(clerk: Clerk, statement: str) -> None:
    store = Store.open(f"sqlite:///{clerk.file}")
    with closing(store), store._engine.begin() as connection:
        connection.exec_driver_sql(statement)


def _cut(part: float) -> Callable[[Clerk], None]:
    def damage(clerk: Clerk) -> None:
        content = clerk.file.read_bytes()
        clerk.file.write_bytes(content[: int(len(content) * part)])

    return damage


def _schema(clerk: Clerk) -> None:
    """A byte of the text of a table's definition is no text any more."""
    content = clerk.file.read_bytes()
    clerk.file.write_bytes(content.replace(b"CREATE TABLE contact", b"CREATE TABLE \xf3ontact"))


def _version(value: str) -> Callable[[Clerk], None]:
    return lambda clerk: _execute(clerk, f"UPDATE alembic_version SET version_num = {value}")


#: What is damaged as a whole: no command may do its work, and each says why.
WHOLES: dict[str, tuple[Callable[[Clerk], Any], str]] = {
    "empty": (
        lambda clerk: clerk.file.write_bytes(b""),
        "has no tables of Alur|not there or empty",
    ),
    "text": (lambda clerk: clerk.file.write_text("bukan data\n" * 999), "no SQLite database"),
    "half": (_cut(0.5), "the database file is damaged: stop Alur"),
    "two pages": (_cut(0.005), "the database file is damaged: stop Alur"),
    "schema": (_schema, "the database file is damaged: stop Alur"),
    "later": (_version("'9999'"), "a later version of Alur made it: install|made it; install"),
    "no version": (
        _version("x'ff7b'"),
        "alembic_version.version_num is damaged: expected a schema",
    ),
    "row gone": (
        lambda clerk: _execute(clerk, "DELETE FROM alembic_version"),
        "expected a schema version such as 00.*, found no row",
    ),
    "folder": (
        lambda clerk: (clerk.file.unlink(), clerk.file.mkdir()),
        "cannot be opened: expected a file in a folder",
    ),
}


@pytest.mark.parametrize("damage", WHOLES)
def test_database_that_is_damaged_as_a_whole_is_named_and_left_as_it_is(
    clerk: Clerk, damage: str
) -> None:
    change, told = WHOLES[damage]
    change(clerk)
    before = _content(clerk)

    for words in COMMANDS:
        answer = clerk(*words)

        assert answer.code == (1 if words == ("doctor",) else 5), (words, answer)
        assert re.search(told, answer.text), (words, answer)
        assert str(clerk.file) in answer.text, (words, answer)
        assert UNEXPECTED not in answer.err
        assert not list(clerk.folder.glob("backups/*"))
    assert _content(clerk) == before


def _content(clerk: Clerk) -> bytes | None:
    return clerk.file.read_bytes() if clerk.file.is_file() else None


@pytest.mark.parametrize("content", [b"", None])
@pytest.mark.parametrize("words", COMMANDS)
def test_log_without_its_database_is_kept(
    clerk: Clerk, words: tuple[str, ...], content: bytes | None
) -> None:
    _work_into_the_log(clerk)
    log = clerk.log.read_bytes()
    clerk.file.unlink()
    if content is not None:
        clerk.file.write_bytes(content)

    answer = clerk(*words)

    assert "alur.db-wal belongs to a database that is not there: put alur.db back" in answer.text
    assert answer.code == (1 if words == ("doctor",) else 5)
    assert len(log) > 4 * PAGE
    assert clerk.log.read_bytes() == log


def _work_into_the_log(clerk: Clerk) -> None:
    """What was kept last is in the log alone, as after a crash."""
    with closing(Store.open(f"sqlite:///{clerk.file}")) as store:
        with store._engine.begin() as connection:
            connection.exec_driver_sql("UPDATE process_instance SET business_key = 'terakhir'")
        beside = {each: each.read_bytes() for each in clerk.folder.glob("alur.db*")}
    for file, content in beside.items():
        file.write_bytes(content)


@pytest.mark.parametrize("damage", ["gone", "garbage", "empty"])
def test_what_sqlite_shares_between_processes_is_made_anew(clerk: Clerk, damage: str) -> None:
    _work_into_the_log(clerk)
    shared = clerk.folder / "alur.db-shm"
    shared.unlink()
    if damage != "gone":
        shared.write_bytes(Random(1).randbytes(32768) if damage == "garbage" else b"")

    answer = clerk("instances", "--json")

    assert answer.code == 0
    assert answer.out.count('"terakhir"') > 20


@pytest.mark.parametrize("damage", ["cut", "flipped", "garbage"])
def test_log_that_is_damaged_loses_no_more_than_it_had(clerk: Clerk, damage: str) -> None:
    _work_into_the_log(clerk)
    log = bytearray(clerk.log.read_bytes())
    log[len(log) // 2] ^= 4
    logs = {"cut": log[: len(log) // 2], "flipped": log, "garbage": Random(1).randbytes(len(log))}
    clerk.log.write_bytes(logs[damage])

    answer = clerk("verify", "--all")

    assert answer.code == 0, answer
    assert "terakhir" not in clerk("instances", "--json").out


@pytest.mark.parametrize("seed", range(2))
def test_damaged_page_is_named_or_was_not_needed(clerk: Clerk, seed: int) -> None:
    chance = Random(seed)
    content = bytearray(clerk.file.read_bytes())
    for number in chance.sample(range(1, len(content) // PAGE), 3):
        start = number * PAGE
        if seed % 3:
            content[start : start + PAGE] = chance.randbytes(PAGE) if seed % 3 == 1 else bytes(PAGE)
        else:
            content[start + chance.randrange(PAGE)] ^= 1 << chance.randrange(8)
    clerk.file.write_bytes(content)

    for words in COMMANDS:
        answer = clerk(*words)

        assert UNEXPECTED not in answer.err, (words, answer)
        assert answer.code in (0, 1, 5), (words, answer)
        if answer.code:
            assert TELLING.search(answer.text), (words, answer)


def test_verification_goes_on_past_the_pages_that_cannot_be_read(clerk: Clerk) -> None:
    [whole] = [line for line in clerk("verify", "--all").out.splitlines() if "run again" in line]
    content = bytearray(clerk.file.read_bytes())
    starts = range(PAGE, len(content), PAGE)
    # Leaves of tables begin so (sqlite.org/fileformat.html 1.6).
    leaves = [each for each in starts if content[each] == 0x0D]
    of_events = [
        each for each in leaves if content[each : each + PAGE].count(b"activity_entered") > 3
    ]
    damaged = of_events[len(of_events) // 2]
    content[damaged : damaged + PAGE] = bytes(PAGE)
    clerk.file.write_bytes(content)

    answer = clerk("verify", "--all")

    assert answer.code == 1, answer
    found = answer.out.splitlines()
    named = {line.split()[0] for line in found if "the database file is damaged: stop" in line}
    assert 1 <= len(named) < 15
    [told] = [line for line in found if "run again" in line]
    assert int(whole.split()[0]) > int(told.split()[0]) > int(whole.split()[0]) // 3


def test_new_database_is_not_made_in_the_place_of_one_that_has_gone(clerk: Clerk) -> None:
    clerk.file.unlink()

    refused = clerk("migrate")
    shutil.move(clerk.folder / "checkpoints", clerk.folder / "lama")
    made = clerk("migrate")

    assert refused.code == 5
    assert "has checkpoints of a database: put that back, or restore a backup" in refused.err
    assert (made.code, clerk.file.exists()) == (0, True)
