"""An instance as PDF: all that happened is in it, on whole pages, the same bytes each time."""

from __future__ import annotations

import hashlib
import io
import re
from datetime import date
from pathlib import Path

import pytest
from pypdf import PdfReader

from engine.checkpoint_format import fingerprint
from engine.errors import Forbidden
from engine.history_codes import code_of
from engine.model import AccountEventKind, Actor, EventKind, Role, Upload
from engine.queries import AccountEventQuery
from engine.remarks import Place
from engine.settings import Settings
from engine.substitutions import Wishes
from tests.databases import store_in_memory
from tests.diagrams import each, end, field, form, line, process, start, user
from tests.engine.test_verify import tamper
from tests.office import ADMIN, AUDITOR, SOP_FILES, Office, every_return_once, staff
from webhooks.evidence import instance_pdf, writing_papers

DIAGRAM = process(
    start("s", form(field("tahun", "long"))),
    user("a", form(field("isi"), field("bukti", "file")), name="Menyusun – “laporan” ✓"),
    user("b", name="Menyetujui"),
    end(),
    line("s", "a", "b", "e"),
    key="laporan",
)
LETTER = process(
    start(),
    user("sahkan", name="Mengesahkan"),
    end(),
    line("s", "sahkan", "e"),
    key="surat",
    lanes={"Sekretaris": ["s"], "Kadis": ["sahkan", "e"]},
)
MANY = process(
    start(),
    user("a", form(field("isi")) + each(cardinality="300"), name="Mengisi"),
    end(),
    line("s", "a", "e"),
    key="banyak",
)


def document(office: Office, instance_id: str, actor: Actor = AUDITOR) -> bytes:
    with writing_papers(office.engine, Settings()):
        return instance_pdf(instance_id, actor=actor)


def read(content: bytes) -> str:
    """All text of the pages, with one blank between words; what was broken is whole again."""
    pages = PdfReader(io.BytesIO(content)).pages
    text = " ".join(page.extract_text() for page in pages)
    return " ".join(text.replace("\u200b", "").split())


def squeezed(text: str) -> str:
    """Without blanks: a line may end anywhere in a word."""
    return re.sub(r"[\s\u200b]", "", text)


# ------------------------------------------------------------------------ contents


@pytest.mark.parametrize("stem", SOP_FILES)
def test_every_step_of_an_sop_is_there(office: Office, stem: str) -> None:
    instance_id = office.start_sop(office.deploy_sop(stem))
    done = office.run_to_end(instance_id, every_return_once())
    model = office.engine.playback.story(instance_id, actor=AUDITOR).model

    text = squeezed(read(document(office, instance_id)))

    assert len(done) > 8
    for activity in done:
        assert squeezed(model.nodes[activity].name or "") in text, activity
    for name in ("sop:nomorSop", "sop:satuanKerja"):
        said = squeezed(model.properties.get(name, "")).upper()
        assert said in text.upper()
    assert squeezed(office.engine.instances.instance(instance_id, actor=AUDITOR).head_hash) in text


def test_what_people_did_is_told_in_full(office: Office) -> None:
    instance_id = office.start(office.deploy(DIAGRAM), tahun=2026)
    office.engine.tasks.claim(office.task(instance_id, "a").task_id, actor=ADMIN)
    office.clock.advance(minutes=30)
    content = b"bukti dukung"
    long = "kata " * 2000 + "AKHIR-ISIAN"
    office.complete(instance_id, "a", isi=long, bukti=Upload("bukti.txt", content, "text/plain"))
    place = Place(instance_id=instance_id)
    office.engine.remarks.comment(place, "Mohon dicek — segera", actor=ADMIN)
    gone = office.engine.remarks.attach(
        place, Upload("salah.pdf", b"salah", "application/pdf"), actor=ADMIN
    )
    office.engine.remarks.withdraw(place, gone.attachment_id, actor=ADMIN)
    office.engine.instances.cancel(instance_id, reason="Tahun keliru", actor=ADMIN)

    made = document(office, instance_id)
    text = read(made)

    assert "Menyusun – “laporan” ✓" in text
    assert squeezed("AKHIR-ISIAN") in squeezed(text)
    assert hashlib.sha256(content).hexdigest() in squeezed(text)
    assert f"{len(content)} byte" in text
    assert "salah.pdf Lampiran (ditarik)" in text
    assert "Mohon dicek — segera" in text
    assert "Dibatalkan" in text
    assert "oleh admin, alasan: Tahun keliru" in text
    assert "UTUH: rantai hash" in text
    assert "TIDAK UTUH" not in text
    instance = office.engine.instances.instance(instance_id, actor=AUDITOR)
    assert code_of(instance_id, instance.head_hash) in text
    assert "Belum ada titik periksa" in text


