"""Paints a picture as a heat map: how much of something each element had, by shade and in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.bpmn.drawing.ink import PLAIN, Look, badge, sheet, tag, words
from engine.bpmn.drawing.lines import paint_line, paint_line_words
from engine.bpmn.drawing.marks import Marks
from engine.bpmn.drawing.picture import Picture, Shape
from engine.bpmn.drawing.shapes import paint
from engine.bpmn.drawing.sizes import EVENT
from engine.bpmn.drawing.svg import Image
from engine.bpmn.names import FLOW_NODES
from engine.model import Say, Sentence

_MARGIN = 16.0
#: From a little to the most. Words stay readable on each; the line is as thick as it is hot.
_LOOKS = (
    Look("panas-1", "#fff6e0", "#8a5a00", 1.5),
    Look("panas-2", "#ffe4ad", "#8a5a00", 2.0),
    Look("panas-3", "#ffc97a", "#7a4100", 3.0),
    Look("panas-4", "#ffab57", "#7a3000", 4.0),
    Look("panas-5", "#ff8f4d", "#8f1d00", 5.0),
)


@dataclass(frozen=True, slots=True)
class Warmth:
    """What is shown: element -> (how much, the same in words); sequence flow -> how often taken.

    about: what it is of, in words, for the picture's title.
    """

    about: str
    nodes: Mapping[str, tuple[float, str]] = field(default_factory=dict)
    flows: Mapping[str, int] = field(default_factory=dict)


def paint_heat(picture: Picture, warmth: Warmth, *, key: str = "panas", say: Say = str) -> Image:
    """The picture with a shade, and a badge with the words, on each element that has any.

    say: how sentences of ours are said.
    """
    shown = _shown(picture, warmth)
    most = max((amount for amount, _ in shown.values()), default=0.0)
    view = picture.bounds.grown(_MARGIN)
    marks = Marks(flows=warmth.flows)
    frames = [s for s in picture.shapes if s.type in {"participant", "lane"} or s.is_expanded]
    rest = [s for s in picture.shapes if s not in frames]
    painted = [
        *(_plain(shape) for shape in frames),
        *(
            paint_line(e, marks, say)
            for e in sorted(picture.edges, key=lambda e: e.id in marks.flows)
        ),
        *(_shape(shape, shown.get(shape.id), most) for shape in rest),
        *(paint_line_words(edge, marks, say) for edge in picture.edges),
        *(_badge(shape, shown[shape.id][1]) for shape in rest if shape.id in shown),
    ]
    svg = sheet(
        "".join(painted),
        view,
        key=key,
        title=f"{warmth.about}: {picture.name}",
        about=_told(picture, shown, say),
    )
    return Image(svg, view.width, view.height)


def _shown(picture: Picture, warmth: Warmth) -> dict[str, tuple[float, str]]:
    """What has a shape of its own; inside of a collapsed sub-process nothing has."""
    return {
        node: said
        for node, said in warmth.nodes.items()
        if said[0] > 0 and node not in picture.stands_for
    }


def _look(amount: float, most: float) -> Look:
    place = min(int(amount / most * len(_LOOKS)), len(_LOOKS) - 1) if most else 0
    return _LOOKS[place]


def _plain(shape: Shape) -> str:
    return tag("g", tag("title", words(shape.name or shape.id)) + paint(shape, PLAIN))


def _shape(shape: Shape, said: tuple[float, str] | None, most: float) -> str:
    if said is None:
        return _plain(shape)
    amount, text = said
    look = _look(amount, most)
    tip = tag("title", words(f"{shape.name or shape.id}: {text}"))
    return tag("g", tip + paint(shape, look), class_=look.name)


def _badge(shape: Shape, text: str) -> str:
    if shape.type not in FLOW_NODES:
        return ""
    box = shape.box
    is_small = box.width <= 2 * EVENT
    at = (box.x + 4, box.y + 5) if is_small else (box.right - 2, box.bottom - 2)
    return badge(text, at, _LOOKS[-1].stroke)


def _told(picture: Picture, shown: Mapping[str, tuple[float, str]], say: Say) -> str:
    """The hottest elements in words."""
    names = {shape.id: shape.name or shape.id for shape in picture.shapes}
    hottest = sorted(shown.items(), key=lambda item: -item[1][0])[:5]
    parts = [f"{names[node]} {text}" for node, (_, text) in hottest if node in names]
    if not parts:
        return say(Sentence("Belum ada yang dilalui."))
    return say(Sentence("Terbanyak: %(elements)s.", elements="; ".join(parts)))
