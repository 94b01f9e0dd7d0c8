"""Paints a picture as one SVG image with a text alternative, and what happened drawn on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from engine.bpmn.drawing.geometry import Box, Point
from engine.bpmn.drawing.ink import (
    CANCELLED,
    DONE,
    FAILED,
    HERE,
    PLAIN,
    Look,
    badge,
    badge_width,
    sheet,
    tag,
    words,
)
from engine.bpmn.drawing.lines import paint_line, paint_line_words
from engine.bpmn.drawing.marks import Mark, Marks
from engine.bpmn.drawing.picture import Picture, Shape
from engine.bpmn.drawing.shapes import paint
from engine.bpmn.drawing.sizes import EVENT
from engine.bpmn.names import FLOW_NODES
from engine.model import Say, Sentence

_MARGIN = 16.0
#: How far the frame around what a step was about stands off.
_FRAME = 6.0


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
    is_live: bool = False,
    say: Say = str,
) -> Image:
    """The picture; with marks, what happened on it.

    key: what ids in the image begin with, since a page may hold several. focus: only this element
    and what stands around it. is_live: its parts are groups named as in `paint_parts`.
    say: how sentences of ours are said.
    """
    seen = None if marks is None else _shown_marks(picture, marks)
    view = _view(picture, focus)
    title = (
        Sentence("Diagram alur: %(name)s", name=picture.name)
        if picture.name
        else Sentence("Diagram alur")
    )
    painted = "".join(
        _group(name, part) if is_live else part for name, part in _painted(picture, seen, key, say)
    )
    svg = sheet(painted, view, key=key, title=say(title), about=description(picture, marks, say))
    here = tuple(
        (f"{key}-{shape.id}", shape.name or shape.id)
        for shape in picture.shapes
        if seen is not None and _is_here(shape, seen.nodes.get(shape.id))
    )
    return Image(svg, view.width, view.height, here)


def paint_parts(picture: Picture, marks: Marks, *, key: str, say: Say = str) -> dict[str, str]:
    """What a picture with marks is made of, by name, each as one SVG group; and its words.

    Pictures of one definition have the same parts, so that only those that differ need to be
    painted again. The part "uraian" is plain text.
    """
    seen = _shown_marks(picture, marks)
    found = dict(_painted(picture, seen, key, say))
    return {**found, "uraian": description(picture, marks, say)}


def _painted(
    picture: Picture, marks: Marks | None, key: str, say: Say
) -> Iterator[tuple[str, str]]:
    """(name of the part, its SVG), in the order of painting."""
    frames = [s for s in picture.shapes if s.type in {"participant", "lane"}]
    rest = [s for s in picture.shapes if s.type not in {"participant", "lane"}]
    # Lines stand over what holds others, and under what they lead to.
    holders = [s for s in rest if s.is_expanded]
    for shape in (*frames, *holders):
        yield f"unsur-{shape.id}", _shape(shape, marks, key, say)
    for edge in sorted(picture.edges, key=lambda e: marks is not None and e.id in marks.flows):
        yield f"garis-{edge.id}", paint_line(edge, marks, say)
    for shape in rest:
        if not shape.is_expanded:
            yield f"unsur-{shape.id}", _shape(shape, marks, key, say)
    for edge in picture.edges:
        yield f"kata-{edge.id}", paint_line_words(edge, marks, say)
    if marks is not None:
        for shape in rest:
            yield f"tanda-{shape.id}", _badges(shape, marks, say)


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
    trace = marks.trace
    if trace is not None:
        now = {picture.stands_for.get(node, node) for node in trace.now}
        trace = replace(trace, now=frozenset(now))
    return Marks(shown, marks.flows, trace)


def _look(mark: Mark | None) -> Look:
    if mark is None:
        return PLAIN
    if mark.incidents:
        return FAILED
    if mark.open:
        return HERE
    return CANCELLED if mark.cancelled >= mark.visits else DONE


def _shape(shape: Shape, marks: Marks | None, key: str, say: Say) -> str:
    mark = marks.nodes.get(shape.id) if marks else None
    look = _look(mark)
    tip = tag("title", words(_told(shape.name or shape.id, mark, say)))
    anchor = f"{key}-{shape.id}" if _is_here(shape, mark) else None
    return tag("g", tip + paint(shape, look), class_=look.name, id=anchor)


def _is_here(shape: Shape, mark: Mark | None) -> bool:
    """Whether the instance stands at the shape itself, and not at something in it."""
    return mark is not None and bool(mark.open or mark.incidents) and not shape.is_expanded


def _group(name: str, part: str) -> str:
    return tag("g", part, data_bagian=name)


def _badges(shape: Shape, marks: Marks, say: Say) -> str:
    mark = marks.nodes.get(shape.id)
    if mark is None or shape.type not in FLOW_NODES:
        return ""
    look, ended = _look(mark), mark.visits - mark.open
    is_now = marks.trace is not None and shape.id in marks.trace.now
    found = _frame(shape) if is_now else ""
    if look is FAILED:
        found += _word_at(shape, say(Sentence("gangguan")), look)
    elif look is HERE and not shape.is_expanded:
        found += _word_at(shape, _count(say(Sentence("di sini")), mark.open), look)
    elif look is CANCELLED:
        found += _word_at(shape, say(Sentence("batal")), look)
    elif is_now and not shape.is_expanded:
        found += _word_at(shape, say(Sentence("langkah ini")), HERE)
    if ended > 0 and look is not CANCELLED:
        text = "✓" if ended == 1 else f"✓ {ended}×"
        found += badge(text, _corner(shape), DONE.stroke)
    return found


def _frame(shape: Shape) -> str:
    """What a step of a replay was about has a dotted frame around it."""
    box = shape.box.grown(_FRAME)
    return tag(
        "rect", x=box.x, y=box.y, width=box.width, height=box.height, rx=12, fill="none",
        stroke=HERE.stroke, stroke_width=2.5, stroke_dasharray="2 4", data_pusat="langkah",
    )  # fmt: skip


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


# ----------------------------------------------------------------------------- words


def description(picture: Picture, marks: Marks | None, say: Say = str) -> str:
    """The picture in words: its lanes and steps, or where an instance stands in it."""
    nodes = [s for s in picture.shapes if s.type in FLOW_NODES]
    if marks is None:
        lanes = [s.name for s in picture.shapes if s.type == "lane" and s.name]
        if not lanes:
            return say(Sentence("%(number)s unsur.", number=len(nodes)))
        return say(
            Sentence(
                "%(number)s unsur dalam lajur %(lanes)s.",
                number=len(nodes),
                lanes=", ".join(lanes),
            )
        )
    seen = _shown_marks(picture, marks)
    here = [s for s in nodes if (m := seen.nodes.get(s.id)) and m.open and not s.is_expanded]
    failed = [s for s in nodes if (m := seen.nodes.get(s.id)) and m.incidents]
    done = sum(1 for s in nodes if (m := seen.nodes.get(s.id)) and not m.open)
    parts = [Sentence("%(done)s dari %(all)s unsur sudah dilalui.", done=done, all=len(nodes))]
    if here:
        parts.insert(0, Sentence("Proses berada di: %(names)s.", names=_names(here)))
    if failed:
        parts.append(Sentence("Gangguan di: %(names)s.", names=_names(failed)))
    return " ".join(map(say, parts))


def _names(shapes: Iterable[Shape]) -> str:
    return ", ".join(each.name or each.id for each in shapes)


def _told(name: str, mark: Mark | None, say: Say) -> str:
    """A shape in words, for who points at it."""
    if mark is None:
        return name
    ended = mark.visits - mark.open - mark.cancelled
    parts = [
        Sentence("proses berada di sini") if mark.open else None,
        Sentence("gangguan") if mark.incidents else None,
        Sentence("selesai %(times)s kali", times=ended) if ended > 0 else None,
        Sentence("batal %(times)s kali", times=mark.cancelled) if mark.cancelled else None,
    ]
    return f"{name}: {', '.join(say(part) for part in parts if part)}"
