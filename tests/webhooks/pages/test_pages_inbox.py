"""The inbox tells how long is left, and finds what is due."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from engine.remaining_times import Remaining
from engine.worktime import Span
from tests.diagrams import each, end, line, process, start, user
from tests.office import Office
from tests.webhooks.pages.browser import Page
from tests.webhooks.pages.conftest import Visit
from webhooks.pages.remaining import remaining_text

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.mark.parametrize(
    ("remaining", "expected"),
    [
        (Remaining(span=Span(2)), "Sisa 2 hari kerja"),
        (Remaining(span=Span(0, 45 * MINUTE)), "Sisa 45 menit kerja"),
        (Remaining(span=Span(0, 2 * HOUR + 5 * MINUTE)), "Sisa 2 jam 5 menit kerja"),
        (Remaining(span=Span(1, 3 * HOUR + 59 * MINUTE)), "Sisa 1 hari kerja 3 jam"),
        (Remaining(span=Span(0, MINUTE / 2)), "Sisa kurang dari 1 menit kerja"),
        (Remaining(span=Span()), "Jatuh tempo di luar jam kerja"),
        (Remaining(), ""),
        (Remaining(is_overdue=True), "Terlambat"),
        (Remaining(is_overdue=True, span=Span()), "Terlambat"),
        (Remaining(is_overdue=True, span=Span(1, 3 * HOUR)), "Terlambat 1 hari kerja 3 jam"),
        (Remaining(from_claim=15 * MINUTE), "Waktu 15 menit sejak diambil"),
        (Remaining(from_claim=HOUR + 30 * MINUTE), "Waktu 1 jam 30 menit sejak diambil"),
    ],
)
def test_working_time_in_words(remaining: Remaining, expected: str) -> None:
    assert remaining_text(remaining) == expected


def start_one(office: Office, term: str) -> str:
    step = user(
        "a",
        "<bpmn:extensionElements><camunda:properties>"
        f'<camunda:property name="sop:waktuIso" value="{term}"/>'
        "</camunda:properties></bpmn:extensionElements>",
    )
    lanes = {"Perencana": ["s", "a", "e"]}
    drawn = process(start(), step, end(), line("s", "a", "e"), lanes=lanes)
    return office.start(office.deploy(drawn))


def test_inbox_task_and_instance_say_how_long_is_left(office: Office, visit: Visit) -> None:
    instance = start_one(office, "P1D")  # Monday 07:30, due on Tuesday 16:00
    clerk = visit("staf")
    pages = ("/?lingkup=lajur", f"/tugas/{office.task(instance, 'a').task_id}")

    for path in (*pages, f"/berkas/{instance}"):
        page = clerk.get(path)
        assert "Sisa 2 hari kerja" in page.text
        assert "Terlambat 1" not in page.text

    office.clock.advance(days=2, hours=3)
    clerk.log_in("staf")
    for path in (*pages, f"/berkas/{instance}"):
        page = clerk.get(path)
        assert "! Terlambat 3 jam kerja" in page.text


def test_a_time_from_the_claim_is_told_before_it(office: Office, visit: Visit) -> None:
    start_one(office, "PT15M")
    clerk = visit("staf")

    assert "Waktu 15 menit sejak diambil" in clerk.get("/?lingkup=lajur").text
    clerk.send(clerk.get("/?lingkup=lajur"), "/ambil")
    assert "Sisa 15 menit kerja" in clerk.get("/").text


def test_task_and_instance_tell_waiting_from_working_time(office: Office, visit: Visit) -> None:
    instance = start_one(office, "P5D")  # Monday 07:30
    task = f"/tugas/{office.task(instance, 'a').task_id}"
    clerk = visit("staf")
    office.clock.advance(minutes=20)

    assert "Waktu Tunggu20 menit kerja" in clerk.get(task).text
    clerk.send(clerk.get("/?lingkup=lajur"), "/ambil")
    office.clock.advance(minutes=5)
    taken = clerk.get(task).text
    assert "Waktu Tunggu20 menit kerja" in taken
    assert "Waktu Kerja5 menit kerja" in taken
    place = clerk.get(f"/berkas/{instance}").text
    assert "Waktu tunggu 20 menit kerja, waktu kerja 5 menit kerja" in place


def rows(page: Page) -> int:
    return len(page.tree.xpath("//table[@class='cards']/tbody/tr"))


def test_the_inbox_finds_by_lane_and_what_one_has_ended(
    office: Office, visit: Visit, instance: str
) -> None:
    clerk = visit("staf")
    assert rows(clerk.get("/?lingkup=semua&lajur=Perencana")) == 1
    assert rows(clerk.get("/?lingkup=semua&lajur=Kadis")) == 0

    clerk.send(clerk.get(f"/tugas/{office.task(instance, 'susun').task_id}"), "/ambil")
    values = {"isian-judul": "Naskah"}
    clerk.send(clerk.get(f"/tugas/{office.task(instance, 'susun').task_id}"), "/selesai", **values)

    for scope in ("saya", "lajur", "semua"):
        page = clerk.get(f"/?lingkup={scope}&keadaan=selesai")
        assert rows(page) == 1
        assert "Berakhir 5 Januari 2026" in page.text
        assert "Kerjakan" not in page.text
    assert rows(visit("staf-2").get("/?lingkup=semua&keadaan=selesai")) == 0


@pytest.mark.parametrize(
    ("due", "found"), [("terlambat", 1), ("hari-ini", 2), ("minggu-ini", 3), ("", 4), ("x", 4)]
)
def test_the_inbox_finds_what_is_due(office: Office, visit: Visit, due: str, found: int) -> None:
    for moment in ("01-05T08:00", "01-05T23:59", "01-11T23:59", "01-12T00:00"):
        step = user("a").replace(
            "<bpmn:userTask ", f'<bpmn:userTask camunda:dueDate="2026-{moment}:00+07:00" '
        )
        lanes = {"Perencana": ["s", "a", "e"]}
        drawn = process(start(), step, end(), line("s", "a", "e"), lanes=lanes)
        office.start(office.deploy(drawn))
    office.clock.advance(hours=1)  # Monday 5 January 2026, 08:30 WIB

    page = visit("staf").get(f"/?lingkup=lajur&tenggat={due}")

    assert rows(page) == found
    if found < 4:
        kept = [href for href in page.links() if "lingkup=semua" in href]
        assert kept
        assert f"tenggat={due}" in kept[0]


def test_a_filter_is_saved_under_a_name(visit: Visit, instance: str) -> None:
    clerk = visit("staf")
    page = clerk.get("/?lingkup=semua&lajur=Kadis&tenggat=terlambat&kegiatan=a%26b")

    saved = clerk.send(page, "/saringan", nama="Kadis & telat")

    assert "Saringan telah disimpan" in saved.text
    assert saved.value("kegiatan") == "a&b"
    again = clerk.get(clerk.get("/").link("Kadis & telat"))
    assert (again.value("kegiatan"), rows(again)) == ("a&b", 0)
    assert "Kadis & telat" not in visit("staf-2").get("/").text
    assert "tidak disimpan" in clerk.send(page, "/saringan", nama=" ").text

    gone = clerk.send(again, "/saringan/hapus")
    assert "Saringan telah dihapus" in gone.text
    assert "Kadis & telat" not in gone.text


def start_several(office: Office, number: int) -> list[str]:
    """Ids of tasks of the clerks' lane, the first one due first."""
    lanes = {"Perencana": ["s", "a", "e"]}
    tasks = []
    for day in range(number):
        step = user("a").replace(
            "<bpmn:userTask ", f'<bpmn:userTask camunda:dueDate="2026-01-{10 + day}T08:00:00Z" '
        )
        drawn = process(start(), step, end(), line("s", "a", "e"), lanes=lanes)
        tasks.append(office.task(office.start(office.deploy(drawn)), "a").task_id)
        # So that the newest is the last one, not whose id happens to be the largest.
        office.clock.advance(minutes=1)
    return tasks


