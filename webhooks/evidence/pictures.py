"""Pictures on paper: a diagram as a whole, then in parts large enough to be read."""

from __future__ import annotations

import math
import re

from engine.drawings import Image
from webhooks.evidence.sheets import Picture

#: Room of a turned A4 page for a picture, in points.
_WIDTH, _HEIGHT = 750.0, 430.0
#: Words of a picture are 12 pixels high: at less than 4.5 points nobody reads them on paper.
_LEAST_SCALE = 0.38
#: What neighbouring parts both show, of a part's length.
_OVERLAP = 0.06
_VIEW = re.compile(r'viewBox="(\S+) (\S+) (\S+) (\S+)" width="\S+" height="\S+"')


def pictures_of(image: Image, words: str) -> tuple[Picture, ...]:
    """The picture; when it is too large for a page, its parts from left to right and downwards."""
    whole = Picture(image.svg, words)
    across, down = (
        math.ceil(_LEAST_SCALE * length / room - _OVERLAP)
        for length, room in ((image.width, _WIDTH), (image.height, _HEIGHT))
    )
    if across * down <= 1:
        return (whole,)
    places = [(column, row) for row in range(max(1, down)) for column in range(max(1, across))]
    parts = (
        Picture(
            _part(image.svg, (column, max(1, across)), (row, max(1, down))),
            f"{words} Bagian {number} dari {len(places)}.",
            f"Diperbesar, bagian {number} dari {len(places)}",
        )
        for number, (column, row) in enumerate(places, 1)
    )
    return (whole, *parts)


def _part(svg: str, column: tuple[int, int], row: tuple[int, int]) -> str:
    """The picture through a window: the place of it among how many, in both directions."""
    found = _VIEW.search(svg)
    if found is None:
        return svg
    x, y, width, height = map(float, found.groups())
    left, wide = _window(x, width, *column)
    top, high = _window(y, height, *row)
    view = f'viewBox="{left:g} {top:g} {wide:g} {high:g}" width="{wide:g}" height="{high:g}"'
    return svg[: found.start()] + view + svg[found.end() :]


def _window(start: float, length: float, place: int, count: int) -> tuple[float, float]:
    """Where the part begins and how long it is; it shows some of its neighbours."""
    step = length / count
    first = max(start, start + step * (place - _OVERLAP))
    last = min(start + length, start + step * (place + 1 + _OVERLAP))
    return first, last - first
