"""Makes the picture of a process: from the drawing of its file, or laid out when that lacks any."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.bpmn.diagram import event_definitions
from engine.bpmn.drawing.interchange import drawn_layout, is_collapsed
from engine.bpmn.drawing.layout import Layout, lay_out
from engine.bpmn.drawing.outline import Figure, LaneOutline, Line, Scope, Sheet, outline
from engine.bpmn.drawing.picture import Edge, Picture, Shape
from engine.bpmn.names import (
    BPMNDI,
    EVENTS,
    GATEWAYS,
    SUB_PROCESSES,
    Element,
    bpmn,
    is_true,
    local,
)

_COLOUR = "{http://www.omg.org/spec/BPMN/non-normative/color/1.0}"
_BIOCOLOUR = "{http://bpmn.io/schema/bpmn/biocolor/1.0}"
_RGB = re.compile(r"#[0-9a-fA-F]{6}")
_THROWING = frozenset({"endEvent", "intermediateThrowEvent"})
_LOOPS = {"standardLoopCharacteristics": "loop", "multiInstanceLoopCharacteristics": "parallel"}


def picture_of(root: Element, process_id: str) -> Picture:
    """The picture on which the process is; `root` is a Diagram's source.

    Every element has its place afterwards, whatever the file says.
    """
    sheet = next(sheet for sheet in outline(root) if process_id in _process_ids(sheet, root))
    drawn = drawn_layout(root, sheet)
    return _Painter(root, sheet, drawn or lay_out(sheet), is_drawn=drawn is not None).picture()


def is_drawn(root: Element, process_id: str) -> bool:
    """Whether the file itself says where everything of the process stands."""
    sheets = (sheet for sheet in outline(root) if process_id in _process_ids(sheet, root))
    return any(drawn_layout(root, sheet) is not None for sheet in sheets)


def _process_ids(sheet: Sheet, root: Element) -> set[str]:
    parts = root.iter(bpmn("participant"))
    pools = {pool.id for pool in sheet.pools if pool.scope is not None}
    return {sheet.id, *(part.get("processRef", "") for part in parts if part.get("id") in pools)}


class _Painter:
    """Collects what is painted, what holds others first."""

    def __init__(self, root: Element, sheet: Sheet, layout: Layout, *, is_drawn: bool) -> None:
        self._elements = {e.get("id", ""): e for e in root.iter(bpmn("*")) if e.get("id")}
        self._interchange = {
            e.get("bpmnElement", ""): e for e in root.iter(f"{{{BPMNDI}}}BPMNShape") if is_drawn
        }
        self._sheet, self._layout, self._is_drawn = sheet, layout, is_drawn
        self._collapsed = {
            key for key, e in self._interchange.items() if not is_true(e.get("isExpanded"))
        }
        self._defaults = {e.get("default") for e in self._elements.values()}
        self._stands_for: dict[str, str] = {}

    def picture(self) -> Picture:
        shapes = [shape for shape in self._shapes() if shape is not None]
        lines = [*self._lines(), *self._sheet.messages]
        edges = [edge for line in lines if (edge := self._edge(line)) is not None]
        return Picture(
            id=self._sheet.id,
            name=next((pool.name for pool in self._sheet.pools if pool.name), ""),
            shapes=tuple(shapes),
            edges=tuple(edges),
            is_drawn=self._is_drawn,
            stands_for=self._stands_for,
        )

    # ----------------------------------------------------------------------- shapes

    def _shapes(self) -> Iterator[Shape | None]:
        for pool in self._sheet.pools:
            if pool.id is not None:
                yield self._frame(pool.id, pool.name, is_open=pool.scope is not None)
            for lane in pool.lanes:
                yield from self._lanes(lane)
        for pool in self._sheet.pools:
            yield from self._figures(pool.scope or Scope())
        for key in self._interchange:
            element = self._elements.get(key)
            if element is not None and local(element) == "group" and key in self._layout.boxes:
                yield Shape(key, "group", "", self._layout.boxes[key])

    def _lanes(self, lane: LaneOutline) -> Iterator[Shape | None]:
        yield self._frame(lane.id, lane.name, is_open=True)
        for child in lane.children:
            yield from self._lanes(child)

    def _frame(self, key: str, name: str, *, is_open: bool) -> Shape | None:
        box = self._layout.boxes.get(key)
        if box is None:
            return None
        fill, stroke = self._colours(key)
        said = self._interchange[key].get("isHorizontal") if self._is_drawn else None
        return Shape(
            id=key,
            type=local(self._elements[key]),
            name=name,
            box=box,
            is_expanded=is_open,
            # Old files do not say it of pools that lie.
            is_horizontal=is_true(said) if said else box.width >= box.height,
            fill=fill,
            stroke=stroke,
        )

    def _figures(self, scope: Scope) -> Iterator[Shape | None]:
        # Boundary events are painted over their hosts.
        for figure in sorted(scope.figures, key=lambda each: each.host is not None):
            if figure.id not in self._layout.boxes:
                continue
            hides = self._hides(figure)
            yield self._shape(figure, is_expanded=figure.inner is not None and not hides)
            if figure.inner is not None and not hides:
                yield from self._figures(figure.inner)
            elif figure.inner is not None:
                self._stands_for |= dict.fromkeys(_inside(figure.inner), figure.id)

    def _hides(self, figure: Figure) -> bool:
        return self._is_drawn and is_collapsed(figure, self._layout.boxes, self._collapsed)

    def _shape(self, figure: Figure, *, is_expanded: bool) -> Shape:
        element = self._elements[figure.id]
        kind = next(iter(event_definitions(element)), None) if figure.type in EVENTS else None
        fill, stroke = self._colours(figure.id)
        return Shape(
            id=figure.id,
            type=figure.type,
            name=figure.name,
            box=self._layout.boxes[figure.id],
            label=self._layout.labels.get(figure.id),
            event=None if kind is None else local(kind).removesuffix("EventDefinition"),
            throws=figure.type in _THROWING,
            interrupts=_interrupts(element),
            markers=tuple(_markers(element, is_expanded=is_expanded)),
            is_expanded=is_expanded,
            is_transaction=figure.type == "transaction",
            is_event_sub_process=is_true(element.get("triggeredByEvent")),
            fill=fill,
            stroke=stroke,
        )

    def _colours(self, key: str) -> tuple[str | None, str | None]:
        """(fill, stroke) as the analyst chose them; None for none, or what is no colour."""
        if key not in self._interchange:
            return None, None
        shape = self._interchange[key]
        fill = shape.get(f"{_COLOUR}background-color") or shape.get(f"{_BIOCOLOUR}fill") or ""
        stroke = shape.get(f"{_COLOUR}border-color") or shape.get(f"{_BIOCOLOUR}stroke") or ""
        return (
            fill if _RGB.fullmatch(fill) else None,
            stroke if _RGB.fullmatch(stroke) else None,
        )

    # ------------------------------------------------------------------------ lines

    def _lines(self) -> Iterator[Line]:
        for pool in self._sheet.pools:
            yield from _lines_in(pool.scope or Scope())

    def _edge(self, line: Line) -> Edge | None:
        points = self._layout.edges.get(line.id)
        if points is None:
            return None
        element, source = self._elements[line.id], self._elements.get(line.source)
        has_condition = element.find(bpmn("conditionExpression")) is not None
        return Edge(
            id=line.id,
            type=line.type,
            name=line.name,
            source=line.source,
            target=line.target,
            points=points,
            label=self._layout.labels.get(line.id),
            is_default=line.id in self._defaults,
            is_conditional=has_condition and source is not None and local(source) not in GATEWAYS,
            direction=element.get("associationDirection", "None"),
        )


def _lines_in(scope: Scope) -> Iterator[Line]:
    yield from scope.lines
    for figure in scope.figures:
        if figure.inner is not None:
            yield from _lines_in(figure.inner)


def _inside(scope: Scope) -> Iterator[str]:
    for figure in scope.figures:
        yield figure.id
        yield from _inside(figure.inner or Scope())


def _interrupts(element: Element) -> bool:
    said = element.get("cancelActivity") or element.get("isInterrupting")
    return said is None or is_true(said)


def _markers(element: Element, *, is_expanded: bool) -> Iterator[str]:
    """BPMN 2.0.2 §10.3: loop, multi-instance, compensation, ad-hoc, sub-process."""
    for tag, marker in _LOOPS.items():
        loop = element.find(bpmn(tag))
        if loop is not None:
            yield "sequential" if is_true(loop.get("isSequential")) else marker
    if is_true(element.get("isForCompensation")):
        yield "compensation"
    if local(element) == "adHocSubProcess":
        yield "adhoc"
    is_whole = local(element) in SUB_PROCESSES and not is_expanded
    if is_whole or local(element) == "callActivity":
        yield "collapsed"