def test_one_task_is_taken_in_the_list_and_the_list_stays(office: Office, visit: Visit) -> None:
    first, _ = start_several(office, 2)
    clerk = visit("staf")
    page = clerk.get("/?lingkup=lajur&kegiatan=A&urut=terlama")

    taken = clerk.send(page, "/tugas/ambil", satu=first, tugas="?")

    assert "1 tugas kini menjadi tugas Anda." in taken.text
    assert (taken.path, rows(taken)) == ("/", 1)
    assert [taken.value(name) for name in ("lingkup", "kegiatan", "urut")] == [
        "lajur",
        "A",
        "terlama",
    ]


def test_several_tasks_are_taken_at_once_but_those_of_somebody_faster(
    office: Office, visit: Visit
) -> None:
    tasks = start_several(office, 3)
    clerk, other = visit("staf"), visit("staf-2")
    page = clerk.get("/?lingkup=lajur")
    other.send(other.get("/?lingkup=lajur"), "/tugas/ambil", satu=tasks[1])

    taken = clerk.send(page, "/tugas/ambil", tugas=[*tasks, "?"])

    assert "2 tugas kini menjadi tugas Anda. 2 tugas tidak dapat diambil" in taken.text
    assert rows(clerk.get("/?lingkup=saya")) == 2
    again = clerk.send(page, "/tugas/ambil")
    assert "Pilih tugas yang akan diambil." in again.text


