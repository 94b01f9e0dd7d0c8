"""Putar Ulang: an instance step by step without JavaScript, as of a moment, only what is proved."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from engine.model import Actor, Upload
from engine.playback import room
from engine.remarks import Place
from tests.diagrams import each, end, field, form, line, process, start, user
from tests.engine.test_verify import tamper
from tests.office import AUDITOR, Office
from tests.webhooks.pages.browser import Browser, Page
from tests.webhooks.pages.conftest import Visit
from webhooks.pages import replay


def actor(office: Office, name: str) -> Actor:
    return office.engine.accounts.account(name).as_actor()


@pytest.fixture
def returned(office: Office, instance: str) -> str:
    """Sent back once, and drafted again: five steps."""
    steps = [
        ("susun", "staf", {"judul": "Capaian", "penerima": ["Kadis"]}),
        ("paraf", "sekretaris", {"keputusan": "kembalikan", "catatan_perbaikan": "Angka keliru"}),
        ("susun", "staf", {"judul": "Capaian 2026", "penerima": ["Kadis"]}),
        ("paraf", "sekretaris", {"keputusan": "setujui"}),
    ]
    for activity, name, values in steps:
        office.clock.advance(minutes=30)
        office.complete(instance, activity, actor(office, name), **values)
    return instance


def opened(visitor: Browser, instance: str, **query: object) -> Page:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    return visitor.get(f"/putar-ulang/{instance}?{asked}")


def said(page: Page) -> str:
    return " ".join(page.tree.xpath("//*[@id='suara']")[0].text_content().split())


def rows(page: Page) -> list[str]:
    found = page.tree.xpath("//section[@id='tabel']//tbody/tr")
    return [" ".join(row.text_content().split()) for row in found]


def test_replay_is_walked_by_links_alone(returned: str, visit: Visit) -> None:
    auditor = visit("auditor")
    page, told = opened(auditor, returned), []
    while True:
        told.append(said(page))
        onward = page.tree.xpath("//a[@id='ke-next']/@href")
        if not onward:
            break
        page = auditor.get(onward[0])

    assert [text.split(".")[0] for text in told] == [f"Langkah {n} dari 5" for n in range(1, 6)]
    assert "Memaraf laporan: Tugas diselesaikan oleh Siti Sekretaris (definitif)" in told[2]
    assert "Kembali ke: Menyusun laporan." in told[2]
    assert "Menyusun laporan, kunjungan ke-2" in told[3]
    assert page.tree.xpath("//a[@id='ke-previous']/@href")
    assert auditor.get(page.link("Awal")).tree.xpath("//a[@id='ke-first']/@href") == []


def test_picture_shows_the_way_up_to_the_step(returned: str, visit: Visit) -> None:
    auditor = visit("auditor")

    pages = [opened(auditor, returned, langkah=number) for number in (2, 3, 5)]
    badges = [set(page.tree.xpath("//*[local-name()='tspan']/text()")) for page in pages]

    assert {"→ 2", "di sini", "langkah ini"} <= badges[0]
    assert "→ 4 kembali" in badges[1]
    assert {"4 kembali", "5 (2×)", "✓ 2×"} <= badges[2]


def test_page_runs_only_the_script_of_a_file(returned: str, visit: Visit) -> None:
    page = opened(visit("auditor"), returned, langkah=2)

    [script] = page.tree.xpath("//script")
    assert script.get("src") == "/static/putar-ulang.js"
    assert not script.text
    assert page.tree.xpath("//@style | //style") == []
    assert page.tree.xpath("//*[@id='pengendali']/@hidden")
    ids = page.tree.xpath("//@id")
    assert len(ids) == len(set(ids))


def test_what_was_typed_stands_before_and_after(returned: str, visit: Visit) -> None:
    page = opened(visit("auditor"), returned, langkah=4)

    table = page.tree.xpath("//table[.//th[contains(., 'Perubahan')]]/tbody/tr")
    told = [[" ".join(cell.text_content().split()) for cell in row] for row in table]
    assert ["Judul laporan", "Capaian", "Capaian 2026", "diubah"] in told
    assert ["Penerima", "Kadis", "Kadis", "tetap"] in told


def test_value_of_one_item_is_not_said_to_have_been_there(office: Office, visit: Visit) -> None:
    fields = form(field("hasil"))
    loop = each("daftar", element="bidang")
    content = process(
        start(), user("a", f"{fields}{loop}", "Mengisi"), end(), line("s", "a", "e"),
        lanes={"Perencana": ["s", "a", "e"]},
    )  # fmt: skip
    clerk = actor(office, "staf")
    instance_id = office.start(office.deploy(content), clerk, daftar=["SMP", "PAUD"])
    office.complete(instance_id, "a", clerk, hasil="98")

    page = opened(visit("auditor"), instance_id, langkah=2)

    [row] = page.tree.xpath("//tr[th='hasil']")
    told = [" ".join(cell.text_content().split()) for cell in row]
    assert told == ["hasil", "–", "98", "hanya pada butir ini"]
    assert "Mengisi SMP" in " ".join(
        page.tree.xpath("//div[@id='rincian']")[0].text_content().split()
    )


def test_state_after_a_step_is_told(returned: str, visit: Visit) -> None:
    page = opened(visit("auditor"), returned, langkah=2)

    state = page.tree.xpath("//div[@id='rincian']")[0].text_content()
    assert "Memaraf laporan" in state
    assert "Capaian" in state
    assert "Capaian 2026" not in state


def test_comment_and_attachment_are_steps_with_their_content(
    office: Office, instance: str, visit: Visit
) -> None:
    clerk, content = actor(office, "staf"), b"%PDF-1.7 naskah"
    office.engine.remarks.comment(Place(instance), "Mohon dicek", actor=clerk)
    office.engine.remarks.attach(Place(instance), Upload("naskah.pdf", content), actor=clerk)
    auditor = visit("auditor")

    comment, attachment = (opened(auditor, instance, langkah=n) for n in (2, 3))

    assert "Mohon dicek" in comment.text
    assert hashlib.sha256(content).hexdigest() in attachment.text
    assert auditor.get(attachment.link("naskah.pdf")).response.data == content


def test_state_as_of_a_moment_is_that_of_the_last_step_before_it(
    office: Office, returned: str, visit: Visit
) -> None:
    begun = office.engine.history.frames(returned, actor=AUDITOR)[0].at
    moments = [begun + timedelta(minutes=each) for each in (-1, 0, 45, 9999)]
    auditor = visit("auditor")

    # In the office's time zone, which is +07:00.
    local = [f"{each + timedelta(hours=7):%Y-%m-%dT%H:%M}" for each in moments]
    pages = [opened(auditor, returned, pada=each) for each in local]

    assert "proses ini belum dimulai" in pages[0].text
    assert [said(page).split(".")[0] for page in pages[1:]] == [
        "Langkah 1 dari 5",
        "Langkah 2 dari 5",
        "Langkah 5 dari 5",
    ]


@pytest.mark.parametrize(
    ("query", "name", "why"),
    [
        ("langkah=0", "langkah", "Isi angka 1 sampai 5."),
        ("langkah=6", "langkah", "Isi angka 1 sampai 5."),
        ("langkah=dua", "langkah", "Isi angka 1 sampai 5."),
        ("pada=kemarin", "pada", "Isi tanggal dan jam"),
        ("pada=0001-01-01T00:00:00%2B23:00", "pada", "Isi tanggal dan jam"),
    ],
)
def test_what_is_asked_wrongly_is_told_at_its_field(
    returned: str, visit: Visit, query: str, name: str, why: str
) -> None:
    page = visit("auditor").get(f"/putar-ulang/{returned}?{query}")

    assert page.status == 400
    assert (page.fault_of(name) or "").startswith(why)


def test_nothing_is_shown_from_a_fault_on(office: Office, returned: str, visit: Visit) -> None:
    frame = office.engine.history.frames(returned, actor=AUDITOR)[2]
    tamper(
        office.store,
        "UPDATE history_event SET actor = 'lain' WHERE sequence = :number",
        number=frame.sequence,
    )

    page = opened(visit("auditor"), returned)

    assert "Riwayat ini tidak utuh" in page.text
    assert f"Catatan ke-{frame.sequence}: Rantai hash tidak cocok" in page.text
    assert "hanya langkah 1 sampai 2 dari 5" in page.text
    assert len(rows(page)) == 2
    assert opened(visit("auditor"), returned, langkah=3).status == 400


def test_wholly_false_history_shows_no_step(office: Office, returned: str, visit: Visit) -> None:
    tamper(office.store, "UPDATE history_event SET actor = 'lain' WHERE sequence = 1")

    page = opened(visit("auditor"), returned)

    assert "Tidak satu pun dari 5 langkah terbukti" in page.text
    assert page.tree.xpath("//table | //svg | //script") == []


def test_false_state_beside_history_is_told_and_all_steps_are_shown(
    office: Office, returned: str, visit: Visit
) -> None:
    tamper(office.store, "UPDATE process_instance SET snapshot = x'00'")

    page = opened(visit("auditor"), returned)

    assert "Semua langkah terbukti" in page.text
    assert len(rows(page)) == 5


def test_long_table_has_pages_and_says_so(
    office: Office, returned: str, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "TABLE_ROWS", 2)
    auditor = visit("auditor")

    first, middle = opened(auditor, returned), opened(auditor, returned, langkah=4)
    last = auditor.get(middle.tree.xpath("//section[@id='tabel']//nav/a/@href")[-1])

    assert "Langkah 1–2 dari 5." in first.text
    assert "Langkah 3–4 dari 5." in middle.text
    assert "Langkah 5–5 dari 5." in last.text
    assert said(last).startswith("Langkah 4 dari 5")
    assert middle.tree.xpath("//tr[@aria-current='step']/@id") == ["baris-4"]


def test_frames_for_the_script_are_what_the_pages_show(
    returned: str, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "BATCH", 3)
    auditor = visit("auditor")
    parts: dict[str, str] = {}
    for first in (1, 4):
        frames = auditor.client.get(f"/putar-ulang/{returned}/bingkai?dari={first}").json
        assert frames is not None
        for frame in frames:
            page = opened(auditor, returned, langkah=frame["langkah"])
            parts |= frame["bagian"]
            assert frame["kata"] == said(page)
            assert all(
                part in page.response.text for name, part in parts.items() if name != "uraian"
            )
    assert frames[-1]["langkah"] == 5
    assert auditor.client.get(f"/putar-ulang/{returned}/bingkai?dari=6").status_code == 400


def test_replay_is_for_who_may_see_the_instance(returned: str, visit: Visit) -> None:
    assert opened(visit("kadis"), returned).status == 200
    assert opened(visit("luar"), returned).status == 403
    assert visit("luar").get(f"/putar-ulang/{returned}/bingkai").status == 403
    assert opened(visit("auditor"), "tidak-ada").status == 404


def test_long_history_is_proved_once_and_again_when_asked(
    office: Office, returned: str, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "QUICKLY_PROVED", 5)
    auditor = visit("auditor")
    before = opened(auditor, returned)
    tamper(office.store, "UPDATE history_event SET actor = 'lain' WHERE sequence = 1")

    assert len(rows(opened(auditor, returned, langkah=2))) == 5
    assert "Tidak satu pun" in auditor.get(before.link("Uji lagi")).text


def test_instance_page_and_modeler_lead_to_the_replay(returned: str, visit: Visit) -> None:
    auditor = visit("auditor")

    page = auditor.get(auditor.get(f"/berkas/{returned}").link("Putar Ulang"))

    assert page.heading.startswith("Putar Ulang LAP-7")
    assert auditor.get(f"/process-instance/{returned}").path == f"/putar-ulang/{returned}"
