"""Rests: what failed is left alone for a while, twice as long after each further failure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.sources import Clock


@dataclass(frozen=True, slots=True)
class _Rest:
    """How long something is left alone."""

    since: datetime
    length: timedelta


class Rests:
    """Who rests, by name. Not kept: another process tries by itself."""

    def __init__(self, clock: Clock, *, shortest: timedelta, longest: timedelta) -> None:
        self._clock = clock
        self._shortest = shortest
        self._longest = longest
        self._resting: dict[str, _Rest] = {}

    def begin(self, name: str) -> timedelta:
        """It failed: it rests from now on; for how long."""
        before = self._resting.get(name)
        length = min(before.length * 2, self._longest) if before else self._shortest
        self._resting[name] = _Rest(self._clock.now(), length)
        return length

    def end(self, name: str) -> None:
        """It succeeded: its next failure rests as short as a first one."""
        self._resting.pop(name, None)

    def keep_only(self, names: Iterable[str]) -> None:
        """Forget whoever is not among `names`."""
        self._resting = {name: self._resting[name] for name in names if name in self._resting}

    def is_resting(self, name: str) -> bool:
        """Whether it is to be left alone now."""
        rest = self._resting.get(name)
        # A clock that was set back must not prolong a rest.
        return rest is not None and rest.since <= self._clock.now() < rest.since + rest.length

    def names(self) -> list[str]:
        """Who rests now."""
        return [name for name in self._resting if self.is_resting(name)]

    def failed(self) -> list[str]:
        """Who failed and has not succeeded since, whether it rests or not."""
        return list(self._resting)

    def __len__(self) -> int:
        return len(self._resting)
