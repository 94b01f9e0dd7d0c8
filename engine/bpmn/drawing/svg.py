"""Paints a picture as one SVG image with a text alternative, and what happened drawn on it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from engine.bpmn.drawing.geometry import Box, Point
from engine.bpmn.drawing.ink import (
    CANCELLED,
    DONE,
    FAILED,
    FAINT,
    FONT,
    HERE,
    INK,
    PAPER,
    PLAIN,
    Look,
    badge,
    badge_width,
    lines_block,
    number,
    tag,
    words,
)
from engine.bpmn.drawing.marks import Mark, Marks
from engine.bpmn.drawing.picture import Edge, Picture, Shape
from engine.bpmn.drawing.shapes import label_block, paint
from engine.bpmn.drawing.sizes import EVENT
from engine.bpmn.drawing.texts import OUTSIDE, lines_of
from engine.bpmn.names import FLOW_NODES

_MARGIN = 16.0
_ROUND = 7.0
_DASHES = {"messageFlow": "8 5", "sequenceFlow": ""}
#: Names of lines without a place of their own break at this width, as in bpmn-js.
_LABEL_WIDTH = 90.0


@dataclass(frozen=True, slots=True)
class Image:
    """An SVG document as text, and its size in pixels when it is shown at full size."""

    svg: str
    width: float
    height: float
    #: (id in the image, name) of each node where the instance is, or where it has failed.
    here: tuple[tuple[str, str], ...] = ()


def paint_picture(
    picture: Picture,
    marks: Marks | None = None,
    *,
    key: str = "gambar",
    focus: str | None = None,
) -> Image:
    """The picture; with marks, what happened on it.

    key: what ids in the image begin with, since a page may hold several. focus: only this element
    and what stands around it.
    """
    seen = None if marks is None else _shown_marks(picture, marks)
    view = _view(picture, focus)
    title = f"Diagram alur: {picture.name}" if picture.name else "Diagram alur"
    head = tag("title", words(title), id=f"{key}-judul") + tag(
        "desc", words(description(picture, marks)), id=f"{key}-uraian"
    )
    box = " ".join(number(float(value)) for value in (view.x, view.y, view.width, view.height))
    svg = tag(
        "svg",
        head + "".join(_painted(picture, seen, key)),
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
    here = tuple(
        (f"{key}-{shape.id}", shape.name or shape.id)
        for shape in picture.shapes
        if seen is not None and _is_here(shape, seen.nodes.get(shape.id))
    )
    return Image(svg, view.width, view.height, here)


def _painted(picture: Picture, marks: Marks | None, key: str) -> Iterator[str]:
    frames = [s for s in picture.shapes if s.type in {"participant", "lane"}]
    rest = [s for s in picture.shapes if s.type not in {"participant", "lane"}]
    # Lines stand over what holds others, and under what they lead to.
    holders = [s for s in rest if s.is_expanded]
    for shape in (*frames, *holders):
        yield _shape(shape, marks, key)
    for edge in sorted(picture.edges, key=lambda e: marks is not None and e.id in marks.flows):
        yield _edge(edge, marks)
    for shape in rest:
        if not shape.is_expanded:
            yield _shape(shape, marks, key)
    for edge in picture.edges:
        yield _edge_words(edge, marks)
    if marks is not None:
        for shape in rest:
            yield _badges(shape, marks.nodes.get(shape.id))


def _view(picture: Picture, focus: str | None) -> Box:
    """What is shown: everything, or the element with some room around it."""
    whole = picture.bounds.grown(_MARGIN)
    named = picture.stands_for.get(focus or "", focus)
    shape = next((s for s in picture.shapes if s.id == named), None)
    if shape is None:
        return whole
    x, y = shape.box.centre
    width = min(whole.width, max(720.0, shape.box.width + 80))
    height = min(whole.height, max(380.0, shape.box.height + 80))
    left = min(max(x - width / 2, whole.x), whole.right - width)
    top = min(max(y - height / 2, whole.y), whole.bottom - height)
    return Box(left, top, width, height)


# ----------------------------------------------------------------------------- marks


def _shown_marks(picture: Picture, marks: Marks) -> Marks:
    """What happened inside of a collapsed sub-process shows on it."""
    shown: dict[str, Mark] = {}
    for node, mark in marks.nodes.items():
        outer = picture.stands_for.get(node)
        if outer is None:
            shown[node] = shown.get(node, Mark()) + mark
        else:
            inside = Mark(0, mark.open, 0, mark.incidents)
            shown[outer] = shown.get(outer, Mark()) + inside
    return Marks(shown, marks.flows)


def _look(mark: Mark | None) -> Look:
    if mark is None:
        return PLAIN
    if mark.incidents:
        return FAILED
    if mark.open:
        return HERE
    return CANCELLED if mark.cancelled >= mark.visits else DONE


def _shape(shape: Shape, marks: Marks | None, key: str) -> str:
    mark = marks.nodes.get(shape.id) if marks else None
    look = _look(mark)
    tip = tag("title", words(_told(shape.name or shape.id, mark)))
    anchor = f"{key}-{shape.id}" if _is_here(shape, mark) else None
    return tag("g", tip + paint(shape, look), class_=look.name, id=anchor)


def _is_here(shape: Shape, mark: Mark | None) -> bool:
    """Whether the instance stands at the shape itself, and not at something in it."""
    return mark is not None and bool(mark.open or mark.incidents) and not shape.is_expanded


def _badges(shape: Shape, mark: Mark | None) -> str:
    if mark is None or shape.type not in FLOW_NODES:
        return ""
    look, ended = _look(mark), mark.visits - mark.open
    found = ""
    if look is FAILED:
        found += _word_at(shape, "gangguan", look)
    elif look is HERE and not shape.is_expanded:
        found += _word_at(shape, _count("di sini", mark.open), look)
    elif look is CANCELLED:
        found += _word_at(shape, "batal", look)
    if ended > 0 and look is not CANCELLED:
        text = "✓" if ended == 1 else f"✓ {ended}×"
        found += badge(text, _corner(shape), DONE.stroke)
    return found


def _word_at(shape: Shape, word: str, look: Look) -> str:
    """On the upper border: right of the middle of an activity, where a line may come from above."""
    x, _ = shape.box.centre
    room = badge_width(word) / 2 + 10
    if shape.box.width > 4 * room:
        x += room
    elif shape.box.width > 2 * EVENT:
        x = shape.box.right - room + 4
    return badge(word, (x, shape.box.y - 2), look.stroke)


def _corner(shape: Shape) -> Point:
    """Lower right of an activity; upper left of what has names at its other corners."""
    box = shape.box
    is_small = box.width <= 2 * EVENT
    return (box.x + 4, box.y + 5) if is_small else (box.right - 2, box.bottom - 2)


def _count(word: str, count: int) -> str:
    return word if count == 1 else f"{word} {count}×"


# ----------------------------------------------------------------------------- lines


def _edge(edge: Edge, marks: Marks | None) -> str:
    taken = marks.flows.get(edge.id, 0) if marks else 0
    is_faint = marks is not None and not taken and edge.type == "sequenceFlow"
    colour = DONE.stroke if taken else FAINT if is_faint else INK
    line = tag(
        "path",
        d=_path(edge.points),
        fill="none",
        stroke=colour,
        stroke_width=3.5 if taken else 1.5,
        stroke_dasharray=_DASHES.get(edge.type, "2 4"),
        stroke_linejoin="round",
    )
    name = edge.name or "Alur"
    tip = tag("title", words(f"{name}: dilalui {taken} kali")) if taken else ""
    return tag("g", tip + line + _ends(edge, colour), class_="dilalui" if taken else None)


def _path(points: tuple[Point, ...]) -> str:
    """The line with rounded corners."""
    parts = [f"M{_xy(points[0])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        reach = min(_ROUND, math.dist(before, corner) / 2, math.dist(corner, after) / 2)
        parts.append(f"L{_xy(_towards(corner, before, reach))}")
        parts.append(f"Q{_xy(corner)} {_xy(_towards(corner, after, reach))}")
    parts.append(f"L{_xy(points[-1])}")
    return "".join(parts)


def _towards(start: Point, end: Point, by: float) -> Point:
    whole = math.dist(start, end) or 1.0
    return (
        start[0] + (end[0] - start[0]) * by / whole,
        start[1] + (end[1] - start[1]) * by / whole,
    )


def _xy(point: Point) -> str:
    return f"{number(float(point[0]))} {number(float(point[1]))}"


def _ends(edge: Edge, colour: str) -> str:
    """Arrow heads, the circle of a message, the stroke of a default, the diamond of a condition."""
    first, second, last = edge.points[0], edge.points[1], edge.points[-1]
    turn = _turn(edge.points[-2], last)
    away = _turn(first, second)
    if edge.type == "sequenceFlow":
        found = _at("M0 0-11-4.5V4.5Z", last, turn, fill=colour, stroke="none")
        if edge.is_default:
            found += _at("M6 5 11-5", first, away, stroke=colour, stroke_width=1.5)
        elif edge.is_conditional:
            diamond = {"fill": PAPER, "stroke": colour, "stroke_width": 1.2}
            found += _at("M0 0 8-5 16 0 8 5Z", first, away, **diamond)
        return found
    if edge.type == "messageFlow":
        head = _at("M0 0-10-5V5Z", last, turn, fill=PAPER, stroke=colour)
        x, y = first
        return head + tag("circle", cx=x, cy=y, r=4, fill=PAPER, stroke=colour)
    if edge.type == "association" and edge.direction == "None":
        return ""
    return _at("M-9-5 0 0-9 5", last, turn, fill="none", stroke=colour)


def _turn(start: Point, end: Point) -> float:
    return math.degrees(math.atan2(end[1] - start[1], end[0] - start[0]))


def _at(path: str, at: Point, turn: float, **values: object) -> str:
    place = f"translate({_xy(at)}) rotate({number(turn)})"
    return tag("path", d=path, transform=place, **values)


def _edge_words(edge: Edge, marks: Marks | None) -> str:
    found = ""
    if edge.name and edge.label is not None:
        found = label_block(edge.name, edge.label)
    elif edge.name:
        x, y = _middle(edge.points)
        lines = lines_of(edge.name, _LABEL_WIDTH, OUTSIDE)
        found = lines_block(lines, (x, y - 8 * len(lines)), OUTSIDE)
    taken = marks.flows.get(edge.id, 0) if marks else 0
    if taken > 1:
        found += badge(f"{taken}×", _clear_point(edge, badge_width(f"{taken}×")), DONE.stroke)
    return found


def _clear_point(edge: Edge, width: float) -> Point:
    """A point on the line or beside it, as near to its middle as its own name lets a mark stand."""
    start, end = max(pairwise(edge.points), key=lambda piece: math.dist(*piece))
    middle = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
    on_line = [
        (start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share)
        for share in (0.5, 0.6, 0.4, 0.7, 0.3)
    ]
    aside = (0.0, 12.0) if start[1] == end[1] else (width / 2 + 3, 0.0)
    beside = [(middle[0] + sign * aside[0], middle[1] + sign * aside[1]) for sign in (1, -1)]
    label = edge.label
    clear = (p for p in on_line + beside if label is None or not _covers(p, width, label))
    return next(clear, middle)


def _covers(point: Point, width: float, label: Box) -> bool:
    """Whether a pill around the point lies on the label."""
    x, y = point
    is_beside = x + width / 2 < label.x or label.right < x - width / 2
    return not (is_beside or y + 9 < label.y or label.bottom < y - 9)


def _middle(points: tuple[Point, ...]) -> Point:
    """The middle of the longest piece, where a mark is in nobody's way."""
    start, end = max(pairwise(points), key=lambda piece: math.dist(*piece))
    return (start[0] + end[0]) / 2, (start[1] + end[1]) / 2


