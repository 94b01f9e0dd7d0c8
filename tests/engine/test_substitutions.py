"""Substitutions: recorded, lived, ended; what is done by one, and what is done for oneself."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from engine.deliveries import is_awaited_of
from engine.ended_substitutions import EndedSubstitutions
from engine.errors import (
    Forbidden,
    InvalidInput,
    StrategicStep,
    SubstitutionEnded,
    SubstitutionOver,
    TaskAlreadyClaimed,
)
from engine.model import (
    AccountEventKind,
    Actor,
    EventKind,
    HistoryEvent,
    Role,
    Substitution,
    SubstitutionKind,
    SubstitutionState,
    UserTask,
)
from engine.queries import AccountEventQuery, Page, SubstitutionQuery, TaskQuery
from engine.remarks import Place
from engine.substitutions import Recorded, Wishes
from tests.diagrams import end, line, process, properties, start, user
from tests.office import ADMIN, AUDITOR, Office
from tests.scenarios.test_races import at_once

LETTER = process(
    start(),
    user("tulis"),
    user("sahkan"),
    end(),
    line("s", "tulis", "sahkan", "e"),
    key="surat",
    lanes={"Sekretaris": ["s", "tulis"], "Kadis": ["sahkan", "e"]},
)
BUDGET = process(
    start(),
    user("tulis"),
    user("sahkan", properties(strategis="ya")),
    end(),
    line("s", "tulis", "sahkan", "e"),
    key="anggaran",
    lanes={"Sekretaris": ["s", "tulis"], "Kadis": ["sahkan", "e"]},
)
#: The clock of an office begins on Monday 2026-01-05 at 07.30 WIB.
MONDAY = date(2026, 1, 5)


class Bureau:
    """An office with a Kadis, a Sekretaris and an admin who records who stands in."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.engine = office.engine
        for name, lane in (("kadis", "Kadis"), ("sekretaris", "Sekretaris")):
            self.hire(name, lane)

    def hire(self, name: str, *lanes: str) -> None:
        self.engine.accounts.add(
            name, display_name=name.title(), roles=[Role.STAFF], lanes=lanes, actor=ADMIN
        )

    def record(self, **changes: Any) -> Recorded:
        """The Sekretaris is Plh. Kadis from Monday to Wednesday."""
        values: dict[str, Any] = {
            "account": "sekretaris",
            "lane": "Kadis",
            "kind": "Plh.",
            "basis_number": "800/17/2026",
            "basis_date": date(2026, 1, 2),
            "first_day": MONDAY,
            "last_day": MONDAY + timedelta(days=2),
        }
        return self.engine.substitutions.add(Wishes(**{**values, **changes}), actor=ADMIN)

    def actor(self, name: str) -> Actor:
        """Who logs in now."""
        return self.engine.accounts.account(name).as_actor(self.office.clock.now())

    def letter(self, diagram: str = LETTER) -> str:
        """An instance that waits for the Kadis."""
        instance = self.office.start(self.office.deploy(diagram), self.actor("sekretaris"))
        self.office.complete(instance, "tulis", self.actor("sekretaris"))
        return instance

    def last(self, instance: str, kind: EventKind) -> HistoryEvent:
        events = self.engine.history.events(instance, actor=AUDITOR)
        return [event for event in events if event.kind is kind][-1]

    def expire(self) -> int:
        return EndedSubstitutions(self.engine.substitutions, self.office.clock).turn(lambda: False)

    def found(self, **query: Any) -> list[Substitution]:
        return list(self.engine.substitutions.find(SubstitutionQuery(**query), actor=AUDITOR))


@pytest.fixture
def bureau(office: Office) -> Bureau:
    return Bureau(office)


@pytest.fixture
def bureau_on_both(office_on_both: Office) -> Bureau:
    return Bureau(office_on_both)


# ------------------------------------------------------------------- what is done by it


