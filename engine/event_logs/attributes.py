"""What an event log says of an instance and of each entry: one table for all three formats.

Keys are those of IEEE 1849-2016 where it has one; `sop:` is our own extension.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Generic, TypeVar

from engine.event_logs.entries import Entry, LeftOut, Trace
from engine.event_logs.values import is_of_type
from engine.model import FieldType, FormField

Of = TypeVar("Of")
Value = str | int | float | bool | datetime

#: Kind of an attribute in XES -> its type in OCEL 2.0.
KINDS = {"string": "string", "id": "string", "date": "time", "int": "integer"} | {
    "float": "float",
    "boolean": "boolean",
}
_FIELD_KINDS = {
    FieldType.BOOLEAN: "boolean",
    FieldType.LONG: "int",
    FieldType.DOUBLE: "float",
}
#: Before the id of a form field.
VALUE = "value."


@dataclass(frozen=True, slots=True)
class Attribute(Generic[Of]):
    """One thing that is said. kind: its element in XES. of: None when there is nothing to say."""

    key: str
    kind: str
    about: str
    of: Callable[[Of], Value | None]
    #: Whether it is always said.
    is_global: bool = False


def entry_id(trace: Trace, entry: Entry) -> str:
    """The same UUID in every log that has the entry."""
    name = f"{trace.instance.instance_id}:{entry.sequence}:{entry.transition}"
    return str(uuid.uuid5(uuid.NAMESPACE_OID, name))


def seconds(time: timedelta | None) -> int | None:
    """Whole seconds."""
    return None if time is None else round(time.total_seconds())


def value_kind(form_field: FormField, value: Value) -> str:
    """The kind of this value, which may be of a version in which its field was another one."""
    return field_kind(form_field) if is_of_type(form_field, value) else "string"


def field_kind(form_field: FormField) -> str:
    """The kind of attribute that a form field's values are."""
    return _FIELD_KINDS.get(form_field.type, "string")


