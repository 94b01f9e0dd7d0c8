"""The PDF of an instance, and the page that knows the codes of such documents."""

from __future__ import annotations

import io
import zipfile
from threading import Event

import pytest
from pypdf import PdfReader

from engine.evidence_packages import REST
from engine.history_codes import code_of
from engine.settings import Settings
from tests.office import AUDITOR, Office
from tests.webhooks.pages.browser import Browser
from tests.webhooks.pages.conftest import Visit
from webhooks import create_app
from webhooks.evidence import build_maker
from webhooks.patience import Patience, StillWorking


def code(office: Office, instance_id: str) -> str:
    instance = office.engine.instances.instance(instance_id, actor=AUDITOR)
    return code_of(instance.instance_id, instance.head_hash)


def test_an_instance_is_downloaded_as_pdf(office: Office, instance: str, visit: Visit) -> None:
    clerk = visit("staf")

    page = clerk.get(f"/berkas/{instance}")
    answer = clerk.client.get(page.link("Unduh PDF"))
    text = PdfReader(io.BytesIO(answer.data)).pages[0].extract_text()

    assert answer.mimetype == "application/pdf"
    assert f'filename="berkas-{instance}.pdf"' in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "LAP-7" in text
    assert "oleh Putri Staf" in text
    assert code(office, instance) in text
    assert visit("luar").get(f"/berkas/{instance}/berkas.pdf").status == 403
    assert visit("auditor").get(f"/putar-ulang/{instance}").link("Unduh PDF")


def test_it_is_indonesian_whatever_its_reader_chose(instance: str, visit: Visit) -> None:
    clerk = visit("staf")
    in_indonesian = clerk.client.get(f"/berkas/{instance}/berkas.pdf").data
    clerk.send(clerk.get("/"), "/bahasa", bahasa="en")

    assert clerk.get(f"/berkas/{instance}").link("Download PDF")
    assert clerk.client.get(f"/berkas/{instance}/berkas.pdf").data == in_indonesian


def test_a_stranger_with_the_code_learns_that_history_holds(
    office: Office, instance: str, browser: Browser, visit: Visit
) -> None:
    given = code(office, instance)
    page = browser.send(browser.get("/masuk"), "/masuk", nama="", sandi="")
    asked = browser.get(page.link("Periksa kode verifikasi"))

    found = browser.get(f"/periksa?kode={given}")

    assert asked.heading == "Periksa kode verifikasi"
    assert "masih memuat catatan itu" in found.text
    assert "Penyusunan Laporan" in found.text
    assert "LAP-7" not in found.text
    assert f"/berkas/{instance}" not in found.response.text
    assert visit("staf").get(f"/periksa?kode={given}").link("Buka berkas").endswith(instance)
    assert f"/berkas/{instance}" not in visit("luar").get(f"/periksa?kode={given}").response.text


def test_what_the_page_says_of_wrong_and_lost_codes(
    office: Office, instance: str, browser: Browser
) -> None:
    given = code(office, instance)
    lost = code_of(instance, "f" * 64)

    wrong = browser.get(f"/periksa?kode={given[:-1]}")
    unknown = browser.get(f"/periksa?kode={lost}")

    assert wrong.status == 400
    assert "Bukan kode verifikasi" in (wrong.fault_of("kode") or "")
    assert wrong.value("kode") == given[:-1]
    assert "Tidak ada riwayat dengan kode ini" in unknown.text


def test_codes_are_not_guessed_at_speed(browser: Browser) -> None:
    answers = [browser.get("/periksa?kode=x").status for _ in range(61)]

    assert answers[:60] == [400] * 60
    assert answers[60] == 429


# ------------------------------------------------------------------ packages of evidence


