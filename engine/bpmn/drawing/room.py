"""What words need: places in cells, and the room that rows and columns leave for them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from engine.bpmn.drawing.stack import Cell
from engine.bpmn.drawing.tracks import LegKey


@dataclass(frozen=True, slots=True)
class Place:
    """A label from the middle of a cell; with `leg` from that leg, as far as it goes across."""

    id: str
    cell: Cell
    dx: float
    dy: float
    width: float
    height: float
    leg: LegKey | None = None


@dataclass(slots=True)
class Room:
    """What columns, rows and channels need, in pixels. Rows and columns reach out from middles."""

    #: Half of a column's breadth; what a row needs above and below its middle.
    halves: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    ups: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    downs: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    #: Channel between columns -> what it needs left and right of its tracks.
    lefts: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    rights: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    #: A leg in a channel between rows -> what it needs above it; between columns, right of it.
    above_legs: dict[LegKey, float] = field(default_factory=dict)
    beside_legs: dict[LegKey, float] = field(default_factory=dict)

    @staticmethod
    def need(where: dict[int, float], key: int, least: float) -> None:
        """There is at least so much."""
        where[key] = max(where[key], least)
