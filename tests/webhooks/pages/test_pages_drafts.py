"""What was typed is saved, shown again with its time, and gone when the task is done."""

from __future__ import annotations

from tests.office import Office
from tests.webhooks.pages.conftest import Visit


def test_a_draft_is_saved_shown_and_discarded(office: Office, visit: Visit, instance: str) -> None:
    clerk = visit("staf")
    path = f"/tugas/{office.task(instance, 'susun').task_id}"
    _, values = clerk.get(path).form("/selesai")
    typed = {**values, "isian-judul": "", "isian-jumlah": "dua", "isian-ringkasan": "a\r\nb"}

    page = clerk.post(f"{path}/draf", typed)

    assert "Draf disimpan" in page.text
    assert "disimpan pada 5 Januari 2026" in page.text
    again = clerk.get(path)
    assert again.value("isian-jumlah") == "dua"
    assert (again.value("isian-ringkasan") or "").splitlines() == ["a", "b"]
    assert "draf Anda" not in visit("staf-2").get(path).text
    assert office.waiting_at(instance) == ["susun"]

    gone = clerk.send(again, "/draf/hapus")
    assert "Draf dibuang" in gone.text
    assert not gone.value("isian-jumlah")


def test_a_draft_can_be_completed_and_comes_too_late_after(
    office: Office, visit: Visit, instance: str
) -> None:
    clerk = visit("staf")
    path = f"/tugas/{office.task(instance, 'susun').task_id}"
    _, values = clerk.get(path).form("/selesai")
    typed = {**values, "isian-judul": "Naskah"}
    clerk.post(f"{path}/draf", typed)

    done = clerk.send(clerk.get(path), "/selesai")
    assert "telah diselesaikan" in done.text
    assert office.variables(instance)["judul"] == "Naskah"

    late = clerk.post(f"{path}/draf", {**typed, "isian-ringkasan": "Terlambat diketik"})
    assert late.status == 409
    assert late.heading == "Tugas sudah selesai"
    assert "Terlambat diketik" in late.text
