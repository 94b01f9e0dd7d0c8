"""How much room words take, and where their lines break, without asking a browser.

The widths are those of Arial, which Liberation Sans, Helvetica and most system fonts share within
a few per cent.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

#: Font sizes in pixels: within a shape; beside one. Those of bpmn-js, so that its texts fit too.
INSIDE = 12.0
OUTSIDE = 11.0
#: A line with the space to the next one, in font sizes.
LINE = 1.2

_NARROW = frozenset("ijlI.,:;'|!/ ")
_SLIM = frozenset("frt()-[]")
_BROAD = frozenset("mMW@%")


def text_width(text: str, size: float) -> float:
    """The width of one line, in pixels; rather a little too much than too little."""
    return sum(_character_width(character) for character in text) * size


def _character_width(character: str) -> float:
    if character in _NARROW:
        return 0.28
    if character in _SLIM:
        return 0.34
    if character in _BROAD:
        return 0.9
    # Letters of East Asia are as broad as high.
    if ord(character) > 0x2E7F:
        return 1.0
    return 0.72 if character.isupper() or character == "w" else 0.556


def lines_of(text: str, width: float, size: float) -> list[str]:
    """The text in lines no wider than that, broken at blanks, and within a word that is too long.

    No line when the text is blank.
    """
    lines: list[str] = []
    for paragraph in text.splitlines():
        current = ""
        for word in _pieces(paragraph, width, size):
            longer = f"{current} {word}" if current else word
            if current and text_width(longer, size) > width:
                lines.append(current)
                current = word
            else:
                current = longer
        if current:
            lines.append(current)
    return lines


def _pieces(paragraph: str, width: float, size: float) -> Iterator[str]:
    """The words; those that fit in no line in pieces that do."""
    for word in paragraph.split():
        rest = word
        while text_width(rest, size) > width and len(rest) > 1:
            length = _fitting(rest, width, size)
            yield rest[:length]
            rest = rest[length:]
        yield rest


def _fitting(word: str, width: float, size: float) -> int:
    """How many letters fit in a line, at least one."""
    used = 0.0
    for length, character in enumerate(word):
        used += _character_width(character) * size
        if used > width:
            return max(1, length)
    return len(word)


def room_of(text: str, width: float, size: float = OUTSIDE) -> tuple[float, float]:
    """(width, height) that the text takes in lines no wider than `width`; (0, 0) for none."""
    lines = lines_of(text, width, size)
    if not lines:
        return 0.0, 0.0
    # Two pixels of slack, since fonts differ.
    widest = max(text_width(line, size) for line in lines)
    return float(math.ceil(widest + 3)), float(len(lines) * math.ceil(size * LINE))