def test_a_substitute_does_the_work_of_the_lane_and_history_says_in_which_capacity(
    bureau_on_both: Bureau,
) -> None:
    bureau = bureau_on_both
    made = bureau.record().substitution
    instance = bureau.letter()
    task = bureau.office.task(instance, "sahkan")
    tasks, plh = bureau.engine.tasks, bureau.actor("sekretaris")

    waiting = tasks.tasks(TaskQuery(instance_id=instance), actor=plh)
    assert [each.task_id for each in waiting] == [task.task_id]
    assert tasks.claim(task.task_id, actor=plh).substitution_id == made.substitution_id
    tasks.complete(task.task_id, {}, actor=plh)

    for kind in (EventKind.TASK_CLAIMED, EventKind.TASK_COMPLETED):
        event = bureau.last(instance, kind)
        assert (event.actor, event.capacity) == ("sekretaris", "Plh. Kadis")
        assert event.payload["substitution"] == {
            "id": made.substitution_id,
            "kind": "Plh.",
            "lane": "Kadis",
            "basis": "800/17/2026",
            "basisDate": "2026-01-02",
        }
    bureau.office.assert_sound(instance)


def test_who_holds_the_lane_himself_acts_for_himself(bureau: Bureau) -> None:
    bureau.record(account="kadis", lane="Sekretaris")
    instance = bureau.letter()

    bureau.office.complete(instance, "sahkan", bureau.actor("kadis"))

    done = bureau.last(instance, EventKind.TASK_COMPLETED)
    assert done.capacity == "definitif"
    assert "substitution" not in done.payload


def test_starting_and_commenting_are_done_in_the_capacity_that_allows_them(
    bureau: Bureau,
) -> None:
    bureau.hire("bidang", "Bidang")
    bureau.record(account="bidang", kind="Plt.")
    plt = bureau.actor("bidang")

    instance = bureau.office.start(bureau.office.deploy(LETTER), plt)
    bureau.engine.remarks.comment(Place(instance), "Segera.", actor=plt)

    for kind in (EventKind.INSTANCE_STARTED, EventKind.COMMENT_ADDED):
        event = bureau.last(instance, kind)
        assert (event.actor, event.capacity) == ("bidang", "Plt. Kadis")
    bureau.office.assert_sound(instance)


def test_a_task_is_changed_in_the_capacity_that_allows_it(bureau: Bureau) -> None:
    bureau.record()
    instance = bureau.letter()
    task, plh = bureau.office.task(instance, "sahkan").task_id, bureau.actor("sekretaris")

    bureau.engine.task_changes.change(task, {"priority": 80}, actor=plh)
    with pytest.raises(Forbidden):
        bureau.engine.task_changes.change(task, {"due_at": None, "priority": 7}, actor=Actor("x"))

    assert bureau.last(instance, EventKind.TASK_CHANGED).capacity == "Plh. Kadis"


def test_a_link_says_both_how_and_in_which_capacity(bureau: Bureau) -> None:
    bureau.record()
    instance = bureau.letter()
    task = bureau.office.task(instance, "sahkan").task_id

    _, secret = bureau.engine.task_links.make_for(task, "sekretaris")
    bureau.engine.task_links.complete(secret, {})

    assert bureau.last(instance, EventKind.TASK_COMPLETED).capacity == "Plh. Kadis, by link"


def test_messages_are_for_who_stands_in_as_long_as_he_does(bureau: Bureau) -> None:
    made = bureau.record(last_day=MONDAY).substitution
    plain = bureau.office.task(bureau.letter(), "sahkan")
    strategic = bureau.office.task(bureau.letter(BUDGET), "sahkan")
    clock, accounts = bureau.office.clock, bureau.engine.accounts
    taken = bureau.engine.tasks.claim(plain.task_id, actor=bureau.actor("sekretaris"))

    def is_told(task: UserTask) -> bool:
        return is_awaited_of(task, accounts.account("sekretaris"), clock.now())

    assert [is_told(each) for each in (plain, taken, strategic)] == [True, True, False]
    clock.advance(hours=17)
    assert clock.now() > made.ends_at
    assert [is_told(each) for each in (plain, taken, strategic)] == [False, False, False]


def test_a_task_is_handed_to_a_substitute_and_by_him(bureau: Bureau) -> None:
    bureau.record()
    instance = bureau.letter()
    task = bureau.office.task(instance, "sahkan").task_id
    tasks, kadis = bureau.engine.tasks, bureau.actor("kadis")
    tasks.claim(task, actor=kadis)

    assert [each.name for each in tasks.colleagues(task, actor=kadis)] == ["sekretaris"]
    given = tasks.assign(task, "sekretaris", actor=kadis)
    assert given.substitution_id is not None
    back = tasks.assign(task, "kadis", actor=bureau.actor("sekretaris"))

    assert (back.assignee, back.substitution_id) == ("kadis", None)
    assert bureau.last(instance, EventKind.TASK_ASSIGNED).capacity == "Plh. Kadis"


