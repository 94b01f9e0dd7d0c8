"""Files in the forms of pages: uploaded once, kept through a fault, downloaded safely."""

from __future__ import annotations

import hashlib
import io

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from engine.model import Upload
from tests.diagrams import end, field, form, line, message, named, process, start, user
from tests.engine.handing_in import file_field
from tests.engine.messaging import send as send_message
from tests.office import AUDITOR, Office
from tests.webhooks.pages.browser import Browser, Page
from tests.webhooks.pages.conftest import Visit

CONTENT = b"<html><script>alert(1)</script>"
DIGEST = hashlib.sha256(CONTENT).hexdigest()
LETTER = (CONTENT, "Surat Tugas.html")
SOP = process(
    start("mulai", form(file_field("dasar"), field("tahun", "long"))),
    user(
        "susun",
        form(
            file_field("surat", required=True),
            file_field("lampiran", several=True),
            field("judul", required=True),
        ),
        "Menyusun surat",
    ),
    user("periksa", form(file_field("surat", readonly=True)), "Memeriksa surat"),
    end("selesai"),
    line("mulai", "susun", "periksa", "selesai"),
    key="surat",
    lanes={"Perencana": ["mulai", "susun"], "Sekretaris": ["periksa", "selesai"]},
)


@pytest.fixture
def clerk(office: Office, visit: Visit) -> Browser:
    office.deploy(SOP, "surat.bpmn")
    return visit("staf")


def started(clerk: Browser, **values: object) -> str:
    """The id of an instance that was started by its page."""
    page = clerk.send(clerk.get("/proses/surat/mulai"), "/mulai", **values)
    assert page.path.startswith("/tugas/"), page.text
    address: str = next(each for each in page.links() if each.startswith("/berkas/"))
    return address.removeprefix("/berkas/")


def task_page(browser: Browser, office: Office, instance: str) -> Page:
    [task] = office.open_tasks(instance)
    return browser.get(f"/tugas/{task.task_id}")


def send(clerk: Browser, page: Page, **values: object) -> Page:
    return clerk.send(page, "/selesai", **values)


def pending(office: Office) -> int:
    with office.store._engine.connect() as connection:
        return connection.execute(text("SELECT count(*) FROM pending_upload")).scalar_one()


def files(page: Page, name: str) -> list[str]:
    """The names of the files that stand at the field."""
    path = f"//*[@id='isian-{name}']/ancestor::div[1]//ul[@class='files']/li"
    return [item.text_content().split(",")[0].strip() for item in page.tree.xpath(path)]


def test_files_are_uploaded_shown_and_downloaded(
    office: Office, clerk: Browser, visit: Visit
) -> None:
    instance = started(clerk, **{"isian-dasar": (b"SK", "sk.txt")})
    page = task_page(clerk, office, instance)
    assert page.tree.xpath("//form[@enctype='multipart/form-data']//input[@type='file']")
    several = [(b"a", "a.txt"), (b"b", "b.txt")]
    values = {"isian-surat": LETTER, "isian-lampiran": several, "isian-judul": "Tugas"}
    assert "telah diselesaikan" in send(clerk, page, **values).text

    shown = clerk.get(f"/berkas/{instance}")
    for said in ("sk.txt", "Surat Tugas.html", "a.txt", "b.txt", DIGEST, "Putri Staf"):
        assert said in shown.text
    answer = clerk.get(shown.link("Surat Tugas.html")).response
    assert answer.data == CONTENT
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"

    secretary = visit("sekretaris")
    page = task_page(secretary, office, instance)
    assert secretary.get(page.link("Surat Tugas.html")).response.data == CONTENT
    assert "telah diselesaikan" in send(secretary, page).text
    office.assert_sound(instance)
    assert "Riwayat utuh" in clerk.get(f"/berkas/{instance}/keutuhan").text


def test_a_file_stays_when_another_field_has_a_fault(office: Office, clerk: Browser) -> None:
    instance = started(clerk)
    page = task_page(clerk, office, instance)

    first = [(b"a", "a.txt")]
    page = send(clerk, page, **{"isian-surat": LETTER, "isian-lampiran": first})
    assert page.status == 400
    assert "wajib diisi" in (page.fault_of("isian-judul") or "")
    assert page.fault_of("isian-surat") is None
    assert files(page, "surat") == [f"Surat Tugas.html {len(CONTENT)} byte"]
    page = send(clerk, page, **{"isian-lampiran": [(b"b", "b.txt")]})
    assert [name.split()[0] for name in files(page, "lampiran")] == ["a.txt", "b.txt"]
    assert pending(office) == 3

    assert "telah diselesaikan" in send(clerk, page, **{"isian-judul": "Tugas"}).text
    variables = office.variables(instance)
    assert variables["surat"]["sha256"] == DIGEST
    assert [each["name"] for each in variables["lampiran"]] == ["a.txt", "b.txt"]
    assert pending(office) == 0
    office.assert_sound(instance)


