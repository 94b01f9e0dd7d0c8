"""Words and marks as SVG text: escaped, in classes and attributes only, since pages forbid styles.

Colours are attributes, so that a picture looks the same alone, in a page and on paper. Nothing is
said by colour alone: each state has its own breadth or dashes of line, and a word or a sign.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

from engine.bpmn.drawing.geometry import Box, Point
from engine.bpmn.drawing.texts import LINE, lines_of, text_width

FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
INK = "#1b2733"
FAINT = "#566472"
PAPER = "#ffffff"
HEADER = "#e9eef2"


@dataclass(frozen=True, slots=True)
class Look:
    """How a shape in some state is painted."""

    name: str
    fill: str
    stroke: str
    breadth: float
    dashes: str = ""


PLAIN = Look("", PAPER, INK, 1.5)
DONE = Look("selesai", "#e6f4ea", "#1b6e3c", 2.5)
HERE = Look("di-sini", "#fff0c4", "#8a4b00", 4.5)
CANCELLED = Look("batal", "#eef0f2", FAINT, 2.0, "4 3")
FAILED = Look("gangguan", "#fdecec", "#a11b1b", 4.5, "10 3")


def attributes(**values: object) -> str:
    """XML attributes with a leading blank each; `_` becomes `-`, None is left out."""
    return "".join(
        f' {name.rstrip("_").replace("_", "-")}="{html.escape(number(value))}"'
        for name, value in values.items()
        if value is not None and value != ""
    )


def number(value: object) -> str:
    """A number without needless digits; anything else as text."""
    return f"{round(value, 1):g}" if isinstance(value, float) else str(value)


def tag(name: str, content: str = "", /, **values: object) -> str:
    """One element."""
    inner = f">{content}</{name}>" if content else "/>"
    return f"<{name}{attributes(**values)}{inner}"


def sheet(content: str, view: Box, *, key: str, title: str, about: str) -> str:
    """A whole image of that part of the plane, which screen readers name by its title and text.

    key: what its ids begin with.
    """
    box = " ".join(number(float(value)) for value in (view.x, view.y, view.width, view.height))
    head = tag("title", words(title), id=f"{key}-judul")
    head += tag("desc", words(about), id=f"{key}-uraian")
    return tag(
        "svg",
        head + content,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=box,
        width=number(round(view.width)),
        height=number(round(view.height)),
        class_="diagram",
        role="img",
        aria_labelledby=f"{key}-judul {key}-uraian",
        font_family=FONT,
        text_anchor="middle",
        fill=INK,
    )


def words(text: str) -> str:
    """Text as it may stand in XML; what XML cannot hold was refused when the file was read."""
    return html.escape(text, quote=False)


def text_block(text: str, at: Point, width: float, size: float, **values: object) -> str:
    """Lines no wider than that, centred around the point."""
    return lines_block(lines_of(text, width, size), at, size, **values)


def lines_block(lines: Sequence[str], at: Point, size: float, **values: object) -> str:
    """Lines centred around the point."""
    x, y = at
    first = y - (len(lines) - 1) * size * LINE / 2 + size * 0.35
    spans = "".join(
        tag("tspan", words(line), x=x, y=first + place * size * LINE)
        for place, line in enumerate(lines)
    )
    return tag("text", spans, font_size=size, **values) if spans else ""


def badge(text: str, at: Point, colour: str) -> str:
    """A pill with a word in it, centred at the point."""
    x, y = at
    width = badge_width(text)
    pill = tag(
        "rect", x=x - width / 2, y=y - 9.0, width=width, height=18, rx=9, fill=colour, stroke=PAPER
    )
    return pill + lines_block([text], at, 11.0, fill=PAPER, font_weight="bold", stroke="none")


def badge_width(text: str) -> float:
    """How wide the pill with that word is."""
    return text_width(text, 11) + 14