# --------------------------------------------------------------------------- its days


def test_it_begins_and_ends_by_itself_at_the_office_s_midnight(bureau: Bureau) -> None:
    tuesday = MONDAY + timedelta(days=1)
    bureau.record(first_day=tuesday, last_day=tuesday)
    instance = bureau.letter()
    task, tasks = bureau.office.task(instance, "sahkan").task_id, bureau.engine.tasks
    clock = bureau.office.clock

    assert bureau.actor("sekretaris").substitutions == ()
    with pytest.raises(Forbidden):
        tasks.claim(task, actor=bureau.actor("sekretaris"))

    # Midnight in Jakarta is 17.00 UTC the day before.
    clock.advance(hours=16, minutes=30)
    assert clock.now() == datetime(2026, 1, 5, 17, tzinfo=UTC)
    tasks.claim(task, actor=bureau.actor("sekretaris"))
    tasks.unclaim(task, actor=bureau.actor("sekretaris"))

    early = bureau.actor("sekretaris")
    clock.advance(hours=24)
    with pytest.raises(SubstitutionOver, match=r"Plh\. Kadis ended at 2026-01-06T17:00:00"):
        tasks.claim(task, actor=early)
    with pytest.raises(SubstitutionOver):
        tasks.complete(task, {}, actor=bureau.actor("sekretaris"))
    assert (
        bureau.engine.tasks.tasks(TaskQuery(instance_id=instance), actor=bureau.actor("sekretaris"))
        == []
    )


def test_what_was_in_hand_goes_back_to_the_lane_when_the_last_day_is_over(
    bureau_on_both: Bureau,
) -> None:
    bureau = bureau_on_both
    made = bureau.record(last_day=MONDAY).substitution
    instance = bureau.letter()
    task, tasks = bureau.office.task(instance, "sahkan").task_id, bureau.engine.tasks
    plh = bureau.actor("sekretaris")
    tasks.claim(task, actor=plh)
    bureau.engine.task_drafts.save(task, {"catatan": "setuju"}, actor=plh)
    assert bureau.expire() == 0

    bureau.office.clock.advance(hours=17)
    # Nobody ended it yet, and yet it is over.
    with pytest.raises(SubstitutionOver):
        tasks.complete(task, {}, actor=plh)
    assert bureau.expire() == 1
    assert bureau.expire() == 0

    freed = bureau.office.task(instance, "sahkan")
    assert (freed.assignee, freed.substitution_id) == (None, None)
    event = bureau.last(instance, EventKind.TASK_UNCLAIMED)
    assert (event.actor, event.payload["ended"]) == (None, made.facts())
    (ended,) = bureau.found()
    assert (ended.ended_at, ended.ended_by) == (made.ends_at, None)
    logged = bureau.engine.account_log.events(
        AccountEventQuery(kinds=(AccountEventKind.SUBSTITUTION_ENDED,)), actor=AUDITOR
    )
    assert [(each.actor, each.payload["tasksHandedBack"]) for each in logged] == [(None, 1)]
    draft = bureau.engine.task_drafts.find(task, actor=Actor("sekretaris"))
    assert draft is not None
    assert draft.texts == {"catatan": "setuju"}
    tasks.complete(task, {}, actor=bureau.actor("kadis"))
    bureau.office.assert_sound(instance)


def test_two_workers_end_it_once(bureau_on_both: Bureau) -> None:
    bureau = bureau_on_both
    made = bureau.record(last_day=MONDAY).substitution
    bureau.office.clock.advance(hours=17)

    done = at_once(4, lambda _: bureau.engine.substitutions.expire(made.substitution_id))

    assert sorted(done) == [False, False, False, True]


