"""What a paper consists of, before it is set: sections of facts, tables, texts and pictures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Cell:
    """The text of one cell; a line end begins a new line. is_code: set in a fixed width."""

    text: str
    is_code: bool = False
    is_strong: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Labels, each with what is said under it."""

    rows: tuple[tuple[str, Cell], ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; share: how broad it is, of the sum of all."""

    title: str
    share: float


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head that comes again on every page. empty: what is said without any row."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph. is_warning: nobody may overlook it."""

    text: str
    is_warning: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """An SVG document, drawn as large as the page allows; words: the same, for who cannot see."""

    svg: str
    words: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Signature:
    """Room for somebody to sign by hand."""

    title: str
    office: str


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it. is_wide: on pages of their own, turned by 90 degrees."""

    heading: str
    parts: tuple[Facts | Table | Text | Picture | Signature, ...]
    is_wide: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """A paper. The same sheet is the same bytes: `made_at` is the only moment in it.

    letterhead: the names of the office, one a line. footer: what stands on every page beside its
    number.
    """

    title: str
    subtitle: str
    letterhead: tuple[str, ...]
    footer: str
    made_at: datetime
    sections: tuple[Section, ...]
