"""What analysts and administrators do through the pages, and everybody with their own account."""

from __future__ import annotations

import io

import pytest
from flask import Flask

from engine.model import ProcessDefinition, Role
from tests.diagrams import end, exclusive, flow, line, process, start, user
from tests.office import Office
from tests.webhooks.pages.browser import PASSWORD, Browser, Page
from tests.webhooks.pages.conftest import SOP, Visit


def upload(browser: Browser, name: str, content: str) -> Page:
    target, values = browser.get("/proses/unggah").form("/proses/unggah")
    values["berkas"] = (io.BytesIO(content.encode()), name)
    return browser.post(target, values, content_type="multipart/form-data")


def test_an_analyst_deploys_a_diagram_and_sees_its_sheet(visit: Visit) -> None:
    analyst = visit("analis")

    page = upload(analyst, "laporan.bpmn", SOP)

    assert page.path == "/proses/laporan/1"
    assert "SOP telah dipasang" in page.text
    assert "Data kinerja 2 hari Draf laporan Dikerjakan staf" in page.text
    assert "sudah pernah dipasang" in upload(analyst, "laporan.bpmn", SOP).text
    file = analyst.client.get(page.link("Unduh BPMN"))
    assert file.data == SOP.encode()
    assert "attachment" in file.headers["Content-Disposition"]


def test_a_refused_diagram_names_every_place(visit: Visit) -> None:
    broken = process(start(), user("a", name="Tugas tersesat"))

    page = upload(visit("analis"), "rusak.bpmn", broken)

    assert page.status == 400
    assert "Berkas ditolak" in page.text
    assert "Tugas tersesat" in page.text
    assert "rusak.bpmn, baris" in page.text


def check(browser: Browser, name: str, content: str) -> Page:
    page = browser.get("/proses/unggah")
    assert "Periksa saja" in page.buttons()
    _, values = page.form("/proses/unggah")
    values["berkas"] = (io.BytesIO(content.encode()), name)
    return browser.post("/proses/unggah/periksa", values, content_type="multipart/form-data")


def test_an_analyst_sees_how_expressions_will_run_before_deploying(visit: Visit) -> None:
    diagram = process(
        start(),
        exclusive("pilih"),
        user("a", name="Setujui"),
        end(),
        line("s", "pilih"),
        flow("pilih", "a", "${nilai ge 5 &amp;&amp; !empty catatan}"),
        flow("pilih", "e", "= not(some x in daftar satisfies x = nilai)"),
        line("a", "e"),
    )

    page = check(visit("analis"), "pilihan.bpmn", diagram)

    assert (page.status, page.heading) == (200, "Hasil pemeriksaan")
    assert "Berkas ini dapat dipasang, dengan" in page.text
    assert "nilai >= 5 and (not catatan in (None, '', [], {}))" in page.text
    assert "not any([x == nilai for x in daftar])" in page.text
    assert "pilihan.bpmn, baris" in page.text
    assert "Belum ada SOP" in visit("analis").get("/proses").text


def test_a_check_of_a_faulty_diagram_says_that_it_would_be_refused(visit: Visit) -> None:
    page = check(visit("analis"), "rusak.bpmn", process(start(), user("a", name="Tersesat")))

    assert page.status == 200
    assert "Berkas ini akan ditolak" in page.text
    assert "Tersesat" in page.text
    assert "tidak memuat ungkapan" in page.text


def test_only_analysts_check_and_a_check_needs_a_file(visit: Visit) -> None:
    def checked(browser: Browser) -> Page:
        _, values = browser.get("/akun").form("/keluar")
        return browser.post("/proses/unggah/periksa", values)

    assert checked(visit("staf")).status == 403
    page = checked(visit("analis"))
    assert page.status == 400
    assert "paling sedikit satu berkas .bpmn" in page.text


