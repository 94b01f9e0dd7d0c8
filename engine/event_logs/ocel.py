"""Event logs as OCEL 2.0 (JSON): events first as they come, what they are about after them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from tempfile import SpooledTemporaryFile
from typing import Any

from engine.event_logs.attributes import (
    ENTRY_ATTRIBUTES,
    KINDS,
    LEFT_OUT,
    TRACE_ATTRIBUTES,
    VALUE,
    Attribute,
    Of,
    Value,
    field_kind,
    text_of,
)
from engine.event_logs.entries import ENDS, Entry, LeftOut, Trace
from engine.event_logs.selections import Selection
from engine.model import Document

INSTANCE, TASK, DOCUMENT, PERSON, LANE = "instance", "task", "document", "person", "lane"
#: Said of an event by its type, its time and what it is about.
_SAID = {"concept:name", "time:timestamp", "sop:documents"}
#: What is said of a task, by its last entry.
_OF_TASK = {"concept:name", "sop:element", "sop:round", "sop:item", "sop:dueAt", "sop:late"} | {
    "sop:waitingSeconds",
    "sop:workingSeconds",
}
_EVENT = tuple(each for each in ENTRY_ATTRIBUTES if each.key not in _SAID)
_TASK = tuple(each for each in ENTRY_ATTRIBUTES if each.key in _OF_TASK)
_DOCUMENT = (("mimeType", "string"), ("size", "integer"), ("sha256", "string"))
#: OCEL 2.0: since when a value holds that never changes.
_ALWAYS = "1970-01-01T00:00:00Z"
#: What is handed on at once, in characters; what is kept of objects in memory, in bytes.
_PART, _IN_MEMORY = 64 * 2**10, 4 * 2**20


def write_ocel(selection: Selection, traces: Iterable[Trace | LeftOut]) -> Iterator[bytes]:
    """The log, part by part. Objects wait in a temporary file until all events are told."""
    with SpooledTemporaryFile(_IN_MEMORY) as objects:
        writing = _Writing(objects)
        yield _head(selection)
        part: list[str] = []
        size, separator = 0, "\n"
        for trace in traces:
            if isinstance(trace, LeftOut):
                writing.put_left_out(trace)
                continue
            for event in writing.events(trace):
                part.append(separator + _json(event))
                size, separator = size + len(part[-1]), ",\n"
                if size > _PART:
                    yield "".join(part).encode()
                    part, size = [], 0
        part.append('\n],\n"objects": [')
        yield "".join(part).encode()
        writing.finish()
        objects.seek(0)
        while read := objects.read(_PART):
            yield read
        yield b"\n]}\n"


class _Writing:
    """Makes events, and writes down the objects that they are about, each once."""

    def __init__(self, objects: SpooledTemporaryFile[bytes]) -> None:
        self._objects = objects
        self._is_first = True
        #: Accounts and lanes: there are few of them, and they come again and again.
        self._people: set[str] = set()
        self._lanes: set[str] = set()

    def events(self, trace: Trace) -> Iterator[dict[str, Any]]:
        """The events of an instance; afterwards its objects are written down."""
        instance_id = trace.instance.instance_id
        self._put(instance_id, INSTANCE, _values(TRACE_ATTRIBUTES, trace))
        #: Visit -> its last entry, of user tasks that are open.
        tasks: dict[str, Entry] = {}
        documents: set[str] = set()
        for entry in trace.entries:
            yield self._event(instance_id, entry)
            for document in entry.documents:
                if document.document_id not in documents:
                    documents.add(document.document_id)
                    self._put_document(instance_id, document)
            if entry.type == "userTask":
                tasks[entry.visit_id] = entry
                if entry.transition in ENDS:
                    self._put_task(instance_id, tasks.pop(entry.visit_id))
        for entry in tasks.values():
            self._put_task(instance_id, entry)

    def put_left_out(self, instance: LeftOut) -> None:
        """The instance is an object of which only that is said."""
        self._put(instance.name, INSTANCE, [(_name(LEFT_OUT), instance.reason)])

    def finish(self) -> None:
        """People and lanes are written down too."""
        for account in sorted(self._people):
            self._put(f"{PERSON}:{account}", PERSON, [("account", account)])
        for lane in sorted(self._lanes):
            self._put(f"{LANE}:{lane}", LANE, [("name", lane)])

    def _event(self, instance_id: str, entry: Entry) -> dict[str, Any]:
        about = [(instance_id, INSTANCE)]
        if entry.type == "userTask":
            about.append((entry.visit_id, TASK))
        if entry.account:
            self._people.add(entry.account)
            about.append((f"{PERSON}:{entry.account}", "resource"))
        if entry.lane_path:
            self._lanes.add(entry.lane_path[0])
            about.append((f"{LANE}:{entry.lane_path[0]}", "role"))
        about += [(_document_id(instance_id, each), DOCUMENT) for each in entry.documents]
        values = _values(_EVENT, entry)
        values += [(VALUE + name, value) for name, value in (entry.values or {}).items()]
        return {
            "id": f"{instance_id}:{entry.sequence}:{entry.transition}",
            "type": entry.name,
            "time": text_of(entry.at),
            "attributes": [{"name": name, "value": value} for name, value in values],
            "relationships": _related(about),
        }

    def _put_task(self, instance_id: str, entry: Entry) -> None:
        about = [(instance_id, "part of")]
        if entry.lane_path:
            about.append((f"{LANE}:{entry.lane_path[0]}", "of"))
        self._put(entry.visit_id, TASK, _values(_TASK, entry), about)

    def _put_document(self, instance_id: str, document: Document) -> None:
        values = [("mimeType", document.mime_type), ("size", document.size)]
        values.append(("sha256", document.sha256))
        about = [(instance_id, "part of")]
        self._put(_document_id(instance_id, document), DOCUMENT, values, about)

    def _put(
        self,
        object_id: str,
        kind: str,
        values: Iterable[tuple[str, Any]],
        about: Iterable[tuple[str, str]] = (),
    ) -> None:
        written = {
            "id": object_id,
            "type": kind,
            "attributes": [
                {"name": name, "time": _ALWAYS, "value": value} for name, value in values
            ],
            "relationships": _related(about),
        }
        self._objects.write(((("\n") if self._is_first else ",\n") + _json(written)).encode())
        self._is_first = False


def _head(selection: Selection) -> bytes:
    """Types stand first, since they are known from the diagrams before anything is read."""
    said = [{"name": _name(each), "type": KINDS[each.kind]} for each in _EVENT]
    events = [
        {
            "name": name,
            "attributes": said
            + [
                {"name": VALUE + each, "type": KINDS[field_kind(selection.fields[each])]}
                for each in fields
            ],
        }
        for name, fields in selection.activities.items()
    ]
    objects = [
        _type(INSTANCE, ((_name(each), KINDS[each.kind]) for each in TRACE_ATTRIBUTES)),
        _type(TASK, ((_name(each), KINDS[each.kind]) for each in _TASK)),
        _type(DOCUMENT, _DOCUMENT),
        _type(PERSON, [("account", "string")]),
        _type(LANE, [("name", "string")]),
    ]
    return (
        f'{{"eventTypes": {_json(events)},\n"objectTypes": {_json(objects)},\n"events": ['.encode()
    )


def _type(name: str, attributes: Iterable[tuple[str, str]]) -> dict[str, Any]:
    return {"name": name, "attributes": [{"name": each, "type": kind} for each, kind in attributes]}


def _name(attribute: Attribute[Of]) -> str:
    """A key without the prefix of its extension, which OCEL does not know."""
    return attribute.key.partition(":")[2]


def _values(attributes: Iterable[Attribute[Of]], of: Of) -> list[tuple[str, Any]]:
    found = ((_name(each), each.of(of)) for each in attributes)
    return [(name, _plain(value)) for name, value in found if value is not None]


def _plain(value: Value) -> Any:
    return value if isinstance(value, str | int | float) else text_of(value)


def _document_id(instance_id: str, document: Document) -> str:
    """A document may go from one instance to another; it is an object of each."""
    return f"{DOCUMENT}:{instance_id}:{document.document_id}"


def _related(about: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"objectId": object_id, "qualifier": qualifier} for object_id, qualifier in about]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
