"""Paints the lines of a picture: their way, ends and names, and how they were taken."""

from __future__ import annotations

import math
from itertools import pairwise

from engine.bpmn.drawing.geometry import Box, Point
from engine.bpmn.drawing.ink import (
    DONE,
    FAINT,
    HERE,
    INK,
    PAPER,
    badge,
    badge_width,
    lines_block,
    number,
    tag,
    words,
)
from engine.bpmn.drawing.marks import Marks
from engine.bpmn.drawing.picture import Edge
from engine.bpmn.drawing.shapes import label_block
from engine.bpmn.drawing.texts import OUTSIDE, lines_of
from engine.model import Say, Sentence

_ROUND = 7.0
_DASHES = {"messageFlow": "8 5", "sequenceFlow": ""}
#: Of a line that led back; and how thick the lines of the present step are.
_RETURN, _NOW = "9 5", 5.0
#: Names of lines without a place of their own break at this width, as in bpmn-js.
_LABEL_WIDTH = 90.0


def paint_line(edge: Edge, marks: Marks | None, say: Say) -> str:
    """The line with its ends, as thick as what happened on it asks for."""
    taken = marks.flows.get(edge.id, 0) if marks else 0
    trace = marks.trace if marks else None
    is_faint = marks is not None and not taken and edge.type == "sequenceFlow"
    is_now = trace is not None and edge.id in trace.now
    colour = HERE.stroke if is_now else DONE.stroke if taken else FAINT if is_faint else INK
    is_return = trace is not None and edge.id in trace.returns
    line = tag(
        "path",
        d=_path(edge.points),
        fill="none",
        stroke=colour,
        stroke_width=_NOW if is_now else 3.5 if taken else 1.5,
        stroke_dasharray=_RETURN if is_return else _DASHES.get(edge.type, "2 4"),
        stroke_linejoin="round",
    )
    passed = Sentence("%(name)s: dilalui %(times)s kali", name=edge.name or "Alur", times=taken)
    tip = tag("title", words(say(passed))) if taken else ""
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


def paint_line_words(edge: Edge, marks: Marks | None, say: Say) -> str:
    """The name of the line, and how often or as which it was taken."""
    found = ""
    if edge.name and edge.label is not None:
        found = label_block(edge.name, edge.label)
    elif edge.name:
        x, y = _middle(edge.points)
        lines = lines_of(edge.name, _LABEL_WIDTH, OUTSIDE)
        found = lines_block(lines, (x, y - 8 * len(lines)), OUTSIDE)
    if marks is not None and (said := _passing(edge, marks, say)):
        is_now = marks.trace is not None and edge.id in marks.trace.now
        colour = HERE.stroke if is_now else DONE.stroke
        found += badge(said, _clear_point(edge, badge_width(said)), colour)
    return found


def _passing(edge: Edge, marks: Marks, say: Say) -> str:
    """How often the line was taken; with a trace also as which of all, and that it led back."""
    taken, trace = marks.flows.get(edge.id, 0), marks.trace
    often = f"{taken}×" if taken > 1 else ""
    if trace is None or not taken:
        return often
    parts = ["→" if edge.id in trace.now else "", str(trace.last.get(edge.id, ""))]
    parts += [
        say(Sentence("kembali")) if edge.id in trace.returns else "",
        f"({often})" if often else "",
    ]
    return " ".join(part for part in parts if part)


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
