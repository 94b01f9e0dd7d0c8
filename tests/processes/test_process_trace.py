"""Each diagram says what its SOP sheet says: no step lost, added or reworded beyond the list."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.processes.diagrams import NAMES, fields_of, lane_path, nodes_like, process_of, shared
from tests.processes.diagrams import sop_of as sop
from tests.processes.sheets import (
    COLUMNS,
    branch_labels,
    corrected,
    corrected_identity,
    corrected_rows,
    iso_duration,
    sheet_of,
)

NOT_ON_THE_SHEET = {"zonaWaktu"}


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


def table_of(name):
    """The table of the SOP as the diagram tells it, by number."""
    root = shared(name)
    return {sop(task)["nomor"]: _row(root, task) for task in nodes_like(root, "userTask")}


def _row(root, task):
    words = sop(task)
    row = {column: words[column] for column in (*COLUMNS, "waktuIso") if column in words}
    return {
        **row,
        "kegiatan": task.get("name"),
        "lajur": lane_path(root, task.get("id"))[0],
        "jabatan": words["jabatan"],
        "dasar": words["dasar"],
    }


def test_numbered_steps_are_the_corrected_rows(name):
    sheet = sheet_of(name)
    expected = {
        number: {c: row[c] for c in COLUMNS if c in row} | sheet["pelaksana"][number]
        for number, row in corrected_rows(sheet).items()
    }

    actual = {number: row for number, row in table_of(name).items() if number.isdigit()}

    assert actual == expected


def test_numbering_is_unbroken_and_in_order(name):
    numbers = [number for number in table_of(name) if number.isdigit()]

    assert numbers == [str(n) for n in range(1, len(sheet_of(name)["baris"]) + 1)]


def test_inferred_steps_are_exactly_the_listed_ones(name):
    inferred = {number: row for number, row in table_of(name).items() if not number.isdigit()}

    assert inferred == sheet_of(name)["tersirat"]


def test_cells_and_residue_are_the_whole_transcribed_row(name):
    for row in sheet_of(name)["baris"]:
        words = " ".join([*row["sel"].values(), *row.get("sisa", ())]).split()

        assert Counter(words) == Counter(row["teks"].split())


def test_cells_keep_the_order_of_the_transcript(name):
    for row in sheet_of(name)["baris"]:
        for cell in row["sel"].values():
            words = iter(row["teks"].split())

            assert all(word in words for word in cell.split()), cell


def test_every_correction_changes_something_and_says_why(name):
    sheet = sheet_of(name)
    for correction in sheet["koreksi"]:
        assert correction["alasan"]
        assert corrected(_corrected_place(sheet, correction), correction)
        assert correction["dari"] != correction["menjadi"]


def _corrected_place(sheet, correction):
    if "judul" in correction:
        return correction["judul"]
    if "identitas" in correction:
        return sheet["identitas"][correction["identitas"]]
    row = sheet["baris"][int(correction["nomor"]) - 1]
    if correction["kolom"] == "sisa":
        return " ".join(row["sisa"])
    return row["sel"][correction["kolom"]]


def test_source_text_is_kept_uncorrected(name):
    rows = sheet_of(name)["baris"]
    for task in nodes_like(shared(name), "userTask"):
        number = sop(task)["nomor"]
        expected = rows[int(number) - 1]["teks"] if number.isdigit() else None

        assert sop(task).get("teksSumber") == (expected and expected.replace("\t", " | "))


def test_iso_time_is_the_written_time(name):
    for task in nodes_like(shared(name), "userTask"):
        words = sop(task)

        assert ("waktu" in words) == ("waktuIso" in words), words["nomor"]
        if "waktu" in words:
            assert words["waktuIso"] == iso_duration(words["waktu"])


def test_each_kelengkapan_is_a_box_to_tick(name):
    for task in nodes_like(shared(name), "userTask"):
        boxes = [f for f in fields_of(task) if f.properties.get("kelompok") == "Kelengkapan"]

        assert ", ".join(box.label for box in boxes) == sop(task).get("kelengkapan", "")
        assert {box.type for box in boxes} <= {"boolean"}


def test_identity_block_is_the_corrected_sheet(name):
    sheet, words = sheet_of(name), sop(process_of(shared(name)))

    assert {k: v for k, v in words.items() if k not in NOT_ON_THE_SHEET} == corrected_identity(
        sheet
    )
    assert words.get("zonaWaktu") == sheet.get("zonaWaktu")


def test_printed_branch_labels_of_balangan_are_its_branches():
    sheet = sheet_of("balangan")
    printed = [label for labels in sheet["label"].values() for label in labels]

    assert branch_labels(sheet) == printed
