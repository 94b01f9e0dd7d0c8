"""A task is due by its step's Waktu; history says by which calendar, and verify computes it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from threading import Barrier
from zoneinfo import ZoneInfo

import pytest

from engine.errors import Conflict, DeploymentRejected, Forbidden, InvalidInput, NotFound
from engine.model import EventKind
from engine.settings import Settings
from engine.store import Store
from engine.worktime import Day, DayKind
from tests.diagrams import end, line, process, start, user
from tests.office import ADMIN, ANALYST, AUDITOR, Office, staff

KADIS = staff("Kadis")


def step(name: str, term: str) -> str:
    return user(
        name,
        "<bpmn:extensionElements><camunda:properties>"
        f'<camunda:property name="sop:waktuIso" value="{term}"/>'
        "</camunda:properties></bpmn:extensionElements>",
    )


def sop(*terms: str, properties: str = "") -> str:
    """One step after the other, each with its term."""
    names = [f"t{number}" for number in range(len(terms))]
    steps = [step(name, term) for name, term in zip(names, terms, strict=True)]
    lanes = {"Kadis": ["s", *names, "e"]}
    said = (
        f"<bpmn:extensionElements><camunda:properties>{properties}"
        "</camunda:properties></bpmn:extensionElements>"
        if properties
        else ""
    )
    return process(start(), *steps, end(), line("s", *names, "e"), lanes=lanes).replace(
        'isExecutable="true">', f'isExecutable="true">{said}', 1
    )


def notes(office: Office, instance: str) -> list[dict[str, object]]:
    events = office.engine.history.events(instance, actor=AUDITOR)
    return [dict(e.payload) for e in events if e.kind is EventKind.DEADLINE_SET]


def test_days_count_from_when_the_task_came(office_on_both: Office) -> None:
    office = office_on_both  # Monday 5 January 2026, 07:30 WIB
    instance = office.start(office.deploy(sop("P2D")))

    task = office.task(instance, "t0")

    assert task.due_at == datetime(2026, 1, 7, 9, 0, tzinfo=UTC)  # Wednesday, 16:00 WIB
    assert (task.due_calendar, task.due_revision) == ("kantor", 1)
    assert notes(office, instance) == [
        {
            "dueAt": "2026-01-07T09:00:00.000+00:00",
            "term": "P2D",
            "calendar": "kantor",
            "revision": 1,
            "zone": "Asia/Jakarta",
            "rule": "from_claim",
        }
    ]
    office.assert_sound(instance)


def test_minutes_count_from_the_claim_and_stop_with_it(office_on_both: Office) -> None:
    office = office_on_both
    instance = office.start(office.deploy(sop("PT30M")))
    task_id = office.task(instance, "t0").task_id
    assert office.task(instance, "t0").due_at is None

    office.clock.advance(hours=4, minutes=15)  # 11:45 WIB
    taken = office.engine.tasks.claim(task_id, actor=KADIS)
    assert taken.due_at == datetime(2026, 1, 5, 6, 15, tzinfo=UTC)  # 13:15, after the break

    put_back = office.engine.tasks.unclaim(task_id, actor=KADIS)
    assert (put_back.due_at, put_back.due_calendar) == (None, None)
    assert office.task(instance, "t0").due_at is None
    assert [note["dueAt"] for note in notes(office, instance)] == [
        "2026-01-05T06:15:00.000+00:00",
        None,
    ]
    office.assert_sound(instance)


def test_the_rule_may_count_minutes_from_the_beginning(office: Office) -> None:
    settings = Settings(deadline_rule="from_available")
    office.engine = office.engine_with(settings)
    instance = office.start(office.deploy(sop("PT30M")))
    expected = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
    assert office.task(instance, "t0").due_at == expected

    office.clock.advance(hours=1)
    office.engine.tasks.claim(office.task(instance, "t0").task_id, actor=KADIS)

    assert office.task(instance, "t0").due_at == expected
    office.assert_sound(instance)


def test_the_time_zone_is_that_of_the_sop(office: Office) -> None:
    zone = '<camunda:property name="sop:zonaWaktu" value="Asia/Makassar"/>'
    instance = office.start(office.deploy(sop("P1D", properties=zone)))

    # 16:00 WITA
    assert office.task(instance, "t0").due_at == datetime(2026, 1, 6, 8, 0, tzinfo=UTC)
    office.assert_sound(instance)


def test_a_due_date_of_the_diagram_counts_before_the_term(office: Office) -> None:
    dated = sop("P1D").replace('id="t0"', 'id="t0" camunda:dueDate="2026-02-01T08:00:00+07:00"')
    instance = office.start(office.deploy(dated))

    assert office.task(instance, "t0").due_at == datetime(2026, 2, 1, 1, 0, tzinfo=UTC)
    assert notes(office, instance) == []


def test_a_changed_calendar_counts_for_later_deadlines_only(office_on_both: Office) -> None:
    office = office_on_both
    instance = office.start(office.deploy(sop("P1D", "P1D")))
    calendars = office.engine.calendars
    now = calendars.calendar("kantor")
    holiday = Day(DayKind.LOCAL_HOLIDAY, "Hari jadi kabupaten", "SK Bupati")
    changed = calendars.change(
        replace(now, days={**now.days, date(2026, 1, 6): holiday}), note="SK baru", actor=ADMIN
    )
    assert changed.revision == 2

    office.complete(instance, "t0", KADIS)

    first, second = notes(office, instance)
    assert (first["revision"], first["dueAt"]) == (1, "2026-01-06T09:00:00.000+00:00")
    assert (second["revision"], second["dueAt"]) == (2, "2026-01-07T09:00:00.000+00:00")
    assert [each.note for each in calendars.revisions("kantor")] == ["SK baru", "dari bawaan"]
    assert calendars.calendar("kantor", 1).days == now.days
    office.assert_sound(instance)


def test_a_deadline_that_was_forged_with_its_chain_is_found(office: Office) -> None:
    instance = office.start(office.deploy(sop("P1D")))
    events = office.engine.history.events(instance, actor=AUDITOR)
    note = next(e for e in events if e.kind is EventKind.DEADLINE_SET)
    forged = replace(note, payload={**note.payload, "dueAt": "2026-01-30T09:00:00.000+00:00"})

    with office.store.reading() as tx:
        sound = office.engine.history._deadlines.faults(tx, [note])
        [fault] = office.engine.history._deadlines.faults(tx, [forged])

    assert sound == []
    assert (fault.check, fault.sequence) == ("deadline", note.sequence)
    assert fault.expected == "2026-01-06T09:00:00.000+00:00"


def test_a_calendar_is_read_once_and_kept(office: Office) -> None:
    """A step asks the database for the newest revision only."""
    office.start(office.deploy(sop("P1D")))

    with office.store.writing() as tx:
        first = office.engine.calendars.current(tx, "kantor")
        assert office.engine.calendars.current(tx, "kantor") is first


@pytest.mark.parametrize(
    ("term", "properties"),
    [
        ("1 hari", ""),
        ("P1DT1H", ""),
        ("P1D", '<camunda:property name="sop:zonaWaktu" value="Asia/Balangan"/>'),
        ("P1D", '<camunda:property name="sop:kalender" value="Kantor Kami"/>'),
    ],
)
def test_what_no_deadline_can_be_computed_from_is_refused(
    office: Office, term: str, properties: str
) -> None:
    with pytest.raises(DeploymentRejected) as refused:
        office.deploy(sop(term, properties=properties))

    assert {f.rule for f in refused.value.findings if f.severity == "error"} == {"value"}


# ------------------------------------------------------------------- calendars


def test_a_process_may_name_a_calendar_of_its_own(office: Office) -> None:
    own = '<camunda:property name="sop:kalender" value="uptd"/>'
    office.engine.calendars.add(
        "uptd", "UPTD", zone=ZoneInfo("Asia/Jakarta"), days_a_week=6, actor=ADMIN
    )
    office.clock.advance(days=4)  # Friday
    instance = office.start(office.deploy(sop("P1D", properties=own)))

    task = office.task(instance, "t0")

    assert (task.due_calendar, task.due_revision) == ("uptd", 1)
    assert task.due_at == datetime(2026, 1, 10, 6, 30, tzinfo=UTC)  # Saturday, 13:30
    assert [each.key for each in office.engine.calendars.calendars()] == ["uptd"]


def test_only_admins_change_calendars_and_nobody_unseen(office: Office) -> None:
    calendars = office.engine.calendars
    made = calendars.add("kantor", "Kantor", zone=ZoneInfo("Asia/Jakarta"), actor=ADMIN)

    with pytest.raises(Forbidden):
        calendars.add("lain", "Lain", zone=ZoneInfo("Asia/Jakarta"), actor=ANALYST)
    with pytest.raises(Forbidden):
        calendars.change(made, note="", actor=KADIS)
    with pytest.raises(Conflict):
        calendars.add("kantor", "Lagi", zone=ZoneInfo("Asia/Jakarta"), actor=ADMIN)
    calendars.change(replace(made, name="Dinas"), note="nama", actor=ADMIN)
    with pytest.raises(Conflict, match="revision 2"):
        calendars.change(replace(made, name="Dinas lain"), note="terlambat", actor=ADMIN)
    with pytest.raises(NotFound):
        calendars.calendar("tidak-ada")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"week": {}}, "week"),
        ({"ramadan": ((date(2026, 3, 1), date(2026, 2, 1)),)}, "ramadan"),
    ],
)
def test_a_calendar_without_sense_is_refused(
    office: Office, changes: dict[str, object], field: str
) -> None:
    made = office.engine.calendars.add(
        "kantor", "Kantor", zone=ZoneInfo("Asia/Jakarta"), actor=ADMIN
    )

    with pytest.raises(InvalidInput) as refused:
        office.engine.calendars.change(replace(made, **changes), note="", actor=ADMIN)  # type: ignore[arg-type]

    assert field in refused.value.fields


def test_a_key_that_is_none_is_refused(office: Office) -> None:
    with pytest.raises(InvalidInput, match="a-z"):
        office.engine.calendars.add("Kantor!", "x", zone=ZoneInfo("Asia/Jakarta"), actor=ADMIN)


def test_the_first_steps_of_an_office_may_come_at_once(
    office_on_both: Office, database_url: str
) -> None:
    """Whoever comes first seeds the calendar; the others wait for it, and are due by it."""
    definition = office_on_both.deploy(sop("P2D"))
    stores = [Store.open(database_url) for _ in range(4)]
    gate = Barrier(4)

    def begin(store: Store) -> datetime | None:
        engine = Office(store).engine_with(Settings())
        gate.wait()
        started = engine.instances.start(definition, {}, actor=ADMIN)
        return started.opened[0].due_at

    with ThreadPoolExecutor(4) as threads:
        due = list(threads.map(begin, stores))

    assert due == [datetime(2026, 1, 7, 9, 0, tzinfo=UTC)] * 4
    for each in stores:
        each.close()