# ----------------------------------------------------------------------------- words


def description(picture: Picture, marks: Marks | None) -> str:
    """The picture in words: its lanes and steps, or where an instance stands in it."""
    nodes = [s for s in picture.shapes if s.type in FLOW_NODES]
    if marks is None:
        lanes = [s.name for s in picture.shapes if s.type == "lane" and s.name]
        told = f"{len(nodes)} unsur"
        return f"{told} dalam lajur {', '.join(lanes)}." if lanes else f"{told}."
    seen = _shown_marks(picture, marks)
    here = [s for s in nodes if (m := seen.nodes.get(s.id)) and m.open and not s.is_expanded]
    failed = [s for s in nodes if (m := seen.nodes.get(s.id)) and m.incidents]
    done = sum(1 for s in nodes if (m := seen.nodes.get(s.id)) and not m.open)
    parts = [f"{done} dari {len(nodes)} unsur sudah dilalui."]
    if here:
        parts.insert(0, f"Proses berada di: {', '.join(s.name or s.id for s in here)}.")
    if failed:
        parts.append(f"Gangguan di: {', '.join(s.name or s.id for s in failed)}.")
    return " ".join(parts)


def _told(name: str, mark: Mark | None) -> str:
    """A shape in words, for who points at it."""
    if mark is None:
        return name
    ended = mark.visits - mark.open - mark.cancelled
    parts = [
        "proses berada di sini" if mark.open else "",
        "gangguan" if mark.incidents else "",
        f"selesai {ended} kali" if ended > 0 else "",
        f"batal {mark.cancelled} kali" if mark.cancelled else "",
    ]
    return f"{name}: {', '.join(part for part in parts if part)}"
