"""A backup of a damaged database is made, names what is damaged, and displaces no sound one."""

from __future__ import annotations

import io
import json
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import Column

from engine.backups import restore
from engine.errors import InvalidInput
from engine.store import Store
from engine.store.tables import metadata
from tests.crashes.clerk import UNEXPECTED, Answer, Clerk
from tests.crashes.unreadable import NO_TEXT, wrong_values

#: Only `verify` knows what these must say: they are copies of what history says, or sums.
_COPIES = {"search_entry", "spread_tally", "task_tally", "instance_tally", "tallied_span"}


def test_backup_of_a_sound_database_finds_nothing(clerk: Clerk) -> None:
    answer = clerk("backup", "--json")

    made = json.loads(answer.out)
    assert (answer.code, made["faults"]) == (0, [])
    assert made["file"].endswith("Z.zip")


@pytest.mark.parametrize("name", sorted(set(metadata.tables) - _COPIES)[::5])
def test_backup_is_made_of_a_damaged_table_and_names_it(clerk: Clerk, name: str) -> None:
    column = next(
        each
        for each in reversed(metadata.tables[name].columns.values())
        if "NULL" in wrong_values(each, "sqlite") or NO_TEXT in wrong_values(each, "sqlite")
    )
    values = wrong_values(column, "sqlite")
    clerk.damage(column, NO_TEXT if NO_TEXT in values else "NULL")

    answer = clerk("backup")

    assert UNEXPECTED not in answer.err
    assert answer.code == 1, answer
    assert str(column) in answer.out
    assert "the database is damaged: " in answer.err
    assert len(list(clerk.folder.glob("backups/*.damaged.zip"))) == 1


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("history_event.payload", "'{\"a\": 1}'", "its hash does not match its content"),
        ("history_event.sequence", "99", "event 1 is missing"),
        ("process_instance.head_hash", f"'{'0' * 64}'", "does not end where the instance says"),
        ("account_event.payload", "'{\"a\": 1}'", "account-log"),
        ("resource.content", "x'00ff'", "is not what its deployed file leads to"),
        ("document_content.content", "x'00ff'", "the bytes of a document are not those"),
        ("contact.account", "'RUSAK'", "of contact refers to a row of account that is not there"),
    ],
)
def test_backup_finds_what_can_be_read_and_is_wrong(
    clerk: Clerk, column: str, value: str, told: str
) -> None:
    clerk.damage(_column(column), value)

    answer = clerk("backup")

    assert answer.code == 1, answer
    assert told in answer.out


def test_damaged_database_displaces_no_sound_backup(clerk: Clerk) -> None:
    names = [f"alur-2020010{day}T000000Z.zip" for day in (1, 2, 3)]
    for name in (*names, "alur-20200104T000000Z.damaged.zip"):
        (clerk.folder / "backups" / name).write_text("lama")
    clerk.damage(_column("account.name"), NO_TEXT)

    answer = clerk("backup", "--keep", "2")
    healthy = clerk("doctor")

    kept = sorted(each.name for each in clerk.folder.glob("backups/*"))
    assert answer.code == 1
    assert kept[:3] == [*names[1:], "alur-20200104T000000Z.damaged.zip"]
    assert len(kept) == 4
    assert f"the newest backup without damage: {names[2]}" in healthy.out


def restored(clerk: Clerk, *words: str) -> Answer:
    """From the one backup, to another file."""
    [backup] = clerk.folder.glob("backups/*.zip")
    clerk.database = clerk.folder / "baru.db"
    try:
        return clerk("restore", str(backup), *words)
    finally:
        clerk.database = clerk.file


@pytest.mark.parametrize(
    ("column", "value", "named"),
    [
        ("account.name", "NULL", "row 1 of account (name None)"),
        ("contact.account", "'RUSAK'", "of contact (account RUSAK, channel email)"),
    ],
)
def test_rows_that_no_table_takes_are_named_and_left_out_when_asked(
    clerk: Clerk, column: str, value: str, named: str
) -> None:
    clerk.damage(_column(column), value)
    clerk("backup")

    refused = restored(clerk)
    tables = _tables(clerk.folder / "baru.db")
    made = restored(clerk, "--without-damaged")

    assert (refused.code, made.code) == (5, 1), (refused, made)
    assert named in refused.err
    assert "restore an earlier backup, or everything but these with" in refused.err
    assert tables == []
    assert "left out: row 1 of " in made.err
    assert "instances" not in refused.out
    assert UNEXPECTED not in made.err


def test_value_that_is_no_text_is_restored_as_it_was(clerk: Clerk) -> None:
    clerk.damage(_column("process_instance.business_key"), NO_TEXT)
    clerk("backup")

    answer = restored(clerk)

    assert answer.code == 1
    assert "of the database that it was made of it tells 2 faults" in answer.err
    assert "process_instance.business_key: expected a text, found bytes" in answer.out
    assert ": 1 faults" in answer.out


@pytest.mark.parametrize("seed", range(4))
def test_backup_of_which_a_byte_has_flipped_is_refused(
    clerk: Clerk, tmp_path: Path, seed: int
) -> None:
    clerk("backup")
    [backup] = clerk.folder.glob("backups/*.zip")
    chance, content = Random(seed), bytearray(backup.read_bytes())
    # Its list of files stands at the end; the backup's own words just before.
    first = 0 if seed % 3 else len(content) - 8000
    content[chance.randrange(first, len(content))] ^= 1 << chance.randrange(8)
    store = Store.open(f"sqlite:///{tmp_path}/baru.db")

    with closing(store):
        refusal = _refusal(store, content)

    assert refusal is None or "not a backup, or a damaged one: " in refusal
    # What flips in the headers of the archive alone changes nothing of what is in it.
    assert bool(_tables(tmp_path / "baru.db")) is (refusal is None)


def _refusal(store: Store, content: bytes) -> str | None:
    try:
        restore(store, io.BytesIO(content))
    except InvalidInput as error:
        return str(error)
    return None


def _tables(file: Path) -> list[str]:
    with closing(Store.open(f"sqlite:///{file}")) as store, store.outgoing() as outgoing:
        return [each.name for each in outgoing.shapes]


def _column(name: str) -> Column[Any]:
    table, _, column = name.partition(".")
    return metadata.tables[table].c[column]
