"""Many durations in few numbers: how many lie in each bucket, and the least and the most of them.

A bucket is a sixteenth of a power of two wide, or a millisecond. Which of so many durations is at a
place in their order, is known exactly where its bucket has one value, or it is the bucket's first
or last; otherwise the bucket says where to look for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

_BITS = 5
_MILLISECOND = timedelta(milliseconds=1)
#: Of one bucket: how many, the least and the most, in milliseconds.
Row = list[int]


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the order of all one of them stands: `behind` so many that are `least` or more.

    value: what it is; None: only that it lies in a bucket that begins with `least`.
    """

    least: timedelta
    behind: int
    value: timedelta | None


class Buckets:
    """Durations of one thing; they are counted in, and never taken out."""

    def __init__(self) -> None:
        self._rows: dict[int, Row] = {}

    def add(self, value: int, number: int = 1) -> None:
        """So many more of so many milliseconds. Raises TypeError, ValueError for none."""
        if value < 0:
            message = f"expected 0 milliseconds or more, found {value}"
            raise ValueError(message)
        self._join(_bucket_of(value), [number, value, value])

    def join(self, kept: Mapping[str, Row]) -> None:
        """All those that `kept` is of, as `rows` gives it."""
        for bucket, row in kept.items():
            self._join(int(bucket), row)

    def rows(self) -> dict[str, Row]:
        """What is kept of them: by the number of the bucket how many, the least, the most."""
        return {str(bucket): row for bucket, row in self._rows.items()}

    @property
    def number(self) -> int:
        """How many there are."""
        return sum(row[0] for row in self._rows.values())

    def _join(self, bucket: int, row: Iterable[int]) -> None:
        number, least, most = row
        if bucket in self._rows:
            known = self._rows[bucket]
            known[:] = [known[0] + number, min(known[1], least), max(known[2], most)]
        else:
            self._rows[bucket] = [number, least, most]

    def place(self, number: int) -> Place:
        """The one of this number in their order, which begins at 0. Raises IndexError."""
        before = 0
        for bucket in sorted(self._rows):
            inside, least, most = self._rows[bucket]
            behind = number - before
            if 0 <= behind < inside:
                value = most if behind == inside - 1 else least
                is_known = behind in (0, inside - 1) or least == most
                return Place(
                    least * _MILLISECOND, behind, value * _MILLISECOND if is_known else None
                )
            before += inside
        raise IndexError(number)


def _bucket_of(value: int) -> int:
    """Its first five binary digits, and how many follow: greater values have no lesser number."""
    follow = max(value.bit_length() - _BITS, 0)
    return (follow << (_BITS - 1)) + (value >> follow)
