"""Uji Keutuhan of everything on a page: what is not whole is named, part by part."""

from __future__ import annotations

import pytest

from engine.model import ProcessDefinition
from tests.office import ADMIN, Office
from tests.webhooks.pages.browser import Browser, Page
from tests.webhooks.pages.conftest import Visit
from webhooks.pages import integrity


@pytest.fixture
def instances(office: Office, sop: ProcessDefinition) -> list[str]:
    """Five instances, the oldest first."""
    found = []
    for number in range(5):
        started = office.engine.instances.start(
            sop, {"tahun": 2026}, business_key=f"LAP-{number}", actor=ADMIN
        )
        found.append(started.instance.instance_id)
        office.clock.advance(minutes=1)
    return found


def change(office: Office, statement: str, instance: str) -> None:
    """Behind the engine's back, as somebody with the database's password can."""
    with office.store._engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA foreign_keys = OFF")
        for trigger in ("update", "delete"):
            driver.execute(f"DROP TRIGGER IF EXISTS history_event_refuses_{trigger}")
        assert driver.execute(statement, (instance,)).rowcount > 0
        driver.commit()
        driver.execute("PRAGMA foreign_keys = ON")


def tamper(office: Office, instance: str) -> None:
    change(office, "UPDATE history_event SET actor = 'lain' WHERE instance_id = ?", instance)


def check_all(reader: Browser) -> Page:
    """Press the button until nothing is left."""
    page = reader.send(reader.get("/keutuhan"), "/keutuhan")
    for _ in range(20):
        if not page.tree.xpath("//form[@data-lanjut]"):
            return page
        page = reader.send(page, "/keutuhan")
    raise AssertionError(page.text)


def test_histories_that_are_whole_are_said_to_be(visit: Visit, instances: list[str]) -> None:
    page = check_all(visit("auditor"))

    assert "Semua riwayat utuh. 5 berkas diperiksa." in page.text
    assert not page.tree.xpath("//main//table")


def test_what_is_not_whole_is_named_and_leads_to_its_own_check(
    office: Office, visit: Visit, instances: list[str]
) -> None:
    tamper(office, instances[3])

    page = check_all(visit("auditor"))

    assert "1 riwayat tidak utuh" in page.text
    assert "5 berkas diperiksa" in page.text
    assert "LAP-3" in page.text
    assert "LAP-2" not in page.text
    own = visit("auditor").get(page.link("LAP-3"))
    assert own.path == f"/berkas/{instances[3]}/keutuhan"
    assert "Riwayat tidak utuh" in own.text


def test_what_one_request_cannot_check_the_next_one_does(
    office: Office, visit: Visit, instances: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(integrity, "_TOGETHER", 2)
    monkeypatch.setattr(integrity, "_SECONDS", 0)
    tamper(office, instances[0])
    tamper(office, instances[4])
    reader = visit("auditor")

    first = reader.send(reader.get("/keutuhan"), "/keutuhan")

    assert "2 dari 5 berkas sudah diperiksa" in first.text
    assert "1 riwayat tidak utuh" in first.text
    assert first.tree.xpath("//script/@src")
    page = check_all(reader)
    assert "2 riwayat tidak utuh" in page.text
    assert [key for key in ("LAP-0", "LAP-1", "LAP-4") if key in page.text] == ["LAP-0", "LAP-4"]
    assert "5 berkas diperiksa" in page.text


def test_history_without_its_instance_is_found(
    office: Office, visit: Visit, instances: list[str]
) -> None:
    change(office, "DELETE FROM process_instance WHERE instance_id = ?", instances[1])

    page = check_all(visit("admin"))

    assert "1 riwayat tidak utuh" in page.text
    assert instances[1] in page.text
    assert f"/berkas/{instances[1]}/keutuhan" not in page.links()


@pytest.mark.parametrize(
    "sent",
    [{"setelah": "x"}, {"setelah": "1/a"}, {"setelah": "1/a", "diperiksa": "-3", "rusak": "0"}],
)
def test_what_is_no_place_of_ours_begins_anew(
    visit: Visit, instances: list[str], sent: dict[str, str]
) -> None:
    reader = visit("auditor")

    page = reader.send(reader.get("/keutuhan"), "/keutuhan", **sent)

    assert "5 berkas diperiksa" in page.text


def test_only_auditors_and_admins_may_check_everything(visit: Visit) -> None:
    assert visit("staf").get("/keutuhan").status == 403
    assert visit("analis").get("/keutuhan").status == 403
    assert "Uji Keutuhan semua berkas" in visit("auditor").get("/pengaturan").text
