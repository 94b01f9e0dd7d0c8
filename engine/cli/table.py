"""Aligned tables for a terminal. Ids and names stay whole; long text is wrapped, never cut."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

_GAP = "  "
_NARROWEST_TEXT = 20
_LONGEST_ID = 64


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. Only the cells of a text column are wrapped when room is short."""

    heading: str
    is_text: bool = False


def table(
    columns: Sequence[Column], rows: Sequence[Sequence[object]], *, width: int | None
) -> Iterator[str]:
    """The lines of the table, headings first. `width` None: one line per row, however long."""
    cells = [[one_line(cell) for cell in row] for row in rows]
    headings = [column.heading for column in columns]
    widths = [max(map(len, each)) for each in zip(headings, *cells, strict=True)]
    if width is not None:
        floors = [_narrowest(each) for each in zip(headings, *cells, strict=True)]
        _narrow(columns, widths, floors, width)
    yield _line(headings, widths)
    yield _line(["-" * each for each in widths], widths)
    for row in cells:
        parts = [
            _wrapped(cell, wide) if column.is_text else [cell]
            for column, cell, wide in zip(columns, row, widths, strict=True)
        ]
        for line in zip_longest(*parts, fillvalue=""):
            yield _line(line, widths)


def one_line(cell: object) -> str:
    """The cell as text that cannot move the cursor: diagrams and people give these names."""
    text = "-" if cell is None or cell == "" else str(cell)
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _narrowest(cells: Sequence[str]) -> int:
    """How narrow a column may get: its heading and words that may be ids stay in it."""
    longest_word = max(len(word) for cell in cells for word in cell.split())
    return max(_NARROWEST_TEXT, len(cells[0]), min(longest_word, _LONGEST_ID))


def _narrow(
    columns: Sequence[Column], widths: list[int], floors: Sequence[int], width: int
) -> None:
    """Take from the widest text column until the table fits, or all of them are narrow."""
    texts = [number for number, column in enumerate(columns) if column.is_text]
    excess = sum(widths) + len(_GAP) * (len(widths) - 1) - width
    while excess > 0 and texts:
        widest = max(texts, key=lambda number: widths[number] - floors[number])
        if widths[widest] <= floors[widest]:
            return
        widths[widest] -= 1
        excess -= 1


def _wrapped(text: str, width: int) -> list[str]:
    # A long word may be an id: it goes over the edge rather than in two.
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return _GAP.join(padded).rstrip()