def test_a_return_and_the_parafs_it_voids_are_told(office: Office) -> None:
    instance_id = office.start_sop(office.deploy_sop("luwu-timur"))
    office.run_to_end(instance_id, every_return_once())

    text = read(document(office, instance_id))

    assert "DIKEMBALIKAN untuk perbaikan: contoh isian" in text
    assert "Kunjungan ke-2" in text
    assert "Paraf: perencana (definitif)" in text
    assert "GUGUR KARENA DIKEMBALIKAN" in text


def test_three_hundred_steps_page_and_all_rows_are_there(office: Office) -> None:
    instance_id = office.start(office.deploy(MANY))
    for number, task in enumerate(office.open_tasks(instance_id)):
        office.engine.tasks.complete(task.task_id, {"isi": f"isian-{number}."}, actor=ADMIN)

    made = document(office, instance_id)
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(made)).pages]
    text = squeezed(" ".join(pages))

    assert len(pages) > 20
    for number in range(300):
        assert f"isian-{number}." in text
    assert "Jumlahbaris:300" in text
    assert "Jumlahbaris:301" in text
    for number, page in enumerate(pages, 1):
        assert f"Halaman {number} dari {len(pages)}" in page
    with_rows = [page for page in pages if "Kunjungan" in page or "isian-" in page]
    assert all("No." in page for page in with_rows)


# ---------------------------------------------------------------------------- form


def test_the_same_data_is_the_same_bytes(office: Office) -> None:
    instance_id = office.start(office.deploy(DIAGRAM), tahun=2026)

    first = document(office, instance_id)
    again = document(office, instance_id)
    office.clock.advance(minutes=1)

    assert first == again
    assert document(office, instance_id) != first


def test_it_is_tagged_and_archivable_and_its_fonts_are_embedded(office: Office) -> None:
    instance_id = office.start(office.deploy(DIAGRAM), tahun=2026)

    reader = PdfReader(io.BytesIO(document(office, instance_id)))
    catalog = reader.trailer["/Root"]

    assert catalog["/Lang"].startswith("id")
    assert catalog["/MarkInfo"]["/Marked"]
    assert reader.metadata is not None
    assert "laporan" in (reader.metadata.title or "")
    told = reader.xmp_metadata
    assert told is not None
    written = catalog["/Metadata"].get_object().get_data().decode()
    assert "<pdfuaid:part>1</pdfuaid:part>" in written
    assert "<pdfaid:part>2</pdfaid:part>" in written
    for page in reader.pages:
        for font in page["/Resources"].get("/Font", {}).values():
            [inner] = font.get_object()["/DescendantFonts"].get_object()
            held = inner.get_object()["/FontDescriptor"].get_object()
            assert {"/FontFile2", "/FontFile3"} & set(held)
        width, height = sorted(float(side) for side in page.mediabox[2:])
        assert (round(width), round(height)) == (595, 842)


@pytest.mark.parametrize("strange", ["中文 😀", "a\u200bb", "שלום", "#let x = 1 $ _a_ *b* \\ [c]"])
def test_any_text_can_be_set(office: Office, strange: str) -> None:
    instance_id = office.start(office.deploy(DIAGRAM), tahun=2026)
    office.complete(instance_id, "a", isi=strange)

    text = read(document(office, instance_id))

    assert "Menyetujui" in text
    if strange.startswith("#"):
        assert squeezed(strange) in squeezed(text)


