"""The work of officials through the pages: inbox, forms, returns, conflicts."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import Flask
from sqlalchemy import text

from engine.model import EventKind, InstanceState, ProcessDefinition
from tests.diagrams import end, field, form, line, process, start, user
from tests.office import AUDITOR, Office
from tests.statements import statements_of
from tests.webhooks.pages.browser import PASSWORD, Browser, Page
from tests.webhooks.pages.conftest import Visit

#: What a browser says of a form that stood on a page of this server.
HERE = {"Origin": "http://localhost"}


def complete(browser: Browser, page: Page, **values: str) -> Page:
    """Send the form of the task on the page; values by field id."""
    return browser.send(page, "/selesai", **{f"isian-{k}": v for k, v in values.items()})


def open_first(browser: Browser) -> Page:
    """The first task of the inbox as it opens."""
    inbox = browser.get("/")
    found = [href for href in inbox.links() if href.startswith("/tugas/")]
    assert found, inbox.text
    return browser.get(found[0])


def test_a_whole_run_with_a_return(office: Office, sop: ProcessDefinition, visit: Visit) -> None:
    clerk, secretary, head = visit("staf"), visit("sekretaris"), visit("kadis")

    page = clerk.get("/proses/laporan/mulai")
    page = clerk.send(page, "/mulai", **{"isian-tahun": "2026", "kunci_berkas": "Laporan TW I"})
    assert page.path.startswith("/tugas/")
    assert "Proses telah dimulai" in page.text
    assert page.heading == "1 Menyusun laporan"

    page = complete(clerk, open_first(clerk), judul="Capaian", penerima="Kadis\r\nCamat")
    assert page.path == "/"
    assert "Tugas “Menyusun laporan” telah diselesaikan" in page.text

    page = complete(
        secretary, open_first(secretary), keputusan="kembalikan", catatan_perbaikan="Kurang rinci."
    )
    assert "telah diselesaikan" in page.text

    page = open_first(clerk)
    assert "Catatan Perbaikan Kurang rinci. Siti Sekretaris" in page.text
    assert page.value("isian-judul") == "Capaian"
    assert page.value("isian-penerima").splitlines() == ["Kadis", "Camat"]
    complete(clerk, page, judul="Capaian dan kendala")

    page = open_first(secretary)
    # Until the decision is taken anew, its author reads what was asked for.
    assert "Catatan Perbaikan Kurang rinci." in page.text
    assert page.value("isian-keputusan") is None
    complete(secretary, page, keputusan="setujui")

    page = complete(head, open_first(head))
    assert "Tidak ada tugas" in page.text
    found = visit("auditor").get("/berkas")
    page = visit("auditor").get(found.link("Laporan TW I"))
    assert "Selesai" in page.heading
    assert "Kembalikan untuk Perbaikan" in page.text
    assert "Proses selesai." in page.text
    instance_id = page.path.rsplit("/", 1)[1]
    assert office.variables(instance_id)["judul"] == "Capaian dan kendala"


def test_the_next_task_of_the_same_file_opens_when_it_waits_for_me(
    office: Office, visit: Visit
) -> None:
    diagram = process(
        start(), user("a"), user("b"), end(), line("s", "a", "b", "e"),
        lanes={"Perencana": ["s", "a", "b", "e"]},
    )  # fmt: skip
    office.start(office.deploy(diagram), office.engine.accounts.account("staf").as_actor())
    clerk = visit("staf")

    page = complete(clerk, open_first(clerk))

    assert page.path.startswith("/tugas/")
    assert page.heading == "b"
    assert "Tugas “a” telah diselesaikan" in page.text


def test_the_form_shows_the_row_of_the_sop(visit: Visit, instance: str) -> None:
    page = open_first(visit("staf"))

    assert page.heading == "1 Menyusun laporan"
    for words in ("Data kinerja", "2 hari", "Draf laporan", "Dikerjakan staf"):
        assert words in page.text


def test_typed_values_reach_the_engine_with_their_types(
    office: Office, visit: Visit, instance: str
) -> None:
    clerk = visit("staf")

    complete(
        clerk, open_first(clerk), judul="Naskah", jumlah="12", capaian="98,5",
        tanggal="2026-01-31", lengkap="true", penerima="A\r\n\r\nB", ringkasan="satu\r\ndua",
    )  # fmt: skip

    values = office.variables(instance)
    assert values["jumlah"] == 12
    assert values["capaian"] == 98.5
    assert values["tanggal"] == "2026-01-31"
    assert values["lengkap"] is True
    assert values["penerima"] == ["A", "B"]
    assert values["ringkasan"] == "satu\ndua"


def test_faults_stand_at_their_fields_and_keep_what_was_typed(
    office: Office, visit: Visit, instance: str
) -> None:
    clerk = visit("staf")

    page = complete(clerk, open_first(clerk), judul="", jumlah="dua belas", ringkasan="Sudah.")

    assert page.status == 400
    assert "wajib diisi" in (page.fault_of("isian-judul") or "")
    assert "bilangan bulat" in (page.fault_of("isian-jumlah") or "")
    assert page.value("isian-jumlah") == "dua belas"
    assert page.value("isian-ringkasan") == "Sudah."
    summary = page.tree.xpath("//*[@role='alert']//a/@href")
    assert summary == ["#isian-judul", "#isian-jumlah"]
    described = page.tree.xpath("//*[@id='isian-judul']")[0].get("aria-describedby")
    assert "isian-judul-salah" in described
    assert office.waiting_at(instance) == ["susun"]


def test_a_note_that_a_return_needs_is_asked_for_in_words(
    office: Office, visit: Visit, instance: str
) -> None:
    office.complete(instance, "susun", _actor(office, "staf"), judul="x")
    secretary = visit("sekretaris")
    page = open_first(secretary)
    assert "Wajib bila Keputusan: Kembalikan untuk Perbaikan." in page.text

    page = complete(secretary, page, keputusan="kembalikan")

    assert page.fault_of("isian-catatan_perbaikan") == (
        "Isian ini wajib diisi karena “Keputusan” bernilai “Kembalikan untuk Perbaikan”."
    )


def test_a_field_that_was_cleared_is_empty(office: Office, visit: Visit, instance: str) -> None:
    clerk, secretary = visit("staf"), visit("sekretaris")
    complete(clerk, open_first(clerk), judul="Naskah", ringkasan="lama", jumlah="3")
    complete(secretary, open_first(secretary), keputusan="kembalikan", catatan_perbaikan="x")

    complete(clerk, open_first(clerk), ringkasan="", jumlah="")

    values = office.variables(instance)
    assert values["ringkasan"] is None
    assert values["jumlah"] is None


def test_a_form_sent_twice_completes_once(office: Office, visit: Visit, instance: str) -> None:
    clerk = visit("staf")
    target, values = open_first(clerk).form("/selesai")
    values["isian-judul"] = "Naskah"

    first = clerk.post(target, values)
    second = clerk.post(target, values)

    assert (first.status, second.status) == (200, 200)
    assert first.path == second.path == "/"
    done = [k for k, _ in office.kinds(instance, EventKind.TASK_COMPLETED)]
    assert len(done) == 1


def test_going_back_and_sending_something_else_shows_that_it_is_done(
    visit: Visit, instance: str
) -> None:
    clerk = visit("staf")
    target, values = open_first(clerk).form("/selesai")
    clerk.post(target, {**values, "isian-judul": "Naskah"})

    page = clerk.post(target, {**values, "isian-judul": "Lain"})

    assert page.heading == "Tugas sudah selesai"


def test_starting_twice_with_one_form_starts_once(
    office: Office, sop: ProcessDefinition, visit: Visit
) -> None:
    clerk = visit("staf")
    target, values = clerk.get("/proses/laporan/mulai").form("/mulai")
    values["isian-tahun"] = "2026"

    first, second = clerk.post(target, values), clerk.post(target, values)

    assert first.path == second.path


def test_who_was_slower_learns_who_and_when_and_keeps_the_words(
    office: Office, visit: Visit, instance: str
) -> None:
    slow = visit("staf-2")
    page = open_first(slow)
    office.complete(instance, "susun", _actor(office, "staf"), judul="x")

    page = complete(slow, page, judul="Judul yang panjang")

    assert page.status == 409
    assert "telah diselesaikan oleh Putri Staf pada 5 Januari 2026 07.30 WIB" in page.text
    assert "Judul yang panjang" in page.text


def test_a_claimed_task_says_who_has_it(office: Office, visit: Visit, instance: str) -> None:
    clerk, other = visit("staf"), visit("staf-2")
    page = open_first(other)
    clerk.send(open_first(clerk), "/ambil")

    answer = other.send(page, "/ambil")

    assert answer.status == 409
    assert "telah diambil oleh Putri Staf" in answer.text
    assert complete(other, page, judul="x").status == 409


def test_taking_and_putting_back(office: Office, visit: Visit, instance: str) -> None:
    clerk = visit("staf")

    page = clerk.send(clerk.get("/?lingkup=lajur"), "/ambil")
    assert "kini menjadi tugas Anda" in page.text
    assert "Kerjakan Menyusun laporan" in clerk.get("/").buttons()

    page = clerk.send(page, "/lepas")
    assert "Tugas dilepas" in page.text
    assert office.task(instance, "susun").assignee is None


def test_an_inbox_holds_the_tasks_of_its_lanes_only(visit: Visit, instance: str) -> None:
    assert "Menyusun laporan" in visit("staf").get("/?lingkup=semua").text
    assert "Menyusun laporan" not in visit("kadis").get("/?lingkup=semua").text
    assert "Menyusun laporan" not in visit("luar").get("/?lingkup=semua").text


def test_what_is_of_other_lanes_is_refused_in_words(
    office: Office, visit: Visit, instance: str
) -> None:
    task = office.task(instance, "susun")
    outsider = visit("luar")

    for path in (f"/tugas/{task.task_id}", f"/berkas/{instance}", "/proses/laporan"):
        page = outsider.get(path)
        assert (page.status, page.heading) == (403, "Tidak berwenang"), path
    for path in (f"/tugas/{instance}", "/proses/laporan/1"):
        assert outsider.get(path).status == 404, path


def test_who_takes_part_sees_where_the_file_stands(visit: Visit, instance: str) -> None:
    page = visit("kadis").get(f"/berkas/{instance}")

    assert "Menunggu lajur Perencana; belum diambil Tersedia sejak 5 Januari 2026" in page.text


def test_filters_live_in_the_url(visit: Visit, instance: str) -> None:
    clerk = visit("staf")

    assert "LAP-7" in clerk.get("/?kunci=LAP&sop=laporan").text
    page = clerk.get("/?kunci=100%25")
    assert "Tidak ada tugas yang cocok" in page.text
    assert page.value("kunci") == "100%"
    assert "LAP-7" in clerk.get("/berkas?status=ACTIVE&kunci=la").text
    assert "Tidak ada berkas yang cocok" in clerk.get("/berkas?status=COMPLETED").text


def test_long_lists_come_in_pages(office: Office, sop: ProcessDefinition, visit: Visit) -> None:
    for _ in range(27):
        office.start(sop, _actor(office, "staf"), tahun=2026)
    clerk = visit("staf")

    first = clerk.get("/?lingkup=lajur")
    second = clerk.get(first.link("Berikutnya"))

    rows = "//tbody/tr"
    assert (len(first.tree.xpath(rows)), len(second.tree.xpath(rows))) == (25, 2)
    assert second.link("Sebelumnya").endswith("hal=1")
    assert "27" in second.text


def test_an_inbox_marks_what_is_late(office: Office, visit: Visit) -> None:
    hurried = user("a").replace("<bpmn:userTask ", '<bpmn:userTask camunda:dueDate="PT1H" ')
    lanes = {"Perencana": ["s", "a", "e"]}
    office.start(office.deploy(process(start(), hurried, end(), line("s", "a", "e"), lanes=lanes)))
    clerk = visit("staf")

    before = clerk.get("/?lingkup=lajur").text
    office.clock.advance(minutes=61)
    visited = clerk.log_in("staf")
    after = clerk.get("/?lingkup=lajur").text

    assert visited.status == 200
    assert "Tenggat" in before
    assert ("Terlambat" in before, "Terlambat" in after) == (False, True)
    assert "Terlambat" in open_first(clerk).text


def test_an_empty_inbox_says_what_to_do(visit: Visit) -> None:
    for name, scope, told in (
        ("staf", "saya", "Anda juga dapat memulai proses"),
        ("staf", "lajur", "Tidak ada tugas yang menunggu di lajur Anda"),
        ("staf", "semua", "Tugas muncul setelah seseorang memulai proses"),
        ("admin", "saya", "Atur lajur akun Anda"),
        ("admin", "lajur", "Atur lajur akun Anda"),
        ("auditor", "saya", "Sebagai auditor Anda membaca semua tugas"),
        ("auditor", "semua", "Periksa berkas proses"),
        ("analis", "lajur", "Sebagai analis Anda memasang dan memulai SOP"),
    ):
        told_here = visit(name).get(f"/?lingkup={scope}").text
        assert told in told_here, (name, scope)
        assert ("Mintalah administrator" in told_here) is False, (name, scope)


def test_hostile_names_are_only_text(office: Office, visit: Visit) -> None:
    evil = "&lt;script&gt;alert(1)&lt;/script&gt;"
    diagram = process(
        start(),
        user("a", form(field("x").replace('label="x"', f'label="{evil}"')), name=evil),
        end(),
        line("s", "a", "e"),
        lanes={"Perencana": ["s", "a", "e"]},
    )
    clerk = visit("staf")
    started = office.engine.instances.start(
        office.deploy(diagram),
        {"<img src=x onerror=alert(1)>": "</td><script>alert(2)</script>"},
        actor=_actor(office, "staf"),
        business_key="<script>alert(3)</script>",
    )
    instance_id = started.instance.instance_id
    task = office.task(instance_id, "a")

    for path in ("/", f"/tugas/{task.task_id}", f"/berkas/{instance_id}", "/berkas",
                 "/proses/p/1", '/?kunci="><script>alert(4)</script>'):  # fmt: skip
        page = clerk.get(path)
        assert page.status == 200, path
        assert not page.tree.xpath("//script[not(@src)] | //img"), path
        assert "<script>" not in page.response.text, path


def test_an_auditor_reads_everything_and_changes_nothing(
    office: Office, visit: Visit, instance: str
) -> None:
    auditor = visit("auditor")
    task = office.task(instance, "susun")

    assert "LAP-7" in auditor.get("/").text
    page = auditor.get(f"/tugas/{task.task_id}")
    assert page.buttons() == []
    token = page.form("/keluar")[1]["csrf_token"]
    assert not auditor.get(f"/berkas/{instance}").tree.xpath("//main//button")
    for path in (
        f"/tugas/{task.task_id}/ambil",
        f"/tugas/{task.task_id}/selesai",
        f"/berkas/{instance}/batal",
        "/proses/laporan/mulai",
        "/proses/unggah",
        "/akun",
    ):
        values = {"csrf_token": token, "alasan": "x", "isian-judul": "x", "isian-tahun": "1"}
        values["definisi"] = "1"
        assert auditor.post(path, values).status == 403, path
    assert office.task(instance, "susun").assignee is None
    assert office.state(instance) == InstanceState.ACTIVE


def test_a_sound_history_is_said_to_be_sound(visit: Visit, instance: str) -> None:
    assert "Riwayat utuh" in visit("auditor").get(f"/berkas/{instance}/keutuhan").text


def test_a_changed_history_is_named_with_its_place(
    office: Office, visit: Visit, instance: str
) -> None:
    _tamper(office, instance)

    page = visit("auditor").get(f"/berkas/{instance}/keutuhan")

    assert "Riwayat tidak utuh" in page.text
    assert "Rantai hash tidak cocok" in page.text


def test_a_changed_history_is_not_shown_as_if_it_were_whole(
    office: Office, visit: Visit, instance: str
) -> None:
    assert "tidak utuh" not in visit("staf").get(f"/berkas/{instance}").text
    _tamper(office, instance)

    page = visit("staf").get(f"/berkas/{instance}")

    assert "Riwayat berkas ini tidak utuh" in page.text
    assert "mulai catatan ke-" in page.text
    assert f"/berkas/{instance}/keutuhan" in page.links()


def test_page_of_a_task_leads_to_the_text_of_its_sop(visit: Visit, instance: str) -> None:
    clerk = visit("staf")

    page = clerk.get(open_first(clerk).link("Langkah dan gambar SOP"))

    assert page.path.startswith("/proses/laporan/")
    assert "Lajur pelaksana" in page.text


def test_a_history_is_downloaded_with_its_proof(visit: Visit, instance: str) -> None:
    page = visit("auditor").get(f"/berkas/{instance}/keutuhan")
    assert "Unduh riwayat beserta bukti" in page.text

    for who, status in (("auditor", 200), ("staf", 200), ("luar", 403)):
        assert visit(who).get(f"/berkas/{instance}/riwayat.zip").status == status


def test_cancelling_takes_a_reason_that_stays(office: Office, visit: Visit, instance: str) -> None:
    clerk = visit("staf")
    page = clerk.get(f"/berkas/{instance}")

    assert "Tuliskan alasan" in clerk.send(page, "/batal", alasan=" ").text
    page = clerk.send(page, "/batal", alasan="Surat ditarik.")

    assert "Dibatalkan" in page.heading
    assert "Surat ditarik." in page.text
    assert office.state(instance) == InstanceState.CANCELLED


def test_only_the_starter_and_admins_can_cancel(visit: Visit, instance: str) -> None:
    assert "Batalkan Proses" not in visit("kadis").get(f"/berkas/{instance}").buttons()
    assert "Batalkan Proses" in visit("admin").get(f"/berkas/{instance}").buttons()


def test_an_incident_is_told_in_plain_words(office: Office, visit: Visit) -> None:
    diagram = process(
        start(), user("a"),
        '<bpmn:exclusiveGateway id="g"/>',
        user("b"), end(), line("s", "a", "g"), line("b", "e"),
        '<bpmn:sequenceFlow id="gb" sourceRef="g" targetRef="b"><bpmn:conditionExpression '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="bpmn:tFormalExpression">'
        "${jumlah &gt; 3}</bpmn:conditionExpression></bpmn:sequenceFlow>",
        lanes={"Perencana": ["s", "a", "g", "b", "e"]},
    )  # fmt: skip
    actor = _actor(office, "staf")
    instance_id = office.start(office.deploy(diagram), actor)
    office.complete(instance_id, "a", actor)

    page = visit("staf").get(f"/berkas/{instance_id}")
    assert "Proses terhenti karena gangguan" in page.text
    assert "Pekerjaan yang sudah diserahkan tetap tersimpan" in page.text
    assert "Jalankan ulang" not in page.buttons()

    admin = visit("admin")
    assert admin.send(admin.get(f"/berkas/{instance_id}"), "/ulang").status == 200


def _actor(office: Office, name: str) -> object:
    return office.engine.accounts.account(name).as_actor()


def _tamper(office: Office, instance_id: str) -> None:
    """Change one recorded fact behind the engine's back."""
    events = office.engine.history.events(instance_id, actor=AUDITOR)
    with office.store._engine.begin() as connection:
        for trigger in connection.scalars(
            text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        ).all():
            connection.execute(text(f'DROP TRIGGER "{trigger}"'))
        connection.execute(
            text("UPDATE history_event SET actor = 'lain' WHERE sequence = :sequence"),
            {"sequence": events[0].sequence},
        )


