"""The page of an instance: its facts, the run so far in parts, and whom it called."""

from __future__ import annotations

from engine.model import Actor, ProcessDefinition, Role
from tests.diagrams import each, end, line, process, start, user
from tests.office import ADMIN, Office, staff
from tests.webhooks.pages.browser import Page
from tests.webhooks.pages.conftest import Visit

CLERK, SECRETARY = staff("Perencana", "staf"), staff("Sekretaris", "sekretaris")
#: Due within an hour of its opening.
TERM = process(
    start(), user("a", name="Menandatangani"), end(), line("s", "a", "e"),
    lanes={"Sekretaris": ["a"], "Perencana": ["s", "e"]},
).replace("<bpmn:userTask ", '<bpmn:userTask camunda:dueDate="PT1H" ')  # fmt: skip
#: One step for each of a list.
EACH = process(
    start(), user("a", each("bidang", element="unit"), name="Mengisi data"), end(),
    line("s", "a", "e"), key="tiap", lanes={"Perencana": ["s", "a", "e"]},
)  # fmt: skip
CALLED = process(
    start(), user("c", name="Mengundang"), end(), line("s", "c", "e"),
    key="rapat", lanes={"Gudang": ["s", "c", "e"]},
)  # fmt: skip
CALLING = process(
    start(), '<bpmn:callActivity id="panggil" name="Mengadakan rapat" calledElement="rapat"/>',
    end(), line("s", "panggil", "e"), lanes={"Perencana": ["s", "panggil", "e"]},
)  # fmt: skip


def facts(page: Page) -> dict[str, str]:
    """The heads of the page -> what they say."""
    rows = page.tree.xpath("//dl[contains(@class, 'facts')]/div")
    told = [[" ".join(each.text_content().split()) for each in row] for row in rows]
    return {head: " ".join(rest) for head, *rest in told}


def history(page: Page) -> list[str]:
    """The numbers of the steps that are shown."""
    return page.tree.xpath("//td[@data-label='No.']/text()")


def test_tasks_for_items_of_one_name_are_told_apart(office: Office, visit: Visit) -> None:
    instance = office.start(office.deploy(EACH), CLERK, bidang=["SMP", "PAUD", "SMP"])
    tasks = {task.local_variables["loopCounter"]: task for task in office.open_tasks(instance)}
    clerk = visit("staf")

    def items(path: str) -> list[str]:
        return sorted(clerk.get(path).tree.xpath("//*[@class='item']/text()"))

    for path in ("/", "/berkas", f"/berkas/{instance}"):
        assert items(path) == ["PAUD", "SMP (ke-1)", "SMP (ke-3)"], path
    assert items(f"/tugas/{tasks[2].task_id}") == ["SMP (ke-3)"]


def test_page_begins_with_the_facts_of_the_instance(office: Office, visit: Visit) -> None:
    definition = office.deploy_sop("bandar-lampung")
    values = {"periode_tahun": 2026, "periode_jenis": "TW3", "daftar_bidang": ["Bidang A"]}
    started = office.engine.instances.start(definition, values, actor=CLERK, business_key="LKJ-3")

    told = facts(visit("staf").get(f"/berkas/{started.instance.instance_id}"))

    assert told["SOP"].startswith(definition.name)
    assert "Nomor 100.3.6/051/III.01/2024" in told["SOP"]
    assert (told["Periode"], told["Kunci berkas"]) == ("Triwulan III 2026", "LKJ-3")
    assert told["Dimulai"] == "5 Januari 2026 07.30 WIBoleh Putri Staf"  # in two lines


def test_everybody_who_takes_part_sees_who_has_it_and_that_it_is_late(
    office: Office, visit: Visit
) -> None:
    instance = office.start(office.deploy(TERM), CLERK)
    office.engine.tasks.claim(office.task(instance, "a").task_id, actor=SECRETARY)
    office.clock.advance(hours=2)

    page = visit("staf").get(f"/berkas/{instance}")

    assert "Lajur Sekretaris: dikerjakan oleh Siti Sekretaris sejak 5 Januari 2026" in page.text
    assert "Tenggat 5 Januari 2026 08.30 WIB" in page.text
    assert "! Terlambat" in page.text
    assert not page.tree.xpath("//ul[@class='places']//a")


