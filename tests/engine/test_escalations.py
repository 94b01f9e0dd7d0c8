"""Overdue tasks go up to superiors, level by level, in working time, once each."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import text

from engine.errors import Conflict, Forbidden, InvalidInput
from engine.escalation_proof import EscalationProof
from engine.model import (
    Actor,
    AnnouncementKind,
    EventKind,
    HistoryEvent,
    Superior,
    UserTask,
)
from engine.overdue_tasks import OverdueTasks
from engine.process_engine import build_engine
from engine.queries import TaskQuery
from engine.remarks import Place
from engine.settings import Settings
from engine.sources import RandomIds
from engine.store import Store
from engine.substitutions import Wishes
from tests.desk import Desk
from tests.diagrams import end, line, process, start, user
from tests.office import ADMIN, AUDITOR, LANES, Office, staff
from tests.statements import plans_of, statements_of

ADI, KADIS, SEKRETARIS = staff("Bidang", "adi"), staff("Kadis"), staff("Sekretaris")
ESCALATED = EventKind.TASK_ESCALATED


def drawn(
    of_step: str = "", of_process: str = "", *, due: str = "P1D", lane: str = "Bidang"
) -> str:
    """A process with one step of the lane; `of_step`, `of_process`: their properties."""
    step = user("a", _extension(of_step)).replace(
        "<bpmn:userTask ", f'<bpmn:userTask camunda:dueDate="{due}" '
    )
    lanes: dict[str, list[str]] = {each: [] for each in LANES}
    lanes[lane] = ["s", "a", "e"]
    found = process(start(), step, end(), line("s", "a", "e"), lanes=lanes)
    said = f'isExecutable="true">{_extension(of_process)}'
    return found.replace('isExecutable="true">', said, 1)


def undated(of_step: str) -> str:
    """The same without a due date in the diagram."""
    return drawn(of_step).replace('camunda:dueDate="P1D" ', "")


def _extension(properties: str) -> str:
    told = "".join(
        f'<camunda:property name="sop:{name}" value="{value}"/>'
        for name, _, value in (each.partition("=") for each in properties.split(";") if each)
    )
    said = f"<camunda:properties>{told}</camunda:properties>"
    return f"<bpmn:extensionElements>{said}</bpmn:extensionElements>" if told else ""


def begin(office: Office, *properties: str, **drawing: str) -> UserTask:
    """A task that opened on Monday the 5th of January 2026 at 07:30, due a day later."""
    return office.task(office.start(office.deploy(drawn(*properties, **drawing))), "a")


def rise(office: Office) -> int:
    """One turn of the duty after the other, until there is nothing to look at."""
    duty, risen = OverdueTasks(office.engine.escalations, office.clock), 0
    while office.engine.escalations.due(10):
        risen += duty.turn(lambda: False)
    return risen


def levels(office: Office, task: UserTask) -> list[str]:
    return [each.lane for each in office.task(task.instance_id, "a").escalations]


def hourly(office: Office, task: UserTask, days: int) -> list[tuple[datetime, list[str]]]:
    """When the task went up, and to whom."""
    found: list[tuple[datetime, list[str]]] = []
    for _ in range(24 * days):
        office.clock.advance(hours=1)
        if rise(office):
            found.append((office.clock.now(), levels(office, task)))
    return found


def told(office: Office, task: UserTask) -> list[dict[str, object]]:
    events = office.engine.history.events(task.instance_id, actor=AUDITOR)
    return [dict(each.payload) for each in events if each.kind is ESCALATED]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def test_an_overdue_task_goes_up_lane_by_lane_in_working_days(office_on_both: Office) -> None:
    office = office_on_both
    task = begin(office)
    due_at = datetime(2026, 1, 6, 0, 30, tzinfo=UTC)
    assert task.due_at == due_at

    found = hourly(office, task, 6)

    # A working day ends with the office's hours: at 16:00, on Fridays at 16:30, WIB.
    assert found == [
        (utc("2026-01-07T16:30:00+07:00"), ["Sekretaris"]),
        (utc("2026-01-08T16:30:00+07:00"), ["Sekretaris", "Kadis"]),
    ]
    assert told(office, task)[0] == {
        "level": 1,
        "from": "Bidang",
        "to": "Sekretaris",
        "dueAt": "2026-01-06T00:30:00.000+00:00",
        "since": "2026-01-06T00:30:00.000+00:00",
        "after": "P1D",
        "at": "2026-01-07T09:00:00.000+00:00",
        "by": "office",
        "superiors": 1,
        "calendar": "kantor",
        "revision": 1,
        "zone": "Asia/Jakarta",
    }
    assert [each["level"] for each in told(office, task)] == [1, 2]
    [first, _] = office.task(task.instance_id, "a").escalations
    assert (first.at, first.due_at) == (found[0][0], due_at)
    assert office.engine.escalations.due(10) == []
    office.assert_sound(task.instance_id)


def test_friday_prayer_weekend_and_the_hours_of_ramadan_do_not_count(office: Office) -> None:
    # Friday the 20th of February 2026, in Ramadan: 08:00 to 15:30, a break from 11:30 to 12:30.
    office.clock.advance(days=45)
    task = begin(office, "eskalasiSetelah=PT4H", due="2026-02-20T10:30:00+07:00")

    found = hourly(office, task, 5)

    # 1 hour before the prayer and 3 until 15:30; then from Monday 08:00, half an hour's break.
    assert [at for at, _ in found] == [
        utc("2026-02-20T15:30:00+07:00"),
        utc("2026-02-23T12:30:00+07:00"),
    ]
    office.assert_sound(task.instance_id)


def test_collective_leave_does_not_count(office: Office) -> None:
    # Wednesday the 18th of March 2026; the days of Idul Fitri follow until the 24th.
    office.clock.advance(days=72)
    task = begin(office, due="2026-03-17T10:00:00+07:00")

    found = hourly(office, task, 12)

    assert found[0][0] > utc("2026-03-25T07:30:00+07:00")
    office.assert_sound(task.instance_id)


@pytest.mark.parametrize(
    ("of_step", "of_process", "lane", "expected"),
    [
        ("", "", "Kadis", []),
        ("", "", "Sekretaris", ["Kadis"]),
        ("eskalasiSetelah=tidak", "", "Bidang", []),
        ("", "eskalasiSetelah=tidak", "Bidang", []),
        ("eskalasiSetelah=PT1H", "eskalasiSetelah=tidak", "Bidang", ["Sekretaris", "Kadis"]),
        ("eskalasiKe=Kadis", "", "Bidang", ["Kadis"]),
        ("eskalasiKe=Kadis", "eskalasiSetelah=tidak", "Bidang", ["Kadis"]),
        ("eskalasiKe=Perencana, Kadis", "eskalasiKe=Sekretaris", "Bidang", ["Perencana", "Kadis"]),
        ("", "eskalasiKe=Perencana,Sekretaris,Kadis", "Sekretaris", ["Kadis"]),
        ("", "eskalasiKe=Perencana,Sekretaris,Kadis", "Kadis", []),
    ],
)
def test_the_step_is_asked_first_then_the_process_then_the_office(
    office: Office, of_step: str, of_process: str, lane: str, expected: list[str]
) -> None:
    task = begin(office, of_step, of_process, lane=lane)
    for _ in range(5):
        office.clock.advance(days=7)
        rise(office)

    assert levels(office, task) == expected
    office.assert_sound(task.instance_id)


def test_a_completed_task_does_not_go_up(office_on_both: Office) -> None:
    office = office_on_both
    task = begin(office)
    office.clock.advance(days=9)
    office.complete(task.instance_id, "a", ADI)

    assert rise(office) == 0
    assert told(office, task) == []
    office.assert_sound(task.instance_id)


def test_a_due_date_that_is_moved_ahead_begins_anew(office_on_both: Office) -> None:
    office = office_on_both
    task = begin(office, "", "atasan=Kadis")
    office.clock.advance(days=9)
    rise(office)
    assert levels(office, task) == ["Sekretaris"]
    change = office.engine.task_changes.change

    past = office.clock.now() - timedelta(hours=1)
    change(task.task_id, {"due_at": past}, reason="keliru", actor=KADIS)
    assert levels(office, task) == ["Sekretaris"]
    ahead = office.clock.now() + timedelta(days=7)
    change(task.task_id, {"due_at": ahead}, reason="diundur", actor=KADIS)

    assert levels(office, task) == []
    assert above(office, SEKRETARIS) == []
    with pytest.raises(Forbidden):
        office.engine.tasks.task(task.task_id, actor=SEKRETARIS)
    office.assert_sound(task.instance_id)
    office.clock.advance(days=3)
    assert rise(office) == 0
    office.clock.advance(days=7)
    assert rise(office) == 1
    assert [(each["level"], each["to"]) for each in told(office, task)] == [
        (1, "Sekretaris"),
        (1, "Sekretaris"),
    ]
    assert above(office, SEKRETARIS) == [task.task_id]
    change(task.task_id, {"due_at": None}, reason="tanpa tenggat", actor=KADIS)
    office.clock.advance(days=30)
    assert rise(office) == 0
    office.assert_sound(task.instance_id)


def above(office: Office, actor: Actor) -> list[str]:
    """The tasks that went up to the actor's lanes."""
    query = TaskQuery(escalated_to=tuple(actor.working_lanes))
    found = office.engine.tasks.tasks(query, actor=actor)
    assert office.engine.tasks.count_tasks(query, actor=actor) == len(found)
    return [each.task_id for each in found]


