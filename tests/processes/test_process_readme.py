"""processes/README.md tells the whole story: every node, property, correction and reading."""

from __future__ import annotations

import re

import pytest

from tests.processes.diagrams import (
    KEYS,
    NAMES,
    PROCESSES,
    fields_of,
    nodes_like,
    nodes_of,
    process_of,
    shared,
)
from tests.processes.diagrams import sop_of as sop
from tests.processes.sheets import sheet_of

README = (PROCESSES / "README.md").read_text(encoding="utf-8")


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


@pytest.fixture
def section(name):
    """The part of the README that tells of one SOP."""
    (section,) = [part for part in README.split("\n## ") if f"process `{KEYS[name]}`." in part]
    return section


def rows_of(section, heading):
    """The cells of the table under a heading, without its head."""
    text = section.split(f"### {heading}\n")[1].split("\n### ")[0].split("\nBeside the steps:")[0]
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [_cells(line) for line in lines[1:]]


def _cells(line):
    cells = re.split(r"(?<!\\)\|", line)[1:-1]
    return [cell.strip().replace("\\|", "|") for cell in cells]


def test_every_node_is_named_in_the_section_of_its_sop(name, section):
    assert [node for node in nodes_of(shared(name)) if f"`{node}`" not in section] == []


def test_trace_repeats_the_diagram(name, section):
    rows = {row[0]: row[1:] for row in rows_of(section, "Trace")}
    for task in nodes_like(shared(name), "userTask"):
        words = sop(task)
        transcript, corrected, node, lane, basis, time, _ = rows.pop(words["nomor"])

        assert (transcript if corrected == "=" else corrected.strip("*")) == task.get("name")
        assert node == f"`{task.get('id')}`"
        assert lane.endswith(f" – {words['jabatan']}")
        assert basis == words["dasar"]
        assert time == _time(words)
    assert not rows


def _time(words):
    return f"{words['waktu']} (`{words['waktuIso']}`)" if "waktu" in words else "–"


def test_transcript_column_is_the_raw_wording(name, section):
    transcripts = {row[0]: row[1] for row in rows_of(section, "Trace")}
    for number, row in enumerate(sheet_of(name)["baris"], 1):
        assert transcripts[str(number)] == row["sel"]["kegiatan"]


def test_every_reading_has_its_reason(name, section):
    rows = {row[0].removesuffix(r" \*"): row for row in rows_of(section, "Inferences")}
    for node in nodes_of(shared(name)).values():
        if number := sop(node).get("nomor"):
            _, basis, reason = rows[number]

            assert basis == sop(node)["dasar"]
            assert reason


def test_every_correction_is_listed(name, section):
    listed = [(before, after) for _, before, after, _ in rows_of(section, "Corrections")]

    assert listed == [(f"`{c['dari']}`", f"`{c['menjadi']}`") for c in sheet_of(name)["koreksi"]]


def test_open_questions_are_asked(section):
    assert "### Open questions for the office\n\n1. " in section


def test_every_property_is_explained(name):
    root = shared(name)
    used = set(sop(process_of(root)))
    used |= {key for node in nodes_of(root).values() for key in sop(node)}

    assert [key for key in sorted(used) if f"`sop:{key}`" not in README] == []


def test_every_field_property_is_explained(name):
    fields = [field for node in nodes_of(shared(name)).values() for field in fields_of(node)]
    used = {key for field in fields for key in field.properties}

    assert used
    assert [key for key in sorted(used) if f"| `{key}` |" not in README] == []


def test_what_is_initialled_and_signed_is_listed():
    (part,) = [each for each in README.split("\n## ") if "is initialled and signed\n" in each]
    listed, document = {}, ""
    for sop_name, step, deed, _, names, lanes in rows_of(part, "What is initialled and signed"):
        document = document if names == "the same" else names.replace("`", "")
        waits = "" if lanes == "–" or lanes.startswith("nobody") else lanes
        number = step.removesuffix(r" \*")
        listed[sop_name, number] = (deed.strip("`"), document, waits)

    marked = {
        (name, sop(task)["nomor"]): (
            sop(task)["tindakan"],
            sop(task).get("dokumen", "no document"),
            sop(task).get("parafDari", ""),
        )
        for name in NAMES
        for task in nodes_like(shared(name), "userTask")
        if sop(task)["tindakan"] in {"paraf", "ttd"}
    }
    assert listed == marked
