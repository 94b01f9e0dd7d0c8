"""What auditors and admins read is recorded; staff are not slowed."""

from __future__ import annotations

import io

import pytest

from engine.errors import StorageError
from engine.model import ACCESS_KINDS, AccountEvent, Upload
from engine.queries import AccountEventQuery, ActivityQuery, EventQuery
from tests.diagrams import end, field, form, line, process, start, user
from tests.office import ADMIN, AUDITOR, Office, staff

DIAGRAM = process(
    start(),
    user("a", form(field("bukti", "file"))),
    user("b"),
    end(),
    line("s", "a", "b", "e"),
    lanes={"Kadis": ["s", "a", "b", "e"]},
)
KADIS = staff("Kadis", "kadis")


@pytest.fixture
def instance(office: Office) -> str:
    started = office.start(office.deploy(DIAGRAM), KADIS)
    [task] = office.open_tasks(started)
    bukti = Upload("surat.pdf", b"isi")
    office.engine.tasks.complete(task.task_id, {"bukti": bukti}, actor=KADIS)
    return started


def recorded(office: Office) -> list[AccountEvent]:
    query = AccountEventQuery(kinds=ACCESS_KINDS)
    return office.engine.account_log.events(query, actor=AUDITOR)


def told(office: Office) -> list[tuple[str, str | None, object]]:
    return [(str(e.kind), e.actor, e.payload.get("instance")) for e in recorded(office)]


def test_reading_a_history_is_recorded(office: Office, instance: str) -> None:
    history = office.engine.history

    history.events(instance, actor=AUDITOR)
    history.frames(instance, actor=ADMIN)

    assert told(office) == [
        ("history_read", "auditor", instance),
        ("history_read", "admin", instance),
    ]
    assert office.engine.account_log.verify(actor=AUDITOR).is_sound


def test_reading_across_instances_is_recorded(office: Office, instance: str) -> None:
    office.engine.history.find_events(EventQuery(), actor=AUDITOR)
    office.engine.history.activities(ActivityQuery(), actor=AUDITOR)

    assert told(office) == [("history_read", "auditor", None)]


def test_documents_and_exports_are_recorded(office: Office, instance: str) -> None:
    [brought] = office.engine.documents.documents(instance, actor=KADIS)
    document = brought.document.document_id

    office.engine.documents.content(instance, document, actor=AUDITOR)
    office.engine.documents.variable(instance, "bukti", actor=AUDITOR)
    office.engine.history_export.write([instance], io.BytesIO(), actor=AUDITOR)

    assert [dict(each.payload) for each in recorded(office)] == [
        {"instance": instance, "document": document},
        {"instance": instance, "variable": "bukti"},
        {"instances": [instance], "documents": False},
    ]


def test_the_same_is_recorded_again_after_ten_minutes(office: Office, instance: str) -> None:
    for minutes in (0, 9, 1):
        office.clock.advance(minutes=minutes)
        office.engine.history.events(instance, actor=AUDITOR)

    assert len(recorded(office)) == 2


def test_staff_are_not_recorded(office: Office, instance: str) -> None:
    office.engine.history.events(instance, actor=KADIS)
    office.engine.documents.variable(instance, "bukti", actor=KADIS)

    assert recorded(office) == []


def test_a_check_is_not_reading(office: Office, instance: str) -> None:
    office.engine.history.verify(instance, actor=AUDITOR)
    list(office.engine.history.verify_all(actor=AUDITOR))

    assert recorded(office) == []


def test_who_cannot_be_recorded_reads_nothing(office: Office, instance: str) -> None:
    with office.store._engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM account_log")

    with pytest.raises(StorageError):
        office.engine.history.events(instance, actor=AUDITOR)
    assert office.engine.history.events(instance, actor=KADIS)