def test_work_goes_from_task_to_task_of_the_list_and_back_to_it(
    office: Office, visit: Visit
) -> None:
    first, second, third = start_several(office, 3)
    clerk = visit("staf")
    lane = clerk.get("/?lingkup=lajur&tenggat=&keadaan=belum-diambil&urut=terbaru")

    page = clerk.send(lane, f"/tugas/{third}/ambil")
    assert page.path == f"/tugas/{third}"
    page = clerk.send(clerk.send(page, "/lepas"), "/selesai")
    assert (page.path, "telah diselesaikan" in page.text) == (f"/tugas/{second}", True)
    page = clerk.send(page, "/selesai")
    assert page.path == f"/tugas/{first}"
    page = clerk.send(page, "/selesai")

    assert (page.path, page.value("lingkup"), page.value("urut")) == ("/", "lajur", "terbaru")
    assert (page.value("keadaan"), "telah diselesaikan" in page.text) == ("belum-diambil", True)


def test_a_list_that_has_become_shorter_shows_its_last_page(office: Office, visit: Visit) -> None:
    start_several(office, 1)

    page = visit("staf").get("/?lingkup=lajur&hal=7")

    assert rows(page) == 1


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ("keadaan=belum-diambil", 1),
        ("keadaan=diambil", 1),
        ("kegiatan=MENYUSUN", 1),
        ("prioritas=segera", 1),
        ("tindak-lanjut=hari-ini", 1),
        ("tindak-lanjut=ditunda", 1),
        ("tindak-lanjut=tanpa-tunda", 1),
    ],
)
def test_the_inbox_finds_by_state_text_priority_and_follow_up(
    office: Office, visit: Visit, filters: str, found: int
) -> None:
    lanes = {"Perencana": ["s", "a", "e"]}
    for name, more in (
        ("Menyusun", 'camunda:followUpDate="2026-01-05T23:00:00+07:00"'),
        ("Lain", 'camunda:followUpDate="2026-01-06T00:00:00+07:00" camunda:priority="80"'),
    ):
        step = user("a", name=name).replace("<bpmn:userTask ", f"<bpmn:userTask {more} ")
        drawn = process(start(), step, end(), line("s", "a", "e"), lanes=lanes)
        instance = office.start(office.deploy(drawn))
    task = office.task(instance, "a")
    office.engine.tasks.claim(task.task_id, actor=office.people["Perencana"])

    page = visit("staf").get(f"/?lingkup=semua&{filters}")

    assert rows(page) == found


def test_urgent_comes_first_when_asked_and_says_so(office: Office, visit: Visit) -> None:
    lanes = {"Perencana": ["s", "a", "e"]}
    for priority in (50, 75, 100, 10):
        step = user("a", name=f"P{priority}").replace(
            "<bpmn:userTask ", f'<bpmn:userTask camunda:priority="{priority}" '
        )
        drawn = process(start(), step, end(), line("s", "a", "e"), lanes=lanes)
        office.start(office.deploy(drawn))

    page = visit("staf").get("/?lingkup=lajur&urut=prioritas")

    told = [" ".join(cell.text_content().split()) for cell in page.tree.xpath("//td[1]")]
    assert told == [
        "P100 !! Prioritas: Sangat segera",
        "P75 ! Prioritas: Segera",
        "P50",
        "P10 Prioritas: Rendah",
    ]


def test_tasks_for_each_of_a_list_stand_in_its_order(office: Office, visit: Visit) -> None:
    units = [f"Bidang {number:02}" for number in range(1, 21)]
    lanes = {"Perencana": ["s", "a", "e"]}
    drawn = process(start(), user("a", each("daftar")), end(), line("s", "a", "e"), lanes=lanes)
    instance = office.start(office.deploy(drawn), daftar=units)

    for path in ("/?lingkup=lajur", f"/berkas/{instance}"):
        page = visit("staf").get(path)
        assert re.findall(r"Bidang \d\d", page.text)[:20] == units, path
