"""The pages of web hooks, and one's own e-mail address."""

from __future__ import annotations

import pytest

from engine.model import Channel, DeliveryFailure, ProcessDefinition, Sent
from engine.queries import DeliveryQuery
from engine.settings import Settings
from tests.office import ADMIN, Office
from tests.webhooks.pages.browser import Browser, Page
from tests.webhooks.pages.conftest import Visit
from webhooks import create_app

URL = "https://gerbang.dinas.test/kait"


def subscribe(browser: Browser, **values: object) -> Page:
    page = browser.get("/langganan")
    return browser.send(page, "/langganan", **{"nama": "Gerbang", "alamat": URL, **values})


def attempt(office: Office, sent: Sent) -> None:
    """What a worker does with the one delivery that is due."""
    ((delivery_id, _),) = office.engine.deliveries.due(1)
    taken = office.engine.deliveries.take(delivery_id)
    assert taken is not None
    office.engine.deliveries.settle(*taken, sent)


def secrets_on(page: Page) -> list[str]:
    return [str(each.text) for each in page.tree.xpath("//code[@class='secret']")]


def test_an_analyst_subscribes_and_sees_the_secret_once(
    visit: Visit, sop: ProcessDefinition, office: Office
) -> None:
    analyst = visit("analis")
    assert "Belum ada langganan" in analyst.get("/langganan").text

    page = subscribe(analyst, kejadian=["task_opened"], sop=["laporan"], lajur=["Kadis"])

    (secret,) = secrets_on(page)
    assert secret.startswith("whsec_")
    (made,) = office.engine.webhook_subscriptions.list(actor=ADMIN)
    assert (made.kinds, made.definition_keys, made.lanes) == (
        {"task_opened"},
        {"laporan"},
        {"Kadis"},
    )
    again = analyst.get(f"/langganan/{made.subscription_id}")
    assert secrets_on(again) == []
    assert "Andi Analis" in again.text
    assert "Gerbang" in analyst.get("/langganan").text


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"nama": " "}, "Nama wajib diisi"),
        ({"alamat": "http://gerbang.dinas.test/"}, "ALUR_WEBHOOK_ALLOW"),
        ({"alamat": "https://10.0.0.1/"}, "ALUR_WEBHOOK_ALLOW"),
    ],
)
def test_fault_stands_at_its_field_and_what_was_typed_stays(
    visit: Visit, sop: ProcessDefinition, values: dict[str, str], fault: str
) -> None:
    page = subscribe(visit("admin"), kejadian=["task_opened"], **values)

    assert page.status == 400
    assert fault in page.text
    _, standing = page.form("/langganan")
    assert standing["kejadian"] in ("task_opened", ["task_opened"])


def test_trial_its_log_and_sending_again(
    visit: Visit, sop: ProcessDefinition, office: Office
) -> None:
    admin = visit("admin")
    subscribe(admin)
    path = admin.get("/langganan").link("Gerbang")
    waiting = admin.send(admin.get(path), f"{path}/uji")
    attempt(
        office,
        Sent(
            is_delivered=False,
            status=500,
            duration_ms=12,
            failure=DeliveryFailure.STATUS,
            answer="<b>mati</b>",
        ),
    )
    failed = admin.get(path)
    (sent,) = office.engine.deliveries.deliveries(DeliveryQuery(), actor=ADMIN)
    again = admin.send(failed, f"/kiriman/{sent.delivery_id}/ulang")
    attempt(office, Sent(is_delivered=True, status=200))

    assert "Uji coba sedang dikirim" in waiting.text
    assert "belum dicoba" in waiting.text
    assert "Gagal" in failed.text
    assert "jawaban bukan 2xx, 500, 12 ms" in failed.text
    assert "<b>mati</b>" in failed.text
    assert "akan dikirim ulang" in again.text
    assert "2 percobaan" in admin.get(path).text
    assert "Tidak ada kiriman dengan status ini" in admin.get(f"{path}?status=failed").text


