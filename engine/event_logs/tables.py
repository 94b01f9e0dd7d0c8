"""Event logs as CSV (RFC 4180): one row for each entry, under the keys of XES."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping

from engine.event_logs.attributes import (
    ENTRY_ATTRIBUTES,
    TRACE_ATTRIBUTES,
    VALUE,
    Value,
    said_of,
    text_of,
)
from engine.event_logs.entries import Entry, LeftOut, Trace
from engine.event_logs.selections import Selection
from engine.spreadsheets import plain_text

#: As tools of process mining call what is said of the instance.
_CASE = "case:"
#: What is handed on at once, in characters.
_PART = 64 * 2**10


def write_csv(selection: Selection, traces: Iterable[Trace | LeftOut]) -> Iterator[bytes]:
    """The table, part by part: UTF-8 with a byte order mark, so that spreadsheets know it."""
    out = io.StringIO()
    writer = csv.writer(out)
    out.write("\ufeff")
    places = {name: place for place, name in enumerate(selection.fields)}
    writer.writerow(header(places))
    for trace in traces:
        if isinstance(trace, LeftOut):
            writer.writerow(_left_out(trace, len(header(places))))
            continue
        case = [_cell(each.of(trace)) for each in TRACE_ATTRIBUTES]
        for entry in trace.entries:
            writer.writerow([*case, *_cells(entry, places)])
            if out.tell() > _PART:
                yield _taken(out)
    yield _taken(out)


def header(fields: Iterable[str]) -> list[str]:
    """The names of the columns. fields: ids of form fields."""
    return [
        *(_CASE + each.key for each in TRACE_ATTRIBUTES),
        *(each.key for each in ENTRY_ATTRIBUTES),
        *(VALUE + each for each in fields),
    ]


def _left_out(instance: LeftOut, width: int) -> list[str]:
    said = said_of(instance)
    case = [_cell(said.get(each.key)) for each in TRACE_ATTRIBUTES]
    return [*case, *[""] * (width - len(case))]


def _cells(entry: Entry, places: Mapping[str, int]) -> list[str]:
    """What is said of an entry. places: form field -> its place among the columns of values."""
    values = [""] * len(places)
    for name, value in (entry.values or {}).items():
        values[places[name]] = _cell(value)
    return [*(_cell(each.of(entry)) for each in ENTRY_ATTRIBUTES), *values]


def _cell(value: Value | None) -> str:
    if value is None:
        return ""
    text = text_of(value)
    return plain_text(text) if isinstance(value, str) else text


def _taken(out: io.StringIO) -> bytes:
    part = out.getvalue()
    out.seek(0)
    out.truncate()
    return part.encode()
