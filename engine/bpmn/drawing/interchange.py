"""Diagram interchange: reads the drawing that a file has, and writes one into a copy of a file.

BPMN 2.0.2 §12: shapes and edges of a plane name the elements that they show.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lxml import etree

from engine.bpmn.drawing.geometry import Box, Point
from engine.bpmn.drawing.layout import Layout, lay_out
from engine.bpmn.drawing.outline import Figure, Pool, Scope, Sheet, outline
from engine.bpmn.names import BPMNDI, Element, bpmn, is_true, local
from engine.bpmn.normalise import give_ids
from engine.bpmn.safe_xml import parse_safely

_DC = "http://www.omg.org/spec/DD/20100524/DC"
_DI = "http://www.omg.org/spec/DD/20100524/DI"
_PREFIXES = {"bpmndi": BPMNDI, "dc": _DC, "di": _DI}
_MAX_COORDINATE = 1e6


def with_layout(file_name: str, content: bytes) -> bytes:
    """A copy of the file with a drawing of every sheet in place of what it had, in UTF-8.

    Nothing else of it changes but the ids of elements that had none. Raises DeploymentRejected
    when the file cannot be read.
    """
    source = parse_safely(file_name, content)
    root = parse_safely(file_name, content, keep_comments=True)
    for tree in (source, root):
        give_ids(tree)
    for drawing in root.findall(f"{{{BPMNDI}}}BPMNDiagram"):
        root.remove(drawing)
    root = _with_prefixes(root)
    ids = _Ids({element.get("id") for element in root.iter("*") if element.get("id")})
    for number, sheet in enumerate(outline(source), start=1):
        diagram = _diagram(sheet, lay_out(sheet), root, ids, number)
        etree.indent(diagram, space="  ", level=1)
        diagram.tail = "\n"
        _set_off(root)
        root.append(diagram)
    written: bytes = etree.tostring(root.getroottree(), encoding="UTF-8", xml_declaration=True)
    return written


def _set_off(root: Element) -> None:
    """What is appended next begins on a line of its own."""
    if len(root):
        root[-1].tail = "\n  "
    else:
        root.text = "\n  "


def _with_prefixes(root: Element) -> Element:
    """The same root with the prefixes that the Modeler itself writes."""
    there: Any = root.nsmap
    wanted = {
        prefix: uri
        for prefix, uri in _PREFIXES.items()
        if uri not in there.values() and prefix not in there
    }
    if not wanted:
        return root
    renewed = etree.Element(root.tag, nsmap={**there, **wanted})
    for name, value in root.items():
        renewed.set(name, value)
    renewed.text = root.text
    for before in reversed(list(root.itersiblings(preceding=True))):
        renewed.addprevious(copy.copy(before))
    renewed.extend(list(root))
    return renewed


class _Ids:
    """Ids for shapes and edges that nothing else in the file has."""

    def __init__(self, taken: set[str | None]) -> None:
        self._taken = taken

    def of(self, wanted: str) -> str:
        while wanted in self._taken:
            wanted += "_"
        self._taken.add(wanted)
        return wanted


def _diagram(sheet: Sheet, layout: Layout, root: Element, ids: _Ids, number: int) -> Element:
    diagram = root.makeelement(f"{{{BPMNDI}}}BPMNDiagram", {"id": ids.of(f"alur_diagram_{number}")})
    plane = etree.SubElement(
        diagram,
        f"{{{BPMNDI}}}BPMNPlane",
        {"id": ids.of(f"alur_plane_{number}"), "bpmnElement": sheet.id},
    )
    elements = {element.get("id"): element for element in root.iter(bpmn("*"))}
    for key, box in layout.boxes.items():
        shape = etree.SubElement(
            plane, f"{{{BPMNDI}}}BPMNShape", {"id": ids.of(f"{key}_di"), "bpmnElement": key}
        )
        for name, value in _shape_attributes(elements[key]):
            shape.set(name, value)
        _add_bounds(shape, box)
        _add_label(shape, layout.labels.get(key))
    for key, points in layout.edges.items():
        edge = etree.SubElement(
            plane, f"{{{BPMNDI}}}BPMNEdge", {"id": ids.of(f"{key}_di"), "bpmnElement": key}
        )
        for x, y in points:
            etree.SubElement(edge, f"{{{_DI}}}waypoint", {"x": _pixels(x), "y": _pixels(y)})
        _add_label(edge, layout.labels.get(key))
    return diagram


def _shape_attributes(element: Element) -> Iterator[tuple[str, str]]:
    kind = local(element)
    if kind in {"participant", "lane"}:
        yield "isHorizontal", "true"
    if kind == "exclusiveGateway":
        yield "isMarkerVisible", "true"
    if kind in {"subProcess", "transaction", "adHocSubProcess"}:
        yield "isExpanded", "true"


def _add_bounds(parent: Element, box: Box) -> None:
    numbers = {"x": box.x, "y": box.y, "width": box.width, "height": box.height}
    etree.SubElement(
        parent, f"{{{_DC}}}Bounds", {name: _pixels(value) for name, value in numbers.items()}
    )


def _add_label(parent: Element, box: Box | None) -> None:
    if box is not None:
        _add_bounds(etree.SubElement(parent, f"{{{BPMNDI}}}BPMNLabel"), box)


def _pixels(value: float) -> str:
    return f"{round(value, 1):g}" if abs(value) < 1e5 else str(round(value))


# -------------------------------------------------------------------------- reading


def drawn_layout(root: Element, sheet: Sheet) -> Layout | None:
    """The drawing that the file has of this sheet; None when it lacks a shape or a line.

    What a collapsed sub-process holds needs none.
    """
    planes = [
        plane
        for diagram in root.findall(f"{{{BPMNDI}}}BPMNDiagram")
        for plane in diagram.findall(f"{{{BPMNDI}}}BPMNPlane")
    ]
    for plane in planes:
        layout = _read_plane(plane)
        if layout is not None and _is_whole(sheet, layout, plane):
            return layout
    return None


def _read_plane(plane: Element) -> Layout | None:
    boxes: dict[str, Box] = {}
    labels: dict[str, Box] = {}
    edges: dict[str, tuple[Point, ...]] = {}
    try:
        for shape in plane.findall(f"{{{BPMNDI}}}BPMNShape"):
            bounds = shape.find(f"{{{_DC}}}Bounds")
            if bounds is not None:
                boxes[shape.get("bpmnElement", "")] = _box(bounds)
            labels |= _read_label(shape)
        for edge in plane.findall(f"{{{BPMNDI}}}BPMNEdge"):
            points = edge.findall(f"{{{_DI}}}waypoint")
            if len(points) > 1:
                edges[edge.get("bpmnElement", "")] = tuple(map(_point, points))
            labels |= _read_label(edge)
    except ValueError:
        return None
    return Layout(boxes, labels, edges, 0.0, 0.0)


def _read_label(parent: Element) -> dict[str, Box]:
    bounds = parent.find(f"{{{BPMNDI}}}BPMNLabel/{{{_DC}}}Bounds")
    # Some tools write a label without a size; it stands where it would without one.
    if bounds is None or (box := _box(bounds)).width <= 0:
        return {}
    return {parent.get("bpmnElement", ""): box}


def _box(bounds: Element) -> Box:
    x, y, width, height = (_number(bounds, name) for name in ("x", "y", "width", "height"))
    return Box(x, y, max(0.0, width), max(0.0, height))


def _point(waypoint: Element) -> Point:
    return _number(waypoint, "x"), _number(waypoint, "y")


def _number(element: Element, name: str) -> float:
    """Raises ValueError for what is no coordinate."""
    number = float(element.get(name, "0"))
    if not math.isfinite(number) or abs(number) > _MAX_COORDINATE:
        raise ValueError(name)
    return number


def _is_whole(sheet: Sheet, layout: Layout, plane: Element) -> bool:
    collapsed = {
        shape.get("bpmnElement", "")
        for shape in plane.findall(f"{{{BPMNDI}}}BPMNShape")
        if not is_true(shape.get("isExpanded"))
    }
    scopes = [scope for pool in sheet.pools for scope in _shown(pool, layout, collapsed)]
    figures = (figure.id for scope in scopes for figure in scope.figures if _is_needed(figure))
    lines = (line.id for scope in scopes for line in scope.lines if line.type == "sequenceFlow")
    frames = (pool.id for pool in sheet.pools if pool.id is not None)
    has_shapes = all(key in layout.boxes for key in (*figures, *frames))
    return has_shapes and all(key in layout.edges for key in lines)


def _is_needed(figure: Figure) -> bool:
    """Notes and data say nothing of where an instance stands."""
    return not figure.type.endswith(("Annotation", "Reference"))


def _shown(pool: Pool, layout: Layout, collapsed: set[str]) -> Iterator[Scope]:
    if pool.scope is not None:
        yield from _shown_in(pool.scope, layout, collapsed)


def _shown_in(scope: Scope, layout: Layout, collapsed: set[str]) -> Iterator[Scope]:
    yield scope
    for figure in scope.figures:
        if figure.inner is not None and not is_collapsed(figure, layout.boxes, collapsed):
            yield from _shown_in(figure.inner, layout, collapsed)


def is_collapsed(figure: Figure, boxes: Mapping[str, Box], collapsed: Iterable[str]) -> bool:
    """Whether the sub-process hides what it holds: it says so, and nothing in it is drawn."""
    inside = figure.inner.figures if figure.inner else ()
    return figure.id in collapsed and not any(each.id in boxes for each in inside)
