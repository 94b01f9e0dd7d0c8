"""Substitutions on the pages: recorded, seen, worked by, ended."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from engine.model import ProcessDefinition, Substitution
from engine.queries import SubstitutionQuery
from engine.substitutions import Wishes
from tests.office import ADMIN, AUDITOR, Office
from tests.webhooks.pages.browser import Page
from tests.webhooks.pages.conftest import SOP, Visit
from webhooks.pages.fields import PREFIX

MONDAY = date(2026, 1, 5)
FORM = {
    "pengganti": "sekretaris",
    "jenis": "Plh.",
    "lajur": "Kadis",
    "digantikan": "kadis",
    "nomor": "800/17/2026",
    "tanggal": "2026-01-02",
    "mulai": "2026-01-05",
    "sampai": "2026-01-07",
}


def recorded(office: Office, **changes: Any) -> Substitution:
    values: dict[str, Any] = {
        "account": "sekretaris",
        "lane": "Kadis",
        "kind": "Plh.",
        "basis_number": "800/17/2026",
        "basis_date": MONDAY,
        "first_day": MONDAY,
        "last_day": MONDAY + timedelta(days=2),
    }
    wishes = Wishes(**{**values, **changes})
    return office.engine.substitutions.add(wishes, actor=ADMIN).substitution


def waiting_for_kadis(office: Office, definition: ProcessDefinition) -> str:
    """An instance whose last step waits; the Sekretaris did the one before."""
    people = office.people
    instance = office.start(definition, people["Perencana"], tahun=2026)
    office.complete(instance, "susun", people["Perencana"], judul="L")
    office.complete(instance, "paraf", people["Sekretaris"], keputusan="setujui")
    return instance


def fault_at(page: Page, field: str) -> str:
    return page.fault_of(field) or ""


# ---------------------------------------------------------------------- admin's pages


def test_an_admin_records_one_and_is_told_what_to_look_at(office: Office, visit: Visit) -> None:
    recorded(office, account="staf", basis_number="800/1/2026")
    admin = visit("admin")
    assert "Penggantian" in admin.get("/pengaturan").text

    page = admin.send(admin.get("/penggantian"), "/penggantian/catat", **FORM)

    assert "Penggantian telah dicatat." in page.text
    assert "Siti Sekretaris sebagai Plh. Kadis" in page.text
    assert "7 Januari 2026" in page.text
    assert "juga digantikan oleh: Putri Staf (Plh. Kadis)" in page.text
    assert "Siti Sekretaris" in admin.get("/penggantian").text
    assert "Plh. Kadis" in admin.get("/akun/sekretaris").text
    log = admin.get("/akun/riwayat?kejadian=substitution_begun").text
    assert "sebagai Plh." in log
    assert "dasar 800/17/2026" in log


@pytest.mark.parametrize(
    ("changes", "field", "told"),
    [
        ({"sampai": "2026-01-04"}, "sampai", "tidak sebelum hari pertama"),
        ({"sampai": "besok"}, "sampai", "hari terakhir"),
        ({"nomor": " "}, "nomor", "nomor SK"),
        ({"lajur": ""}, "baru-lajur", "lajurnya"),
        ({"pengganti": ""}, "baru-pengganti", "Pilih akun"),
        ({"digantikan": "sekretaris"}, "baru-digantikan", "akun lain"),
    ],
)
def test_a_fault_stands_at_its_field_and_nothing_is_lost(
    office: Office, visit: Visit, changes: dict[str, str], field: str, told: str
) -> None:
    admin = visit("admin")

    page = admin.send(admin.get("/penggantian"), "/penggantian/catat", **{**FORM, **changes})

    assert page.status == 400
    assert told in fault_at(page, field)
    assert page.value("mulai") == "2026-01-05"
    assert office.engine.substitutions.count(SubstitutionQuery(), actor=AUDITOR) == 0


def test_the_same_again_is_refused(office: Office, visit: Visit) -> None:
    admin = visit("admin")
    admin.send(admin.get("/penggantian"), "/penggantian/catat", **FORM)

    page = admin.send(admin.get("/penggantian"), "/penggantian/catat", **FORM)

    assert "sudah tercatat" in fault_at(page, "nomor")


def test_one_is_prolonged_and_ended_with_a_reason(office: Office, visit: Visit) -> None:
    made, admin = recorded(office), visit("admin")
    path = f"/penggantian/{made.substitution_id}"

    page = admin.send(admin.get(path), "/ubah", sampai="2026-01-09", nomor="800/20/2026")
    assert "9 Januari 2026" in page.text
    assert "800/20/2026 tanggal 5 Januari 2026" in page.text
    page = admin.send(page, "/ubah", sampai="2026-01-01")
    assert "tidak sebelum hari pertama" in fault_at(page, "sampai")
    page = admin.send(page, "/akhiri", alasan=" ")
    assert "Tulis alasannya" in fault_at(page, "alasan")
    page = admin.send(page, "/akhiri", alasan="Kadis sudah kembali")

    assert "oleh Administrator: Kadis sudah kembali" in page.text
    assert "Akhiri penggantian ini" not in page.text
    assert "Penggantian ini sudah berakhir" in admin.get(f"{path}?kabar=penggantian-sudah").text
    assert "diakhiri lebih awal" in admin.get("/penggantian?status=past").text


def test_the_list_is_filtered_and_comes_in_pages(office: Office, visit: Visit) -> None:
    for number in range(26):
        recorded(office, basis_number=f"SK-{number}")
    recorded(office, account="staf", lane="Sekretaris", kind="Plt.", basis_number="lain")
    admin = visit("admin")

    assert "Halaman 1 dari 2" in admin.get("/penggantian").text
    assert len(admin.get("/penggantian?hal=2").tree.xpath("//tbody/tr")) == 2
    found = admin.get("/penggantian?status=semua&akun=staf&jenis=Plt.&lajur=Sekretaris")
    assert len(found.tree.xpath("//tbody/tr")) == 1
    assert len(admin.get("/penggantian?surat=SK-1").tree.xpath("//tbody/tr")) == 11
    assert "tidak ada penggantian yang cocok" in admin.get("/penggantian?lajur=X").text.lower()
    assert "Tidak ada penggantian dengan status ini" in admin.get("/penggantian?status=coming").text


def test_auditors_read_staff_see_their_own_only(office: Office, visit: Visit) -> None:
    made = recorded(office)
    path = f"/penggantian/{made.substitution_id}"

    auditor = visit("auditor")
    assert "Siti Sekretaris" in auditor.get("/penggantian").text
    assert "Catat penggantian" not in auditor.get("/penggantian").text
    assert "Akhiri" not in auditor.get(path).text
    assert visit("sekretaris").get(path).status == 200
    assert visit("sekretaris").get("/penggantian").status == 403
    assert visit("kadis").get(path).status == 403


# ------------------------------------------------------------------------ own work


def test_who_stands_in_sees_the_work_and_in_which_capacity(
    office: Office, visit: Visit, sop: ProcessDefinition
) -> None:
    recorded(office)
    instance = waiting_for_kadis(office, sop)
    clerk = visit("sekretaris")

    inbox = clerk.get("/?lingkup=lajur")
    assert "Anda Plh. Kadis sampai 7 Januari 2026 (800/17/2026)." in inbox.text
    assert "sebagai Plh. Kadis" in inbox.text
    assert "Anda Plh. Kadis sampai 7 Januari 2026" in clerk.get("/saya").text
    task = office.task(instance, "sah").task_id
    page = clerk.get(f"/tugas/{task}")
    assert "Anda bertindak sebagai Plh. Kadis (800/17/2026)." in page.text
    assert "Anda juga mengerjakan langkah sebelumnya: Memaraf laporan." in page.text
    clerk.send(page, "/selesai")

    history = visit("auditor").get(f"/berkas/{instance}").text
    assert "Siti SekretarisPlh. Kadis" in history
    assert "oleh orang yang juga mengerjakan langkah sebelumnya" in history


def test_a_strategic_step_is_explained_and_closed(office: Office, visit: Visit) -> None:
    closed = SOP.replace(
        '<bpmn:userTask id="sah" name="Mengesahkan laporan"/>',
        '<bpmn:userTask id="sah" name="Mengesahkan laporan"><bpmn:extensionElements>'
        '<camunda:properties><camunda:property name="sop:strategis" value="ya"/>'
        "</camunda:properties></bpmn:extensionElements></bpmn:userTask>",
    )
    recorded(office)
    instance = waiting_for_kadis(office, office.deploy(closed, "laporan.bpmn"))
    task, clerk = office.task(instance, "sah").task_id, visit("sekretaris")

    assert "strategis: tidak untuk Plh. Kadis" in clerk.get("/?lingkup=lajur").text
    page = clerk.get(f"/tugas/{task}")
    assert "Langkah ini strategis: hanya pemangku jabatannya" in page.text
    assert "Ambil" not in " ".join(page.buttons())
    assert "Kedua langkah tetap dikerjakan" not in page.text


def test_what_is_sent_when_it_has_ended_is_refused_and_kept_as_a_draft(
    office: Office, visit: Visit, sop: ProcessDefinition
) -> None:
    made = recorded(office, account="staf", lane="Sekretaris")
    people = office.people
    instance = office.start(sop, people["Perencana"], tahun=2026)
    office.complete(instance, "susun", people["Perencana"], judul="L")
    task, clerk = office.task(instance, "paraf").task_id, visit("staf")
    page = clerk.send(clerk.get(f"/tugas/{task}"), "/ambil")

    office.engine.substitutions.end(made.substitution_id, reason="kembali", actor=ADMIN)
    typed = {PREFIX + "catatan_perbaikan": "Perbaiki tabel 2"}
    refused = clerk.send(page, "/selesai", **typed)

    assert refused.status == 403
    assert "Anda tidak lagi bertindak sebagai Plh. Sekretaris" in refused.text
    assert "berakhir pada 5 Januari 2026" in refused.text
    assert "disimpan sebagai draf" in refused.text
    recorded(office, account="staf", lane="Sekretaris", basis_number="800/99/2026")
    again = clerk.get(f"/tugas/{task}")
    assert again.value(PREFIX + "catatan_perbaikan") == "Perbaiki tabel 2"