def test_a_package_is_ordered_watched_and_downloaded(
    office: Office, instance: str, visit: Visit
) -> None:
    auditor = visit("auditor")
    page = auditor.get(auditor.get("/laporan").link("Paket Bukti AKIP"))
    waiting = auditor.send(page, "/bukti-akip", tahun="2026", bagian="S1", uji="ya")

    assert "Paket menunggu giliran" in waiting.text
    assert waiting.response.headers["Refresh"] == "3"
    assert waiting.heading == "Paket Bukti AKIP, Semester I 2026"
    assert waiting.link("Periksa sekarang") == waiting.path

    office.clock.advance(minutes=2)
    assert "alur worker berjalan" in auditor.get(waiting.path).text
    hold = office.engine.evidence_packages.take()
    assert hold is not None
    hold.note(1, 4)
    under_way = auditor.get(waiting.path)
    assert "1 dari 4 berkas" in under_way.text
    assert under_way.tree.xpath("//progress/@value") == ["25"]
    hold.release()

    build_maker(office.engine, Settings()).turn(lambda: False)
    done = auditor.get(waiting.path)
    answer = auditor.client.get(done.link("Unduh paket"))

    assert "Refresh" not in done.response.headers
    assert answer.mimetype == "application/zip"
    named = answer.headers["Content-Disposition"]
    assert 'filename="paket-bukti-akip-2026-01-01-2026-06-30.zip"' in named
    told = zipfile.ZipFile(io.BytesIO(answer.data)).read("tabel/berkas.csv").decode("utf-8-sig")
    assert instance in told
    assert "Semester I 2026" in auditor.get("/bukti-akip").text


def test_a_package_that_failed_says_why_and_is_tried_again(
    office: Office, instance: str, visit: Visit
) -> None:
    auditor = visit("auditor")
    page = auditor.send(auditor.get("/bukti-akip"), "/bukti-akip", tahun="2026", bagian="")
    hold = office.engine.evidence_packages.take()
    assert hold is not None
    hold.stumble("ValueError: rusak")
    waiting = auditor.get(page.path)
    office.clock.advance(seconds=REST.total_seconds())
    again = office.engine.evidence_packages.take()
    assert again is not None
    again.fail("ValueError: rusak")
    failed = auditor.get(page.path)

    ordered = auditor.send(failed, "/ulangi")
    build_maker(office.engine, Settings()).turn(lambda: False)

    assert "segera dicoba lagi" in waiting.text
    assert "ValueError: rusak" in failed.text
    assert ordered.path == page.path
    assert "Paket menunggu giliran" in ordered.text
    assert "Paket selesai dibuat" in auditor.get(page.path).text
    assert visit("staf").post(f"{page.path}/ulangi", {}).status in {400, 403}


def test_packages_are_for_auditors_admins_and_leaders(visit: Visit) -> None:
    assert visit("kadis").get("/bukti-akip").status == 200
    assert visit("kadis").get("/laporan").link("Paket Bukti AKIP")
    assert visit("staf").get("/bukti-akip").status == 403
    assert "Paket Bukti AKIP" not in visit("staf").get("/laporan").text


def test_a_wrong_period_is_told(visit: Visit) -> None:
    auditor = visit("auditor")

    page = auditor.send(auditor.get("/bukti-akip"), "/bukti-akip", tahun="2026", bagian="S9")

    assert page.status == 400
    assert "Pilih tahun dan bagiannya" in page.text


def test_a_document_that_takes_long_is_waited_for(office: Office, instance: str) -> None:
    patience, may_end = Patience(office.clock, patience_s=0), Event()
    visitor = Browser(create_app(office.engine, Settings(), patience=patience))
    visitor.log_in("staf")
    for other in "ab":  # others have every hand full
        with pytest.raises(StillWorking):
            patience.answer(other, may_end.wait)

    waiting = visitor.get(f"/berkas/{instance}/berkas.pdf")
    may_end.set()
    patience.close()
    answer = visitor.client.get(waiting.link("Periksa sekarang"))

    assert waiting.heading == "Sedang dikerjakan"
    assert waiting.response.headers["Refresh"] == "3"
    assert answer.mimetype == "application/pdf"
