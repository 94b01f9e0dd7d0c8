"""What is kept beside history: damaged by hand, named by `verify`, made anew by `reindex`."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text

from engine.errors import Forbidden
from engine.model import Fault, SubstitutionKind
from engine.queries import ExternalTaskQuery, TopicSubscription
from engine.reindexing import Rebuilt
from engine.same_person import MARK
from engine.substitutions import Wishes
from tests.diagrams import (
    catch,
    each,
    end,
    field,
    flow,
    form,
    line,
    message,
    named,
    parallel,
    process,
    start,
    timer,
    user,
)
from tests.engine.test_services import WORKER, fetch, service
from tests.engine.test_verify import tamper
from tests.office import ADMIN, AUDITOR, Office, staff
from tests.statements import statements_of

DIAGRAM = process(
    start(),
    parallel("x"),
    user("a", form(field("nomor"))),
    user("b", form(field("isi"))),
    user("c", each("bidang", element="satu")),
    service(),
    service("k2", topic="cetak"),
    catch("m", message("m1")),
    catch("t", timer("PT8H")),
    end(),
    line("s", "x", "a", "b", "e"),
    *(flow("x", node) for node in ("c", "k", "k2", "m", "t")),
    *(flow(node, "e") for node in ("c", "k", "k2", "m", "t")),
    before=named("message", m1="surat"),
    lanes={"Kadis": ["s", "x", "a", "b", "c", "k", "k2", "m", "t", "e"]},
)


def a_case(office: Office) -> str:
    """An instance with a row in every table: work done, work open, work that failed."""
    instance = office.start(office.deploy(DIAGRAM), bidang=["SMP", "PAUD"])
    office.complete(instance, "a", staff("Kadis"), nomor="6")
    office.engine.tasks.claim(office.task(instance, "b").task_id, actor=staff("Kadis"))
    [fetched] = fetch(office)
    office.engine.external_tasks.fail(
        fetched.task.external_task_id, "w1", message="rusak", details="di sini", actor=WORKER
    )
    office.engine.measuring.turn(lambda: False)
    return instance


def faults(office: Office, instance: str) -> tuple[Fault, ...]:
    return office.engine.history.verify(instance, actor=AUDITOR).faults


def change(office: Office, *statements: str, **values: object) -> None:
    with office.store._engine.begin() as connection:
        for statement in statements:
            done = connection.execute(text(statement), values)
            assert done.rowcount >= 1, statement


_HERE = "WHERE instance_id = :instance"
_A, _B = f"{_HERE} AND activity_id = 'a'", f"{_HERE} AND activity_id = 'b'"
#: What `verify` begins to say -> what was done. Each row and column by which people find work.
DAMAGES: dict[str, tuple[str, ...]] = {
    "the state kept": (f"UPDATE process_instance SET state = 'COMPLETED', ended_at = 5 {_HERE}",),
    "the end_reason kept": (f"UPDATE process_instance SET end_reason = 'x' {_HERE}",),
    "the next_due_at": (f"UPDATE process_instance SET next_due_at = next_due_at + 1 {_HERE}",),
    "the business_key kept": (f"UPDATE process_instance SET business_key = 'x' {_HERE}",),
    "the start_activity_id": (f"UPDATE process_instance SET start_activity_id = 'x' {_HERE}",),
    "the time of the start": (f"UPDATE process_instance SET started_at = 5 {_HERE}",),
    "the account that started": (f"UPDATE process_instance SET started_by = 'x' {_HERE}",),
    "the super_instance_id": (f"UPDATE process_instance SET super_instance_id = 'x' {_HERE}",),
    "the snapshot": (f"UPDATE process_instance SET snapshot = :snapshot {_HERE}",),
    "the scope of variable_update nomor": (
        f"UPDATE variable_update SET scope = 'x' {_HERE} AND name = 'nomor'",
    ),
    "the is_first of variable_update nomor": (
        f"UPDATE variable_update SET is_first = :no {_HERE} AND name = 'nomor'",
    ),
    "variable_update bidang": (f"DELETE FROM variable_update {_HERE} AND name = 'bidang'",),
    "variable_update karangan": (
        f"UPDATE variable_update SET name = 'karangan' {_HERE} AND name = 'nomor'",
    ),
    "the message of incident": (f"UPDATE incident SET message = 'lain' {_HERE}",),
    "the resolved_at of incident": (f"UPDATE incident SET resolved_at = raised_at {_HERE}",),
    "the kind of incident": (f"UPDATE incident SET kind = 'failedJob' {_HERE}",),
    "incident": (f"DELETE FROM incident {_HERE}",),
    "the topic of external task": (f"UPDATE external_task SET topic = 'lain' {_HERE}",),
    "the error_message of external task": (
        f"UPDATE external_task SET error_message = 'lain' {_HERE} AND activity_id = 'k'",
    ),
    "external task": (f"DELETE FROM external_task {_HERE}",),
    "the name of subscription": (f"UPDATE event_subscription SET name = 'lain' {_HERE}",),
    "the created_at of subscription": (f"UPDATE event_subscription SET created_at = 5 {_HERE}",),
    "subscription": (f"DELETE FROM event_subscription {_HERE}",),
    "the is_strategic of task": (f"UPDATE user_task SET is_strategic = :yes {_B}",),
    "the words of search_entry": (f"UPDATE search_entry SET words = 'karangan' {_HERE}",),
    "search_entry": (f"DELETE FROM search_entry {_HERE}",),
    "the waiting and working of task_time": (f"UPDATE task_time SET waiting = 1 {_HERE}",),
    "the round of task_time": (f"UPDATE task_time SET round = 2 {_HERE}",),
    "the sent_by of task_time": (f"UPDATE task_time SET sent_by = 'b' {_HERE}",),
    "the lane of task_time": (f"UPDATE task_time SET lane = 'Bidang' {_HERE}",),
    "task_time": (f"DELETE FROM task_time {_HERE}",),
    "the offered_lane of task": (f"UPDATE user_task SET offered_lane = 'Bidang' {_B}",),
    "the preceded_by of task": (f"UPDATE user_task SET preceded_by = '[]' {_B}",),
    "the claimed_at of task": (f"UPDATE user_task SET claimed_at = claimed_at + 1 {_B}",),
    "the substitution_id of task": (f"UPDATE user_task SET substitution_id = 'x' {_B}",),
    "the created_at of task": (f"UPDATE user_task SET created_at = created_at - 1 {_B}",),
    "the local_variables of task": (
        f"UPDATE user_task SET local_variables = '{{}}' {_HERE} AND activity_id = 'c'",
    ),
    "the due_at of task": (f"UPDATE user_task SET due_at = 5 {_B}",),
    "the priority of task": (f"UPDATE user_task SET priority = 90 {_B}",),
    "the follow_up_at of task": (f"UPDATE user_task SET follow_up_at = 5 {_B}",),
    "the escalation_level of task": (f"UPDATE user_task SET escalation_level = 2 {_B}",),
    "who has task": (f"UPDATE user_task SET assignee = 'orang-lain' {_B}",),
    "the candidates of task": (
        "INSERT INTO task_candidate (instance_id, task_id, kind, name) "
        f"SELECT instance_id, task_id, 'user', 'orang-lain' FROM user_task {_B}",
    ),
    "the open tasks": (
        f"UPDATE user_task SET state = 'cancelled', ended_at = 5, remind_at = NULL {_B}",
    ),
    "the open tasks kept": (f"DELETE FROM user_task {_B}",),
    "the ended_by of task": (f"UPDATE user_task SET ended_by = 'orang-lain' {_A}",),
    "the assignee of task": (f"UPDATE user_task SET assignee = 'orang-lain' {_A}",),
    "the ended_at of task": (f"UPDATE user_task SET ended_at = ended_at + 1 {_A}",),
    "the lane of task": (f"UPDATE user_task SET lane = 'Bidang' {_A}",),
    "the offered_lane": (f"UPDATE user_task SET offered_lane = 'Bidang' {_A}",),
    "the activity_id of task": (f"UPDATE user_task SET activity_id = 'z' {_A}",),
    "the state of task": (f"UPDATE user_task SET state = 'cancelled' {_A}",),
    "task": (f"DELETE FROM task_time {_HERE}", f"DELETE FROM user_task {_A}"),
}


def test_a_damaged_row_is_named_and_made_anew(office_on_both: Office) -> None:
    office = office_on_both
    instance, other = a_case(office), a_case(office)
    values = {"instance": instance, "no": False, "yes": True, "snapshot": b"{}"}
    before = office.open_tasks(instance)
    assert faults(office, instance) == ()

    for said, statements in DAMAGES.items():
        used = {n: v for n, v in values.items() if any(f":{n}" in s for s in statements)}
        change(office, *statements, **used)

        found = faults(office, instance)
        assert {each.check for each in found} == {"state"}, (said, found)
        assert any(each.message.startswith(f"{said} ") for each in found), (said, found)
        assert faults(office, other) == ()

        office.engine.reindexing.rebuild(actor=ADMIN, instance_ids=[instance])
        assert faults(office, instance) == (), said
        office.engine.measuring.turn(lambda: False)
        assert faults(office, instance) == (), said

    assert {each.task_id for each in office.open_tasks(instance)} == {t.task_id for t in before}
    for each_task in office.open_tasks(instance):
        office.engine.tasks.complete(each_task.task_id, {}, actor=staff("Kadis"))
    office.assert_sound(instance)


def test_a_task_made_anew_knows_which_step_led_to_it(office_on_both: Office) -> None:
    office, clerk = office_on_both, staff("Kadis")
    instance = office.start(office.deploy(DIAGRAM), bidang=["SMP"])
    office.complete(instance, "a", clerk, nomor="6")
    task_id = office.task(instance, "b").task_id
    change(office, f"DELETE FROM user_task {_B}", instance=instance)

    office.engine.reindexing.rebuild(actor=ADMIN, instance_ids=[instance])
    office.engine.tasks.complete(task_id, {}, actor=clerk)

    events = office.engine.history.events(instance, actor=AUDITOR)
    [marked] = [e.payload[MARK] for e in events if MARK in e.payload]
    assert [each["activity"] for each in marked] == ["a"]
    office.assert_sound(instance)


def test_making_anew_changes_nothing_that_is_right(office_on_both: Office) -> None:
    office = office_on_both
    instance = a_case(office)
    printing = TopicSubscription("cetak", 60_000)
    office.engine.external_tasks.fetch_and_lock("w2", [printing], max_tasks=1, actor=WORKER)
    a_substitution(office)
    before = everything(office)

    assert office.engine.reindexing.rebuild(actor=ADMIN) == Rebuilt(1, 0)

    assert everything(office) == before
    query = ExternalTaskQuery(instance_id=instance)
    held = office.engine.external_tasks.tasks(query, actor=AUDITOR)
    assert {each.worker_id for each in held} == {None, "w2"}
    with pytest.raises(Forbidden):
        office.engine.reindexing.rebuild(actor=AUDITOR)


def test_what_is_right_is_compared_and_not_written(office: Office) -> None:
    for _ in range(3):
        a_case(office)
    seen: list[tuple[int, int]] = []

    with statements_of(office.store) as asked:
        done = office.engine.reindexing.rebuild(
            actor=ADMIN, on_progress=lambda *told: seen.append(told)
        )

    texts = [each.text for each in asked]
    writes = [each for each in texts if not each.startswith(("SELECT", "WITH", "PRAGMA"))]
    # Substitutions, which follow from the log of accounts; what looks for single words; and what
    # the worker adds up anew.
    named = {each.split()[2] for each in writes}
    assert named == {"substitution", "search_word", "tallied_span"}
    assert (done, seen) == (Rebuilt(3, 0), [(3, 3)])


def test_what_cannot_be_read_keeps_no_other_from_being_made_anew(office: Office) -> None:
    wrong, damaged, right = a_case(office), a_case(office), a_case(office)
    change(office, f"UPDATE incident SET message = 'lain' {_HERE}", instance=wrong)
    tamper(office.store, f"UPDATE history_event SET payload = 'x' WHERE instance_id = '{damaged}'")

    assert office.engine.reindexing.rebuild(actor=ADMIN) == Rebuilt(3, 1)

    assert (faults(office, wrong), faults(office, right)) == ((), ())
    assert faults(office, damaged)


def test_a_history_that_does_not_hold_is_not_followed(office: Office) -> None:
    instance = a_case(office)
    tamper(office.store, "UPDATE history_event SET actor = 'orang-lain' WHERE sequence = 1")
    change(office, f"UPDATE incident SET message = 'lain' {_HERE}", instance=instance)
    before = everything(office)

    office.engine.reindexing.rebuild(actor=ADMIN)

    assert everything(office) == before


def a_substitution(office: Office) -> str:
    """One that was changed, and ended before its day."""
    for name, lane in (("kadis", "Kadis"), ("sekretaris", "Sekretaris")):
        office.engine.accounts.add(name, display_name=name, lanes=[lane], actor=ADMIN)
    begun = Wishes(
        account="sekretaris",
        lane="Kadis",
        kind=SubstitutionKind.PLH,
        basis_number="800/17/2026",
        basis_date=date(2026, 1, 2),
        first_day=date(2026, 1, 5),
        last_day=date(2026, 1, 7),
        replaces="kadis",
    )
    found = office.engine.substitutions.add(begun, actor=ADMIN).substitution.substitution_id
    office.engine.substitutions.change(
        found,
        last_day=date(2026, 1, 9),
        basis_number="800/18/2026",
        basis_date=date(2026, 1, 3),
        actor=ADMIN,
    )
    office.clock.advance(hours=2)
    office.engine.substitutions.end(found, reason="kembali", actor=ADMIN)
    return found


SUBSTITUTIONS = {
    "the lane of": "UPDATE substitution SET lane = 'Bidang'",
    "the account of": "UPDATE substitution SET account = 'kadis', replaces = NULL",
    "the kind of": "UPDATE substitution SET kind = 'Plt.'",
    "the last_day of": "UPDATE substitution SET last_day = '2026-02-01'",
    "the ends_at of": "UPDATE substitution SET ends_at = ends_at + 1",
    "the basis_number of": "UPDATE substitution SET basis_number = '1'",
    "the recorded_by of": "UPDATE substitution SET recorded_by = 'kadis'",
    "the ended_at of": "UPDATE substitution SET ended_at = NULL, ended_by = NULL, "
    "end_reason = NULL",
    "": "DELETE FROM substitution",
}


def test_a_substitution_is_what_the_log_of_accounts_says(office_on_both: Office) -> None:
    office = office_on_both
    key = a_substitution(office)
    log = office.engine.account_log
    assert log.verify(actor=AUDITOR).is_sound

    for said, statement in SUBSTITUTIONS.items():
        change(office, statement)

        found = log.verify(actor=AUDITOR).faults
        start_of_it = f"{said} substitution {key} ".lstrip()
        assert any(each.message.startswith(start_of_it) for each in found), (said, found)

        office.engine.reindexing.rebuild(actor=ADMIN)
        assert log.verify(actor=AUDITOR).is_sound, said


_TABLES = (
    *("process_instance", "user_task", "task_candidate", "variable_update", "incident"),
    *("external_task", "event_subscription", "substitution", "search_entry"),
)


def everything(office: Office) -> dict[str, list[str]]:
    """The rows of what is made anew."""
    with office.store._engine.connect() as connection:
        return {
            table: sorted(str(row) for row in connection.execute(text(f"SELECT * FROM {table}")))
            for table in _TABLES
        }


MEASURES = {
    "the elapsed of instance_time": "UPDATE instance_time SET elapsed = elapsed + 1",
    "the state of instance_time": "UPDATE instance_time SET state = 'EXTERNALLY_TERMINATED'",
    "course": "UPDATE course SET steps = '[]'",
    "instance_time": "DELETE FROM instance_time",
}


def test_what_was_measured_of_an_ended_instance_is_compared(office_on_both: Office) -> None:
    office = office_on_both
    definition = office.deploy(process(start(), user("a"), end(), line("s", "a", "e")))
    first, second = office.start(definition), office.start(definition)
    for each_instance in (first, second):
        office.complete(each_instance, "a")
    office.engine.measuring.turn(lambda: False)

    for said, statement in MEASURES.items():
        change(office, statement)
        assert any(each.message.startswith(f"{said} ") for each in faults(office, first)), said

        office.engine.reindexing.rebuild(actor=ADMIN)
        office.engine.measuring.turn(lambda: False)
        assert (faults(office, first), faults(office, second)) == ((), ()), said