def test_ended_in_mid_task_the_task_is_free_and_completing_it_refused(bureau: Bureau) -> None:
    made = bureau.record().substitution
    instance = bureau.letter()
    task, tasks = bureau.office.task(instance, "sahkan").task_id, bureau.engine.tasks
    plh = bureau.actor("sekretaris")
    tasks.claim(task, actor=plh)

    ended = bureau.engine.substitutions.end(
        made.substitution_id, reason=" Kadis sudah kembali ", actor=ADMIN
    )

    assert (ended.ended_by, ended.end_reason) == ("admin", "Kadis sudah kembali")
    assert bureau.office.task(instance, "sahkan").assignee is None
    event = bureau.last(instance, EventKind.TASK_UNCLAIMED)
    assert (event.actor, event.payload["from"]) == ("admin", "sekretaris")
    with pytest.raises(SubstitutionOver, match=r"Plh\. Kadis ended"):
        tasks.complete(task, {}, actor=plh)
    with pytest.raises(SubstitutionEnded):
        bureau.engine.substitutions.end(made.substitution_id, reason="lagi", actor=ADMIN)
    bureau.office.assert_sound(instance)


def test_ending_and_completing_at_once_leave_one_order(bureau_on_both: Bureau) -> None:
    bureau = bureau_on_both
    for number in range(6):
        made = bureau.record(basis_number=str(number)).substitution
        instance = bureau.letter()
        task, plh = bureau.office.task(instance, "sahkan").task_id, bureau.actor("sekretaris")
        bureau.engine.tasks.claim(task, actor=plh)

        completed, ended = at_once(
            2,
            lambda i, task=task, plh=plh, made=made: (  # type: ignore[misc]
                bureau.engine.tasks.complete(task, {}, actor=plh)
                if i == 0
                else bureau.engine.substitutions.end(
                    made.substitution_id, reason="selesai", actor=ADMIN
                )
            ),
        )

        assert isinstance(ended, Substitution), ended
        if isinstance(completed, Exception):
            assert isinstance(completed, SubstitutionOver), completed
            assert bureau.office.task(instance, "sahkan").assignee is None
        else:
            assert bureau.office.state(instance) == "COMPLETED"
        bureau.office.assert_sound(instance)


def test_what_was_taken_for_oneself_stays_when_a_substitution_ends(bureau: Bureau) -> None:
    made = bureau.record(account="kadis", lane="Sekretaris").substitution
    instance = bureau.letter()
    task = bureau.office.task(instance, "sahkan").task_id
    bureau.engine.tasks.claim(task, actor=bureau.actor("kadis"))

    bureau.engine.substitutions.end(made.substitution_id, reason="kembali", actor=ADMIN)

    assert bureau.office.task(instance, "sahkan").assignee == "kadis"


def test_a_second_substitution_for_the_lane_keeps_the_task_in_hand(bureau: Bureau) -> None:
    first = bureau.record().substitution
    instance = bureau.letter()
    task = bureau.office.task(instance, "sahkan").task_id
    bureau.engine.tasks.claim(task, actor=bureau.actor("sekretaris"))
    bureau.office.clock.advance(minutes=1)
    bureau.record(kind="Plt.", basis_number="800/18/2026")

    bureau.engine.substitutions.end(first.substitution_id, reason="SK baru", actor=ADMIN)
    bureau.engine.tasks.complete(task, {}, actor=bureau.actor("sekretaris"))

    assert bureau.last(instance, EventKind.TASK_COMPLETED).capacity == "Plt. Kadis"


def test_who_loses_the_lane_does_not_keep_its_task_as_a_substitute(bureau: Bureau) -> None:
    bureau.record(account="kadis", lane="Kadis", kind="Plt.")
    instance = bureau.letter()
    task = bureau.office.task(instance, "sahkan").task_id
    bureau.engine.tasks.claim(task, actor=bureau.actor("kadis"))

    bureau.engine.accounts.set_roles_and_lanes(
        "kadis", roles=[Role.STAFF], lanes=["Bidang"], actor=ADMIN
    )

    assert bureau.office.task(instance, "sahkan").assignee is None
    taken = bureau.engine.tasks.claim(task, actor=bureau.actor("kadis"))
    assert taken.substitution_id is not None


def test_a_deactivated_account_stands_in_for_nobody(bureau: Bureau) -> None:
    bureau.record()
    instance = bureau.letter()
    task = bureau.office.task(instance, "sahkan").task_id
    bureau.engine.tasks.claim(task, actor=bureau.actor("sekretaris"))

    bureau.engine.accounts.deactivate("sekretaris", actor=ADMIN)

    assert bureau.office.task(instance, "sahkan").assignee is None


