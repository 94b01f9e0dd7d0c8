"""Retention on pages: the list, its CSV, and who sees it."""

from __future__ import annotations

from engine.model import ProcessDefinition
from tests.engine.test_retention import ACTIVE, INACTIVE, JRA, ended
from tests.office import Office
from tests.webhooks.pages.conftest import Visit


def test_what_has_outlived_its_class_is_listed(office: Office, visit: Visit) -> None:
    ended(office, "surat", {**JRA, ACTIVE: "P1D", INACTIVE: "P0D"}, "S-1")
    office.clock.advance(days=1)
    auditor = visit("auditor")

    page = auditor.get("/retensi")
    assert "S-1" in page.text
    assert "000.8.3" in page.text
    assert "1 hari" in page.text
    answer = auditor.client.get("/retensi.csv")
    assert answer.mimetype == "text/csv"
    assert answer.data.decode("utf-8-sig").splitlines()[1].startswith("000.8.3,")


def test_without_any_it_says_so(sop: ProcessDefinition, visit: Visit) -> None:
    page = visit("admin").get("/retensi")

    assert "Belum ada berkas proses" in page.text
    assert "belum ditetapkan pada diagram" in page.text
    for path in ("/retensi", "/retensi.csv"):
        assert visit("staf").get(path).status == 403
