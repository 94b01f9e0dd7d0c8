"""Files that forms ask for: kept once, referred to by digest, given to whom they concern."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from engine.document_intake import MAX_FILES, MEGABYTE, clean_name, clean_type
from engine.errors import (
    EngineError,
    Forbidden,
    IdempotencyKeyReused,
    InvalidForm,
    InvalidInput,
    InvalidVariables,
    NotFound,
)
from engine.model import Actor, FileSize, Role, Upload, references_in
from engine.process_engine import build_engine
from engine.queries import TopicSubscription
from engine.settings import Settings
from engine.store import Store
from tests.diagrams import each, end, form, line, process, script, start, user
from tests.engine.handing_in import (
    DIAGRAM,
    DIGEST,
    KADIS,
    LETTER,
    a_case,
    file_field,
    kept_contents,
)
from tests.engine.test_calls import call, called_by, mappings
from tests.office import ADMIN, AUDITOR, CountedIds, Office, staff

# ---------------------------------------------------------------------- handing in


def test_a_file_becomes_a_reference_and_its_bytes_are_given_back(office_on_both: Office) -> None:
    office = office_on_both
    instance = a_case(office)
    office.complete(instance, "a", KADIS, surat=LETTER, lampiran=[Upload("b.txt", b"b"), LETTER])

    surat = office.variables(instance)["surat"]
    assert surat == {
        "document": surat["document"],
        "name": "surat.pdf",
        "mimeType": "application/pdf",
        "size": len(LETTER.content),
        "sha256": DIGEST,
    }
    given = office.engine.documents.variable(instance, "surat", actor=KADIS)
    assert (given.document.name, given.content) == ("surat.pdf", LETTER.content)
    assert [each["name"] for each in office.variables(instance)["lampiran"]] == [
        "b.txt",
        "surat.pdf",
    ]
    brought = office.engine.documents.documents(instance, actor=AUDITOR)
    assert [(b.document.name, b.event.activity_id, b.event.actor) for b in brought] == [
        ("sk.txt", None, "kadis"),
        ("b.txt", "a", "kadis"),
        ("surat.pdf", "a", "kadis"),
    ]
    office.complete(instance, "b", KADIS)
    office.assert_sound(instance)
    assert office.engine.documents.variable(instance, "surat", actor=KADIS).content


def test_one_content_is_kept_once(office_on_both: Office) -> None:
    office = office_on_both
    for _ in range(3):
        office.complete(a_case(office), "a", KADIS, surat=LETTER)

    assert kept_contents(office.store) == 2


def test_a_missing_file_is_a_fault_at_its_field(office: Office) -> None:
    instance = a_case(office)

    with pytest.raises(InvalidForm) as refused:
        office.complete(instance, "a", KADIS, lampiran=[LETTER])

    assert refused.value.fields == {"surat": ["Isian ini wajib diisi."]}
    assert kept_contents(office.store) == 1


@pytest.mark.parametrize(
    "value", ["surat.pdf", 5, True, {"name": "surat.pdf"}, [{"sha256": DIGEST}]], ids=str
)
def test_what_is_no_file_is_a_fault_at_its_field(office: Office, value: Any) -> None:
    instance = a_case(office)

    with pytest.raises(InvalidForm) as refused:
        office.complete(instance, "a", KADIS, surat=value)

    assert refused.value.fields == {"surat": ["Harus berupa berkas yang diunggah."]}


def test_a_readonly_file_is_only_shown(office: Office) -> None:
    instance = a_case(office)
    office.complete(instance, "a", KADIS, surat=LETTER)
    task = office.task(instance, "b")

    shown = office.engine.tasks.form(task.task_id, actor=KADIS).values["surat"]
    assert shown["sha256"] == DIGEST
    with pytest.raises(InvalidForm) as refused:
        office.complete(instance, "b", KADIS, surat=Upload("lain.pdf", b"lain"))
    assert refused.value.fields == {"surat": ["Isian ini hanya dapat dibaca."]}


def test_a_document_that_the_instance_holds_may_be_handed_in_again(office: Office) -> None:
    instance = a_case(office)
    dasar = office.variables(instance)["dasar"]

    office.complete(instance, "a", KADIS, surat=dasar, lampiran=[dasar, LETTER])

    assert office.variables(instance)["surat"] == dasar
    assert len(office.engine.documents.documents(instance, actor=KADIS)) == 2
    office.assert_sound(instance)


@pytest.mark.parametrize("name", ["surat", "lampiran", "catatan"])
def test_a_document_of_another_instance_is_refused(office: Office, name: str) -> None:
    other, instance = a_case(office), a_case(office)
    foreign = office.variables(other)["dasar"]
    values = {"surat": LETTER, name: [foreign] if name == "lampiran" else foreign}

    with pytest.raises(InvalidVariables, match="bukan milik berkas proses ini"):
        office.complete(instance, "a", KADIS, **values)
    with pytest.raises(InvalidVariables, match="bukan milik berkas proses ini"):
        office.start(office.deploy(DIAGRAM), KADIS, dasar=foreign)
    assert office.waiting_at(instance) == ["a"]


def test_a_held_document_under_another_name_or_type_is_refused(office: Office) -> None:
    instance = a_case(office)
    renamed = {**office.variables(instance)["dasar"], "name": "sk-palsu.txt"}

    with pytest.raises(InvalidVariables, match="bukan milik"):
        office.complete(instance, "a", KADIS, surat=renamed)


# ------------------------------------------------------------------------- limits


def office_with(store: Store, **settings: Any) -> Office:
    office = Office(store)
    office.engine = build_engine(store, office.clock, CountedIds(), Settings(**settings))
    return office


def refused_at(office: Office, instance: str, **values: Any) -> dict[str, list[str]]:
    with pytest.raises(InvalidInput) as refused:
        office.complete(instance, "a", KADIS, **values)
    return refused.value.fields


def test_a_file_has_a_largest_size(store: Store) -> None:
    office = office_with(store, max_file_mb=1)
    instance = a_case(office)
    large = Upload("besar.bin", b"x" * (MEGABYTE + 1))

    assert refused_at(office, instance, surat=large) == {
        "surat": ["Berkas besar.bin terlalu besar: 1 MB; batasnya 1 MB."]
    }
    office.complete(instance, "a", KADIS, surat=Upload("besar.bin", b"x" * MEGABYTE))
    assert office.waiting_at(instance) == ["b"]


def test_a_submission_has_a_largest_number_and_size_of_files(store: Store) -> None:
    office = office_with(store, max_file_mb=1)
    instance = a_case(office)
    many = [Upload(f"{n}.txt", b"x") for n in range(MAX_FILES)]
    heavy = [Upload(f"{n}.bin", bytes([n]) * MEGABYTE) for n in range(2)]

    assert refused_at(office, instance, surat=LETTER, lampiran=many) == {
        "lampiran": ["Paling banyak 20 berkas sekali kirim; ini 21."]
    }
    [reason] = refused_at(office, instance, surat=LETTER, lampiran=heavy)["lampiran"]
    assert reason.startswith("Semua berkas bersama-sama paling besar 2 MB")


def test_an_empty_file_is_refused(office: Office) -> None:
    assert refused_at(office, a_case(office), surat=Upload("a.txt", b"")) == {
        "surat": ["Berkas a.txt kosong."]
    }


NAMES = {
    "../../etc/passwd": "passwd",
    "C:\\Users\\x\\surat.pdf": "surat.pdf",
    "surat\r\nSet-Cookie: a=b.pdf": "surat Set-Cookie_ a=b.pdf",
    "surat\0.pdf": "surat.pdf",
    "laporan\u202efdp.exe": "laporanfdp.exe",
    "a\u200b\ufeffb.txt": "ab.txt",
    '<img src=x onerror="x">.html': "_img src=x onerror=_x__.html",
    "  .htaccess ": "htaccess",
    "...": "dokumen",
    "": "dokumen",
    "/": "dokumen",
    "Surat Keputusan – Ké.pdf": "Surat Keputusan – Ké.pdf",
    "x" * 300 + ".pdf": "x" * 146 + ".pdf",
    "x" * 300: "x" * 150,
    "a." + "y" * 300: "a." + "y" * 148,
    "\ud800.txt": "txt",
}


@pytest.mark.parametrize(("name", "kept"), NAMES.items(), ids=map(ascii, NAMES))
def test_a_name_is_kept_without_what_misleads(name: str, kept: str) -> None:
    assert clean_name(name) == kept
    assert clean_name(kept) == kept


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Application/PDF", "application/pdf"),
        ("text/html; charset=utf-8", "text/html"),
        ("text/html\r\nX: y", "application/octet-stream"),
        ("pdf", "application/octet-stream"),
        ("", "application/octet-stream"),
        (None, "application/octet-stream"),
        ("a/" + "b" * 200, "application/octet-stream"),
    ],
)
def test_a_type_is_kept_only_when_it_is_one(said: str | None, kept: str) -> None:
    assert clean_type(said) == kept


def test_a_size_is_said_in_words() -> None:
    sizes = [1, 1023, 1024, 14_500, MEGABYTE, 1_468_006]
    assert [str(FileSize(size)) for size in sizes] == [
        "1 byte", "1023 byte", "1 KB", "14 KB", "1 MB", "1,4 MB",
    ]  # fmt: skip


# ----------------------------------------------------------------- repeating, racing


def test_the_same_files_under_one_key_are_one_completion(office_on_both: Office) -> None:
    office = office_on_both
    task = office.task(a_case(office), "a")
    tasks = office.engine.tasks

    first = tasks.complete(task.task_id, {"surat": LETTER}, actor=KADIS, idempotency_key="k")
    again = tasks.complete(task.task_id, {"surat": LETTER}, actor=KADIS, idempotency_key="k")

    assert again.is_repeat
    assert (again.sequence, again.variables) == (first.sequence, first.variables)
    for other in (Upload("surat.pdf", b"lain"), Upload("lain.pdf", LETTER.content)):
        with pytest.raises(IdempotencyKeyReused):
            tasks.complete(task.task_id, {"surat": other}, actor=KADIS, idempotency_key="k")


def test_two_at_once_with_one_content_both_keep_it(office_on_both: Office) -> None:
    office = office_on_both
    instances = [a_case(office) for _ in range(4)]
    tasks = [office.task(each, "a").task_id for each in instances]
    failures: list[EngineError] = []
    together = threading.Barrier(len(tasks))

    def complete(task_id: str) -> None:
        together.wait()
        try:
            office.engine.tasks.complete(task_id, {"surat": LETTER}, actor=KADIS)
        except EngineError as error:
            failures.append(error)

    threads = [threading.Thread(target=complete, args=(each,)) for each in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert kept_contents(office.store) == 2
    for instance in instances:
        office.assert_sound(instance)


def test_of_two_rivals_only_the_first_ones_file_is_kept(office_on_both: Office) -> None:
    office = office_on_both
    instance = a_case(office)
    task = office.task(instance, "a").task_id
    together = threading.Barrier(2)
    outcomes: list[str] = []

    def complete(content: bytes) -> None:
        together.wait()
        try:
            surat = Upload("surat.pdf", content)
            office.engine.tasks.complete(task, {"surat": surat}, actor=KADIS)
            outcomes.append("done")
        except EngineError as error:
            outcomes.append(type(error).__name__)

    threads = [threading.Thread(target=complete, args=(each,)) for each in (b"satu", b"dua")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["TaskNotOpen", "done"]
    assert kept_contents(office.store) == 2
    office.assert_sound(instance)


# ------------------------------------------------------------------------ who may


def test_who_does_not_see_the_instance_does_not_get_its_files(office: Office) -> None:
    instance = a_case(office)
    document_id = office.variables(instance)["dasar"]["document"]
    stranger, robot = staff("Gudang"), staff("", "robot")

    for actor in (stranger, robot):
        with pytest.raises(Forbidden):
            office.engine.documents.content(instance, document_id, actor=actor)
        with pytest.raises(Forbidden):
            office.engine.documents.variable(instance, "dasar", actor=actor)
        with pytest.raises(Forbidden):
            office.engine.documents.documents(instance, actor=actor)
    assert office.engine.documents.content(instance, document_id, actor=AUDITOR).content


def test_a_document_is_given_only_by_its_own_instance(office: Office) -> None:
    other, instance = a_case(office), a_case(office)
    document_id = office.variables(other)["dasar"]["document"]

    with pytest.raises(NotFound):
        office.engine.documents.content(instance, document_id, actor=KADIS)


def test_a_variable_without_a_file_gives_none(office: Office) -> None:
    instance = office.start(office.deploy(DIAGRAM), KADIS, catatan="teks")
    documents = office.engine.documents

    with pytest.raises(InvalidInput, match="no single file"):
        documents.variable(instance, "catatan", actor=KADIS)
    with pytest.raises(NotFound):
        documents.variable(instance, "tidak_ada", actor=KADIS)


def test_whoever_sees_an_open_task_gets_the_files_that_it_sees(office: Office) -> None:
    instance = a_case(office)
    task = office.task(instance, "a").task_id
    document_id = office.variables(instance)["dasar"]["document"]
    documents = office.engine.documents

    assert documents.of_task(task, document_id, actor=KADIS).content == b"SK nomor 1"
    assert documents.task_variable(task, "dasar", actor=KADIS).content == b"SK nomor 1"
    with pytest.raises(Forbidden):
        documents.of_task(task, document_id, actor=staff("Gudang"))
    with pytest.raises(NotFound):
        documents.of_task(task, "lain", actor=KADIS)


SERVICE = process(
    start(),
    '<bpmn:serviceTask id="kirim" camunda:type="external" camunda:topic="kirim"/>',
    user("b"),
    end(),
    line("s", "kirim", "b", "e"),
)


def test_a_worker_reads_files_while_it_holds_a_task_and_gives_some(office: Office) -> None:
    robot = Actor("robot", frozenset({Role.WORKER}))
    instance = office.start(office.deploy(SERVICE), surat=LETTER)
    documents, services = office.engine.documents, office.engine.external_tasks

    with pytest.raises(Forbidden):
        documents.variable(instance, "surat", actor=robot)
    [fetched] = services.fetch_and_lock(
        "w", [TopicSubscription("kirim", 1000)], max_tasks=1, actor=robot
    )
    assert documents.variable(instance, "surat", actor=robot).content == LETTER.content
    services.complete(
        fetched.task.external_task_id,
        "w",
        {"bukti": Upload("bukti.txt", b"terkirim"), "surat": fetched.variables["surat"]},
        actor=robot,
        local_variables={"sementara": Upload("log.txt", b"log")},
    )

    assert office.waiting_at(instance) == ["b"]
    assert documents.variable(instance, "bukti", actor=ADMIN).content == b"terkirim"
    with pytest.raises(Forbidden):
        documents.variable(instance, "surat", actor=robot)
    office.assert_sound(instance)


# ---------------------------------------------------------------- between instances


def test_files_go_into_a_called_instance_and_come_out(office_on_both: Office) -> None:
    office = office_on_both
    meeting = user("r", form(file_field("hasil")))
    called_one = process(start(), meeting, end(), line("s", "r", "e"), key="rapat")
    office.deploy(called_one, "rapat.bpmn")
    inner = mappings(
        '<camunda:in source="bahan" target="bahan_rapat"/>',
        '<camunda:out source="hasil" target="risalah"/>',
        '<camunda:out source="bahan_rapat" target="kembali"/>',
    )
    caller = process(
        start(), call(inner=inner), user("z"), end(), line("s", "panggil", "z", "e"), key="induk"
    )
    instance = office.start(office.deploy(caller, "induk.bpmn"), bahan=LETTER)
    [called] = called_by(office, instance)
    documents = office.engine.documents

    assert documents.variable(called.instance_id, "bahan_rapat", actor=ADMIN).content
    office.complete(called.instance_id, "r", hasil=Upload("risalah.txt", b"risalah"))

    assert documents.variable(instance, "risalah", actor=ADMIN).content == b"risalah"
    assert documents.variable(instance, "kembali", actor=ADMIN).content == LETTER.content
    assert len(documents.documents(instance, actor=ADMIN)) == 2
    office.assert_sound(instance)
    office.assert_sound(called.instance_id)


def test_a_script_cannot_make_up_a_document(office: Office) -> None:
    other = a_case(office)
    foreign = office.variables(other)["dasar"]
    made_up = process(
        start(), script("c", f"palsu = {foreign!r}"), user("a"), end(), line("s", "c", "a", "e"),
        key="palsu",
    )  # fmt: skip
    instance = office.start(office.deploy(made_up, "palsu.bpmn"))

    assert next(references_in(office.variables(instance))).sha256 == foreign["sha256"]
    with pytest.raises(NotFound):
        office.engine.documents.variable(instance, "palsu", actor=ADMIN)


def test_files_of_a_repeated_task_stay_in_their_round(office: Office) -> None:
    repeated = user("a", form(file_field("foto", required=True)) + each("bidang", element="satu"))
    diagram = process(start(), repeated, user("b"), end(), line("s", "a", "b", "e"))
    instance = office.start(office.deploy(diagram), bidang=["SMP", "PAUD"])

    for number, task in enumerate(office.open_tasks(instance)):
        foto = Upload("foto.jpg", b"foto %d" % number, "image/jpeg")
        office.engine.tasks.complete(task.task_id, {"foto": foto}, actor=ADMIN)

    assert len(office.engine.documents.documents(instance, actor=ADMIN)) == 2
    office.erase_snapshot(instance)
    office.complete(instance, "b")
    office.assert_sound(instance)
