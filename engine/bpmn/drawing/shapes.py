"""Paints one shape as SVG: pools, lanes, activities, events, gateways, data, notes."""

from __future__ import annotations

from collections.abc import Callable

from engine.bpmn.drawing import symbols
from engine.bpmn.drawing.geometry import Box, Point
from engine.bpmn.drawing.ink import FAINT, HEADER, INK, PAPER, Look, lines_block, tag, text_block
from engine.bpmn.drawing.picture import Shape
from engine.bpmn.drawing.symbols import Sign
from engine.bpmn.drawing.texts import INSIDE, LINE, OUTSIDE, lines_of
from engine.bpmn.names import EVENTS, GATEWAYS

_STRIP = 30.0
#: bpmn-js breaks names beside shapes at this width, whatever box the file gives them.
_LABEL_WIDTH = 90.0
_MARKER_STEP = 18.0


def paint(shape: Shape, look: Look) -> str:
    """The shape with its name, signs and markers."""
    return _painter(shape.type)(shape, look)


def _painter(kind: str) -> Callable[[Shape, Look], str]:
    if kind in {"participant", "lane"}:
        return _frame
    if kind in EVENTS:
        return _event
    if kind in GATEWAYS:
        return _gateway
    return _OTHERS.get(kind, _activity)


def _pen(shape: Shape, look: Look) -> dict[str, object]:
    """Fill and stroke: those of the state, else the analyst's own, else plain ones."""
    is_plain = not look.name
    return {
        "fill": (shape.fill if is_plain else None) or look.fill,
        "stroke": (shape.stroke if is_plain else None) or look.stroke,
        "stroke_width": look.breadth,
        "stroke_dasharray": look.dashes,
    }


def _rect(box: Box, **values: object) -> str:
    return tag("rect", x=box.x, y=box.y, width=box.width, height=box.height, **values)


def _sign(sign: Sign, at: Point, ink: str, *, scale: float = 1, is_filled: bool = False) -> str:
    x, y = at
    zoom = "" if scale == 1 else f" scale({scale:g})"
    return tag(
        "path",
        d=sign.path,
        transform=f"translate({round(x, 1):g} {round(y, 1):g}){zoom}",
        fill=ink if sign.is_filled or is_filled else "none",
        stroke=PAPER if is_filled and not sign.is_filled else ink,
        stroke_width=0.8 if is_filled and not sign.is_filled else 1.2,
    )


# ---------------------------------------------------------------------------- frames


def _frame(shape: Shape, look: Look) -> str:
    box = shape.box
    if not shape.is_expanded:
        outline = _rect(box, fill=PAPER, stroke=shape.stroke or INK, stroke_width=look.breadth)
        return outline + text_block(shape.name, box.centre, box.width - 8, INSIDE)
    fill = shape.fill or (HEADER if shape.type == "participant" else "#f4f6f8")
    if shape.is_horizontal:
        strip = Box(box.x, box.y, min(_STRIP, box.width), box.height)
        middle = strip.centre
        turn = f"rotate(-90 {round(middle[0], 1):g} {round(middle[1], 1):g})"
    else:
        strip = Box(box.x, box.y, box.width, min(_STRIP, box.height))
        middle, turn = strip.centre, ""
    length = strip.height if shape.is_horizontal else strip.width
    return (
        _rect(box, fill=PAPER, stroke=shape.stroke or INK, stroke_width=look.breadth)
        + _rect(strip, fill=fill, stroke=shape.stroke or INK, stroke_width=1)
        + text_block(
            shape.name,
            middle,
            length - 8,
            INSIDE,
            transform=turn,
            font_weight="bold" if shape.type == "participant" else None,
        )
    )


# ------------------------------------------------------------------------ activities


def _activity(shape: Shape, look: Look) -> str:
    box, pen = shape.box, _pen(shape, look)
    ink = str(pen["stroke"])
    if shape.type == "callActivity":
        pen["stroke_width"] = look.breadth + 3
    if shape.is_event_sub_process:
        pen["stroke_dasharray"] = "1 4"
    outline = _rect(box, rx=10, **pen)
    if shape.is_transaction:
        outline += _rect(box.grown(-4), rx=7, fill="none", stroke=ink)
    sign = symbols.TASKS.get(shape.type)
    icon = _sign(sign, (box.x + 15, box.y + 15), ink, is_filled=sign.is_filled) if sign else ""
    return outline + icon + _markers(shape, ink) + _name_inside(shape)


def _markers(shape: Shape, ink: str) -> str:
    x, _ = shape.box.centre
    first = x - _MARKER_STEP * (len(shape.markers) - 1) / 2
    y = shape.box.bottom - 11
    return "".join(
        _sign(symbols.MARKERS[marker], (first + _MARKER_STEP * number, y), ink)
        for number, marker in enumerate(shape.markers)
    )


