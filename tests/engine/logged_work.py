"""Diagrams whose work is logged, and the rows that tell of it."""

from __future__ import annotations

import csv
import io
from typing import Any

from engine.event_logs.selections import LogFormat
from tests.diagrams import end, field, form, line, process, properties, start, user
from tests.mining import export
from tests.office import Office

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
