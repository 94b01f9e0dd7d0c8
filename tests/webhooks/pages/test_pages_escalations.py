"""Pages of overdue tasks that went up to superiors, and of the order of superiors."""

from __future__ import annotations

import pytest

from engine.model import UserTask
from engine.overdue_tasks import OverdueTasks
from tests.diagrams import end, line, process, start, user
from tests.office import AUDITOR, Office
from tests.webhooks.pages.browser import Browser, Page
from tests.webhooks.pages.conftest import Visit
from webhooks.pages.logins import CSRF_FIELD

LETTER = process(
    start(),
    user("susun", name="Menyusun surat"),
    end(),
    line("s", "susun", "e"),
    lanes={"Perencana": ["s", "susun", "e"]},
).replace("<bpmn:userTask ", '<bpmn:userTask camunda:dueDate="P1D" ')


@pytest.fixture
def task(office: Office) -> UserTask:
    """A task of Perencana that went up to Sekretaris."""
    instance = office.start(office.deploy(LETTER))
    office.clock.advance(days=3)
    OverdueTasks(office.engine.escalations, office.clock).turn(lambda: False)
    return office.task(instance, "susun")


def test_superiors_find_it_in_a_scope_of_their_own_and_others_have_no_such_scope(
    visit: Visit, task: UserTask
) -> None:
    inbox = visit("sekretaris").get("/?lingkup=atasan")
    assert "Diteruskan ke atasan 1" in inbox.text
    assert "↑ Diteruskan ke Sekretaris" in inbox.text
    assert any(task.task_id in each for each in inbox.links())

    # Nothing else waits for her: it is where her inbox opens.
    first = visit("sekretaris").get("/")
    assert first.tree.xpath("string(//nav//a[@aria-current='true'])") == "Diteruskan ke atasan 1"

    assert not any("lingkup=atasan" in each for each in visit("kadis").get("/").links())
    assert "Diteruskan ke Sekretaris" in visit("staf").get("/?lingkup=lajur").text
    empty = visit("kadis").get("/?lingkup=atasan").text
    assert "Tidak ada tugas terlambat yang diteruskan kepada Anda." in empty
    assert "Menyusun surat" in visit("staf").get("/?lingkup=semua&keadaan=diteruskan").text


def test_a_superior_assigns_it_comments_and_is_given_no_form(
    visit: Visit, office: Office, task: UserTask
) -> None:
    boss, path = visit("sekretaris"), f"/tugas/{task.task_id}"
    page = boss.get(path)
    assert "diteruskan kepada Anda sebagai atasan" in page.text
    assert "Sekretaris, pada" in page.text
    for deed in ("Selesaikan", "Ambil", "Lepas Tugas"):
        assert deed not in page.buttons()

    boss.send(page, "/komentar", komentar="Mohon segera")
    assert "Mohon segera" in boss.get(path).text
    boss.send(boss.get(path), "/serahkan", kepada="staf-2", alasan="sudah lama")
    assert office.task(task.instance_id, "susun").assignee == "staf-2"
    boss.send(boss.get(path), "/lepas")
    assert office.task(task.instance_id, "susun").assignee is None
    assert visit("kadis").get(path).status == 403


def test_instance_replay_list_and_dashboard_show_it(visit: Visit, task: UserTask) -> None:
    reader = visit("auditor")

    berkas = reader.get(f"/berkas/{task.instance_id}").text
    assert "Terlambat dan diteruskan ke atasan:" in berkas
    deed = "Tugas terlambat diteruskan ke atasan: Sekretaris (tingkat 1)"
    assert deed in berkas
    assert "Tenggat yang terlewati" in berkas
    assert deed in reader.get(f"/putar-ulang/{task.instance_id}").text
    listed = reader.get("/berkas?keadaan=diteruskan").links()
    assert f"/berkas/{task.instance_id}" in listed
    board = reader.get("/dasbor")
    assert "1 tugas diteruskan ke atasan" in board.text
    assert any("keadaan=diteruskan" in each for each in board.links())


def put(browser: Browser, **changes: list[str]) -> Page:
    """The form with Perencana below Kadis after four hours, and one lane more."""
    _, standing = browser.get("/atasan").form("/atasan")
    form = {
        CSRF_FIELD: standing[CSRF_FIELD],
        "revisi": ["1"],
        "lajur": ["Kadis", "Perencana", "Gudang"],
        "atasan": ["", "Kadis", "Sekretaris"],
        "jumlah": ["1", "4", "2"],
        "satuan": ["D", "H", "D"],
    }
    return browser.post("/atasan", form | changes)


def test_admin_changes_the_order_and_everybody_sees_it(
    visit: Visit, office: Office, task: UserTask
) -> None:
    admin = visit("admin")
    assert "Urutan atasan" in admin.get("/pengaturan").text
    assert admin.get("/atasan").value("revisi") == "1"

    saved = put(admin)

    assert "Urutan atasan telah disimpan." in saved.text
    shown = visit("staf").get("/atasan")
    assert "4 jam kerja" in shown.text
    assert "Administrator" in shown.text
    assert shown.buttons() == []
    order = office.engine.superiors.current()
    assert {lane: (each.lane, each.after) for lane, each in order.superiors.items()} == {
        "Perencana": ("Kadis", "PT4H"),
        "Gudang": ("Sekretaris", "P2D"),
    }
    assert office.engine.history.verify(task.instance_id, actor=AUDITOR).is_sound


@pytest.mark.usefixtures("task")
def test_an_order_that_cannot_be_is_told_at_its_lane(visit: Visit, office: Office) -> None:
    admin = visit("admin")

    circle = put(admin, atasan=["Perencana", "Kadis", ""])
    wrong = put(admin, jumlah=["1", "sebentar", "0"])
    late = put(admin, revisi=["0"])

    assert (circle.status, wrong.status, late.status) == (400, 400, 409)
    assert "Atasan tidak boleh berputar kembali ke lajur ini sendiri." in circle.text
    assert wrong.text.count("Tulis bilangan dari 1 sampai 9999.") == 2
    assert wrong.tree.xpath("//input[@name='jumlah'][@aria-invalid='true']/@value") == [
        "sebentar",
        "0",
    ]
    assert "baru saja diubah orang lain" in late.text
    assert office.engine.superiors.current().revision == 1


def test_only_admins_change_it(visit: Visit, office: Office) -> None:
    clerk = visit("staf")
    _, standing = clerk.get("/saya").form("/token")

    refused = clerk.post("/atasan", {CSRF_FIELD: standing[CSRF_FIELD], "revisi": "0"})

    assert refused.status == 403
    assert office.engine.superiors.revisions() == []


def test_an_office_without_superiors_is_told_so(visit: Visit, office: Office) -> None:
    admin = visit("admin")
    assert "belum pernah diubah" in admin.get("/atasan").text

    emptied = put(admin, revisi=["0"], atasan=["", "", ""])

    assert "telah disimpan" in emptied.text
    shown = visit("staf").get("/atasan").text
    assert "tidak meneruskan tugas" in shown
    assert "tanpa atasan" in shown
    assert office.engine.superiors.current().superiors == {}
