"""Rows: what follows stands beside what it follows, and other ways below it, within one band.

A band is a lane without lanes in it, or a whole process or sub-process that has none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from engine.bpmn.drawing.ranks import Arc, Ranking

#: How far a node may stand from the row of its predecessor before a row is made for it.
_NEAR = 2


@dataclass(slots=True, eq=False)
class _Row:
    """Which columns are taken, and for whom others are kept free so that a way stays straight."""

    taken: dict[int, str] = field(default_factory=dict)
    kept: list[tuple[int, int, str]] = field(default_factory=list)
    is_for_artifacts: bool = False

    def is_free(self, first: int, last: int, node: str) -> bool:
        if any(first <= column <= last for column in self.taken):
            return False
        return all(owner == node or last < start or end < first for start, end, owner in self.kept)


class Bands:
    """The rows of each band, filled from left to right."""

    def __init__(self, ranking: Ranking, band_of: Mapping[str, int], count: int) -> None:
        self.rows: list[list[_Row]] = [[] for _ in range(count)]
        self._columns = dict(ranking.columns)
        self._band_of = dict(band_of)
        self._row_of: dict[str, _Row] = {}
        self._before = _grouped((target, source) for source, target in ranking.onward)
        self._after = _grouped(ranking.onward)
        self._heirs = self._choose_heirs(ranking.order)
        place_in_order = {node: number for number, node in enumerate(ranking.order)}
        for node in sorted(ranking.order, key=lambda n: (self._columns[n], place_in_order[n])):
            self._place(node)

    def cells(self) -> dict[str, tuple[int, int, int]]:
        """Node -> (column, band, row within the band)."""
        return {
            node: (column, band, number)
            for band, rows in enumerate(self.rows)
            for number, row in enumerate(rows)
            for column, node in row.taken.items()
        }

    # ------------------------------------------------------------------ flow nodes

    def _choose_heirs(self, order: Sequence[str]) -> dict[str, str]:
        """Node -> the successor in its band that goes on in its row: where the way is longest."""
        length: dict[str, int] = {}
        heirs: dict[str, str] = {}
        for node in reversed(order):
            targets = self._after.get(node, [])
            length[node] = 1 + max((length.get(t, 0) for t in targets), default=0)
            near = [t for t in targets if self._band_of[t] == self._band_of[node]]
            if near:
                heirs[node] = max(near, key=lambda target: length.get(target, 0))
        return heirs

    def _place(self, node: str) -> None:
        column, band = self._columns[node], self._band_of[node]
        row = self._row_for(node, column, self.rows[band])
        self._take(row, column, node)
        heir = self._heirs.get(node)
        if heir is not None and self._columns[heir] > column + 1:
            row.kept.append((column + 1, self._columns[heir], heir))

    def _take(self, row: _Row, column: int, node: str) -> None:
        row.taken[column] = node
        self._row_of[node] = row
        self._columns[node] = column

    def _row_for(self, node: str, column: int, rows: list[_Row]) -> _Row:
        near = [p for p in self._before.get(node, []) if self._row_of.get(p) in rows]
        heir_of = [p for p in near if self._heirs.get(p) == node]
        for parent in sorted(heir_of, key=lambda p: rows.index(self._row_of[p])):
            row = self._row_of[parent]
            if row.is_free(self._columns[parent] + 1, column, node):
                return row
        if near:
            return self._row_beside(node, near[0], column, rows)
        for row in rows:
            if row.is_free(max(column - 1, 0), column, node):
                return row
        return _inserted(rows, len(rows))

    def _row_beside(self, node: str, parent: str, column: int, rows: list[_Row]) -> _Row:
        """A free row near the parent's, else a new one below those of its other ways."""
        home = rows.index(self._row_of[parent])
        start = self._columns[parent]
        nearest = sorted(range(len(rows)), key=lambda n: (abs(n - home), n < home))
        for number in nearest:
            is_near = abs(number - home) <= _NEAR and number != home
            if is_near and rows[number].is_free(start, column, node):
                return rows[number]
        siblings = [self._row_of.get(s) for s in self._after.get(parent, [])]
        below = max((rows.index(row) for row in siblings if row in rows), default=home)
        return _inserted(rows, max(home, below) + 1)

    # ------------------------------------------------------------------- artifacts

    def place_artifacts(self, artifacts: Iterable[str], links: Sequence[Arc]) -> None:
        """Notes and data stand in rows of their own, above what they belong to, or near."""
        for artifact in artifacts:
            ends = [(a if b == artifact else b) for a, b in links if artifact in (a, b)]
            owner = next((end for end in ends if end in self._row_of), None)
            band = self._band_of[owner] if owner else 0
            rows = self.rows[band]
            column = self._columns[owner] if owner else 0
            home = rows.index(self._row_of[owner]) if owner else len(rows)
            row, column = _free_cell(rows, home, column)
            self._band_of[artifact] = band
            self._take(row, column, artifact)


def _free_cell(rows: list[_Row], home: int, column: int) -> tuple[_Row, int]:
    """A place in the row of artifacts above the row `home`, which is made when it is not there."""
    if home == 0 or not rows[home - 1].is_for_artifacts:
        _inserted(rows, home).is_for_artifacts = True
        home += 1
    row = rows[home - 1]
    nearest = (column + sign * step for step in range(len(row.taken) + 2) for sign in (1, -1))
    return row, next(c for c in nearest if c >= 0 and c not in row.taken)


def _inserted(rows: list[_Row], index: int) -> _Row:
    row = _Row()
    rows.insert(index, row)
    return row


def _grouped(arcs: Iterable[Arc]) -> dict[str, list[str]]:
    ways: dict[str, list[str]] = {}
    for source, target in arcs:
        ways.setdefault(source, []).append(target)
    return ways