def _name_inside(shape: Shape) -> str:
    box, width = shape.box, shape.box.width - 14
    lines = lines_of(shape.name, width, INSIDE)
    x, y = box.centre
    if shape.is_expanded:
        y = box.y + 6 + len(lines) * INSIDE * LINE / 2
    elif len(lines) * INSIDE * LINE > box.height - 44:
        # A long name begins beside the icon's row rather than above the shape.
        y = max(y, box.y + 22 + len(lines) * INSIDE * LINE / 2) if _fits_below(shape, lines) else y
    return lines_block(lines, (x, y), INSIDE)


def _fits_below(shape: Shape, lines: list[str]) -> bool:
    """Whether the lines fit between the icon and the lower border."""
    return 26 + len(lines) * INSIDE * LINE <= shape.box.height


# ---------------------------------------------------------------- events and gateways


def _event(shape: Shape, look: Look) -> str:
    pen = _pen(shape, look)
    ink, (x, y) = str(pen["stroke"]), shape.box.centre
    radius = min(shape.box.width, shape.box.height) / 2
    if shape.type == "endEvent":
        pen["stroke_width"] = max(look.breadth, 3.5)
    if not shape.interrupts:
        pen["stroke_dasharray"] = "5 3"
    circles = tag("circle", cx=x, cy=y, r=radius, **pen)
    if shape.type not in {"startEvent", "endEvent"}:
        inner = {"fill": "none", "stroke": ink, "stroke_dasharray": pen["stroke_dasharray"]}
        circles += tag("circle", cx=x, cy=y, r=radius - 4, **inner)
    sign = symbols.EVENTS.get(shape.event or "")
    icon = _sign(sign, (x, y), ink, scale=radius / 18, is_filled=shape.throws) if sign else ""
    return circles + icon + _name_outside(shape)


def _gateway(shape: Shape, look: Look) -> str:
    box = shape.box
    x, y = box.centre
    points = f"{_point(x, box.y)} {_point(box.right, y)} {_point(x, box.bottom)} {_point(box.x, y)}"
    pen = _pen(shape, look)
    diamond = tag("polygon", points=points, **pen)
    scale = min(box.width, box.height) / 50
    icon = _sign(symbols.GATEWAYS[shape.type], (x, y), str(pen["stroke"]), scale=scale)
    return diamond + icon + _name_outside(shape)


def _point(x: float, y: float) -> str:
    return f"{round(x, 1):g},{round(y, 1):g}"


def _name_outside(shape: Shape) -> str:
    label = shape.label
    if label is None:
        lines = lines_of(shape.name, _LABEL_WIDTH, OUTSIDE)
        x, _ = shape.box.centre
        y = shape.box.bottom + 5 + len(lines) * OUTSIDE * LINE / 2
        return lines_block(lines, (x, y), OUTSIDE)
    return label_block(shape.name, label)


def label_block(name: str, label: Box) -> str:
    """A name in the box that the drawing gives it."""
    lines = lines_of(name, label.width, OUTSIDE)
    if len(lines) * OUTSIDE * LINE > label.height + OUTSIDE:
        lines = lines_of(name, max(label.width, _LABEL_WIDTH), OUTSIDE)
    return lines_block(lines, label.centre, OUTSIDE)


# -------------------------------------------------------------------- data and notes


def _note(shape: Shape, _look: Look) -> str:
    box = shape.box
    bracket = f"M{_point(box.x + 10, box.y)}H{box.x:g}V{box.bottom:g}H{box.x + 10:g}"
    lines = lines_of(shape.name, box.width - 10, INSIDE)
    x, y = box.centre
    return (
        _rect(box, fill=PAPER, stroke="none", fill_opacity="0.85")
        + tag("path", d=bracket, fill="none", stroke=INK)
        + lines_block(lines, (x + 3, y), INSIDE)
    )


def _data(shape: Shape, look: Look) -> str:
    box, fold = shape.box, shape.box.width / 3
    edge = box.right - fold
    sheet = (
        f"M{_point(box.x, box.y)}H{edge:g}L{_point(box.right, box.y + fold)}V{box.bottom:g}"
        f"H{box.x:g}ZM{_point(edge, box.y)}V{box.y + fold:g}H{box.right:g}"
    )
    return tag("path", d=sheet, **_pen(shape, look)) + _name_outside(shape)


def _store(shape: Shape, look: Look) -> str:
    box = shape.box
    rx, ry = box.width / 2, box.height / 8
    top, bottom = box.y + ry, box.bottom - ry
    arc = f"A{rx:g} {ry:g} 0 0"
    drum = (
        f"M{_point(box.x, top)}{arc} 1 {_point(box.right, top)}V{bottom:g}"
        f"{arc} 1 {_point(box.x, bottom)}Z"
        f"M{_point(box.x, top)}{arc} 0 {_point(box.right, top)}"
    )
    return tag("path", d=drum, **_pen(shape, look)) + _name_outside(shape)


def _group(shape: Shape, _look: Look) -> str:
    return _rect(shape.box, rx=10, fill="none", stroke=FAINT, stroke_dasharray="8 4 1 4")


_OTHERS: dict[str, Callable[[Shape, Look], str]] = {
    "textAnnotation": _note,
    "dataObjectReference": _data,
    "dataStoreReference": _store,
    "group": _group,
}
