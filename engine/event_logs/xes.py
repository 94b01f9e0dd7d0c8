"""Event logs as XES (IEEE 1849-2016), written trace by trace."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from io import BytesIO

from lxml import etree

from engine.event_logs.attributes import (
    ENTRY_ATTRIBUTES,
    LEFT_OUT,
    TRACE_ATTRIBUTES,
    VALUE,
    Attribute,
    Of,
    Value,
    entry_id,
    said_of,
    text_of,
    value_kind,
)
from engine.event_logs.entries import Entry, LeftOut, Trace
from engine.event_logs.selections import Selection

NAMESPACE = "http://www.xes-standard.org/"
#: The extension that `sop:` stands for; there is nothing to be fetched at it.
OWN = "urn:alur:xes:sop"
_EXTENSIONS = (
    *(
        (name.capitalize(), prefix, f"{NAMESPACE}{prefix}.xesext")
        for name, prefix in (
            ("concept", "concept"),
            ("lifecycle", "lifecycle"),
            ("organizational", "org"),
            ("time", "time"),
            ("identity", "identity"),
        )
    ),
    ("SOP", "sop", OWN),
)
_CLASSIFIERS = (
    ("Activity", "concept:name"),
    ("Element", "sop:element"),
    ("Transition", "concept:name lifecycle:transition"),
)
_DEFAULTS = {
    "string": "-",
    "date": "1970-01-01T00:00:00.000+00:00",
    "int": "0",
    "boolean": "false",
}
#: What XML 1.0 §2.2 has no place for.
_NO_XML = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
#: What is handed on at once, in bytes.
_PART = 64 * 2**10


def write_xes(selection: Selection, traces: Iterable[Trace | LeftOut]) -> Iterator[bytes]:
    """The log, part by part."""
    target = BytesIO()
    # lxml gives away an element once it is whole; what is open is the log and one trace.
    with etree.xmlfile(target, encoding="utf-8") as file:
        file.write_declaration()
        with file.element(
            "log", {"xes.version": "1849.2016", "xes.features": ""}, nsmap={None: NAMESPACE}
        ):
            for element in _head(selection):
                file.write(_line(element))
            for trace in traces:
                with file.element("trace"):
                    if isinstance(trace, LeftOut):
                        for element in _of_left_out(trace):
                            file.write(_line(element))
                        continue
                    for element in _of_trace(trace):
                        file.write(_line(element))
                    for entry in trace.entries:
                        file.write(_line(_event(selection, trace, entry)))
                        if target.tell() > _PART:
                            yield _taken(target)
                file.write("\n")
    yield _taken(target)


def _line(element: etree._Element) -> etree._Element:
    """The element, and a new line after it."""
    element.tail = "\n"
    return element


def _taken(target: BytesIO) -> bytes:
    part = target.getvalue()
    target.seek(0)
    target.truncate()
    return part


def _head(selection: Selection) -> Iterator[etree._Element]:
    for name, prefix, uri in _EXTENSIONS:
        yield etree.Element("extension", name=name, prefix=prefix, uri=uri)
    yield _globals("trace", TRACE_ATTRIBUTES)
    yield _globals("event", ENTRY_ATTRIBUTES)
    for name, keys in _CLASSIFIERS:
        yield etree.Element("classifier", name=name, scope="event", keys=keys)
    yield _attribute("string", "concept:name", selection.title)
    yield _attribute("string", "lifecycle:model", "standard")
    yield _attribute("date", "sop:readAt", selection.read_at)
    yield _attribute("boolean", "sop:passagesOnly", selection.wanted.passages_only)


def _globals(scope: str, attributes: Iterable[Attribute[Of]]) -> etree._Element:
    element = etree.Element("global", scope=scope)
    for each in attributes:
        if each.is_global:
            element.append(_attribute(each.kind, each.key, _DEFAULTS[each.kind]))
    return element


def _of_trace(trace: Trace) -> Iterator[etree._Element]:
    yield _attribute("id", "identity:id", trace.instance.instance_id)
    for each in TRACE_ATTRIBUTES:
        value = each.of(trace)
        if value is not None:
            yield _attribute(each.kind, each.key, value)


def _of_left_out(instance: LeftOut) -> Iterator[etree._Element]:
    """What every trace has, and why this one has nothing else."""
    said = said_of(instance)
    for each in TRACE_ATTRIBUTES:
        if each.is_global or each is LEFT_OUT:
            yield _attribute(each.kind, each.key, said.get(each.key, _DEFAULTS[each.kind]))


def _event(selection: Selection, trace: Trace, entry: Entry) -> etree._Element:
    event = etree.Element("event")
    event.append(_attribute("id", "identity:id", entry_id(trace, entry)))
    for each in ENTRY_ATTRIBUTES:
        value = each.of(entry)
        if value is not None:
            event.append(_attribute(each.kind, each.key, value))
    for name, value in (entry.values or {}).items():
        kind = value_kind(selection.fields[name], value)
        event.append(_attribute(kind, VALUE + name, value))
    return event


def _attribute(kind: str, key: str, value: Value) -> etree._Element:
    return etree.Element(kind, key=key, value=_NO_XML.sub("\ufffd", text_of(value)))
