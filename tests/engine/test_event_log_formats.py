"""How an event log is written: CSV, XES and OCEL, packed or not."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema
from lxml import etree

from engine.event_logs.attributes import ENTRY_ATTRIBUTES, TRACE_ATTRIBUTES
from engine.event_logs.selections import LogFormat, WantedLog
from engine.event_logs.tables import header
from engine.model import Upload
from tests.diagrams import catch, each, end, line, start, timer, user
from tests.engine.logged_work import STEP, TWO, rows, sop
from tests.mining import export
from tests.office import AUDITOR, Office, staff

ROOT = Path(__file__).parents[2]
KADIS = staff("Kadis")


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
