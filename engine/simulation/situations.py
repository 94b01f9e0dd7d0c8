"""Remembers the situations that runs came to, and from which of them an end was reached."""

from __future__ import annotations


class Situations:
    """A graph: situations, known by their signature, and which leads to which."""

    def __init__(self) -> None:
        self._before: dict[bytes, set[bytes]] = {}
        self._over: set[bytes] = set()
        #: Situation -> (run that came to it first, activity that waits there).
        self._first: dict[bytes, tuple[int, str | None]] = {}

    def add(
        self, situation: bytes, *, before: bytes | None, run: int, activity_id: str | None
    ) -> bool:
        """Remember it, and from which situation it followed; False when it was known."""
        is_new = situation not in self._before
        known = self._before.setdefault(situation, set())
        if before is not None:
            known.add(before)
        self._first.setdefault(situation, (run, activity_id))
        return is_new

    def add_over(self, situation: bytes) -> None:
        """The run is over in this situation, well or badly."""
        self._over.add(situation)

    def endless(self) -> list[tuple[int, str | None]]:
        """Situations from which no run has come to its end so far: (first run, activity)."""
        ending, pending = set(self._over), list(self._over)
        while pending:
            for before in self._before[pending.pop()] - ending:
                ending.add(before)
                pending.append(before)
        return [first for situation, first in self._first.items() if situation not in ending]