# ------------------------------------------------------------------------- who, proof


def test_only_who_sees_the_instance_gets_it_and_reading_is_recorded(office: Office) -> None:
    instance_id = office.start_sop(office.deploy_sop("luwu-timur"))

    with pytest.raises(Forbidden):
        document(office, instance_id, staff("Gudang"))
    document(office, instance_id)

    read_of = [
        found.payload["instance"]
        for found in office.engine.account_log.events(AccountEventQuery(), actor=ADMIN)
        if found.kind is AccountEventKind.HISTORY_READ
    ]
    assert read_of == [instance_id]


def test_a_broken_history_is_told_first(office: Office) -> None:
    instance_id = office.start(office.deploy(DIAGRAM), tahun=2026)
    office.complete(instance_id, "a", isi="isian palsu")
    tamper(
        office.store,
        f"UPDATE history_event SET actor = 'x' WHERE kind = '{EventKind.TASK_COMPLETED}'",
    )

    pages = PdfReader(io.BytesIO(document(office, instance_id))).pages
    first, text = pages[0].extract_text(), " ".join(page.extract_text() for page in pages)

    assert "RIWAYAT TIDAK UTUH" in first
    assert "hanya 1 dari 2 langkah" in " ".join(first.split())
    assert "isian palsu" not in text


def test_a_substitute_his_letter_and_the_checkpoint_are_named(tmp_path: Path) -> None:
    settings = Settings(checkpoints=tmp_path / "titik", checkpoint_key=tmp_path / "kunci.pem")
    store = store_in_memory()
    office = Office(store, settings)
    office.engine.accounts.add(
        "sekretaris", display_name="Siti", roles=[Role.STAFF], lanes=["Sekretaris"], actor=ADMIN
    )
    office.engine.substitutions.add(
        Wishes(
            account="sekretaris",
            lane="Kadis",
            kind="Plh.",
            basis_number="800/17/2026",
            basis_date=date(2026, 1, 2),
            first_day=date(2026, 1, 5),
            last_day=date(2026, 1, 7),
        ),
        actor=ADMIN,
    )
    actor = office.engine.accounts.account("sekretaris").as_actor(office.clock.now())
    instance_id = office.start(office.deploy(LETTER), actor)
    office.complete(instance_id, "sahkan", actor)
    [made] = office.engine.checkpoints.make(actor=ADMIN)

    text = read(document(office, instance_id))
    store.close()

    assert "Siti Plh. Kadis" in text
    assert "Plh. Kadis, dasar: 800/17/2026, 2 Januari 2026" in text
    last = re.search(r"Jumlah catatan (\d+) catatan", text)
    assert last is not None
    assert f"memuat catatan sampai nomor {last[1]}, cocok" in text
    assert squeezed(fingerprint(made.key)) in squeezed(text)


def test_a_word_that_no_line_has_room_for_is_broken(office: Office) -> None:
    instance_id = office.start(office.deploy(DIAGRAM), tahun=2026)
    word = "".join(f"{number:03}" for number in range(200))
    office.engine.remarks.comment(Place(instance_id=instance_id), word, actor=ADMIN)

    pages = PdfReader(io.BytesIO(document(office, instance_id))).pages
    lines = [line for page in pages for line in page.extract_text().splitlines()]

    assert word in squeezed(" ".join(lines))
    assert max(map(len, lines)) < 200


def test_history_names_the_item_that_a_step_was_for(office: Office) -> None:
    step = user("a", each("bidang", element="unit"), name="Mengisi")
    drawn = process(start(), step, end(), line("s", "a", "e"), key="tiap")
    instance = office.start(office.deploy(drawn), bidang=["PAUD", "SMP"])
    for task in office.open_tasks(instance):
        office.engine.tasks.complete(task.task_id, {}, actor=ADMIN)

    text = read(document(office, instance))

    assert "Tugas diselesaikan Mengisi (PAUD)" in text
    assert "Tugas diselesaikan Mengisi (SMP)" in text
