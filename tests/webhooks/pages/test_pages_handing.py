"""Colleagues hand tasks over and take them over, on the pages."""

from __future__ import annotations

from tests.office import Office
from tests.webhooks.pages.conftest import Visit


def test_a_task_is_handed_to_a_colleague(office: Office, visit: Visit, instance: str) -> None:
    clerk = visit("staf")
    path = f"/tugas/{office.task(instance, 'susun').task_id}"
    page = clerk.send(clerk.get(path), "/ambil")
    assert page.tree.xpath("//select[@id='kepada']/option/@value") == ["", "staf-2"]

    unchosen = clerk.send(page, "/serahkan", kepada="")
    assert "Pilih rekan" in unchosen.text
    assert office.task(instance, "susun").assignee == "staf"
    done = clerk.send(page, "/serahkan", kepada="staf-2", alasan="cuti")

    assert "Tugas telah diserahkan" in done.text
    assert office.task(instance, "susun").assignee == "staf-2"
    history = clerk.get(f"/berkas/{instance}").text
    assert "Tugas diberikan kepada Rina Staf" in history
    assert "cuti" in history


def test_a_task_is_taken_over_after_a_confirmation(
    office: Office, visit: Visit, instance: str
) -> None:
    clerk, colleague = visit("staf"), visit("staf-2")
    path = f"/tugas/{office.task(instance, 'susun').task_id}"
    clerk.send(clerk.get(path), "/ambil")

    page = colleague.get(colleague.get(path).link("Ambil alih"))
    assert "Putri Staf sejak 5 Januari 2026" in page.text
    refused = colleague.send(page, "/ambil-alih", alasan=" ")
    assert refused.status == 400
    assert refused.fault_of("alasan") == (
        "Tuliskan alasan mengambil alih, paling banyak 4.000 karakter."
    )
    assert office.task(instance, "susun").assignee == "staf"
    done = colleague.send(page, "/ambil-alih", alasan="Putri sakit")

    assert "telah Anda ambil alih" in done.text
    assert office.task(instance, "susun").assignee == "staf-2"
    assert "Putri sakit" in clerk.get(f"/berkas/{instance}").text


def test_other_lanes_and_readers_are_offered_no_take_over(
    office: Office, visit: Visit, instance: str
) -> None:
    clerk, auditor = visit("staf"), visit("auditor")
    path = f"/tugas/{office.task(instance, 'susun').task_id}"
    clerk.send(clerk.get(path), "/ambil")

    assert "Ambil alih" not in auditor.get(path).text
    assert auditor.get(f"{path}/ambil-alih").path == path
    assert visit("luar").get(f"{path}/ambil-alih").status == 403
