"""Checkpoints on pages: who sees them, taking them away, comparing histories with them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from engine.settings import Settings
from tests.databases import store_in_memory
from tests.office import ADMIN, Office
from tests.webhooks.pages.browser import PASSWORD
from tests.webhooks.pages.conftest import PEOPLE, Visit


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """An office that makes checkpoints."""
    store = store_in_memory()
    made = Office(store)
    settings = Settings(checkpoints=tmp_path / "titik", checkpoint_key=tmp_path / "key.pem")
    made.engine = made.engine_with(settings)
    for name in ("auditor", "staf", "admin"):
        display_name, roles, lanes = PEOPLE[name]
        made.engine.accounts.add(
            name,
            display_name=display_name,
            password=PASSWORD,
            roles=roles,
            lanes=lanes,
            actor=ADMIN,
        )
    yield made
    store.close()


def rewrite(office: Office, instance: str) -> None:
    with office.store._engine.begin() as connection:
        connection.execute(text("DROP TRIGGER history_event_refuses_update"))
        connection.execute(
            text("UPDATE history_event SET hash = previous_hash WHERE instance_id = :instance"),
            {"instance": instance},
        )


def test_a_new_office_has_none_yet(visit: Visit) -> None:
    page = visit("auditor").get("/titik-periksa")

    assert "Belum ada titik periksa" in page.text
    assert "Titik Periksa" in visit("auditor").get("/pengaturan").text


def test_staff_do_not_see_them(visit: Visit, instance: str) -> None:
    clerk = visit("staf")

    for path in ("/titik-periksa", "/titik-periksa/1.json", "/titik-periksa/1.heads.jsonl"):
        assert clerk.get(path).status == 403


def test_they_are_listed_and_taken_away(
    office: Office, visit: Visit, instance: str, tmp_path: Path
) -> None:
    office.engine.checkpoints.make(actor=ADMIN)
    office.engine.checkpoints.turn_key_over(actor=ADMIN)
    auditor = visit("auditor")

    page = auditor.get("/titik-periksa")
    assert "Kunci diganti setelah ini." in page.text
    assert str(tmp_path / "titik") in page.text

    for name in ("json", "heads.jsonl"):
        answer = auditor.client.get(f"/titik-periksa/1.{name}")
        assert answer.data == (tmp_path / "titik" / f"checkpoint-00000001.{name}").read_bytes()
        assert "attachment" in answer.headers["Content-Disposition"]
    assert auditor.get("/titik-periksa/9.json").status == 404


def test_histories_are_compared_now(office: Office, visit: Visit, instance: str) -> None:
    office.engine.checkpoints.make(actor=ADMIN)
    auditor = visit("auditor")
    assert "Semua cocok." in auditor.get("/titik-periksa?uji=1").text
    proved = auditor.get(f"/berkas/{instance}/keutuhan").text
    assert "Titik periksa nomor 1 menjamin catatan 1 sampai 5." in proved

    rewrite(office, instance)

    page = auditor.get("/titik-periksa?uji=1")
    assert "Tidak cocok: 1 temuan" in page.text
    assert instance in page.text
    assert "tidak cocok dengan titik periksa nomor 1" in (
        auditor.get(f"/berkas/{instance}/keutuhan").text
    )


def test_histories_are_compared_with_an_own_copy(
    office: Office, visit: Visit, instance: str
) -> None:
    office.engine.checkpoints.make(actor=ADMIN)
    auditor = visit("auditor")
    own = auditor.client.get("/titik-periksa/1.json").data
    rewrite(office, instance)
    page = auditor.get("/titik-periksa")

    page = auditor.send(page, "/titik-periksa", berkas=[(io.BytesIO(own).getvalue(), "milik.json")])

    assert "Tidak cocok: 1 temuan" in page.text


def test_a_file_that_is_no_checkpoint_is_refused_at_its_field(visit: Visit) -> None:
    auditor = visit("auditor")
    page = auditor.get("/titik-periksa")

    page = auditor.send(page, "/titik-periksa", berkas=[(b"{}", "surat.json")])

    assert page.status == 400
    assert "Berkas ini bukan titik periksa Alur" in page.text