def test_the_app_answers_for_several_visitors(app: Flask, visit: Visit, instance: str) -> None:
    visit("staf")

    assert Browser(app).get("/").path == "/masuk"


def test_what_was_typed_survives_the_end_of_the_session(
    office: Office, visit: Visit, instance: str
) -> None:
    clerk = visit("staf")
    target, values = open_first(clerk).form("/selesai")
    office.clock.advance(minutes=31)
    values["isian-ringkasan"] = "Panjang sekali,\r\ndua baris."

    page = clerk.post(target, values, headers=HERE)
    assert page.status == 401
    page = clerk.send(page, "/masuk", nama="staf", sandi="salah-ketik")
    page = clerk.send(page, "/masuk", nama="staf", sandi=PASSWORD)

    assert "Isian Anda masih ada" in page.text
    assert page.value("isian-ringkasan").splitlines() == ["Panjang sekali,", "dua baris."]
    assert office.waiting_at(instance) == ["susun"]
    assert complete(clerk, page, judul="Naskah").path == "/"


def test_a_form_of_an_earlier_login_is_shown_again_and_not_obeyed(
    office: Office, visit: Visit, instance: str
) -> None:
    clerk = visit("staf")
    target, values = open_first(clerk).form("/selesai")
    values |= {"isian-judul": "Naskah", "csrf_token": "dari-sesi-lama"}

    page = clerk.post(target, values, headers=HERE)
    assert page.status == 400
    assert page.value("isian-judul") == "Naskah"
    assert office.waiting_at(instance) == ["susun"]

    foreign = clerk.post(target, values, headers={"Origin": "https://jahat.example"})
    assert foreign.heading == "Formulir tidak berlaku lagi"


