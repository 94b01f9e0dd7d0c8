"""Event logs: what they say of each visit, to whom they are given, and how they are written."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from lxml import etree
from sqlalchemy import text

from engine.errors import Forbidden, InvalidInput, NotFound
from engine.event_logs.attributes import ENTRY_ATTRIBUTES, TRACE_ATTRIBUTES
from engine.event_logs.selections import LogFormat, WantedLog
from engine.event_logs.tables import header
from engine.model import AccountEventKind, Actor, Role, Upload
from engine.queries import AccountEventQuery
from tests.diagrams import (
    boundary,
    catch,
    each,
    end,
    exclusive,
    field,
    flow,
    form,
    line,
    process,
    properties,
    start,
    timer,
    user,
)
from tests.mining import export
from tests.office import ADMIN, ANALYST, AUDITOR, Office, staff

ROOT = Path(__file__).parents[2]
KADIS, OTHER = staff("Kadis"), staff("Kadis", "wakil")
STEP = form(
    field("keputusan", "boolean"),
    field("jumlah", "long"),
    field("nama_pemohon"),
    field("lampiran", "file"),
)


def sop(*parts: str, nodes: str = "s a b e") -> str:
    return process(*parts, lanes={"Kadis": nodes.split()})


TWO = sop(start(), user("a", STEP, name="Periksa"), user("b"), end(), line("s", "a", "b", "e"))


#: With a deadline, so that its office has a calendar.
TIMED = sop(
    start(), user("a", properties(waktuIso="P1D")), end(), line("s", "a", "e"), nodes="s a e"
)


def rows(office: Office, /, **wanted: Any) -> list[dict[str, str]]:
    """The log by its CSV."""
    content = export(office, LogFormat.CSV, **wanted).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(content)))


def changes(found: list[dict[str, str]], element: str) -> list[tuple[str, str]]:
    """(transition, account) of what became of an element, in order."""
    return [
        (row["lifecycle:transition"], row["org:resource"])
        for row in found
        if row["sop:element"] == element
    ]


def open_task(office: Office, instance: str) -> str:
    return office.open_tasks(instance)[0].task_id


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

    assert [(row["sop:type"], row["sop:item"], row["sop:passage"]) for row in ended] == [
        ("userTask", "1", "false"),
        ("userTask", "2", "false"),
        ("multiInstanceBody", "", "true"),
    ]
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


# -------------------------------------------------------------------------- writing


def test_nothing_is_read_before_it_is_asked_for(office: Office) -> None:
    definition = office.deploy(TWO)
    for _ in range(230):
        office.start(definition)
    done: list[tuple[int, int]] = []

    parts = office.engine.event_logs.export(
        WantedLog(), LogFormat.XES, actor=AUDITOR, on_progress=lambda *told: done.append(told)
    )

    assert done == []
    first = next(parts)
    assert 0 < len(done) < 230
    assert {total for _, total in done} == {230}
    # Nothing is held: others write meanwhile, and what begins later is not waited for.
    office.clock.advance(minutes=1)
    office.start(definition)
    assert b"".join(parts).count(b"<trace>") + first.count(b"<trace>") == 230
    assert done[-1] == (230, 230)


def test_a_packed_log_is_the_same_log(office: Office) -> None:
    office.start(office.deploy(TWO))
    logs = office.engine.event_logs

    packed = b"".join(logs.export(WantedLog(), LogFormat.OCEL, actor=AUDITOR, is_packed=True))

    assert gzip.decompress(packed) == export(office, LogFormat.OCEL)


def test_an_office_without_instances_has_empty_logs(office: Office) -> None:
    assert rows(office) == []
    assert etree.fromstring(export(office)).findall("{*}trace") == []
    assert json.loads(export(office, LogFormat.OCEL))["events"] == []


def a_log(office: Office) -> Office:
    instance = office.start(
        office.deploy(
            sop(
                start(),
                user("a", STEP),
                user("b", each(cardinality="2")),
                catch("t", timer("PT1H")),
                end(),
                line("s", "a", "b", "t", "e"),
                nodes="s a b t e",
            )
        )
    )
    office.complete(
        instance, "a", KADIS, keputusan=False, jumlah=3, lampiran=Upload("a.pdf", b"isi")
    )
    office.complete(instance, "b", KADIS)
    return office


#: XML Schema's ways to write what IEEE 1849-2016 §5.4 has kinds of attributes for.
KINDS = {
    "string": str,
    "id": str,
    "date": datetime.fromisoformat,
    "int": int,
    "float": float,
    "boolean": {"true": True, "false": False}.__getitem__,
}


def test_xes_is_built_as_the_standard_says(office: Office) -> None:
    """IEEE 1849-2016 §5: order of elements, kinds of attributes, declared keys."""
    log = etree.fromstring(export(a_log(office)))

    tags = [etree.QName(child).localname for child in log]
    order = ["extension", "global", "classifier", *KINDS, "trace"]
    places = [3 if order.index(tag) in range(3, 9) else order.index(tag) for tag in tags]
    assert places == sorted(places)
    prefixes = {each.get("prefix") for each in log.iterfind("{*}extension")}
    keys = set()
    for element in attributes_in(log):
        KINDS[etree.QName(element).localname](element.get("value"))
        keys.add(element.get("key"))
    assert {key.partition(":")[0] for key in keys if ":" in key} == prefixes
    assert {each for each in keys if ":" not in each} == {"value.keputusan", "value.jumlah"}
    for scope, elements in (("trace", log.iter("{*}trace")), ("event", log.iter("{*}event"))):
        [declared] = [each for each in log.iterfind("{*}global") if each.get("scope") == scope]
        wanted = {(each.tag, each.get("key")) for each in declared}
        for element in elements:
            assert wanted <= {(child.tag, child.get("key")) for child in element}
    identities = [each.get("value") for each in log.iter("{*}id")]
    assert len(set(identities)) == len(identities)


def attributes_in(log: Any) -> Iterator[Any]:
    return (each for each in log.iter() if each.get("key") is not None)


_ATTRIBUTE = {"type": "object", "required": ["name", "value"]}
_RELATED = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["objectId", "qualifier"],
        "additionalProperties": {"type": "string"},
    },
}


def _types() -> dict[str, Any]:
    kinds = ["string", "time", "integer", "float", "boolean"]
    attribute = {"properties": {"name": {"type": "string"}, "type": {"enum": kinds}}}
    return {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["name", "attributes"],
            "properties": {
                "attributes": {"items": {**attribute, "required": ["name", "type"]}},
            },
        },
    }


#: What the OCEL 2.0 specification says of its JSON form.
OCEL = {
    "type": "object",
    "required": ["eventTypes", "objectTypes", "events", "objects"],
    "properties": {
        "eventTypes": _types(),
        "objectTypes": _types(),
        "events": {
            "items": {
                "required": ["id", "type", "time"],
                "properties": {
                    "time": {"type": "string", "format": "date-time"},
                    "attributes": {"items": _ATTRIBUTE},
                    "relationships": _RELATED,
                },
            }
        },
        "objects": {
            "items": {
                "required": ["id", "type"],
                "properties": {
                    "attributes": {"items": {**_ATTRIBUTE, "required": ["name", "time", "value"]}},
                    "relationships": _RELATED,
                },
            }
        },
    },
}
OCEL_KINDS = {"string": str, "time": str, "integer": int, "float": float | int, "boolean": bool}


def test_ocel_is_built_as_the_specification_says(office: Office) -> None:
    log = json.loads(export(a_log(office), LogFormat.OCEL))

    jsonschema.validate(log, OCEL, format_checker=jsonschema.FormatChecker())
    objects = {each["id"] for each in log["objects"]}
    assert len(objects) == len(log["objects"])
    assert len({each["id"] for each in log["events"]}) == len(log["events"])
    for types, things in (("eventTypes", "events"), ("objectTypes", "objects")):
        declared = {
            each["name"]: {a["name"]: OCEL_KINDS[a["type"]] for a in each["attributes"]}
            for each in log[types]
        }
        for thing in log[things]:
            for attribute in thing["attributes"]:
                kind = declared[thing["type"]][attribute["name"]]
                assert isinstance(attribute["value"], kind), attribute
            assert {each["objectId"] for each in thing["relationships"]} <= objects
    assert {each["type"] for each in log["objects"]} == {
        each["name"] for each in log["objectTypes"]
    }


def test_every_format_has_the_same_entries(office: Office) -> None:
    a_log(office)

    xes = etree.fromstring(export(office))
    said = [
        {child.get("key"): child.get("value") for child in event} for event in xes.iter("{*}event")
    ]
    table = rows(office)

    assert len(said) == len(table) == len(json.loads(export(office, LogFormat.OCEL))["events"])
    for event, row in zip(said, table, strict=True):
        del event["identity:id"]
        assert event == {
            key: value for key, value in row.items() if value and not key.startswith("case:")
        }
    assert list(table[0]) == header(["keputusan", "jumlah"])


def test_the_readme_says_what_every_key_is() -> None:
    readme = (ROOT / "engine" / "README.md").read_text(encoding="utf-8")

    for attribute in (*TRACE_ATTRIBUTES, *ENTRY_ATTRIBUTES):
        assert f"| `{attribute.key}` | {attribute.kind} | {attribute.about} |" in readme
