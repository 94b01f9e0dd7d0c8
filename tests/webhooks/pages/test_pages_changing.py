"""Priority and dates of a task are changed on its page, or on one of its own."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.diagrams import end, line, process, start, user
from tests.office import Office
from tests.webhooks.pages.conftest import Visit


@pytest.fixture
def task_id(office: Office) -> str:
    """A task of Perencana in an SOP whose superior is Kadis; its priority is no usual one."""
    step = user("a", name="Menyusun").replace(
        "<bpmn:userTask ", '<bpmn:userTask camunda:priority="62" '
    )
    said = (
        "<bpmn:extensionElements><camunda:properties>"
        '<camunda:property name="sop:atasan" value="Kadis"/>'
        "</camunda:properties></bpmn:extensionElements>"
    )
    lanes = {"Perencana": ["s", "a"], "Kadis": ["e"]}
    drawn = process(start(), step, end(), line("s", "a", "e"), lanes=lanes)
    drawn = drawn.replace('isExecutable="true">', f'isExecutable="true">{said}', 1)
    return office.task(office.start(office.deploy(drawn)), "a").task_id


def test_who_works_on_it_sets_priority_and_follow_up(
    office: Office, visit: Visit, task_id: str
) -> None:
    clerk = visit("staf")
    page = clerk.get(f"/tugas/{task_id}")
    assert (page.value("prioritas"), "Segera (62)" in page.text) == ("62", True)
    assert page.tree.xpath("//input[@name='tenggat']") == []

    page = clerk.send(page, "/ubah", prioritas="100", **{"tindak-lanjut": "2026-01-07"})

    assert "Prioritas dan tanggal tugas telah disimpan." in page.text
    [task] = office.open_tasks(
        office.engine.tasks.task(task_id, actor=office.people["Perencana"]).instance_id
    )
    assert (task.priority, task.follow_up_at) == (100, datetime(2026, 1, 6, 17, 0, tzinfo=UTC))
    listed = clerk.get("/?lingkup=lajur").text
    assert "!! Prioritas: Sangat segera" in listed
    assert "Ditunda sampai 7 Januari 2026 00.00 WIB" in listed
    history = clerk.get(f"/berkas/{task.instance_id}").text
    assert "Segera (62) menjadi Sangat segera (100)" in history
    assert "tanpa tanggal menjadi 7 Januari 2026 00.00 WIB" in history


def test_what_cannot_be_read_stands_in_the_form_again(visit: Visit, task_id: str) -> None:
    clerk = visit("staf")
    page = clerk.get(f"/tugas/{task_id}/ubah")

    again = clerk.send(page, "/ubah", prioritas="tinggi", **{"tindak-lanjut": "besok"})

    assert again.status == 400
    assert again.fault_of("prioritas") == "Pilih salah satu prioritas."
    assert "tanggal" in (again.fault_of("tindak-lanjut") or "")
    assert again.value("tindak-lanjut") == "besok"


def test_a_superior_sets_the_due_date_from_the_page_of_the_instance(
    office: Office, visit: Visit, task_id: str
) -> None:
    instance = office.engine.tasks.task(task_id, actor=office.people["Perencana"]).instance_id
    kadis = visit("kadis")
    assert kadis.get(f"/tugas/{task_id}").status == 403
    page = kadis.get(kadis.get(f"/berkas/{instance}").link("Ubah prioritas dan tanggal"))

    refused = kadis.send(page, "/ubah", tenggat="2026-01-09T16:00")
    assert (refused.status, refused.value("tenggat")) == (400, "2026-01-09T16:00")
    assert "Tuliskan alasan mengubah tenggat" in (refused.fault_of("alasan") or "")
    done = kadis.send(refused, "/ubah", alasan="Rapat dipindahkan")

    assert done.path == f"/berkas/{instance}"
    assert "Rapat dipindahkan" in done.text
    assert "tanpa tanggal menjadi 9 Januari 2026 16.00 WIB" in done.text
    assert office.task(instance, "a").due_at == datetime(2026, 1, 9, 9, 0, tzinfo=UTC)
    office.assert_sound(instance)


def test_who_may_change_nothing_finds_no_form(visit: Visit, task_id: str) -> None:
    assert "Ubah prioritas" not in visit("auditor").get(f"/tugas/{task_id}").text
    for name in ("auditor", "luar"):
        assert visit(name).get(f"/tugas/{task_id}/ubah").status == 403
