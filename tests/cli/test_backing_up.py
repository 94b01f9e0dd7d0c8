"""Backups on the command line."""

from __future__ import annotations

import stat
import zipfile

import pytest

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
