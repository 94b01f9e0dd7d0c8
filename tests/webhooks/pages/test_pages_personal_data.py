"""Personal data on pages: filled in, shown, erased with its basis, and proposed by retention."""

from __future__ import annotations

import pytest

from tests.diagrams import end, field, form, line, process, start, user
from tests.engine.test_personal_data import ADDRESS, personal
from tests.office import Office
from tests.webhooks.pages.conftest import Visit

TERMS = {"Kode": "700.1", "Aktif": "P1D", "Inaktif": "P1D", "Akhir": "musnah"}
JRA = "".join(
    f'<camunda:property name="sop:jra{name}" value="{value}"/>' for name, value in TERMS.items()
)
FORM = form(field("pegawai"), personal("alamat", subject="pegawai", required=True))
ERASING = {"nomor": "400/12", "tanggal": "2026-01-05", "alasan": "permintaan", "setuju": "ya"}


@pytest.fixture
def instance_id(office: Office) -> str:
    content = process(
        "<bpmn:extensionElements><camunda:properties>"
        f"{JRA}</camunda:properties></bpmn:extensionElements>",
        start("s", form(field("nomor"))),
        user("isi", FORM, "Mengisi data"),
        user("tinjau", form(personal("alamat")), "Meninjau data"),
        end(),
        line("s", "isi", "tinjau", "e"),
        lanes={"Perencana": ["s", "isi", "e"], "Sekretaris": ["tinjau"]},
    )
    return office.start(office.deploy(content))


def fill_in(office: Office, visit: Visit, instance_id: str) -> None:
    path = f"/tugas/{office.task(instance_id, 'isi').task_id}"
    staff = visit("staf")
    page = staff.get(path)
    assert "disimpan tersegel" in page.text
    staff.send(page, "/selesai", **{"isian-pegawai": "P-19", "isian-alamat": ADDRESS})


def test_who_works_on_it_sees_the_value_until_it_is_erased(
    office: Office, visit: Visit, instance_id: str
) -> None:
    fill_in(office, visit, instance_id)
    task = f"/tugas/{office.task(instance_id, 'tinjau').task_id}"
    paths = (f"/berkas/{instance_id}", f"/putar-ulang/{instance_id}?langkah=2")
    for path in paths:
        assert ADDRESS in visit("auditor").get(path).text
    assert visit("sekretaris").get(task).value("isian-alamat") == ADDRESS

    admin = visit("admin")
    listed = admin.get("/data-pribadi")
    person = admin.get(listed.link("P-19"))
    assert "1 nilai dalam 1 berkas proses" in person.text
    report = admin.send(person, "/hapus", **ERASING)

    assert "tidak dapat dibaca lagi" in report.text
    assert "400/12 tanggal 5 Januari 2026" in report.text
    assert "P-19" not in report.text
    for path in paths:
        page = visit("auditor").get(path)
        assert ADDRESS not in page.text
        assert "dihapus pada 2026-01-05, dasar: 400/12" in page.text
    assert visit("sekretaris").get(task).value("isian-alamat") == ""
    assert "Belum ada nilai pribadi yang tersegel" in admin.get("/data-pribadi").text
    annex = admin.client.get(report.link("Unduh lampiran")).data.decode("utf-8-sig")
    assert annex.splitlines()[1] == "Dasar,400/12,2026-01-05"


@pytest.mark.parametrize(
    ("missing", "faulty"),
    [("setuju", "setuju"), ("nomor", "nomor"), ("tanggal", "tanggal"), ("alasan", "alasan")],
)
def test_an_erasure_without_its_basis_is_refused_at_the_field(
    office: Office, visit: Visit, instance_id: str, missing: str, faulty: str
) -> None:
    fill_in(office, visit, instance_id)
    admin = visit("admin")
    person = admin.get(admin.get("/data-pribadi").link("P-19"))

    page = admin.send(person, "/hapus", **{**ERASING, missing: ""})

    assert page.status == 400
    assert page.fault_of(faulty)
    assert office.variables(instance_id)["alamat"] == ADDRESS


def test_auditors_look_and_do_not_erase(office: Office, visit: Visit, instance_id: str) -> None:
    fill_in(office, visit, instance_id)
    auditor = visit("auditor")
    path = auditor.get("/data-pribadi").link("P-19")

    assert "Hapus kunci" not in auditor.get(path).text
    assert visit("staf").get(path).status == 403
    log = visit("admin").get("/akun/riwayat?kejadian=pembacaan")
    assert "Daftar data pribadi dibaca" in log.text


def test_a_person_is_looked_for_by_the_whole_name(
    office: Office, visit: Visit, instance_id: str
) -> None:
    fill_in(office, visit, instance_id)
    auditor = visit("auditor")

    found = auditor.send(auditor.get("/data-pribadi"), "/data-pribadi", nama="p-19")
    none = auditor.send(auditor.get("/data-pribadi"), "/data-pribadi", nama="P-1")

    assert found.link("P-19")
    assert "Tidak ada nilai pribadi tersegel milik nama itu" in none.text


def test_what_outlived_its_retention_is_erased_in_one_go(
    office: Office, visit: Visit, instance_id: str
) -> None:
    fill_in(office, visit, instance_id)
    office.complete(instance_id, "tinjau", office.people["Sekretaris"], alamat="Jalan lain")
    office.clock.advance(days=4)
    admin = visit("admin")
    page = admin.get(admin.get("/retensi").link("Data pribadi yang dapat dihapus"))
    csv = admin.client.get(page.link("Unduh daftar")).data.decode("utf-8-sig")

    report = admin.send(page, "/hapus", berkas=[instance_id], **ERASING)

    assert csv.splitlines()[1].startswith("700.1,p,")
    assert "menurut jadwal retensi" in report.text
    assert "dihapus pada" in str(office.variables(instance_id)["alamat"])
    assert "Tidak ada berkas proses" in admin.get("/data-pribadi/usul-musnah").text


def test_english_readers_are_told_in_english(
    office: Office, visit: Visit, instance_id: str
) -> None:
    fill_in(office, visit, instance_id)
    admin = visit("admin")
    admin.send(admin.get(admin.get("/data-pribadi").link("P-19")), "/hapus", **ERASING)
    admin.send(admin.get("/"), "/bahasa", bahasa="en")

    assert "erased on 2026-01-05, basis: 400/12" in admin.get(f"/berkas/{instance_id}").text