def test_what_cannot_be_stored_is_told_at_its_field(
    office: Office, visit: Visit, instance: str
) -> None:
    clerk = visit("staf")

    page = complete(clerk, open_first(clerk), judul="Naskah", ringkasan="a\0b")

    assert page.status == 400
    assert page.fault_of("isian-ringkasan")
    assert office.waiting_at(instance) == ["susun"]


def test_nobody_looks_for_a_nul(visit: Visit) -> None:
    clerk = visit("staf")

    for path in ("/?kegiatan=%00", "/tugas/%00", "/proses/x%00/1"):
        assert clerk.get(path).status == 404, path


def test_a_longer_inbox_asks_the_database_no_more(
    office: Office, sop: ProcessDefinition, visit: Visit
) -> None:
    clerk, actor = visit("staf"), _actor(office, "staf")
    office.start(sop, actor, tahun=2026)
    clerk.get("/?lingkup=lajur")
    short = _statements(office, lambda: clerk.get("/?lingkup=lajur"))
    for _ in range(12):
        office.start(sop, actor, tahun=2026)

    long = _statements(office, lambda: clerk.get("/?lingkup=lajur"))

    assert long == short <= 8


def test_a_cancelled_task_says_so(office: Office, visit: Visit, instance: str) -> None:
    other = visit("staf-2")
    page = open_first(other)
    office.engine.instances.cancel(instance, reason="ditarik", actor=_actor(office, "staf"))

    answer = complete(other, page, judul="x")

    assert (answer.status, answer.heading) == (409, "Tugas sudah dibatalkan")
    assert re.search(r"Tugas ini dibatalkan oleh .+ pada 5 Januari 2026 07\.30 WIB\.", answer.text)
    assert other.get(page.path).status == 200


