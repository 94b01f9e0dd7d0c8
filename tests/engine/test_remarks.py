"""Comments and attachments: history keeps each, and none moves a token."""

from __future__ import annotations

import hashlib

import pytest

from engine.errors import Forbidden, InstanceEnded, InvalidInput, NotFound, TaskNotOpen
from engine.model import Upload
from engine.remarks import MAX_MESSAGE, Place
from tests.diagrams import end, line, process, start, user
from tests.office import ADMIN, AUDITOR, Office, staff

DIAGRAM = process(
    start(),
    user("a"),
    user("b"),
    end(),
    line("s", "a", "b", "e"),
    lanes={"Kadis": ["s", "a"], "Bidang": ["b", "e"]},
)
KADIS, BIDANG, STRANGER = staff("Kadis"), staff("Bidang"), staff("Gudang")
LETTER = Upload("surat.pdf", b"isi surat", "application/pdf")


def a_case(office: Office) -> tuple[Place, Place]:
    """The place of a new instance, and that of its open task."""
    instance = office.start(office.deploy(DIAGRAM), KADIS)
    return Place(instance), Place(task_id=office.task(instance, "a").task_id)


def test_comments_are_kept_in_their_order(office_on_both: Office) -> None:
    office = office_on_both
    instance, task = a_case(office)
    remarks = office.engine.remarks

    first = remarks.comment(task, "  Mohon dicek\nbab 2. ", actor=KADIS)
    remarks.comment(instance, "Sudah saya lihat.", actor=BIDANG)

    assert (first.message, first.by, first.activity_id) == ("Mohon dicek\nbab 2.", "kadis", "a")
    assert [each.by for each in remarks.comments(instance, actor=AUDITOR)] == ["kadis", "bidang"]
    assert remarks.comments(task, actor=KADIS) == [first]
    assert office.waiting_at(instance.instance_id or "") == ["a"]
    office.erase_snapshot(instance.instance_id or "")
    office.complete(instance.instance_id or "", "a", KADIS)
    office.assert_sound(instance.instance_id or "")


def test_attachments_are_given_back_and_proved(office_on_both: Office) -> None:
    office = office_on_both
    instance, task = a_case(office)
    remarks = office.engine.remarks

    added = remarks.attach(
        task, LETTER, actor=KADIS, name="Surat dinas", description="asli", kind="pdf"
    )
    remarks.attach(instance, "https://jdih.example/perda-1", actor=BIDANG)

    assert added.document is not None
    assert added.document.sha256 == hashlib.sha256(LETTER.content).hexdigest()
    assert (added.name, added.description, added.type) == ("Surat dinas", "asli", "pdf")
    assert remarks.content(task, added.attachment_id, actor=KADIS).content == LETTER.content
    assert [each.url for each in remarks.attachments(instance, actor=AUDITOR)] == [
        None,
        "https://jdih.example/perda-1",
    ]
    [brought] = office.engine.documents.documents(instance.instance_id or "", actor=BIDANG)
    assert (brought.document, brought.event.activity_id) == (added.document, "a")
    office.assert_sound(instance.instance_id or "")


def test_a_withdrawn_attachment_stays_and_only_auditors_read_it(office: Office) -> None:
    instance, task = a_case(office)
    remarks, documents = office.engine.remarks, office.engine.documents
    added = remarks.attach(task, LETTER, actor=KADIS)
    document_id = added.document.document_id if added.document else ""

    for stranger in (BIDANG, AUDITOR):
        with pytest.raises(Forbidden):
            remarks.withdraw(instance, added.attachment_id, actor=stranger)
    remarks.withdraw(task, added.attachment_id, actor=KADIS)
    again = remarks.withdraw(task, added.attachment_id, actor=ADMIN)

    assert again.withdrawn_by == "kadis"
    [kept] = remarks.attachments(instance, actor=BIDANG)
    assert kept.withdrawn_at is not None
    for actor in (KADIS, BIDANG):
        with pytest.raises(Forbidden):
            remarks.content(instance, added.attachment_id, actor=actor)
        with pytest.raises(Forbidden):
            documents.content(instance.instance_id or "", document_id, actor=actor)
    assert remarks.content(instance, added.attachment_id, actor=AUDITOR).content
    [brought] = documents.documents(instance.instance_id or "", actor=KADIS)
    assert brought.is_withdrawn
    assert office.kinds(instance.instance_id or "", "attachment_withdrawn")
    office.assert_sound(instance.instance_id or "")


def test_who_neither_takes_part_nor_is_offered_the_task_may_not(office: Office) -> None:
    instance, task = a_case(office)
    remarks = office.engine.remarks

    for actor in (STRANGER, AUDITOR):
        for place in (instance, task):
            with pytest.raises(Forbidden):
                remarks.comment(place, "halo", actor=actor)
            with pytest.raises(Forbidden):
                remarks.attach(place, LETTER, actor=actor)
    with pytest.raises(Forbidden):
        remarks.comment(task, "halo", actor=BIDANG)
    with pytest.raises(Forbidden):
        remarks.comments(instance, actor=STRANGER)
    assert remarks.comment(task, "halo", actor=ADMIN).by == "admin"


def test_nothing_is_added_after_the_end(office: Office) -> None:
    instance, task = a_case(office)
    office.complete(instance.instance_id or "", "a", KADIS)
    with pytest.raises(TaskNotOpen):
        office.engine.remarks.comment(task, "halo", actor=KADIS)
    office.complete(instance.instance_id or "", "b", BIDANG)

    with pytest.raises(InstanceEnded):
        office.engine.remarks.attach(instance, LETTER, actor=KADIS)
    assert office.engine.remarks.comments(task, actor=KADIS) == []


@pytest.mark.parametrize("message", ["", "  \n", "x" * (MAX_MESSAGE + 1), "a\0b"])
def test_a_comment_says_something(office: Office, message: str) -> None:
    instance, _ = a_case(office)

    with pytest.raises(InvalidInput) as refused:
        office.engine.remarks.comment(instance, message, actor=KADIS)

    assert list(refused.value.fields) == ["message"]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "", "ftp://a", "https://a\nb"])
def test_an_address_is_one_of_the_web(office: Office, url: str) -> None:
    instance, _ = a_case(office)

    with pytest.raises(InvalidInput) as refused:
        office.engine.remarks.attach(instance, url, actor=KADIS)

    assert list(refused.value.fields) == ["url"]


def test_an_attachment_is_found_at_its_own_place_only(office: Office) -> None:
    _, task = a_case(office)
    other, _ = a_case(office)
    added = office.engine.remarks.attach(task, LETTER, actor=KADIS)

    with pytest.raises(NotFound):
        office.engine.remarks.attachment(other, added.attachment_id, actor=KADIS)


def test_an_attached_document_may_be_handed_in(office: Office) -> None:
    instance, task = a_case(office)
    added = office.engine.remarks.attach(task, LETTER, actor=KADIS)
    reference = added.document.as_reference() if added.document else None

    office.complete(instance.instance_id or "", "a", KADIS, surat=reference)

    office.assert_sound(instance.instance_id or "")