# -------------------------------------------------------------------- strategic steps


@pytest.mark.parametrize("kind", list(SubstitutionKind))
def test_a_strategic_step_is_seen_by_a_substitute_and_closed_to_him(
    bureau: Bureau, kind: SubstitutionKind
) -> None:
    bureau.record(kind=kind)
    instance = bureau.letter(BUDGET)
    tasks, substitute = bureau.engine.tasks, bureau.actor("sekretaris")
    task = tasks.tasks(TaskQuery(instance_id=instance), actor=substitute)[0]
    assert task.is_strategic

    for deed in (
        lambda: tasks.claim(task.task_id, actor=substitute),
        lambda: tasks.complete(task.task_id, {}, actor=substitute),
        lambda: tasks.take_over(task.task_id, reason="mendesak", actor=substitute),
        lambda: bureau.engine.task_links.make(task.task_id, actor=substitute),
        lambda: bureau.engine.task_drafts.save(task.task_id, {}, actor=substitute),
    ):
        with pytest.raises(StrategicStep, match=f"strategic, which {kind} Kadis may not"):
            deed()
    with pytest.raises(InvalidInput, match="cannot be given to sekretaris"):
        tasks.assign(task.task_id, "sekretaris", actor=ADMIN)
    tasks.complete(task.task_id, {}, actor=bureau.actor("kadis"))
    bureau.office.assert_sound(instance)


