"""Tables on a terminal."""

from __future__ import annotations

from engine.cli.table import Column, table

ID = "0d8cdb52-3a9b-4a55-8f36-0a5ad2f1f9a1"
TEXT = "satu dua tiga empat lima enam tujuh"
COLUMNS = [Column("id"), Column("what", is_text=True)]


def test_columns_are_aligned() -> None:
    lines = list(table([Column("a"), Column("b")], [("1", "x"), ("1000", "y")], width=None))

    assert lines == ["a     b", "----  -", "1     x", "1000  y"]


def test_long_text_is_wrapped_and_ids_stay_whole() -> None:
    lines = list(table(COLUMNS, [(ID, TEXT)], width=60))

    assert all(len(line) <= 60 for line in lines)
    assert lines[2].startswith(ID)
    assert " ".join(line[len(ID) :].strip() for line in lines[2:]) == TEXT


def test_narrow_terminal_cuts_nothing() -> None:
    lines = list(table(COLUMNS, [(ID, f"lihat {ID}")], width=10))

    assert "".join(lines).count(ID) == 2


def test_without_a_terminal_a_row_is_a_line() -> None:
    lines = list(table(COLUMNS, [(ID, "kata " * 100)], width=None))

    assert len(lines) == 3


def test_cell_cannot_move_the_cursor() -> None:
    lines = list(table(COLUMNS, [("\x1b[2J", "dua\nbaris\u202e")], width=None))

    assert "".join(lines).isprintable()
    assert lines[2].split() == ["[2J", "dua", "baris"]


def test_empty_cell_is_a_dash() -> None:
    assert list(table(COLUMNS, [(None, "")], width=None))[2].split() == ["-", "-"]