def test_an_upload_without_a_file_is_explained(visit: Visit) -> None:
    analyst = visit("analis")

    page = analyst.send(analyst.get("/proses/unggah"), "/proses/unggah")

    assert page.status == 400
    assert "paling sedikit satu berkas .bpmn" in page.text


def test_too_large_an_upload_is_explained(
    app: Flask, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    analyst = visit("analis")
    monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 2000)

    page = upload(analyst, "besar.bpmn", "x" * 3000)

    assert (page.status, page.heading) == (413, "Berkas terlalu besar")


def test_staff_do_not_deploy_or_read_files(sop: ProcessDefinition, visit: Visit) -> None:
    clerk = visit("staf")

    assert clerk.get("/proses/unggah").status == 403
    assert clerk.get("/proses/laporan/1/bpmn").status == 403
    assert "Unduh BPMN" not in clerk.get("/proses/laporan/1").buttons()


def test_a_definition_is_found_by_version_id_and_key(sop: ProcessDefinition, visit: Visit) -> None:
    clerk = visit("staf")

    for reference in ("/1", f"/{sop.definition_id}", ""):
        assert clerk.get(f"/proses/laporan{reference}").heading == "Penyusunan Laporan"
    assert clerk.get("/proses/laporan/9").status == 404
    assert clerk.get("/proses/lain").status == 404


def test_an_administrator_adds_an_account_that_can_log_in(
    office: Office, visit: Visit, browser: Browser
) -> None:
    admin = visit("admin")

    page = admin.send(
        admin.get("/akun"), "/akun", nama="baru", nama_lengkap="Orang Baru",
        sandi="kata-sandi-awal", lajur="Kadis\r\nSekretaris",
    )  # fmt: skip

    assert "Akun telah ditambahkan" in page.text
    account = office.engine.accounts.account("baru")
    assert account.lanes == {"Kadis", "Sekretaris"}
    assert account.roles == {Role.STAFF}
    page = browser.log_in("baru", "kata-sandi-awal")
    assert page.path == "/saya/sandi"
    assert "Pilih kata sandi Anda sendiri" in page.text


def test_a_password_of_an_administrator_is_good_for_choosing_another(
    visit: Visit, browser: Browser, app: Flask
) -> None:
    admin = visit("admin")
    admin.send(admin.get("/akun/staf"), "/sandi", sandi="kata-sandi-awal")
    page = browser.log_in("staf", "kata-sandi-awal")

    for path in ("/", "/saya", "/berkas", "/proses"):
        assert browser.get(path).path == "/saya/sandi"
    api = app.test_client().get("/engine-rest/task", auth=("staf", "kata-sandi-awal"))
    assert (api.status_code, api.json["type"]) == (403, "AuthorizationException")
    same = browser.send(
        page, "/saya/sandi", lama="kata-sandi-awal", baru="kata-sandi-awal",
        ulangi="kata-sandi-awal",
    )  # fmt: skip
    assert same.status == 400
    browser.send(
        page, "/saya/sandi", lama="kata-sandi-awal", baru="sandi-baru-1", ulangi="sandi-baru-1"
    )

    assert browser.get("/").path == "/"


def test_a_refused_account_says_why_and_keeps_what_was_typed(visit: Visit) -> None:
    admin = visit("admin")

    page = admin.send(
        admin.get("/akun"), "/akun", nama="Nama Salah", nama_lengkap="Orang", sandi="pendek"
    )

    assert page.status == 400
    assert "huruf kecil" in (page.fault_of("nama") or "")
    assert page.value("nama_lengkap") == "Orang"
    taken = admin.send(
        admin.get("/akun"), "/akun", nama="staf", nama_lengkap="Orang", sandi="kata-sandi-awal"
    )
    assert "sudah dipakai" in (taken.fault_of("nama") or "")


