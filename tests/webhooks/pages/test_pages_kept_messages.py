"""Administrators look after messages that matched nothing when they came."""

from __future__ import annotations

from engine.correlation import Message
from engine.model import KeptMessage, KeptState
from tests.engine.messaging import CATCH, PROGRAM, between
from tests.office import ADMIN, AUDITOR, Office
from tests.webhooks.pages.conftest import Visit


def keep(office: Office, **more: object) -> KeptMessage:
    sent = Message("surat masuk", business_key="005/12", variables=dict(more))
    found = office.engine.messages.correlate(sent, actor=PROGRAM, keep_unmatched=True)
    assert found.kept is not None
    return found.kept


def begun(office: Office) -> str:
    definition = office.deploy(between(CATCH))
    started = office.engine.instances.start(definition, {}, actor=ADMIN, business_key="005/12")
    return started.instance.instance_id


def test_a_message_is_shown_and_delivered(office: Office, visit: Visit) -> None:
    admin = visit("admin")
    assert "Tidak ada pesan yang menunggu" in admin.get("/pesan").text
    keep(office, perihal="Undangan")
    page = admin.get("/pesan")
    for said in ("surat masuk", "Kunci berkas 005/12", "Undangan", "Belum ada berkas proses"):
        assert said in page.text

    assert "masih belum tepat satu" in admin.send(page, "/coba").text
    instance = begun(office)
    delivered = admin.send(admin.get("/pesan"), "/coba")

    assert delivered.path == f"/berkas/{instance}"
    assert "Pesan telah disampaikan" in delivered.text
    assert "Pesan diterima" in delivered.text
    assert office.waiting_at(instance) == ["z"]
    assert "Tersampaikan" in admin.get("/pesan?status=delivered").text
    assert "sudah disampaikan" in admin.send(page, "/coba").text


def test_a_message_is_discarded_with_a_reason(office: Office, visit: Visit) -> None:
    kept = keep(office)
    admin = visit("admin")

    wrong = admin.send(admin.get("/pesan"), "/singkirkan", alasan=" ")
    assert wrong.status == 400
    assert "Tulis alasannya" in wrong.text
    done = admin.send(wrong, "/singkirkan", alasan="terkirim ganda")

    assert "Pesan telah disingkirkan" in done.text
    assert "terkirim ganda" in admin.get("/pesan?status=semua").text
    found = office.engine.kept_messages.message(kept.kept_id, actor=AUDITOR)
    assert found.state is KeptState.DISCARDED


def test_who_sees_messages(office: Office, visit: Visit) -> None:
    keep(office)

    auditor = visit("auditor").get("/pesan")
    assert "surat masuk" in auditor.text
    assert "Coba sampaikan" not in auditor.buttons()
    assert visit("kadis").get("/pesan").status == 403


def test_an_instance_says_that_it_waits_for_a_message(office: Office, visit: Visit) -> None:
    instance = begun(office)

    shown = visit("admin").get(f"/berkas/{instance}").text
    assert "Menunggu kejadian sejak" in shown, shown
