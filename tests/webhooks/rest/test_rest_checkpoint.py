"""Checkpoints over the API, so that another machine keeps copies."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.process_engine import build_engine
from engine.settings import Settings
from tests.office import ADMIN, CountedIds
from tests.webhooks.rest.hall import Hall


@pytest.fixture
def kept(hall: Hall, tmp_path: Path) -> Hall:
    """A hall with two checkpoints."""
    settings = Settings(checkpoints=tmp_path / "titik", checkpoint_key=tmp_path / "key.pem")
    hall.deployed()
    hall.started("siti")
    maker = build_engine(hall.office.store, hall.office.clock, CountedIds(), settings)
    for _ in range(2):
        maker.checkpoints.make(actor=ADMIN)
    return hall


def test_checkpoints_are_listed(kept: Hall) -> None:
    found = kept.get("/checkpoint?sortBy=number&sortOrder=desc", "auditor").json

    assert [(each["number"], each["count"]) for each in found] == [(2, 0), (1, 1)]
    assert kept.get("/checkpoint/count", "auditor").json == {"count": 2}


def test_both_files_are_given_byte_for_byte(kept: Hall, tmp_path: Path) -> None:
    for path, name in (("data", "json"), ("heads", "heads.jsonl")):
        answer = kept.get(f"/checkpoint/1/{path}", "auditor")
        assert answer.data == (tmp_path / "titik" / f"checkpoint-00000001.{name}").read_bytes()


def test_who_may_not_read_them_is_refused(kept: Hall) -> None:
    for path in ("", "/count", "/1/data", "/1/heads"):
        assert kept.get(f"/checkpoint{path}", "siti").status_code == 403
    assert kept.get("/checkpoint/9/data", "auditor").status_code == 404
