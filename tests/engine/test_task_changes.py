"""Priority, follow-up date and due date are changed by hand; history says from what to what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from engine.errors import Forbidden, InvalidInput, TaskNotOpen
from engine.model import EventKind
from engine.queries import EventQuery
from engine.task_changes import MAX_REASON
from tests.diagrams import end, line, process, start, user
from tests.office import ADMIN, AUDITOR, Office, staff

ADI, KADIS, OTHER = staff("Bidang", "adi"), staff("Kadis"), staff("Perencana")
LATER = datetime(2026, 1, 9, 9, 0, tzinfo=UTC)
CHANGED = EventKind.TASK_CHANGED


@pytest.fixture
def instance(office_on_both: Office) -> str:
    """A task of Bidang, due half an hour after its claim, in an SOP whose superior is Kadis."""
    return begin(office_on_both, "PT30M")


def begin(office: Office, term: str) -> str:
    step = user(
        "a",
        "<bpmn:extensionElements><camunda:properties>"
        f'<camunda:property name="sop:waktuIso" value="{term}"/>'
        "</camunda:properties></bpmn:extensionElements>",
    )
    said = (
        "<bpmn:extensionElements><camunda:properties>"
        '<camunda:property name="sop:atasan" value=" Kadis,"/>'
        "</camunda:properties></bpmn:extensionElements>"
    )
    lanes = {"Bidang": ["s", "a"], "Kadis": ["e"]}
    drawn = process(start(), step, end(), line("s", "a", "e"), lanes=lanes)
    return office.start(
        office.deploy(drawn.replace('isExecutable="true">', f'isExecutable="true">{said}', 1))
    )


def changes(office: Office, instance: str) -> list[dict[str, object]]:
    events = office.engine.history.events(instance, actor=AUDITOR)
    return [dict(each.payload) for each in events if each.kind is CHANGED]


def test_who_works_on_it_sets_priority_and_follow_up(office_on_both: Office, instance: str) -> None:
    office = office_on_both
    task_id = office.task(instance, "a").task_id
    change = office.engine.task_changes.change
    zone = datetime.fromisoformat("2026-01-09T16:00:00.000999+07:00")

    changed = change(task_id, {"priority": 75, "follow_up_at": zone}, actor=ADI)
    again = change(task_id, {"priority": 75, "follow_up_at": LATER}, actor=ADI)
    cleared = change(task_id, {"follow_up_at": None}, reason=" tidak jadi ", actor=ADI)

    assert (changed.priority, changed.follow_up_at) == (75, LATER)
    assert (again, cleared.follow_up_at) == (changed, None)
    assert office.task(instance, "a") == cleared
    told = "2026-01-09T09:00:00.000+00:00"
    assert changes(office, instance) == [
        {
            "changes": {
                "priority": {"from": 50, "to": 75},
                "followUpDate": {"from": None, "to": told},
            }
        },
        {"changes": {"followUpDate": {"from": told, "to": None}}, "reason": "tidak jadi"},
    ]
    office.assert_sound(instance)


def test_a_due_date_is_for_superiors_and_takes_a_reason(
    office_on_both: Office, instance: str
) -> None:
    office = office_on_both
    task_id = office.task(instance, "a").task_id
    changes_of = office.engine.task_changes
    assert changes_of.changeable(task_id, actor=ADI)[1] == {"priority", "follow_up_at"}
    assert "due_at" in changes_of.changeable(task_id, actor=KADIS)[1]

    for actor in (ADI, OTHER, AUDITOR):
        with pytest.raises(Forbidden):
            changes_of.change(task_id, {"due_at": LATER}, reason="x", actor=actor)
    for reason in (None, " ", "x" * (MAX_REASON + 1)):
        with pytest.raises(InvalidInput) as refused:
            changes_of.change(task_id, {"due_at": LATER}, reason=reason, actor=KADIS)
        assert set(refused.value.fields) == {"reason"}
    with pytest.raises(InvalidInput, match="priority"):
        changes_of.change(task_id, {"priority": 2**31}, actor=ADI)
    assert changes(office, instance) == []

    for actor in (KADIS, ADMIN):
        due = LATER if actor is KADIS else LATER + timedelta(days=1)
        given = changes_of.change(task_id, {"due_at": due}, reason="rapat", actor=actor)
        assert given.due_at == due
    office.assert_sound(instance)


def test_a_due_date_set_by_hand_outlives_claims_and_the_computed_one_stays_in_history(
    office_on_both: Office, instance: str
) -> None:
    office = office_on_both
    tasks, task_id = office.engine.tasks, office.task(instance, "a").task_id
    computed = tasks.claim(task_id, actor=ADI)
    assert (computed.due_at, computed.due_calendar) == (
        office.clock.now() + timedelta(minutes=30),
        "kantor",
    )

    office.engine.task_changes.change(task_id, {"due_at": LATER}, reason="rapat", actor=KADIS)
    tasks.unclaim(task_id, actor=ADI)
    task = tasks.claim(task_id, actor=ADI)

    assert (task.due_at, task.due_calendar) == (LATER, None)
    assert task.remind_at == LATER - timedelta(days=1)
    [change] = changes(office, instance)
    assert change == {
        "changes": {
            "dueDate": {
                "from": "2026-01-05T01:00:00.000+00:00",
                "to": "2026-01-09T09:00:00.000+00:00",
            }
        },
        "reason": "rapat",
    }
    assert office.kinds(instance, "deadline_set") == [("deadline_set", "a")]
    office.assert_sound(instance)
    story = office.engine.playback.story(instance, actor=AUDITOR)
    assert [due.at for visit in story.visits for due in visit.dues] == [computed.due_at, LATER]


def test_a_due_date_taken_away_is_computed_again_by_the_next_claim(
    office_on_both: Office, instance: str
) -> None:
    office = office_on_both
    tasks, task_id = office.engine.tasks, office.task(instance, "a").task_id
    change = office.engine.task_changes.change
    change(task_id, {"due_at": LATER}, reason="a", actor=KADIS)

    cleared = change(task_id, {"due_at": None}, reason="b", actor=KADIS)
    claimed = tasks.claim(task_id, actor=ADI)

    assert (cleared.due_at, cleared.remind_at) == (None, None)
    assert claimed.due_calendar == "kantor"
    office.assert_sound(instance)


def test_a_fact_that_was_changed_beside_history_is_found(
    office_on_both: Office, instance: str
) -> None:
    office = office_on_both
    task_id = office.task(instance, "a").task_id
    facts = {"priority": 75, "follow_up_at": LATER, "due_at": LATER}
    office.engine.task_changes.change(task_id, facts, reason="a", actor=KADIS)
    office.assert_sound(instance)

    with office.store.writing() as tx:
        tx._write(text("UPDATE user_task SET priority = 10, due_at = due_at + 1"))

    found = office.engine.history.verify(instance, actor=AUDITOR).faults
    assert sorted(fault.message.split()[1] for fault in found) == ["due_at", "priority"]


def test_an_ended_task_is_not_changed(office_on_both: Office, instance: str) -> None:
    office = office_on_both
    task_id = office.task(instance, "a").task_id
    office.engine.tasks.complete(task_id, {}, actor=ADI)

    with pytest.raises(TaskNotOpen):
        office.engine.task_changes.change(task_id, {"priority": 1}, actor=ADI)
    with pytest.raises(TaskNotOpen):
        office.engine.task_changes.changeable(task_id, actor=ADI)


def test_a_change_survives_a_lost_snapshot_and_is_found_by_its_kind(
    office_on_both: Office, instance: str
) -> None:
    office = office_on_both
    task_id = office.task(instance, "a").task_id
    office.engine.task_changes.change(task_id, {"priority": 5}, actor=ADI)
    office.erase_snapshot(instance)

    office.engine.tasks.complete(task_id, {}, actor=ADI)

    query = EventQuery(kinds=frozenset({CHANGED}))
    assert office.engine.history.count_events(query, actor=AUDITOR) == 1
    office.assert_sound(instance)
