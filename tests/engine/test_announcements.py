"""The outbox: what a step tells others, in the step's own transaction."""

from __future__ import annotations

import pytest

from engine.announcements import announce, of_task
from engine.errors import RevisionConflict
from engine.model import Announcement, AnnouncementKind, Role
from engine.process_engine import build_engine
from engine.settings import Settings
from engine.sources import RandomIds, SystemClock
from engine.store import Store
from engine.webhook_subscriptions import Wishes
from tests.diagrams import end, exclusive, flow, line, process, start, user
from tests.office import ADMIN, ANALYST, AUDITOR, Office, staff
from tests.statements import statements_of

K = AnnouncementKind
KEY = Settings(secret_key=("k" * 40,))


def two_steps(key: str = "surat") -> str:
    nodes = (start(), user("baca"), user("jawab"), end(), line("s", "baca", "jawab", "e"))
    return process(*nodes, key=key, lanes={"Sekretaris": ["s", "baca"], "Kadis": ["jawab", "e"]})


def taken(office: Office) -> list[Announcement]:
    """What waits in the outbox; it is empty afterwards."""
    with office.store.writing() as tx:
        return tx.take_announcements(1000)


def told(office: Office) -> list[tuple[AnnouncementKind, str | None]]:
    return [(each.kind, each.activity_id) for each in taken(office)]


def subscribe(office: Office) -> str:
    rooms = office.engine_with(KEY)
    wishes = Wishes("gerbang", "https://gerbang.dinas.test/")
    return rooms.webhook_subscriptions.add(wishes, actor=ANALYST)[0].subscription_id


@pytest.fixture
def listened(office: Office) -> Office:
    subscribe(office)
    return office


def test_each_event_of_an_instance_is_told_in_its_order(office_on_both: Office) -> None:
    office = office_on_both
    subscribe(office)
    instance_id = office.start(office.deploy(two_steps()))
    office.clock.advance(minutes=1)
    task = office.task(instance_id, "baca")
    office.engine.tasks.claim(task.task_id, actor=office.people["Sekretaris"])
    office.clock.advance(minutes=1)
    office.complete(instance_id, "baca", office.people["Sekretaris"])
    office.clock.advance(minutes=1)
    office.complete(instance_id, "jawab", office.people["Kadis"])

    found = taken(office)

    assert [(each.kind, each.activity_id) for each in found] == [
        (K.INSTANCE_STARTED, None),
        (K.TASK_OPENED, "baca"),
        (K.TASK_CLAIMED, "baca"),
        (K.TASK_COMPLETED, "baca"),
        (K.TASK_OPENED, "jawab"),
        (K.TASK_COMPLETED, "jawab"),
        (K.INSTANCE_COMPLETED, None),
    ]
    sequences = [each.sequence for each in found]
    assert sequences == sorted(set(sequences))
    events = office.engine.history.events(instance_id, actor=AUDITOR)
    assert {each.sequence for each in events} >= set(sequences)
    assert found[1] == Announcement(
        K.TASK_OPENED,
        task.created_at,
        instance_id,
        found[1].sequence,
        task.definition_id,
        "surat",
        task_id=task.task_id,
        activity_id="baca",
        activity_name="baca",
        lane="Sekretaris",
    )
    assert taken(office) == []


def test_cancelling_tells_of_the_instance_and_its_open_tasks(listened: Office) -> None:
    instance_id = listened.start(listened.deploy(two_steps()))
    taken(listened)

    listened.engine.instances.cancel(instance_id, reason="keliru", actor=ADMIN)

    assert set(told(listened)) == {(K.INSTANCE_CANCELLED, None), (K.TASK_CANCELLED, "baca")}


def test_giving_a_task_is_told_as_claiming_it(listened: Office) -> None:
    listened.engine.accounts.add(
        "siti", display_name="Siti", roles=[Role.STAFF], lanes=["Sekretaris"], actor=ADMIN
    )
    instance_id = listened.start(listened.deploy(two_steps()))
    task = listened.task(instance_id, "baca")
    taken(listened)

    listened.engine.tasks.assign(task.task_id, "siti", actor=ADMIN)
    listened.engine.tasks.unclaim(task.task_id, actor=ADMIN)

    assert told(listened) == [(K.TASK_CLAIMED, "baca")]


