"""A terminal for tests: a fresh SQLite file, and commands that are run in this process."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from engine.__main__ import main
from tests.diagrams import end, field, form, line, process, start, user

PASSWORD = "seekor-kuda-nil"
ACCOUNTS = (
    "account add admin --no-password --role admin",
    "account add auditor --no-password --role auditor",
    "account add kadis --no-password --role staff --lane Kadis",
    "account add sekretaris --no-password --role staff --lane Sekretaris",
)


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Terminal:
    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys

    def __call__(self, *words: str) -> Answer:
        self._capsys.readouterr()
        code = main(words)
        printed = self._capsys.readouterr()
        return Answer(code, printed.out, printed.err)

    def ok(self, *words: str) -> Answer:
        answer = self(*words)
        assert answer.code == 0, answer
        return answer

    def file(self, name: str, content: str) -> str:
        path = self.folder / name
        path.write_text(content, encoding="utf-8")
        return str(path)

    def account(self, name: str, *words: str) -> None:
        self.ok("account", "add", name, "--no-password", *words)


def two_steps(key: str = "surat") -> str:
    """One lane reads a letter (start form: nomor), another answers it (form: isi, jumlah)."""
    return process(
        start(inner=form(field("nomor", "long", required=True))),
        user("baca", form(field("ringkasan"))),
        user("jawab", form(field("isi", required=True), field("jumlah", "long"))),
        end(),
        line("s", "baca", "jawab", "e"),
        key=key,
        lanes={"Sekretaris": ["s", "baca"], "Kadis": ["jawab", "e"]},
    )


@pytest.fixture
def terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Terminal:
    """No database yet."""
    monkeypatch.setenv("ALUR_DATABASE_URL", f"sqlite:///{tmp_path / 'alur.db'}")
    monkeypatch.delenv("ALUR_DEMO_PASSWORD", raising=False)
    monkeypatch.delenv("ALUR_LOG_LEVEL", raising=False)
    monkeypatch.setenv("ALUR_TIME_ZONE", "Asia/Makassar")
    return Terminal(tmp_path, capsys)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a migrated database that has one process and an account per part."""
    folder = tmp_path_factory.mktemp("prepared")
    diagram = folder / "surat.bpmn"
    diagram.write_text(two_steps(), encoding="utf-8")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("ALUR_DATABASE_URL", f"sqlite:///{folder / 'alur.db'}")
        for words in (["migrate"], *map(str.split, ACCOUNTS), ["deploy", str(diagram)]):
            assert main(words) == 0
    return folder


@pytest.fixture
def alur(terminal: Terminal, prepared: Path) -> Terminal:
    """A database as `prepared`, for this test alone."""
    shutil.copytree(prepared, terminal.folder, dirs_exist_ok=True)
    return terminal


@pytest.fixture
def started(alur: Terminal) -> str:
    """The id of an instance that waits for `baca`."""
    words = ("start", "surat", "--as", "sekretaris", "--business-key", "A/1", "--set", "nomor=7")
    return str(alur.ok(*words, "--json").json["instance"]["instanceId"])


@pytest.fixture
def task(alur: Terminal, started: str) -> str:
    """The id of its open task."""
    return str(alur.ok("tasks", "--instance", started, "--json").json[0]["taskId"])
