"""The grid of a drawing: which cell each shape has, and which rows lanes and pools fill."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.bpmn.drawing.outline import ARTIFACTS, Figure, LaneOutline, Line, Pool, Scope
from engine.bpmn.drawing.ranks import Arc, rank
from engine.bpmn.drawing.rows import Bands

#: (column, row)
Cell = tuple[int, int]


@dataclass(slots=True)
class Stack:
    """Rows from top to bottom. A border between lanes or pools is a row of its own, without cells.

    A pool begins and ends with a border, so that there is always a channel on either side.
    """

    cells: dict[str, Cell] = field(default_factory=dict)
    borders: set[int] = field(default_factory=set)
    #: Rows of pools of which nothing is told.
    blanks: set[int] = field(default_factory=set)
    #: Id of a lane or pool -> the rows of its upper and lower border.
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)
    row_count: int = 0
    column_count: int = 1

    def add_pool(self, pool: Pool) -> None:
        """The pool below what is there."""
        top = self._add_border()
        if pool.scope is None:
            self.blanks.add(self._add_row())
        else:
            self._add_bands(pool)
        bottom = self._add_border()
        if pool.id is not None:
            self.spans[pool.id] = top, bottom

    def add_scope(self, scope: Scope) -> None:
        """The inside of a sub-process, in one band."""
        self._place([_cells(scope, (), {})])

    def _add_bands(self, pool: Pool) -> None:
        scope, leaves = pool.scope or Scope(), pool.leaves()
        found = _cells(scope, leaves, _band_of(scope, pool.lanes, leaves))
        for number, leaf in enumerate(leaves):
            top = self.row_count - 1
            self._place([{n: cell for n, cell in found.items() if cell[1] == number}])
            is_last = number == len(leaves) - 1
            bottom = self.row_count if is_last else self._add_border()
            self.spans[leaf.id] = top, bottom
        if not leaves:
            self._place([found])
        for lane in pool.lanes:
            self._span_parents(lane)

    def _span_parents(self, lane: LaneOutline) -> tuple[int, int]:
        if lane.children:
            inner = [self._span_parents(child) for child in lane.children]
            self.spans[lane.id] = inner[0][0], inner[-1][1]
        return self.spans[lane.id]

    def _place(self, bands: Sequence[Mapping[str, tuple[int, int, int]]]) -> None:
        for band in bands:
            for node, (column, _, row) in band.items():
                self.cells[node] = column, self.row_count + row
                self.column_count = max(self.column_count, column + 1)
            self.row_count += 1 + max((row for _, _, row in band.values()), default=0)

    def _add_border(self) -> int:
        self.borders.add(self.row_count)
        return self._add_row()

    def _add_row(self) -> int:
        self.row_count += 1
        return self.row_count - 1


def _cells(
    scope: Scope, leaves: Sequence[LaneOutline], band_of: Mapping[str, int]
) -> dict[str, tuple[int, int, int]]:
    """Figure -> (column, band, row in the band); boundary events have their host's cell."""
    hosts = {each.id: each.host for each in scope.figures if each.host}
    own = [each for each in scope.figures if each.id not in hosts]
    nodes = [each.id for each in own if each.type not in ARTIFACTS]
    artifacts = [each.id for each in own if each.type in ARTIFACTS]
    arcs = _arcs(scope, hosts)
    known = set(nodes)
    ranking = rank(nodes, [arc for arc in arcs if known.issuperset(arc)])
    bands = Bands(ranking, {n: band_of.get(n, 0) for n in nodes}, max(1, len(leaves)))
    bands.place_artifacts(artifacts, arcs)
    return bands.cells()


def _arcs(scope: Scope, hosts: Mapping[str, str]) -> list[Arc]:
    """What leads to what; a boundary event leads where its host could."""
    return [
        (hosts.get(line.source, line.source), hosts.get(line.target, line.target))
        for line in scope.lines
    ]


def _band_of(
    scope: Scope, lanes: Sequence[LaneOutline], leaves: Sequence[LaneOutline]
) -> dict[str, int]:
    """Figure -> number of its innermost lane; of one in no lane, that of a neighbour."""
    numbers = {leaf.id: number for number, leaf in enumerate(leaves)}
    found: dict[str, int] = {}
    for lane in lanes:
        _note_members(lane, numbers, found)
    _ask_neighbours(scope.figures, scope.lines, found)
    return found


def _note_members(lane: LaneOutline, numbers: Mapping[str, int], found: dict[str, int]) -> None:
    first = next(lane.leaves()).id
    found |= dict.fromkeys(lane.members, numbers[first])
    # What a child names belongs to the child.
    for child in lane.children:
        _note_members(child, numbers, found)


def _ask_neighbours(
    figures: Sequence[Figure], lines: Sequence[Line], found: dict[str, int]
) -> None:
    hosts = {each.id: each.host for each in figures if each.host}
    arcs = [*((line.source, line.target) for line in lines), *hosts.items()]
    is_changed = True
    while is_changed:
        is_changed = False
        for one, other in [*arcs, *((b, a) for a, b in arcs)]:
            if one not in found and other in found:
                found[one] = found[other]
                is_changed = True