def _statements(office: Office, deed: Callable[[], object]) -> int:
    with statements_of(office.store) as asked:
        deed()
    return len([each for each in asked if each.text.lstrip().startswith(("SELECT", "WITH"))])


def test_form_that_was_changed_and_sent_again_shows_what_was_typed_after(
    office: Office, visit: Visit, instance: str
) -> None:
    clerk = visit("staf")
    page = open_first(clerk)
    complete(clerk, page, judul="yang pertama")

    again = complete(clerk, page, judul="yang kedua")

    assert (again.status, again.heading) == (409, "Tugas sudah selesai")
    assert "Isian Anda tidak tersimpan" in again.text
    assert "yang kedua" in again.text
    assert office.variables(instance)["judul"] == "yang pertama"


def test_forms_that_people_fill_in_stay_when_the_connection_is_lost(
    visit: Visit, instance: str
) -> None:
    clerk = visit("staf")
    for page in (open_first(clerk), clerk.get("/proses/laporan/mulai")):
        form = next(f for f in page.tree.forms if "kunci_kirim" in f.fields)
        (place,) = form.xpath(".//*[@data-putus]")
        assert (place.get("role"), place.get("hidden")) == ("alert", "")
        assert place.get("data-putus").startswith("Sambungan terputus")
        assert page.tree.xpath("//script/@src") == ["/static/kirim.js"]