def test_release_and_claim_do_not_hide_from_superiors(office: Office) -> None:
    task = office.task(office.start(office.deploy(undated("waktuIso=PT30M"))), "a")
    office.engine.tasks.claim(task.task_id, actor=ADI)
    office.clock.advance(days=2)
    assert rise(office) == 1

    office.engine.tasks.unclaim(task.task_id, actor=ADI)
    assert office.task(task.instance_id, "a").due_at is None
    assert above(office, SEKRETARIS) == [task.task_id]
    office.engine.tasks.claim(task.task_id, actor=ADI)

    assert levels(office, task) == ["Sekretaris"]
    office.clock.advance(days=2)
    assert rise(office) == 1
    assert levels(office, task) == ["Sekretaris", "Kadis"]
    office.assert_sound(task.instance_id)


def test_superiors_see_comment_and_assign_and_do_not_complete(office_on_both: Office) -> None:
    office = office_on_both
    accounts = office.engine.accounts
    for name in ("adi", "tini"):
        accounts.add(name, display_name=name, roles=["staff"], lanes=["Bidang"], actor=ADMIN)
    task = begin(office)
    tasks, comment = office.engine.tasks, office.engine.remarks.comment
    place = Place(task_id=task.task_id)
    with pytest.raises(Forbidden):
        tasks.task(task.task_id, actor=SEKRETARIS)
    with pytest.raises(Forbidden):
        comment(place, "Mohon segera", actor=SEKRETARIS)
    office.clock.advance(days=4)
    rise(office)

    assert tasks.task(task.task_id, actor=SEKRETARIS).task_id == task.task_id
    comment(place, "Mohon segera", actor=SEKRETARIS)
    assert [each.name for each in tasks.colleagues(task.task_id, actor=SEKRETARIS)] == [
        "adi",
        "tini",
    ]
    given = tasks.assign(task.task_id, "tini", actor=SEKRETARIS, reason="adi sedang dinas luar")
    assert given.assignee == "tini"
    assert tasks.assign(task.task_id, None, actor=SEKRETARIS).assignee is None
    with pytest.raises(InvalidInput):
        tasks.assign(task.task_id, "kadis", actor=SEKRETARIS)
    for deed in (tasks.claim, lambda each, actor: tasks.complete(each, {}, actor=actor)):
        with pytest.raises(Forbidden):
            deed(task.task_id, actor=SEKRETARIS)
    with pytest.raises(Forbidden):
        tasks.task(task.task_id, actor=KADIS)
    office.assert_sound(task.instance_id)