def test_a_kept_file_is_replaced_or_taken_out(office: Office, clerk: Browser) -> None:
    instance = started(clerk)
    page = task_page(clerk, office, instance)
    several = [(b"a", "a.txt"), (b"b", "b.txt")]
    page = send(clerk, page, **{"isian-surat": LETTER, "isian-lampiran": several})
    [unwanted] = page.tree.xpath("//label[.='Keluarkan a.txt']/preceding-sibling::input/@value")

    page = send(
        clerk,
        page,
        **{"isian-surat": (b"baru", "baru.txt"), "buang-lampiran": unwanted, "isian-judul": "T"},
    )

    assert "telah diselesaikan" in page.text
    variables = office.variables(instance)
    assert variables["surat"]["name"] == "baru.txt"
    assert [each["name"] for each in variables["lampiran"]] == ["b.txt"]


def test_nobody_else_gets_at_a_file_that_waits(
    office: Office, clerk: Browser, visit: Visit
) -> None:
    instance = started(clerk)
    page = task_page(clerk, office, instance)
    page = send(clerk, page, **{"isian-surat": LETTER})
    waiting = page.value("tertahan-surat")
    other = visit("staf-2")

    page = task_page(other, office, instance)
    page = send(other, page, **{"tertahan-surat": waiting, "isian-judul": "Tugas"})

    assert page.status == 400
    assert "wajib diisi" in (page.fault_of("isian-surat") or "")


def test_a_file_that_is_too_large_is_a_fault_at_its_field(office: Office, clerk: Browser) -> None:
    page = task_page(clerk, office, started(clerk))
    large = (b"x" * (20 * 1024 * 1024 + 1), "besar.bin")

    page = send(clerk, page, **{"isian-surat": large, "isian-judul": "Tugas"})

    assert page.status == 400
    assert "batasnya 20 MB" in (page.fault_of("isian-surat") or "")
    assert page.value("isian-judul") == "Tugas"
    assert pending(office) == 0


def test_a_body_that_is_too_large_is_refused(office: Office, clerk: Browser) -> None:
    page = task_page(clerk, office, started(clerk))

    page = send(clerk, page, **{"isian-surat": (b"x" * (62 * 1024 * 1024), "besar.bin")})

    assert (page.status, page.heading) == (413, "Berkas terlalu besar")


def test_a_strangers_large_form_is_not_read(office: Office, clerk: Browser, app: Flask) -> None:
    page = task_page(clerk, office, started(clerk))
    action, _ = page.form("/selesai")
    stranger = Browser(app)

    file = FileStorage(io.BytesIO(b"x" * (7 * 1024 * 1024)), "besar.bin")
    boundary, body = encode_multipart({"isian-surat": file})
    kind = f"multipart/form-data; boundary={boundary}"
    large = Page(stranger.client.post(action, data=body, content_type=kind, follow_redirects=True))

    assert large.path == "/masuk"
    assert large.status == 200


def test_a_hostile_name_is_harmless(office: Office, clerk: Browser) -> None:
    instance = started(clerk)
    page = task_page(clerk, office, instance)
    name = "../../<img src=x>\u202efdp.exe"

    send(clerk, page, **{"isian-surat": (b"x", name), "isian-judul": "T"})

    assert office.variables(instance)["surat"]["name"] == "_img src=x_fdp.exe"
    assert not clerk.get(f"/berkas/{instance}").tree.xpath("//img")


def test_sent_twice_it_is_done_once(office: Office, clerk: Browser) -> None:
    instance = started(clerk)
    page = task_page(clerk, office, instance)
    values = {"isian-surat": LETTER, "isian-judul": "Tugas"}

    first = send(clerk, page, **values)
    second = send(clerk, page, **values)

    assert (first.status, second.status) == (200, 200)
    assert office.waiting_at(instance) == ["periksa"]
    assert len(office.engine.documents.documents(instance, actor=AUDITOR)) == 1


def test_who_does_not_see_the_instance_gets_no_bytes(
    office: Office, clerk: Browser, visit: Visit
) -> None:
    instance = started(clerk, **{"isian-dasar": (b"SK", "sk.txt")})
    address = clerk.get(f"/berkas/{instance}").link("sk.txt")

    assert clerk.get(address).status == 200
    assert visit("luar").get(address).status == 403


def test_files_that_wait_go_after_half_a_day(office: Office, clerk: Browser) -> None:
    actor = office.engine.accounts.account("staf").as_actor()
    uploads = office.engine.pending_uploads
    [old] = uploads.keep([Upload("lama.txt", b"x")], actor=actor)
    office.clock.advance(hours=13)

    [new] = uploads.keep([Upload("baru.txt", b"x"), Upload("kosong.txt", b"")], actor=actor)

    assert uploads.forget_old() == 1
    assert uploads.find([old.upload_id, new.upload_id], actor=actor) == [new]


def test_an_account_leaves_no_more_than_so_many_files(office: Office, clerk: Browser) -> None:
    actor = office.engine.accounts.account("staf").as_actor()
    for number in range(50):
        office.clock.advance(seconds=1)
        office.engine.pending_uploads.keep([Upload(f"{number}.txt", b"x")], actor=actor)

    assert pending(office) == 40