def test_a_deactivated_account_is_out_at_once(visit: Visit, browser: Browser) -> None:
    admin, clerk = visit("admin"), visit("staf")

    page = admin.send(admin.get("/akun/staf"), "/nonaktif")

    assert "dinonaktifkan" in page.text
    assert clerk.get("/").path == "/masuk"
    assert browser.log_in("staf").status == 401
    admin.send(page, "/aktif")
    assert browser.log_in("staf").path == "/"


def test_an_administrator_cannot_lock_himself_out(office: Office, visit: Visit) -> None:
    admin = visit("admin")
    page = admin.get("/akun/admin")

    assert admin.send(page, "/nonaktif").status == 400
    target, values = page.form("/peran")
    values.pop("peran")
    admin.post(target, values)

    assert office.engine.accounts.account("admin").roles == {Role.ADMIN}


def test_only_administrators_see_accounts(visit: Visit) -> None:
    for name in ("staf", "auditor", "analis"):
        assert visit(name).get("/akun").status == 403
        assert visit(name).get("/akun/admin").status == 403


def test_a_new_password_ends_the_other_logins_and_keeps_this_one(visit: Visit) -> None:
    here, there = visit("staf"), visit("staf")
    old = here.cookie()

    page = here.get("/saya/sandi")
    page = here.send(page, "/saya/sandi", lama=PASSWORD, baru="sandi-baru-1", ulangi="sandi-baru-1")

    assert "Kata sandi telah diganti" in page.text
    assert here.cookie() != old
    assert there.get("/").path == "/masuk"


def test_a_new_password_takes_the_old_one(visit: Visit) -> None:
    clerk = visit("staf")
    page = clerk.get("/saya/sandi")

    wrong = clerk.send(page, "/saya/sandi", lama="x", baru="sandi-baru-1", ulangi="sandi-baru-1")
    differ = clerk.send(page, "/saya/sandi", lama=PASSWORD, baru="sandi-baru-1", ulangi="lain")
    short = clerk.send(page, "/saya/sandi", lama=PASSWORD, baru="a", ulangi="a")

    assert "tidak benar" in (wrong.fault_of("lama") or "")
    assert "tidak sama" in (differ.fault_of("ulangi") or "")
    assert "8 sampai 128" in (short.fault_of("baru") or "")


def test_a_token_is_shown_once_and_can_be_revoked(office: Office, visit: Visit) -> None:
    clerk = visit("staf")

    page = clerk.send(clerk.get("/saya"), "/saya/token", nama="modeler", berakhir="2026-01-15")

    secret = page.tree.xpath("//code[@class='secret']")[0].text
    assert office.engine.access_tokens.authenticate(secret).account.name == "staf"
    page = clerk.get("/saya")
    assert secret not in page.text
    assert "15 Januari 2026 23.59 WIB Segera berakhir" in page.text
    page = clerk.send(page, "/cabut")
    assert "Token akses telah dicabut" in page.text
    assert "belum mempunyai token" in page.text


def test_a_token_that_cannot_be_is_explained(visit: Visit) -> None:
    clerk = visit("staf")
    page = clerk.get("/saya")

    late = clerk.send(page, "/saya/token", nama="t", berakhir="2020-01-01")
    nameless = clerk.send(page, "/saya/token", nama=" ", berakhir="")

    assert "sesudah hari ini" in (late.fault_of("berakhir") or "")
    assert "wajib diisi" in (nameless.fault_of("nama") or "")


def test_ending_all_sessions_ends_this_one_too(visit: Visit) -> None:
    here, there = visit("staf"), visit("staf")

    page = here.send(here.get("/saya"), "/saya/sesi")

    assert "Semua sesi Anda telah diakhiri" in page.text
    assert there.get("/").path == "/masuk"


def test_everybody_finds_what_applies_to_them(sop: ProcessDefinition, visit: Visit) -> None:
    assert "SOP yang terpasang Penyusunan Laporan, versi 1" in visit("analis").get("/").text
    assert "Berkas Proses terbaru" in visit("auditor").get("/").text
    assert "SOP yang terpasang" not in visit("staf").get("/").text
