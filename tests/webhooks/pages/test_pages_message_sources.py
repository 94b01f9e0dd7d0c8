"""Admins let other systems send messages; their secret is shown once."""

from __future__ import annotations

import pytest

from tests.office import AUDITOR, Office
from tests.webhooks.pages.conftest import Visit


def test_an_admin_adds_a_system_and_sees_its_secret_once(office: Office, visit: Visit) -> None:
    office.deploy_sop("luwu-timur")
    admin = visit("admin")
    empty = admin.get("/sumber-pesan")
    assert "Belum ada sistem" in empty.text
    assert "Pesan yang dikenal SOP: surat_masuk" in empty.text

    made = admin.send(empty, "/sumber-pesan", nama="srikandi", pesan="surat_masuk\n\nbalasan\n")

    [secret] = made.tree.xpath("//p[@class='secret']/code/text()")
    assert secret.startswith("whsec_")
    again = admin.get("/sumber-pesan")
    assert secret not in again.text
    assert "srikandi balasan, surat_masuk belum pernah Aktif" in again.text


def test_it_is_switched_off_and_on_and_gets_another_secret(office: Office, visit: Visit) -> None:
    admin = visit("admin")
    made = admin.send(admin.get("/sumber-pesan"), "/sumber-pesan", nama="srikandi", pesan="a")
    [source] = office.engine.message_sources.sources(actor=AUDITOR)

    off = admin.send(made, "/nonaktif")
    assert "dinonaktifkan" in off.text
    assert admin.send(off, "/aktif").buttons()[:2] == ["Ganti rahasia", "Nonaktifkan"]
    rotated = admin.send(admin.get("/sumber-pesan"), "/rahasia")

    assert rotated.tree.xpath("//p[@class='secret']")
    [changed] = office.engine.message_sources.sources(actor=AUDITOR)
    assert changed.secret != source.secret


@pytest.mark.parametrize(
    ("values", "faulty"),
    [({"nama": "S!", "pesan": "a"}, "nama"), ({"nama": "srikandi", "pesan": "\n"}, "pesan")],
)
def test_a_fault_stands_at_its_field(visit: Visit, values: dict[str, str], faulty: str) -> None:
    admin = visit("admin")

    page = admin.send(admin.get("/sumber-pesan"), "/sumber-pesan", **values)

    assert page.status == 400
    assert page.fault_of(faulty)


def test_a_name_is_taken_once(visit: Visit) -> None:
    admin = visit("admin")
    values = {"nama": "srikandi", "pesan": "a"}
    admin.send(admin.get("/sumber-pesan"), "/sumber-pesan", **values)

    assert admin.send(admin.get("/sumber-pesan"), "/sumber-pesan", **values).status == 409


@pytest.mark.parametrize(("who", "status"), [("staf", 403), ("auditor", 200), ("analis", 200)])
def test_others_look_or_are_refused(visit: Visit, who: str, status: int) -> None:
    visitor = visit(who)
    token = visitor.get("/").form("/keluar")[1]

    assert visitor.get("/sumber-pesan").status == status
    refused = visitor.post("/sumber-pesan", {**token, "nama": "srikandi", "pesan": "a"})
    assert refused.status == 403