def test_secret_is_changed_and_subscription_switched_off_on_and_removed(
    visit: Visit, sop: ProcessDefinition
) -> None:
    admin = visit("admin")
    first = secrets_on(subscribe(admin))
    path = admin.get("/langganan").link("Gerbang")

    rotated = admin.send(admin.get(path), f"{path}/rahasia")
    off = admin.send(admin.get(path), f"{path}/nonaktif")
    on = admin.send(off, f"{path}/aktif")
    changed = admin.send(on, path, nama="Gerbang WA", kejadian=[])
    removed = admin.send(changed, f"{path}/hapus")

    assert secrets_on(rotated) != first
    assert "Rahasia yang lama tetap ikut menandatangani" in rotated.text
    assert "dimatikan oleh pengelola" in off.text
    assert "Nonaktifkan" in on.buttons()
    assert changed.heading == "Gerbang WA"
    assert "Belum ada langganan" in removed.text


def test_list_tells_what_was_given_up(visit: Visit, sop: ProcessDefinition, office: Office) -> None:
    admin = visit("admin")
    subscribe(admin)
    path = admin.get("/langganan").link("Gerbang")
    admin.send(admin.get(path), f"{path}/uji")

    attempt(office, Sent(False, status=410, failure=DeliveryFailure.STATUS, is_gone=True))

    assert "menjawab 410" in admin.get("/langganan").text
    assert "menjawab 410" in admin.get(path).text


def test_log_has_pages(visit: Visit, sop: ProcessDefinition, office: Office) -> None:
    admin = visit("admin")
    subscribe(admin)
    path = admin.get("/langganan").link("Gerbang")
    for _ in range(26):
        office.engine.deliveries.ping(path.rpartition("/")[2], actor=ADMIN)

    page = admin.get(path)

    assert "Halaman 1 dari 2" in page.text
    assert "Halaman 2 dari 2" in admin.get(page.link("Berikutnya")).text


def test_auditor_reads_and_staff_do_not(visit: Visit, sop: ProcessDefinition) -> None:
    subscribe(visit("admin"))
    auditor = visit("auditor")
    path = auditor.get("/langganan").link("Gerbang")

    page = auditor.get(path)

    assert page.status == 200
    assert not {"Kirim uji coba", "Simpan", "Hapus langganan"} & set(page.buttons())
    assert visit("staf").get("/langganan").status == 403
    assert visit("staf").get(path).status == 403


# ------------------------------------------------------------------------- e-mail


def test_everybody_says_where_letters_go(visit: Visit, office: Office) -> None:
    clerk = visit("staf")
    page = clerk.get(clerk.get("/saya").link("Pemberitahuan"))
    assert "Server surel belum diatur" in page.text

    wrong = clerk.send(page, "/saya/surel", surel="bukan-alamat")
    saved = clerk.send(page, "/saya/surel", surel="staf@dinas.test", beri_tahu="ya")
    (contact,) = office.engine.contacts.list(actor=ADMIN)
    removed = clerk.send(saved, "/saya/surel/hapus")

    assert (wrong.status, "Harus berupa alamat surel" in wrong.text) == (400, True)
    assert "bukan-alamat" in str(wrong.form("/saya/surel")[1])
    assert "telah disimpan" in saved.text
    assert (contact.account, contact.value, contact.is_on) == ("staf", "staf@dinas.test", True)
    assert "telah dihapus" in removed.text
    assert office.engine.contacts.list(actor=ADMIN) == []


def test_everybody_says_to_which_phone_messages_go(visit: Visit, office: Office) -> None:
    assert "WhatsApp" not in visit("staf").get("/saya/surel").text
    settings = Settings(gateway_url="https://gerbang.dinas.test/")
    clerk = Browser(create_app(office.engine, settings))
    clerk.log_in("staf")

    page = clerk.get("/saya/surel")
    wrong = clerk.send(page, "/saya/surel/ponsel", ponsel="62 81", beri_tahu="ya")
    saved = clerk.send(page, "/saya/surel/ponsel", ponsel="62811", beri_tahu="ya")
    (contact,) = office.engine.contacts.list(actor=ADMIN)
    removed = clerk.send(saved, "/saya/surel/ponsel/hapus")

    assert (wrong.status, "tanpa spasi" in wrong.text) == (400, True)
    assert "62 81" in str(wrong.form("/saya/surel/ponsel")[1])
    assert (contact.channel, contact.value, contact.is_on) == (Channel.GATEWAY, "62811", True)
    assert "telah disimpan" in saved.text
    assert "telah dihapus" in removed.text
    assert office.engine.contacts.list(actor=ADMIN) == []