def test_what_was_sent_back_is_marked_with_its_note(
    office: Office, visit: Visit, instance: str
) -> None:
    office.complete(instance, "susun", CLERK, judul="Laporan")
    returned = {"keputusan": "kembalikan", "catatan_perbaikan": "Lengkapi lampirannya."}
    office.complete(instance, "paraf", SECRETARY, **returned)

    page = visit("staf").get(f"/berkas/{instance}")

    [marked] = page.tree.xpath("//p[@class='returned']")
    assert marked.text_content() == "Dikembalikan untuk perbaikan: Lengkapi lampirannya."
    assert page.text.count("Lengkapi lampirannya.") == 2  # here, and among the data


def test_history_says_what_was_decided_of_which_question(
    office: Office, visit: Visit, instance: str
) -> None:
    office.complete(instance, "susun", CLERK, judul="Laporan")
    office.complete(instance, "paraf", SECRETARY, keputusan="setujui")

    page = visit("staf").get(f"/berkas/{instance}")

    assert "Disetujui? Setujui. Lanjut ke: Mengesahkan laporan." in page.text


def test_siblings_of_a_list_are_told_apart_wherever_they_stand(
    office: Office, visit: Visit
) -> None:
    instance = office.start(office.deploy(EACH), CLERK, bidang=["PAUD", "SMP"])
    clerk = visit("staf")

    assert "Mengisi data PAUD Perencana, belum diambil" in clerk.get("/berkas").text
    assert "Mengisi data SMP Perencana, belum diambil" in clerk.get("/berkas").text

    for task in office.open_tasks(instance):
        office.engine.tasks.complete(task.task_id, {}, actor=CLERK)
    told = clerk.get(f"/berkas/{instance}").tree.xpath("//td[@data-label='Kegiatan']")
    assert [" ".join(each_cell.text_content().split()) for each_cell in told][1:] == [
        "Mengisi data PAUD",
        "Mengisi data SMP",
    ]


def test_capacity_other_than_one_s_own_is_shown(
    office: Office, visit: Visit, instance: str
) -> None:
    acting = Actor("staf", frozenset({Role.STAFF}), frozenset({"Sekretaris"}), "Plh. Sekretaris")
    office.complete(instance, "susun", CLERK, judul="Laporan")
    office.complete(instance, "paraf", acting, keputusan="setujui")

    page = visit("kadis").get(f"/berkas/{instance}")

    assert [each.text for each in page.tree.xpath("//td[@data-label='Siapa']//span")] == [
        "Plh. Sekretaris"
    ]


def test_a_long_run_is_shown_in_parts_the_latest_first(
    office: Office, visit: Visit, instance: str
) -> None:
    task_id = office.task(instance, "susun").task_id
    for _ in range(15):
        office.engine.tasks.claim(task_id, actor=CLERK)
        office.engine.tasks.unclaim(task_id, actor=CLERK)
    clerk = visit("staf")

    page = clerk.get(f"/berkas/{instance}")
    older = clerk.get(page.link("Langkah sebelumnya"))

    assert history(page) == [str(number) for number in range(7, 32)]
    assert history(older) == [str(number) for number in range(1, 7)]
    assert history(clerk.get(older.link("Langkah berikutnya"))) == history(page)
    assert history(clerk.get(f"/berkas/{instance}?riwayat=99")) == history(older)


def test_calling_and_called_instances_lead_to_each_other(office: Office, visit: Visit) -> None:
    office.deploy(CALLED, "rapat.bpmn")
    calling = office.start(office.deploy(CALLING), CLERK)
    admin = visit("admin")

    page = admin.get(f"/berkas/{calling}")
    called = admin.get(page.tree.xpath("//section[@aria-labelledby='dipanggil']//a/@href")[0])

    assert "Menunggu proses lain sejak 5 Januari 2026" in page.text
    assert "Mengundang" in called.text
    [back] = called.tree.xpath("//dl[contains(@class, 'facts')]//a/@href")
    assert back == f"/berkas/{calling}"
    told = facts(visit("luar").get(called.path))
    assert told["Dipanggil oleh berkas"] == "berkas lain, yang tidak dapat Anda lihat"


def test_page_says_who_may_cancel(visit: Visit, instance: str, sop: ProcessDefinition) -> None:
    assert "dapat dibatalkan oleh Putri Staf" in visit("kadis").get(f"/berkas/{instance}").text
    assert "juga berkas yang dipanggilnya" in visit("admin").get(f"/berkas/{instance}").text
    assert sop.key == "laporan"


def test_cancelled_instance_no_longer_says_who_may_cancel(
    office: Office, visit: Visit, instance: str
) -> None:
    office.engine.instances.cancel(instance, reason="Salah", actor=ADMIN)

    page = visit("kadis").get(f"/berkas/{instance}")

    assert "dapat dibatalkan oleh" not in page.text
    assert "Alasan: Salah" in facts(page)["Berakhir"]
