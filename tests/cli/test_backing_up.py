"""Backups on the command line."""

from __future__ import annotations

import errno
import os
import stat
import zipfile
from pathlib import Path

import pytest

from engine.store import Store, migrations
from tests.cli.conftest import Terminal


def test_a_backup_becomes_a_database_that_is_verified_and_works(
    alur: Terminal, started: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = alur.folder / "cadangan.zip"

    made = alur.ok("backup", str(file), "--json")

    assert made.json["rows"] > 10
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    monkeypatch.setenv("ALUR_DATABASE_URL", f"sqlite:///{alur.folder / 'baru' / 'alur.db'}")
    restored = alur.ok("restore", str(file))
    assert f"{made.json['rows']} rows" in restored.out
    assert ": 0 faults" in restored.out
    assert alur.ok("tasks", "--json", "--as", "admin").json
    assert "0 faults" in alur.ok("verify", started).out
    # It is no longer empty.
    refused = alur("restore", str(file))
    assert refused.code != 0
    assert "expected an empty one" in refused.err


def test_a_backup_is_never_written_over_another_file(alur: Terminal, started: str) -> None:
    file = alur.folder / "cadangan.zip"
    file.write_text("milik orang lain")

    refused = alur("backup", str(file))

    assert refused.code == 2
    assert "is there already" in refused.err
    assert file.read_text() == "milik orang lain"
    assert alur("backup", str(alur.folder / "tidak" / "ada.zip")).code == 2
    left = alur.folder / "baru.zip.part"
    left.write_text("setengah")
    assert "interrupted" in alur("backup", str(alur.folder / "baru.zip")).err
    assert left.read_text() == "setengah"
    assert sorted(each.name for each in alur.folder.glob("cadangan*")) == ["cadangan.zip"]
    assert alur("backup", str(alur.folder / "lain.zip"), "--as", "sekretaris").code != 0
    assert not (alur.folder / "lain.zip").exists()


def test_a_damaged_backup_leaves_nothing_behind(
    alur: Terminal, started: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, other = alur.folder / "cadangan.zip", alur.folder / "ubahan.zip"
    alur.ok("backup", str(file))
    with zipfile.ZipFile(file) as whole, zipfile.ZipFile(other, "w") as changed:
        for name in whole.namelist():
            content = whole.read(name)
            if name == "tables/account.jsonl":
                content = content.replace(b"admin", b"adm1n")
            changed.writestr(name, content)
    new = alur.folder / "baru.db"
    monkeypatch.setenv("ALUR_DATABASE_URL", f"sqlite:///{new}")

    refused = alur("restore", str(other))

    assert refused.code == 2
    assert "table account: expected" in refused.err
    assert alur("restore", str(alur.folder / "tidak-ada.zip")).code == 2
    assert alur("restore", alur.file("teks.zip", "bukan cadangan")).code == 2
    alur.ok("restore", str(file), "--unverified")


def test_backups_of_a_folder_are_named_by_their_moment_and_thinned_out(
    alur: Terminal, started: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = alur.folder / "cadangan"
    folder.mkdir()
    monkeypatch.setenv("ALUR_BACKUPS", str(folder))
    for name in ("alur-20200101T000000Z.zip", "alur-20200102T000000Z.zip", "catatan.txt"):
        (folder / name).write_text("lama")
    (folder / "alur-20200103T000000Z.zip.part").write_text("setengah")

    made = alur.ok("backup", "--keep", "2", "--json").json

    assert sorted(Path(each).name for each in made["deleted"]) == [
        "alur-20200101T000000Z.zip",
        "alur-20200103T000000Z.zip.part",
    ]
    assert {each.name for each in folder.iterdir()} == {
        "alur-20200102T000000Z.zip",
        "catatan.txt",
        Path(made["file"]).name,
    }
    assert ": 0 faults" in _restored(alur, made["file"], monkeypatch)


def test_a_folder_of_backups_that_is_not_mounted_is_not_made(
    alur: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALUR_BACKUPS", str(alur.folder / "usb" / "alur"))

    refused = alur("backup", "--keep", "2")

    assert (refused.code, not (alur.folder / "usb").exists()) == (2, True)
    assert "expected the folder of backups; make it, or mount its disk" in refused.err


def test_a_backup_needs_a_place_and_keeps_one_at_least(
    alur: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "expected FILE, or a folder in ALUR_BACKUPS" in alur("backup").err
    assert "found both" in alur("backup", str(alur.folder / "a.zip"), "--keep", "2").err
    assert "expected 1 or more" in alur("backup", "--keep", "0").err
    assert not list(alur.folder.glob("*.zip"))


def test_a_backup_goes_to_a_disk_where_files_have_one_name_only(
    alur: Terminal, started: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:  # as the driver of FAT answers
        raise PermissionError(errno.EPERM, "Operation not permitted")

    file = alur.folder / "usb.zip"
    monkeypatch.setattr(os, "link", refuse)

    alur.ok("backup", str(file))
    again = alur("backup", str(file))

    assert "is there already" in again.err
    assert not list(alur.folder.glob("*.part"))
    assert ": 0 faults" in _restored(alur, str(file), monkeypatch)


def _restored(alur: Terminal, file: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("ALUR_DATABASE_URL", f"sqlite:///{alur.folder / 'baru' / 'alur.db'}")
    return alur.ok("restore", file).out


def _of_former_version(terminal: Terminal) -> Store:
    store = Store.open(f"sqlite:///{terminal.folder / 'alur.db'}")
    with store._writing_engine.begin() as connection:
        migrations.upgrade(connection, "0036")
    return store


def test_migration_of_a_database_in_use_is_backed_up_before_and_told(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    _of_former_version(terminal).close()
    file = terminal.folder / "sebelum.zip"

    migrated = terminal.ok("migrate", "--backup", str(file))
    again = terminal.ok("migrate", "--backup", str(terminal.folder / "lagi.zip"))

    assert "with schema version 0036 written to" in migrated.err
    assert "alur: brought to schema version 0037" in migrated.err
    assert "schema version" not in again.err
    assert not (terminal.folder / "lagi.zip").exists()
    assert ": 0 faults" in _restored(terminal, str(file), monkeypatch)


def test_migration_without_room_for_its_backup_changes_nothing(terminal: Terminal) -> None:
    store = _of_former_version(terminal)

    refused = terminal("migrate", "--backup", str(terminal.folder / "tidak" / "ada.zip"))

    assert refused.code == 2
    assert store.schema() == "0036"
    store.close()