def test_workers_that_race_escalate_once(office_on_both: Office, database_url: str) -> None:
    office = office_on_both
    definition = office.deploy(drawn())
    instances = [office.start(definition) for _ in range(12)]
    office.clock.advance(days=4)
    stores = [Store.open(database_url) for _ in range(2)]
    ready, counts = Barrier(len(stores)), []

    def work(store: Store) -> None:
        rooms = build_engine(store, office.clock, RandomIds(), Settings())
        duty = OverdueTasks(rooms.escalations, office.clock)
        ready.wait()
        counts.extend(duty.turn(lambda: False) for _ in range(2))

    threads = [Thread(target=work, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for store in stores:
        store.close()

    # Who was slower may have met the other's lock; what is left is for the next turn.
    assert sum(counts) + rise(office) == len(instances)
    for each in instances:
        assert len(office.kinds(each, "task_escalated")) == 1
        office.assert_sound(each)


def test_what_is_changed_beside_history_or_in_it_is_found(office_on_both: Office) -> None:
    office = office_on_both
    task = begin(office)
    office.clock.advance(days=4)
    rise(office)
    with office.store.writing() as tx:
        tx._write(text("UPDATE user_task SET escalations = '[]'"))

    [fault] = office.engine.history.verify(task.instance_id, actor=AUDITOR).faults

    assert "the escalations of task" in fault.message
    assert (fault.expected or "").startswith("['Sekretaris at 2026-01-09")
    assert fault.found == "[]"


@pytest.mark.parametrize(
    ("name", "forged"),
    [
        ("level", 2),
        ("from", "Perencana"),
        ("to", "Kadis"),
        ("after", "PT1H"),
        ("by", "step"),
        ("dueAt", "2026-01-05T00:30:00.000+00:00"),
        ("since", "2026-01-05T00:30:00.000+00:00"),
        ("at", "2026-01-06T09:00:00.000+00:00"),
        ("superiors", 9),
        ("revision", 9),
        ("calendar", None),
    ],
)
def test_an_escalation_that_does_not_follow_is_found(
    office: Office, name: str, forged: object
) -> None:
    task = office.task(office.start(office.deploy(undated("waktuIso=P1D"))), "a")
    office.clock.advance(days=4)
    assert rise(office) == 1
    events = office.engine.history.events(task.instance_id, actor=AUDITOR)
    last = events[-1]
    assert last.kind is ESCALATED
    model = office.engine.definitions.model(task.definition_id, actor=AUDITOR)
    proof = EscalationProof(office.engine.calendars)

    def faults(changed: HistoryEvent) -> list[str]:
        with office.store.reading() as tx:
            found = proof.faults(tx, model, [*events[:-1], changed])
        return [each.check for each in found]

    assert faults(last) == []
    assert faults(replace(last, payload={**last.payload, name: forged})) == ["escalation"]
    early = replace(last, at=datetime(2026, 1, 7, 8, 59, tzinfo=UTC))
    assert faults(early) == ["escalation"]


def test_nobody_is_told_twice_though_the_order_was_changed(office: Office) -> None:
    superiors = office.engine.superiors
    task = begin(office)
    office.clock.advance(days=3)
    rise(office)
    order = {"Bidang": Superior("Camat", "P1D"), "Camat": Superior("Sekretaris", "P1D")}
    superiors.change(order | {"Sekretaris": Superior("Kadis", "P1D")}, seen=1, actor=ADMIN)
    for _ in range(4):
        office.clock.advance(days=4)
        rise(office)

    assert levels(office, task) == ["Sekretaris", "Kadis"]
    office.assert_sound(task.instance_id)


def test_another_order_counts_for_what_is_overdue_already(office_on_both: Office) -> None:
    office = office_on_both
    superiors = office.engine.superiors
    task = begin(office, lane="Kadis")
    office.clock.advance(days=9)
    assert rise(office) == 0
    assert superiors.current().revision == 1
    order = {**superiors.current().superiors, "Kadis": Superior("Bupati", "PT2H")}

    changed = superiors.change(order, seen=1, actor=ADMIN)

    assert rise(office) == 1
    assert levels(office, task) == ["Bupati"]
    assert told(office, task)[0]["superiors"] == changed.revision == 2
    assert [each.changed_by for each in superiors.revisions()] == ["admin", None]
    assert superiors.change(order, seen=2, actor=ADMIN) == changed
    with pytest.raises(Conflict):
        superiors.change(order, seen=1, actor=ADMIN)
    with pytest.raises(Forbidden):
        superiors.change(order, seen=2, actor=KADIS)
    office.assert_sound(task.instance_id)


@pytest.mark.parametrize(
    ("order", "lane"),
    [
        ({"A": Superior("B", "P1D"), "B": Superior("A", "P1D")}, "A"),
        ({"A": Superior("A", "P1D")}, "A"),
        ({"A": Superior("B", "besok")}, "A"),
        ({"A": Superior(" ", "P1D")}, "A"),
        ({"A": Superior("x" * 256, "P1D")}, "A"),
    ],
)
def test_an_order_that_cannot_be_followed_is_refused(
    office: Office, order: dict[str, Superior], lane: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        office.engine.superiors.change(order, seen=0, actor=ADMIN)

    assert set(refused.value.fields) == {lane}
    assert office.engine.superiors.current().revision == 0


def test_with_nothing_overdue_it_is_one_search_of_an_index(office: Office) -> None:
    begin(office, due="P30D")

    with statements_of(office.store) as asked:
        OverdueTasks(office.engine.escalations, office.clock).turn(lambda: False)

    [plan] = plans_of(office.store, asked)
    assert "ix_user_task_escalate_at" in plan


def test_holders_of_the_superior_lane_their_substitutes_and_subscribers_are_told(
    desk_on_both: Desk,
) -> None:
    desk = desk_on_both
    desk.hire()
    for name in ("sekretaris", "perencana", "kadis"):
        desk.tell(name)
    desk.engine.substitutions.add(standing_in("perencana"), actor=ADMIN)
    desk.subscribe(lanes=frozenset({"Sekretaris"}))
    desk.subscribe(lanes=frozenset({"Kadis"}))
    task = begin(desk)
    desk.expand()
    desk.clock.advance(days=4)
    assert rise(desk) == 1

    found = [each for each in desk.expand() if each.kind is AnnouncementKind.TASK_ESCALATED]

    assert sorted(each.account or "hook" for each in found) == ["hook", "perencana", "sekretaris"]
    assert {each.facts["escalated_to"] for each in found} == {"Sekretaris"}
    letter = next(each for each in found if each.account == "perencana")
    assert desk.engine.deliveries.contact_of(letter) is not None
    desk.complete(task.instance_id, "a", ADI)
    assert desk.engine.deliveries.contact_of(letter) is None


def standing_in(account: str) -> Wishes:
    """Plh. Sekretaris in the first half of January."""
    day = date(2026, 1, 5)
    return Wishes(account, "Sekretaris", "Plh.", "800/1/2026", day, day, date(2026, 1, 15))


def test_a_substitute_of_the_superior_assigns_in_that_capacity(office: Office) -> None:
    accounts = office.engine.accounts
    for name, lane in (("adi", "Bidang"), ("perencana", "Perencana")):
        accounts.add(name, display_name=name, roles=["staff"], lanes=[lane], actor=ADMIN)
    office.engine.substitutions.add(standing_in("perencana"), actor=ADMIN)
    task = begin(office)
    office.clock.advance(days=4)
    rise(office)
    actor = accounts.account("perencana").as_actor(office.clock.now())
    assert above(office, actor) == [task.task_id]

    office.engine.tasks.assign(task.task_id, "adi", actor=actor)
    office.engine.remarks.comment(Place(task_id=task.task_id), "Mohon segera", actor=actor)

    events = office.engine.history.events(task.instance_id, actor=AUDITOR)
    assert [each.capacity for each in events[-2:]] == ["Plh. Sekretaris", "Plh. Sekretaris"]
    office.clock.advance(days=30)
    with pytest.raises(Forbidden):
        office.engine.tasks.assign(task.task_id, None, actor=actor)
    office.assert_sound(task.instance_id)
