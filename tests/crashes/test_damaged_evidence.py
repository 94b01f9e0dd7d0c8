"""Whoever is given evidence of which a byte is another one is told what does not hold."""

from __future__ import annotations

import sys
import zipfile
from importlib import import_module
from pathlib import Path
from random import Random
from types import ModuleType

import pytest

from tests.crashes.clerk import Clerk

#: Bytes that are flipped, one at a time.
_FLIPS = 100


@pytest.fixture(scope="module")
def files(clerk_of_all: Clerk) -> dict[str, bytes]:
    """An export of a history, and a package of evidence, by the script that verifies each."""
    clerk = clerk_of_all
    instance, out = clerk.paths["berkas"].rpartition("/")[2], clerk.folder / "keluaran.zip"
    days = ("--from", "2026-01-01", "--to", "2026-12-31")
    commands = {
        "verify_export": ("export", "history", instance, "--documents", "-o", str(out)),
        "verify_package": ("export", "akip", *days, "--unverified", str(out)),
    }
    made = {}
    for script, words in commands.items():
        assert clerk(*words).code == 0
        made[script] = out.read_bytes()
    return made


@pytest.fixture(params=["verify_export", "verify_package"])
def script(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, as it is imported: the one for packages looks beside itself for the other."""
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "engine" / "offline")
    return import_module(request.param)


def _judged(script: ModuleType, content: bytes, file: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """The exit code of the script. What it raises is a traceback to whoever runs it."""
    file.write_bytes(content)
    monkeypatch.setattr(sys, "argv", ["verify", str(file)])
    code = script.main()
    assert isinstance(code, int)
    return code


def test_byte_that_is_another_one_is_found_or_changes_nothing(
    files: dict[str, bytes], script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    whole = files[script.__name__]
    # Every fourth in what the archive says of its files, at its end.
    chance, codes, end = Random(4), [], whole.rindex(b"PK\x01\x02", 0, whole.index(b"PK\x05\x06"))
    for number in range(_FLIPS):
        content = bytearray(whole)
        place = chance.randrange(end if number % 4 == 0 else 0, len(content))
        content[place] ^= 1 << chance.randrange(8)
        codes.append(_judged(script, bytes(content), tmp_path / "a.zip", monkeypatch))
        told = capsys.readouterr()
        if codes[-1] == 1:
            assert "NOT SOUND: " in told.out
        elif codes[-1] == 2:
            assert "cannot be read: " in told.err
        else:
            assert _same_files(whole, bytes(content), tmp_path)

    assert _judged(script, whole, tmp_path / "a.zip", monkeypatch) == 0
    assert codes.count(0) < _FLIPS // 2


def test_evidence_that_is_cut_is_no_evidence(
    files: dict[str, bytes], script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = files[script.__name__]
    for size in (0, 1, 100, len(whole) // 2, len(whole) - 1):
        assert _judged(script, whole[:size], tmp_path / "a.zip", monkeypatch) == 2


def _same_files(whole: bytes, changed: bytes, folder: Path) -> bool:
    """Whether the evidence in both is the same: some bytes say nothing, or explain it."""
    found = []
    for content in (whole, changed):
        file = folder / "sama.zip"
        file.write_bytes(content)
        with zipfile.ZipFile(file) as archive:
            names = [each for each in archive.namelist() if "/" in each or each.endswith(".json")]
            found.append({name: archive.read(name) for name in names})
    return found[0] == found[1]
