"""Figures of a benchmark: percentiles of what was timed, and tables that people read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Series:
    """What one contestant did. `seconds`: how long each operation took; `elapsed_s`: all of it."""

    seconds: list[float] = field(default_factory=list)
    elapsed_s: float = 0.0
    #: SQL statements per operation, where they can be counted.
    statements: list[int] = field(default_factory=list)

    def add(self, other: Series) -> None:
        self.seconds += other.seconds
        self.elapsed_s += other.elapsed_s
        self.statements += other.statements

    @property
    def p50_ms(self) -> float:
        return percentile(self.seconds, 50) * 1e3

    @property
    def p99_ms(self) -> float:
        return percentile(self.seconds, 99) * 1e3

    @property
    def per_second(self) -> float:
        """Operations per second of the clock on the wall, whoever did them."""
        return len(self.seconds) / self.elapsed_s


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` of 100 of them do not exceed (nearest rank)."""
    if not values:
        message = "no values were measured"
        raise ValueError(message)
    ordered = sorted(values)
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(int(rank), 1) - 1]


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table for a terminal; the first column is text, the others stand to the right."""
    texts = [[_text(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[i]) for row in texts) for i in range(len(head))]
    lines = [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in texts
    ]
    rule = "  ".join("-" * width for width in widths)
    return "\n".join(["", title, "", lines[0], rule, *lines[1:]])


def _text(cell: object) -> str:
    if cell is None:
        return "–"
    if isinstance(cell, float):
        return f"{cell:,.2f}" if abs(cell) < 100 else f"{cell:,.0f}"
    if isinstance(cell, int):
        return f"{cell:,}"
    return str(cell)
