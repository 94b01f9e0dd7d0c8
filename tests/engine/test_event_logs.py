"""Event logs: what they say of each visit, and to whom they are given."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from itertools import groupby

import pytest
from sqlalchemy import text

from engine.errors import Forbidden, InvalidInput, NotFound
from engine.event_logs.selections import LogFormat, WantedLog
from engine.model import AccountEventKind, Actor, Role, Upload
from engine.queries import AccountEventQuery
from tests.diagrams import (
    boundary,
    each,
    end,
    exclusive,
    field,
    flow,
    form,
    line,
    properties,
    start,
    timer,
    user,
)
from tests.engine.copied_rows import copied
from tests.engine.logged_work import TIMED, TWO, changes, open_task, rows, sop
from tests.mining import export
from tests.office import ADMIN, ANALYST, AUDITOR, Office, staff

KADIS, OTHER = staff("Kadis"), staff("Kadis", "wakil")


# ------------------------------------------------------------------------ lifecycle

#: IEEE 1849-2016, standard lifecycle: state -> transition -> the state that follows.
LIFECYCLE = {
    "": {"schedule": "ready", "start": "running"},
    "ready": {"assign": "assigned", "start": "running", "withdraw": "over", "pi_abort": "over"},
    "assigned": {"start": "running", "withdraw": "over", "pi_abort": "over"},
    "running": {"suspend": "held", "complete": "over", "ate_abort": "over", "pi_abort": "over"},
    "held": {"resume": "running", "ate_abort": "over", "pi_abort": "over"},
}


def test_a_visit_keeps_to_the_standard_lifecycle(office: Office) -> None:
    office.engine.accounts.add(
        "kadis", display_name="Kadis", roles=[Role.STAFF], lanes=["Kadis"], actor=ADMIN
    )
    instance = office.start(office.deploy(TWO), KADIS)
    task = open_task(office, instance)
    tasks = office.engine.tasks
    tasks.claim(task, actor=KADIS)
    office.clock.advance(hours=1)
    tasks.unclaim(task, actor=KADIS)
    tasks.claim(task, actor=OTHER)
    tasks.assign(task, "kadis", actor=ADMIN, reason="wakil berhalangan")
    tasks.complete(task, {}, actor=KADIS)

    found = rows(office)

    assert changes(found, "a") == [
        ("schedule", ""),
        ("assign", "kadis"),
        ("start", "kadis"),
        ("suspend", "kadis"),
        ("resume", "wakil"),
        ("suspend", "wakil"),
        ("resume", "kadis"),
        ("complete", "kadis"),
    ]
    assert changes(found, "b") == [("schedule", "")]
    assert_standard(found)


def test_what_was_put_back_is_resumed_when_it_is_completed(office: Office) -> None:
    instance = office.start(office.deploy(TWO), KADIS)
    task = open_task(office, instance)
    office.engine.tasks.claim(task, actor=KADIS)
    office.engine.tasks.unclaim(task, actor=KADIS)
    office.engine.tasks.complete(task, {}, actor=OTHER)

    found = rows(office)

    assert changes(found, "a")[-3:] == [
        ("suspend", "kadis"),
        ("resume", "wakil"),
        ("complete", "wakil"),
    ]
    assert_standard(found)


def assert_standard(found: list[dict[str, str]]) -> None:
    ordered = sorted(found, key=lambda row: row["concept:instance"])
    for _, visit in groupby(ordered, key=lambda row: row["concept:instance"]):
        state = ""
        for row in visit:
            state = LIFECYCLE[state][row["lifecycle:transition"]]


def test_what_nobody_took_starts_when_it_is_completed(office: Office) -> None:
    instance = office.start(office.deploy(TIMED))
    office.clock.advance(hours=2)
    office.complete(instance, "a", KADIS)

    last = [row for row in rows(office) if row["sop:element"] == "a"][-2:]

    assert [row["lifecycle:transition"] for row in last] == ["start", "complete"]
    assert last[1]["sop:waitingSeconds"] == "7200"
    assert last[1]["sop:workingSeconds"] == "0"


def test_waiting_and_working_time_are_those_of_the_hands(office: Office) -> None:
    instance = office.start(office.deploy(TIMED), KADIS)
    task = open_task(office, instance)
    for minutes, deed in ((10, "claim"), (20, "unclaim"), (40, "claim")):
        office.clock.advance(minutes=minutes)
        getattr(office.engine.tasks, deed)(task, actor=KADIS)
    office.clock.advance(minutes=5)
    office.engine.tasks.complete(task, {}, actor=KADIS)

    [ended] = [row for row in rows(office) if row["lifecycle:transition"] == "complete"]

    assert ended["sop:waitingSeconds"] == str((10 + 40) * 60)
    assert ended["sop:workingSeconds"] == str((20 + 5) * 60)


def test_what_is_cut_off_is_withdrawn_or_aborted(office: Office) -> None:
    diagram = sop(
        start(),
        user("a"),
        user("b"),
        boundary("t", "a", timer("PT1H")),
        end(),
        line("s", "a", "e"),
        line("t", "b", "e"),
        nodes="s a b t e",
    )
    definition = office.deploy(diagram)
    untouched, taken = office.start(definition), office.start(definition)
    office.engine.tasks.claim(open_task(office, taken), actor=KADIS)
    office.clock.advance(hours=2)
    for instance in (untouched, taken):
        office.engine.instances.fire_due(instance)
    office.engine.instances.cancel(taken, reason="tidak jadi", actor=ADMIN)

    found = rows(office)

    first = [row for row in found if row["case:concept:name"] == untouched]
    assert changes(first, "a") == [("schedule", ""), ("withdraw", "")]
    assert changes(first, "t") == [("complete", "")]
    second = [row for row in found if row["case:concept:name"] == taken]
    assert [each for each, _ in changes(second, "a")] == [
        "schedule",
        "assign",
        "start",
        "ate_abort",
    ]
    assert changes(second, "b") == [("schedule", ""), ("pi_abort", "admin")]
    assert second[0]["case:sop:state"] == "EXTERNALLY_TERMINATED"
    assert_standard([row for row in found if row["sop:type"] == "userTask"])


def test_a_repeated_step_is_passed_once_and_worked_on_by_item(office: Office) -> None:
    diagram = sop(
        start(), user("a", each(cardinality="2")), user("b"), end(), line("s", "a", "b", "e")
    )
    instance = office.start(office.deploy(diagram))
    for _ in range(2):
        office.complete(instance, "a", KADIS)

    ended = [row for row in rows(office) if row["lifecycle:transition"] == "complete"]

    told = [(row["sop:type"], row["sop:item"], row["sop:passage"]) for row in ended]
    assert sorted(told[:2]) == [("userTask", "1", "false"), ("userTask", "2", "false")]
    assert told[2:] == [("multiInstanceBody", "", "true")]
    assert {row["sop:round"] for row in ended} == {"1"}
    assert len(rows(office, passages_only=True)) == 1


def test_rounds_are_counted_and_the_step_that_led_back_is_marked(office: Office) -> None:
    diagram = sop(
        start(),
        user("a"),
        user("b", form(field("boleh", "boolean"))),
        exclusive("g"),
        end(),
        line("s", "a", "b", "g"),
        flow("g", "e", "${boleh}"),
        flow("g", "a", "${not boleh}"),
        nodes="s a b g e",
    )
    instance = office.start(office.deploy(diagram))
    office.complete(instance, "a", KADIS)
    office.complete(instance, "b", KADIS, boleh=False)
    office.complete(instance, "a", KADIS)
    office.complete(instance, "b", KADIS, boleh=True)

    found = rows(office, passages_only=True)

    assert [(row["sop:element"], row["sop:round"], row["sop:ledBack"]) for row in found] == [
        ("a", "1", ""),
        ("b", "1", "true"),
        ("a", "2", ""),
        ("b", "2", ""),
    ]


def test_deadlines_are_told_as_far_as_they_were_known(office: Office) -> None:
    step = user("a", properties(waktuIso="PT30M"))
    diagram = sop(start(), step, end(), line("s", "a", "e"), nodes="s a e")
    instance = office.start(office.deploy(diagram), KADIS)
    task = open_task(office, instance)
    office.clock.advance(minutes=40)
    office.engine.tasks.claim(task, actor=KADIS)
    office.clock.advance(minutes=31)
    office.engine.tasks.complete(task, {}, actor=KADIS)

    found = rows(office)

    dues = [(row["lifecycle:transition"], row["sop:dueAt"][11:16]) for row in found]
    # Minutes count from when somebody took it.
    assert dues == [
        ("schedule", ""),
        ("assign", "08:40"),
        ("start", "08:40"),
        ("complete", "08:40"),
    ]
    assert found[-1]["sop:late"] == "true"
    assert found[-1]["time:timestamp"] == "2026-01-05T08:41:00.000+07:00"


# --------------------------------------------------------------------------- values


def test_no_text_and_no_name_of_a_file_leaves(office: Office) -> None:
    instance = office.start(office.deploy(TWO))
    office.complete(
        instance,
        "a",
        KADIS,
        keputusan=True,
        jumlah=-3,
        nama_pemohon="Fulan bin Fulan",
        lampiran=Upload("KTP Fulan.pdf", b"isi"),
    )

    contents = {each: export(office, each).decode() for each in LogFormat}

    for content in contents.values():
        assert "Fulan" not in content
    [row] = [each for each in rows(office) if each["value.jumlah"]]
    assert (row["value.keputusan"], row["value.jumlah"]) == ("true", "-3")
    assert row["sop:documents"]
    log = json.loads(contents[LogFormat.OCEL])
    [document] = [each for each in log["objects"] if each["type"] == "document"]
    assert {each["name"] for each in document["attributes"]} == {"mimeType", "size", "sha256"}


def test_nothing_that_the_diagram_calls_personal_leaves(office: Office) -> None:
    plain = '<camunda:formField id="jumlah" label="jumlah" type="long">'
    mark = '<camunda:properties><camunda:property id="pribadi" value="true"/></camunda:properties>'
    instance = office.start(office.deploy(TWO.replace(plain, plain + mark)))
    office.complete(instance, "a", KADIS, keputusan=True, jumlah=31_415)

    for log_format in LogFormat:
        assert "jumlah" not in export(office, log_format).decode()
    # Who may see the instance does see it.
    assert office.variables(instance)["jumlah"] == 31_415


def test_what_was_called_personal_later_does_not_leave_either(office: Office) -> None:
    plain = '<camunda:formField id="jumlah" label="jumlah" type="long">'
    mark = '<camunda:properties><camunda:property id="pribadi" value="true"/></camunda:properties>'
    instance = office.start(office.deploy(TWO))
    office.complete(instance, "a", KADIS, keputusan=True, jumlah=31_415)
    assert b"31415" in export(office)

    office.deploy(TWO.replace(plain, plain + mark))

    assert b"31415" not in export(office)


def test_no_cell_is_run_by_a_spreadsheet(office: Office) -> None:
    definition = office.deploy(TWO.replace('name="Periksa"', 'name="=1+1"'))
    office.engine.instances.start(definition, {}, business_key="+cmd", actor=ADMIN)

    [row] = rows(office)

    assert (row["concept:name"], row["case:sop:businessKey"]) == ("'=1+1", "'+cmd")


# ------------------------------------------------------------------------ selecting


def test_a_period_is_that_of_the_beginning(office: Office) -> None:
    definition = office.deploy(TWO)
    started = []
    for _ in range(3):
        started.append(office.start(definition))
        office.clock.advance(days=1)
    first = datetime.fromisoformat("2026-01-05T00:30:00+00:00")

    found = rows(office, started_after=first, started_before=first + timedelta(days=2))

    assert [row["case:concept:name"] for row in found] == [started[1]]


def test_an_sop_and_an_office_are_told_apart(office: Office) -> None:
    one = TWO.replace('isExecutable="true">', f'isExecutable="true">{_of("Dinas&#10;Satu")}', 1)
    other = TWO.replace('id="p"', 'id="q"').replace(
        'isExecutable="true">', f'isExecutable="true">{_of("Dinas Dua")}', 1
    )
    for diagram in (one, other):
        office.start(office.deploy(diagram))

    assert {row["case:sop:definition"] for row in rows(office)} == {"p", "q"}
    assert {row["case:sop:definition"] for row in rows(office, definition_key="q")} == {"q"}
    [row] = rows(office, office="Dinas\nSatu")
    assert (row["case:sop:definition"], row["org:group"]) == ("p", "Dinas Satu")
    for wanted in ({"office": "Dinas Tiga"}, {"definition_key": "r"}):
        with pytest.raises(NotFound):
            rows(office, **wanted)


def _of(name: str) -> str:
    return properties(satuanKerja=name)


def test_a_period_that_ends_before_it_begins_is_refused(office: Office) -> None:
    now = office.clock.now()

    with pytest.raises(InvalidInput, match="before it begins"):
        rows(office, started_after=now, started_before=now)


@pytest.mark.parametrize("actor", [ANALYST, KADIS])
def test_only_auditors_and_admins_are_given_a_log(office: Office, actor: Actor) -> None:
    with pytest.raises(Forbidden, match="auditor or admin"):
        office.engine.event_logs.export(WantedLog(), LogFormat.XES, actor=actor)


def test_who_took_a_log_is_told_before_it_is_given(office: Office) -> None:
    office.deploy(TWO)
    auditor = Actor("auditor", frozenset({Role.AUDITOR}))

    office.engine.event_logs.export(WantedLog("p"), LogFormat.CSV, actor=auditor)

    query = AccountEventQuery(kinds=(AccountEventKind.HISTORY_EXPORTED,))
    [told] = office.engine.account_log.events(query, actor=AUDITOR)
    assert told.actor == "auditor"
    assert (told.payload["log"], told.payload["definition"]) == ("csv", "p")


def test_history_whose_chain_does_not_hold_is_marked(office: Office) -> None:
    instance = office.start(office.deploy(TWO))
    office.complete(instance, "a", KADIS, keputusan=True)
    with office.store.writing() as tx:
        for trigger in tx._connection.execute(
            text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        ).all():
            tx._connection.execute(text(f"DROP TRIGGER {trigger.name}"))
        tx._connection.execute(
            text("UPDATE history_event SET actor = 'lurah' WHERE kind = 'task_completed'")
        )

    found = rows(office)

    assert [(row["lifecycle:transition"], row["sop:unchained"]) for row in found] == [
        ("schedule", ""),
        ("start", "true"),
        ("complete", "true"),
        ("schedule", "true"),
    ]


def test_a_log_goes_on_behind_a_page_with_a_damaged_row(office: Office) -> None:
    instance = office.start(office.deploy(TWO), KADIS)
    copied(office.store, instance, times=200, damaged="x'ff'")

    assert export(office, LogFormat.XES).count(b"<trace>") == 200