def test_an_incident_is_told_when_it_is_raised_and_when_it_is_resolved(listened: Office) -> None:
    stuck = process(
        *(start(), user("isi"), exclusive("pilih"), end("ya"), end("tidak")),
        line("s", "isi", "pilih"),
        flow("pilih", "ya", "nilai &gt; 3"),
        flow("pilih", "tidak", "nilai &lt;= 3"),
        lanes={"Kadis": ["s", "isi", "pilih", "ya", "tidak"]},
    )
    instance_id = listened.start(listened.deploy(stuck))
    taken(listened)

    listened.complete(instance_id, "isi", staff("Kadis"))
    raised = taken(listened)
    (incident,) = listened.engine.instances.incidents(actor=ADMIN, instance_id=instance_id)
    listened.engine.instances.change_variables(instance_id, {"nilai": 5}, actor=ADMIN)
    listened.engine.instances.retry_incident(incident.incident_id, actor=ADMIN)

    assert [each.kind for each in raised] == [K.TASK_COMPLETED, K.INCIDENT_RAISED]
    assert (raised[1].incident_id, raised[1].activity_id) == (incident.incident_id, "pilih")
    resolved = [each for each in taken(listened) if each.kind is K.INCIDENT_RESOLVED]
    assert [each.incident_id for each in resolved] == [incident.incident_id]


# ------------------------------------------------------------------- nobody listens


def test_nobody_listens_and_nothing_is_written(office: Office) -> None:
    office.start(office.deploy(two_steps()))

    assert taken(office) == []


def test_outbox_costs_no_statement_of_a_completion_and_one_when_somebody_listens(
    office_on_both: Office,
) -> None:
    office = office_on_both
    definition = office.deploy(two_steps())
    office.complete(office.start(definition), "baca", office.people["Sekretaris"])

    def cost() -> tuple[int, int]:
        task = office.task(office.start(definition), "baca")
        with statements_of(office.store) as asked:
            office.engine.tasks.complete(task.task_id, {}, actor=office.people["Sekretaris"])
        own = [each for each in asked if each.text.startswith("INSERT INTO announcement")]
        return len(asked), len(own)

    alone = cost()
    subscribe(office)
    listened = cost()

    assert alone[1] == 0
    assert alone[0] <= 7
    assert listened == (alone[0] + 1, 1)


def test_switched_off_means_that_nobody_listens(office: Office) -> None:
    subscription_id = subscribe(office)
    office.engine.webhook_subscriptions.disable(subscription_id, actor=ANALYST)

    office.start(office.deploy(two_steps()))

    assert taken(office) == []


# ---------------------------------------------------------------------- all or nothing


def test_subscription_of_another_process_holds_at_once(office_on_both: Office) -> None:
    here = office_on_both
    url = here.store._engine.url.render_as_string(hide_password=False)
    there = build_engine(Store.open(url), SystemClock(), RandomIds(), KEY)
    definition = here.deploy(two_steps())
    here.start(definition)
    assert taken(here) == []

    wishes = Wishes("gerbang", "https://gerbang.dinas.test/")
    there.webhook_subscriptions.add(wishes, actor=ANALYST)
    here.start(definition)
    there.close()

    assert told(here) == [(K.INSTANCE_STARTED, None), (K.TASK_OPENED, "baca")]


def test_step_that_is_undone_tells_nothing(listened: Office) -> None:
    instance_id = listened.start(listened.deploy(two_steps()))
    task = listened.task(instance_id, "baca")
    taken(listened)

    def undone() -> None:
        with listened.store.writing() as tx:
            announce(tx, [of_task(K.TASK_OVERDUE, task, at=task.created_at, sequence=9)])
            raise RevisionConflict(instance_id, 2)

    with pytest.raises(RevisionConflict):
        undone()
    assert taken(listened) == []


def test_history_is_the_same_whether_or_not_somebody_listens(office: Office) -> None:
    definition = office.deploy(two_steps())
    alone = office.start(definition)
    subscribe(office)
    listened = office.start(definition)

    kinds = [office.kinds(each) for each in (alone, listened)]

    assert kinds[0] == kinds[1]
    office.assert_sound(listened)
