"""Somebody at the command line of a full office, whose database is one file that may be damaged."""

from __future__ import annotations

import io
import logging
import shutil
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column

from engine.__main__ import main
from engine.store import Store
from tests.crashes.damages import Damages
from tests.crashes.full_office import full_office
from tests.crashes.unreadable import lay_open
from tests.databases import store_in_memory

#: How the command line begins to say that it met what nobody thought of.
UNEXPECTED = "unexpected "


@dataclass(frozen=True)
class Answer:
    """What one command left behind: its exit code, and what it wrote."""

    code: int
    out: str
    #: With what was logged meanwhile.
    err: str

    @property
    def text(self) -> str:
        return f"{self.err}\n{self.out}"


class Clerk:
    """Runs commands on a copy of the office; `renew` gives a new one."""

    def __init__(self, folder: Path) -> None:
        self._whole, self.folder = folder / "whole", folder / "office"
        self._whole.mkdir()
        with closing(store_in_memory()) as store:
            self.paths = full_office(store, self._whole).paths
            lay_open(store)
            _write(store, self._whole / "alur.db")
        self.renew()
        #: Which file the commands are about.
        self.database = self.file

    @property
    def file(self) -> Path:
        return self.folder / "alur.db"

    @property
    def log(self) -> Path:
        """What SQLite has not yet written into the file."""
        return self.folder / "alur.db-wal"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "ALUR_DATABASE_URL": f"sqlite:///{self.database}",
            "ALUR_SECRET_KEY": "k" * 40,
            "ALUR_CHECKPOINTS": str(self.folder / "checkpoints"),
            "ALUR_CHECKPOINT_KEY": str(self.folder / "key.pem"),
            "ALUR_BACKUPS": str(self.folder / "backups"),
        }

    def renew(self) -> None:
        """The office is whole again."""
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self._whole, self.folder)
        (self.folder / "backups").mkdir()

    def damage(self, column: Column[Any], value: str) -> None:
        """The value, a literal of SQL, stands there until the office is renewed."""
        instance_id = self.paths["berkas"].rpartition("/")[2]
        with closing(Store.open(f"sqlite:///{self.file}")) as store:
            with store._engine.connect() as connection:
                driver: Any = connection.connection.driver_connection
                driver.execute("PRAGMA foreign_keys = OFF")
                driver.execute("PRAGMA ignore_check_constraints = ON")
            Damages(store, instance_id).put(column, value)

    def __call__(self, *words: str) -> Answer:
        out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        err = io.StringIO()
        with (
            pytest.MonkeyPatch.context() as patch,
            _logged_to(err),
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            for name, value in self.environment.items():
                patch.setenv(name, value)
            patch.setattr(sys, "stdin", io.StringIO("seekor-kuda-nil\n"))
            code = main(words)
            out.flush()
        return Answer(code, out.buffer.getvalue().decode(), err.getvalue())  # type: ignore[attr-defined]


@contextmanager
def _logged_to(err: io.StringIO) -> Iterator[None]:
    """As a terminal shows it, where nothing else is said of logs."""
    handler = logging.StreamHandler(err)
    handler.setLevel(logging.WARNING)
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)


def _write(store: Store, file: Path) -> None:
    copy = Store.open(f"sqlite:///{file}")
    with closing(copy), copy._engine.connect() as to, store._engine.connect() as of:
        driver: Any = of.connection.driver_connection
        driver.backup(to.connection.driver_connection)