# -------------------------------------------------------------------------- recording


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"account": "siapa"}, "account"),
        ({"lane": " "}, "lane"),
        ({"kind": "Pj."}, "kind"),
        ({"basis_number": ""}, "basis_number"),
        ({"last_day": MONDAY - timedelta(days=1), "first_day": date(2026, 1, 1)}, "last_day"),
        ({"first_day": MONDAY + timedelta(days=9)}, "last_day"),
        ({"last_day": date(2206, 1, 1)}, "last_day"),
        ({"replaces": "sekretaris"}, "replaces"),
        ({"replaces": "siapa"}, "replaces"),
    ],
)
def test_a_wrong_field_is_refused_by_name(
    bureau: Bureau, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        bureau.record(**changes)

    assert list(caught.value.fields) == [field]
    assert bureau.found() == []


def test_the_same_is_recorded_once_and_an_overlap_is_told(bureau_on_both: Bureau) -> None:
    bureau = bureau_on_both
    bureau.hire("bidang", "Bidang")
    first = bureau.record(replaces="kadis")
    assert first.warnings == ()

    with pytest.raises(InvalidInput) as caught:
        bureau.record(replaces="kadis")
    beside = bureau.record(account="bidang", basis_number="800/19/2026")

    assert list(caught.value.fields) == ["basis_number"]
    (warning,) = beside.warnings
    assert (warning.kind, warning.others) == ("overlap", (first.substitution,))
    bureau.engine.substitutions.end(
        first.substitution.substitution_id, reason="keliru", actor=ADMIN
    )
    assert bureau.record(replaces="kadis").substitution.replaces == "kadis"


def test_what_lasts_longer_than_the_office_allows_is_recorded_with_a_warning(
    bureau: Bureau,
) -> None:
    found = bureau.record(last_day=MONDAY + timedelta(days=92))
    shorter = bureau.record(last_day=MONDAY + timedelta(days=91))

    assert [(each.kind, each.days) for each in found.warnings] == [("too long", 92)]
    assert [each.kind for each in shorter.warnings] == ["overlap"]
    own = bureau.record(account="kadis", kind="a.n.")
    assert {each.kind for each in own.warnings} == {"overlap", "own lane"}


def test_it_can_be_prolonged_by_another_letter(bureau_on_both: Bureau) -> None:
    bureau = bureau_on_both
    made = bureau.record().substitution
    friday = MONDAY + timedelta(days=4)

    changed = bureau.engine.substitutions.change(
        made.substitution_id,
        last_day=friday,
        basis_number="800/21/2026",
        basis_date=date(2026, 1, 4),
        actor=ADMIN,
    ).substitution

    assert bureau.found() == [changed]
    assert changed.ends_at == datetime(2026, 1, 9, 17, tzinfo=UTC)
    (event,) = bureau.engine.account_log.events(
        AccountEventQuery(kinds=(AccountEventKind.SUBSTITUTION_CHANGED,)), actor=AUDITOR
    )
    assert event.payload["before"]["lastDay"] == "2026-01-07"
    assert event.payload["after"]["lastDay"] == "2026-01-09"
    assert event.payload["after"]["basis"] == "800/21/2026"
    with pytest.raises(InvalidInput):
        bureau.engine.substitutions.change(
            made.substitution_id,
            last_day=MONDAY - timedelta(days=1),
            basis_number="1",
            basis_date=MONDAY,
            actor=ADMIN,
        )
    assert bureau.engine.account_log.verify(actor=AUDITOR).is_sound


def test_substitutions_are_found_by_where_they_stand(bureau_on_both: Bureau) -> None:
    bureau = bureau_on_both
    now = bureau.record(basis_number="kini").substitution
    later = bureau.record(
        basis_number="nanti", first_day=date(2026, 2, 1), last_day=date(2026, 2, 2)
    ).substitution
    over = bureau.record(basis_number="dulu", kind="a.n.").substitution
    bureau.engine.substitutions.end(over.substitution_id, reason="salah", actor=ADMIN)

    def ids(**query: Any) -> list[str]:
        return [each.basis_number for each in bureau.found(**query)]

    assert ids(state=SubstitutionState.CURRENT) == [now.basis_number]
    assert ids(state=SubstitutionState.COMING) == [later.basis_number]
    assert ids(state=SubstitutionState.PAST) == ["dulu"]
    assert ids(kind=SubstitutionKind.AN) == ["dulu"]
    assert ids(basis_number_like="k%") == ["kini"]
    assert set(ids(lane="Kadis", account="sekretaris")) == {"kini", "nanti", "dulu"}
    assert ids(lane="Bidang") == []
    query = SubstitutionQuery()
    assert bureau.engine.substitutions.count(query, actor=AUDITOR) == 3
    page = bureau.engine.substitutions.find(query, Page(1, 1), actor=AUDITOR)
    assert len(page) == 1


def test_admins_record_auditors_see_all_and_others_their_own(bureau: Bureau) -> None:
    made = bureau.record().substitution
    rooms = bureau.engine.substitutions
    kadis, sekretaris = bureau.actor("kadis"), bureau.actor("sekretaris")

    with pytest.raises(Forbidden):
        rooms.end(made.substitution_id, reason="saya", actor=sekretaris)
    with pytest.raises(Forbidden):
        rooms.change(
            made.substitution_id,
            last_day=MONDAY,
            basis_number="1",
            basis_date=MONDAY,
            actor=AUDITOR,
        )
    assert rooms.find(SubstitutionQuery(), actor=kadis) == []
    assert rooms.find(SubstitutionQuery(), actor=sekretaris) == [made]
    assert rooms.substitution(made.substitution_id, actor=sekretaris) == made
    with pytest.raises(Forbidden):
        rooms.substitution(made.substitution_id, actor=kadis)
    with pytest.raises(Forbidden):
        rooms.find(SubstitutionQuery(account="sekretaris"), actor=kadis)


def test_a_completion_costs_a_substitute_one_statement_more(bureau: Bureau) -> None:
    counts = {}
    written = []
    bureau.office.store.watch_steps(written.append)
    bureau.record()
    for name in ("kadis", "sekretaris"):
        instance = bureau.letter()
        bureau.office.complete(instance, "sahkan", bureau.actor(name))
        counts[name] = written[-1].statements

    assert counts["sekretaris"] == counts["kadis"] + 1
    assert counts["sekretaris"] <= 8
    assert all(
        event.capacity
        for event in bureau.engine.history.events(instance, actor=AUDITOR)
        if event.actor
    )


def test_who_was_faster_is_told_to_a_substitute_too(bureau: Bureau) -> None:
    bureau.record()
    instance = bureau.letter()
    task = bureau.office.task(instance, "sahkan").task_id
    bureau.engine.tasks.claim(task, actor=bureau.actor("kadis"))

    with pytest.raises(TaskAlreadyClaimed):
        bureau.engine.tasks.complete(task, {}, actor=bureau.actor("sekretaris"))