# ------------------------------------------------------------ attachments, comments


def test_comments_and_attachments_stand_on_both_pages(
    office: Office, clerk: Browser, visit: Visit
) -> None:
    instance = started(clerk)
    page = task_page(clerk, office, instance)
    page = clerk.send(page, "/komentar", komentar="Mohon dicek.\r\nBab <b>2</b>.")
    assert "Komentar telah dicatat" in page.text
    assert "Mohon dicek. Bab <b>2</b>." in page.text.replace("dicek.Bab", "dicek. Bab")
    assert not page.tree.xpath("//article//b")

    page = clerk.send(page, "/lampiran", lampiran=LETTER, keterangan="Naskah asli")
    assert "Lampiran telah ditambahkan" in page.text
    secretary = visit("sekretaris")
    shown = secretary.get(f"/berkas/{instance}")
    for said in ("Surat Tugas.html", DIGEST, "Naskah asli", "Mohon dicek.", "Menyusun surat"):
        assert said in shown.text
    assert secretary.get(shown.link("Surat Tugas.html")).response.data == CONTENT
    assert "Tarik Surat Tugas.html" not in shown.buttons()
    office.assert_sound(instance)


def test_a_withdrawn_attachment_is_marked_and_closed(
    office: Office, clerk: Browser, visit: Visit
) -> None:
    instance = started(clerk)
    page = clerk.get(f"/berkas/{instance}")
    page = clerk.send(page, "/lampiran", lampiran=LETTER)
    address = page.link("Surat Tugas.html")

    page = clerk.send(page, "/tarik")

    assert "Lampiran telah ditarik" in page.text
    assert "Ditarik oleh Putri Staf" in page.text
    assert address not in page.links()
    assert clerk.get(address).status == 403
    auditor = visit("auditor")
    assert auditor.get(auditor.get(f"/berkas/{instance}").link("Surat Tugas.html")).status == 200


def test_an_empty_comment_or_attachment_is_a_fault_at_its_field(
    office: Office, clerk: Browser
) -> None:
    instance = started(clerk)
    for page in (clerk.get(f"/berkas/{instance}"), task_page(clerk, office, instance)):
        refused = clerk.send(page, "/komentar", komentar="  ")
        assert (refused.status, refused.fault_of("komentar")) == (
            400,
            "Tuliskan komentar, paling banyak 4.000 karakter.",
        )
        refused = clerk.send(page, "/lampiran", lampiran=(b"", "kosong.txt"))
        assert (refused.status, refused.fault_of("lampiran")) == (400, "Berkas kosong.txt kosong.")
        refused = clerk.send(page, "/lampiran", lampiran=(b"", ""))
        assert refused.status == 400


def test_a_comment_that_is_sent_twice_stands_once(office: Office, clerk: Browser) -> None:
    instance = started(clerk)
    page = clerk.get(f"/berkas/{instance}")

    clerk.send(page, "/komentar", komentar="Sekali saja.")
    clerk.send(page, "/komentar", komentar="Sekali saja.")
    clerk.send(page, "/lampiran", lampiran=LETTER)
    clerk.send(page, "/lampiran", lampiran=LETTER)

    assert len(office.kinds(instance, "comment_added")) == 1
    assert len(office.kinds(instance, "attachment_added")) == 1


def test_auditors_read_and_strangers_do_not(office: Office, clerk: Browser, visit: Visit) -> None:
    instance = started(clerk)
    page = clerk.get(f"/berkas/{instance}")
    clerk.send(page, "/komentar", komentar="Rahasia kantor.")

    shown = visit("auditor").get(f"/berkas/{instance}")
    assert "Rahasia kantor." in shown.text
    assert "Kirim Komentar" not in shown.buttons()
    assert visit("luar").get(f"/berkas/{instance}").status == 403


# ------------------------------------------------------------ brought by a message


def test_document_of_a_message_stands_at_the_start_event_that_it_began(
    office: Office, visit: Visit
) -> None:
    starts = (
        f'<bpmn:startEvent id="{node}" name="Ada {node}">{message(f"pesan_{node}")}'
        "</bpmn:startEvent>"
        for node in ("surat", "nota")
    )
    sop = process(
        *starts, user("a"), end(), line("surat", "a", "e"), line("nota", "a"),
        before=named("message", pesan_surat="surat masuk", pesan_nota="nota masuk"),
        lanes={"Perencana": ["surat", "nota", "a", "e"]},
    )  # fmt: skip
    office.deploy(sop)
    sent = send_message(office, "nota masuk", variables={"berkas": Upload("nota.txt", b"isi")})

    page = visit("staf").get(f"/berkas/{sent.results[0].instance.instance_id}")

    assert page.status == 200
    [step] = page.tree.xpath("//tr[td/a[text()='nota.txt']]/td[@data-label='Langkah']")
    assert step.text_content() == "Ada nota"
