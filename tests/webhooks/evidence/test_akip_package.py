"""Packages of evidence: whole, the same bytes each time, and verified on another machine."""

from __future__ import annotations

import csv
import hashlib
import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import pytest
from pypdf import PdfReader

from engine.model import Actor, Period
from engine.process_engine import ProcessEngine
from engine.settings import Settings
from tests.databases import store_in_memory
from tests.office import ADMIN, AUDITOR, Office, every_return_once, straight
from webhooks.evidence import write_package, writing_papers

HALF = Period(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC))
NEXT = Period(datetime(2026, 7, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))


@dataclass
class Packed:
    """An office with three instances of one SOP, and the package of its half year."""

    office: Office
    settings: Settings
    folder: Path
    instances: list[str]

    @property
    def engine(self) -> ProcessEngine:
        return self.office.engine

    def content(self, period: Period = HALF, actor: Actor = AUDITOR) -> bytes:
        built = io.BytesIO()
        with writing_papers(self.engine, self.settings):
            write_package(built, period, "Semester I 2026", actor=actor)
        return built.getvalue()

    def check(self, content: bytes, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the scripts out of the package, with a bare Python that sees no installed library."""
        file = self.folder / "paket.zip"
        file.write_bytes(content)
        with zipfile.ZipFile(file) as archive:
            for name in ("verify_package.py", "verify_export.py"):
                (self.folder / name).write_bytes(archive.read(name))
        script = self.folder / "verify_package.py"
        return subprocess.run(
            [sys.executable, "-I", "-S", script, file, *words],
            cwd=self.folder,
            env={},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Packed:
    folder = tmp_path_factory.mktemp("paket")
    settings = Settings(checkpoints=folder / "titik", checkpoint_key=folder / "kunci.pem")
    store = store_in_memory()
    office = Office(store, settings)
    definition = office.deploy_sop("luwu-timur")
    instances = [office.start_sop(definition) for _ in range(3)]
    office.run_to_end(instances[0], straight)
    office.run_to_end(instances[1], every_return_once())
    office.engine.checkpoints.make(actor=ADMIN)
    office.run_to_end(instances[2], straight, limit=2)
    while office.engine.measuring.turn(lambda: False):
        pass
    return Packed(office, settings, folder, instances)


@pytest.fixture(scope="module")
def package(packed: Packed) -> bytes:
    return packed.content()


def file_of(content: bytes, name: str) -> bytes:
    return zipfile.ZipFile(io.BytesIO(content)).read(name)


def table(content: bytes, name: str) -> list[list[str]]:
    text = file_of(content, f"tabel/{name}.csv").decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def changed(content: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The package with other bytes in one file."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for each in old.namelist():
            new.writestr(each, change(old.read(each)) if each == name else old.read(each))
    return out.getvalue()


# ------------------------------------------------------------------------ contents


def test_a_package_verifies_on_another_machine(packed: Packed, package: bytes) -> None:
    answer = packed.check(package)

    assert (answer.returncode, answer.stderr) == (0, ""), answer
    assert "3 instances: 2 covered to their last event by a checkpoint, 1 to an earlier one" in (
        answer.stdout
    )
    assert answer.stdout.endswith("SOUND / UTUH\n")
    assert packed.check(package, "--key", "d1c070cf").returncode == 1


def test_the_same_data_is_the_same_bytes(packed: Packed, package: bytes) -> None:
    assert packed.content() == package


def test_tables_and_report_say_the_same(packed: Packed, package: bytes) -> None:
    text = " ".join(
        page.extract_text() for page in PdfReader(io.BytesIO(file_of(package, "laporan.pdf"))).pages
    )
    rows = table(package, "berkas")[1:]
    leaders = table(package, "keterlibatan-pimpinan")[1:]
    returns = table(package, "pdk_luwu_timur-pengembalian")[1:]
    [version] = table(package, "versi")[1:]

    assert [row[0] for row in rows] == sorted(packed.instances)
    assert {row[-2] for row in rows} == {"UTUH"}
    assert "3 dari 3 riwayat utuh" in text
    assert "1 Januari 2026 sampai" in text
    assert "Berkas selesai 2" in text
    decided = sum(int(row[3]) for row in leaders)
    assert decided
    assert f"Langkah oleh pimpinan {decided} kali" in text
    assert {row[2] for row in leaders} == {"Kadis"}
    assert f"{sum(int(row[2]) for row in returns)} kali" in text
    assert version[3] in "".join(text.split())
    assert "2.b.6" in text


def test_only_instances_that_ran_within_the_period_are_in_it(packed: Packed) -> None:
    later = packed.content(NEXT)

    assert [row[0] for row in table(later, "berkas")[1:]] == [packed.instances[2]]
    assert packed.check(later).returncode == 0


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("tabel/berkas.csv", b"UTUH", b"utuh", "another one than the manifest names"),
        ("laporan.pdf", b"%PDF", b"%pdf", "another one than the manifest names"),
        ("heads.jsonl", b"[", b"[ ", "another one than the manifest names"),
    ],
)
def test_a_changed_file_is_found(
    packed: Packed, package: bytes, name: str, old: bytes, new: bytes, said: str
) -> None:
    answer = packed.check(changed(package, name, lambda content: content.replace(old, new, 1)))

    assert answer.returncode == 1
    assert f"NOT SOUND: {name} is {said}" in answer.stdout


def test_what_was_changed_with_the_manifest_is_found_by_checkpoints(
    packed: Packed, package: bytes
) -> None:
    head = packed.engine.instances.instance(packed.instances[0], actor=AUDITOR).head_hash.encode()
    forged = head.replace(head[:4], b"0000", 1)
    told = package
    for name in ("heads.jsonl", "tabel/berkas.csv"):
        before = hashlib.sha256(file_of(told, name)).hexdigest().encode()
        told = changed(told, name, lambda content: content.replace(head, forged))
        after = hashlib.sha256(file_of(told, name)).hexdigest().encode()
        told = changed(
            told, "manifest.json", lambda content, a=before, b=after: content.replace(a, b)
        )

    answer = packed.check(told)

    assert answer.returncode == 1
    assert f"{packed.instances[0]}: checkpoint 1 lists another event" in answer.stdout


def test_a_package_that_is_none_is_told(packed: Packed) -> None:
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        for name in ("verify_package.py", "verify_export.py"):
            archive.writestr(name, (files("engine.offline") / name).read_bytes())

    answer = packed.check(other.getvalue())

    assert answer.returncode == 2
    assert "cannot be read" in answer.stderr
