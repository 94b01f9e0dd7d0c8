"""Rectangles and points of a drawing, in pixels at full size; y grows downwards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle by its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The x of its right side."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The y of its lower side."""
        return self.y + self.height

    @property
    def centre(self) -> Point:
        """Its middle."""
        return self.x + self.width / 2, self.y + self.height / 2

    @property
    def corners(self) -> tuple[Point, Point]:
        """Upper left and lower right."""
        return (self.x, self.y), (self.right, self.bottom)

    def moved(self, dx: float, dy: float) -> Box:
        """The same rectangle somewhere else."""
        return replace(self, x=self.x + dx, y=self.y + dy)

    def grown(self, by: float) -> Box:
        """The rectangle with so much more on every side."""
        return Box(self.x - by, self.y - by, self.width + 2 * by, self.height + 2 * by)


def around(points: Iterable[Point]) -> Box:
    """The smallest rectangle around the points; an empty one at the origin around none."""
    found = list(points) or [(0.0, 0.0)]
    xs, ys = [x for x, _ in found], [y for _, y in found]
    return Box(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))
