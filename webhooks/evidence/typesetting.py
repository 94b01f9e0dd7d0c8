"""Sets a sheet as PDF: A4, fonts embedded, tagged for screen readers, the same bytes each time.

It conforms to PDF/A-2a (ISO 19005-2: it can be read as long as it is kept) and PDF/UA-1 (ISO
14289-1: a screen reader reads it), unless a text has a character that no font of it has.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError
from webhooks.evidence.sheets import Section, Sheet

if TYPE_CHECKING:
    import typst

_LAYOUT = "sheet.typ"
_STANDARDS: list[typst.PDFStandard] = ["a-2a", "ua-1"]


def typeset(sheet: Sheet) -> bytes:
    """The sheet as a PDF document. Raises EngineError when it cannot be set."""
    # Late, as below: with the fonts that it brings it is a large part of a process's memory.
    import typst

    told = json.dumps(_told(sheet), ensure_ascii=False)
    moment = int(sheet.made_at.timestamp())
    try:
        return _compiled(told, moment, _STANDARDS)
    except typst.TypstError:
        # The standards forbid a character without a shape: it becomes an empty box, and is still
        # there when the text is copied or read aloud.
        try:
            return _compiled(told, moment, [])
        except typst.TypstError as error:
            raise EngineError(f"the document cannot be set as PDF: {error.message}") from error


def _compiled(told: str, moment: int, standards: list[typst.PDFStandard]) -> bytes:
    import typst

    compiler = typst.Compiler(
        _layout(), font_paths=_fonts(), ignore_system_fonts=True, sys_inputs={"sheet": told}
    )
    made = compiler.compile(format="pdf", timestamp=moment, pdf_standards=standards)
    if not isinstance(made, bytes):
        raise EngineError("the document cannot be set as PDF: nothing was made")
    return made


@cache
def _layout() -> bytes:
    return (files(__package__) / _LAYOUT).read_bytes()


@cache
def _fonts() -> typst.Fonts:
    """Those in the library: Libertinus Serif and DejaVu Sans Mono, whose licences allow it.

    Fonts of the machine are left alone, so that every machine sets the same.
    """
    import typst

    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True)


def _told(sheet: Sheet) -> dict[str, Any]:
    at = sheet.made_at
    return {
        **{name: getattr(sheet, name) for name in ("title", "subtitle", "letterhead", "footer")},
        "date": [at.year, at.month, at.day, at.hour, at.minute, at.second],
        "sections": [_section(each) for each in sheet.sections],
    }


def _section(section: Section) -> dict[str, Any]:
    return {
        "heading": section.heading,
        "wide": section.is_wide,
        "parts": [{"kind": type(each).__name__, **asdict(each)} for each in section.parts],
    }