def text_of(value: Value | date) -> str:
    """A value as XML Schema, JSON and CSV write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    return str(value)


#: Why an instance is there without its entries.
LEFT_OUT: Attribute[Trace] = Attribute(
    "sop:leftOut",
    "string",
    "why nothing else is said of the instance: a row of it is damaged",
    lambda _: None,
)


def said_of(instance: LeftOut) -> dict[str, str]:
    """All that a log says of an instance that it leaves out, by the keys of attributes."""
    return {"concept:name": instance.name, LEFT_OUT.key: instance.reason}


TRACE_ATTRIBUTES: tuple[Attribute[Trace], ...] = (
    Attribute(
        "concept:name",
        "string",
        "the instance's id",
        lambda t: t.instance.instance_id,
        is_global=True,
    ),
    Attribute(
        "sop:businessKey",
        "string",
        "its business key",
        lambda t: t.instance.business_key,
    ),
    Attribute(
        "sop:definition",
        "string",
        "the key of the SOP",
        lambda t: t.definition.key,
        is_global=True,
    ),
    Attribute(
        "sop:version",
        "int",
        "the version of the SOP that it runs by, or ended in",
        lambda t: t.definition.version,
        is_global=True,
    ),
    Attribute(
        "sop:digest",
        "string",
        "SHA-256 of the BPMN file of that version",
        lambda t: t.digest,
        is_global=True,
    ),
    Attribute(
        "sop:migrated",
        "boolean",
        "whether it was moved to this version on its way: then no one diagram fits it",
        lambda t: t.is_migrated,
        is_global=True,
    ),
    Attribute("org:group", "string", "the office (*Satuan kerja*)", lambda t: t.office or None),
    Attribute(
        "sop:state",
        "string",
        "`ACTIVE`: it still runs; `COMPLETED`, or `EXTERNALLY_TERMINATED`: cancelled",
        lambda t: str(t.instance.state),
        is_global=True,
    ),
    Attribute(
        "sop:startedAt",
        "date",
        "when it began",
        lambda t: t.instance.started_at.astimezone(t.zone),
        is_global=True,
    ),
    Attribute(
        "sop:startedBy",
        "string",
        "the account that started it",
        lambda t: t.instance.started_by,
        is_global=True,
    ),
    Attribute(
        "sop:endedAt",
        "date",
        "when it ended",
        lambda t: t.instance.ended_at and t.instance.ended_at.astimezone(t.zone),
    ),
    Attribute(
        "sop:calledBy",
        "string",
        "the instance that called it",
        lambda t: t.instance.super_instance_id,
    ),
    Attribute(
        "sop:historyEvents",
        "int",
        "how many events its history had when it was read",
        lambda t: t.instance.last_sequence,
        is_global=True,
    ),
    LEFT_OUT,
)

ENTRY_ATTRIBUTES: tuple[Attribute[Entry], ...] = (
    Attribute(
        "concept:name",
        "string",
        "the name of the activity or event in the diagram, else its id",
        lambda e: e.name,
        is_global=True,
    ),
    Attribute(
        "concept:instance",
        "string",
        "the visit: one passing through the activity; of a user task the task's id",
        lambda e: e.visit_id,
        is_global=True,
    ),
    Attribute(
        "lifecycle:transition",
        "string",
        "what became of the visit: see *Lifecycle*",
        lambda e: str(e.transition),
        is_global=True,
    ),
    Attribute(
        "time:timestamp",
        "date",
        "when, in the time zone of the office",
        lambda e: e.at,
        is_global=True,
    ),
    Attribute("org:resource", "string", "the account", lambda e: e.account),
    Attribute("org:group", "string", "the office (*Satuan kerja*)", lambda e: e.office or None),
    Attribute("org:role", "string", "the lane", lambda e: e.lane_path[0] if e.lane_path else None),
    Attribute(
        "sop:position",
        "string",
        "the innermost lane, which has the local title",
        lambda e: e.lane_path[-1] if len(e.lane_path) > 1 else None,
    ),
    Attribute(
        "sop:capacity",
        "string",
        "in which capacity the account acted: `definitif`, `Plt. Kadis`, ...",
        lambda e: e.capacity,
    ),
    Attribute(
        "sop:element",
        "string",
        "the element's id in the diagram",
        lambda e: e.activity_id,
        is_global=True,
    ),
    Attribute(
        "sop:type",
        "string",
        "the element's type in the diagram; `multiInstanceBody` for a repeated step as a whole",
        lambda e: e.type,
        is_global=True,
    ),
    Attribute(
        "sop:version",
        "int",
        "the version of the SOP in which it happened",
        lambda e: e.version,
        is_global=True,
    ),
    Attribute(
        "sop:passage",
        "boolean",
        "whether a token passed through the element by this: what token replay counts",
        lambda e: e.is_passage,
        is_global=True,
    ),
    Attribute(
        "sop:round",
        "int",
        "which coming to this activity it is, from 1 on",
        lambda e: e.round,
        is_global=True,
    ),
    Attribute("sop:item", "int", "of a repeated step: which item, from 1 on", lambda e: e.item),
    Attribute(
        "sop:ledBack",
        "boolean",
        "whether the work went back to where it had been by this; else nothing is said",
        lambda e: e.led_back or None,
    ),
    Attribute("sop:dueAt", "date", "when it was due, as far as was known then", lambda e: e.due_at),
    Attribute(
        "sop:late", "boolean", "of an ended user task: whether it was late", lambda e: e.is_late
    ),
    Attribute(
        "sop:waitingSeconds",
        "int",
        "of an ended user task: working time in nobody's hands",
        lambda e: seconds(e.waiting),
    ),
    Attribute(
        "sop:workingSeconds",
        "int",
        "of an ended user task: working time in somebody's hands",
        lambda e: seconds(e.working),
    ),
    Attribute("sop:called", "string", "the instance that it called", lambda e: e.called_id),
    Attribute(
        "sop:documents",
        "string",
        "ids of the documents that came with it, separated by blanks",
        lambda e: " ".join(each.document_id for each in e.documents) or None,
    ),
    Attribute(
        "sop:event",
        "int",
        "the number of the event of history that says so",
        lambda e: e.sequence,
        is_global=True,
    ),
    Attribute(
        "sop:unchained",
        "boolean",
        "`true` from where the hash chain of history does not hold; else nothing is said",
        lambda e: None if e.is_chained else True,
    ),
)
