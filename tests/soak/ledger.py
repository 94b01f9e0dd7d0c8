"""What the clients were told: each deed with its mark, and what they know of its outcome."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum


class Outcome(StrEnum):
    """What a client knows of what it asked for."""

    #: It was told that it is done.
    DONE = "done"
    #: It was told that nothing was done.
    NOTHING = "nothing"
    #: It was told nothing, or that it is not known: done once, or not at all.
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that was asked for. `mark`: a text of its own that history has if it was done."""

    kind: str
    mark: str
    outcome: Outcome
    #: The instance, task or external task that it is about.
    subject: str = ""
    #: Who asked.
    account: str = ""

    @property
    def least(self) -> int:
        """How often it must be found at least."""
        return 1 if self.outcome is Outcome.DONE else 0

    @property
    def most(self) -> int:
        """How often it may be found at most."""
        return 0 if self.outcome is Outcome.NOTHING else 1


@dataclass
class Ledger:
    """All that was asked for, and what went wrong in the sight of who asked."""

    deeds: list[Deed] = field(default_factory=list)
    #: What no client should ever see: an undocumented 5xx, a second answer that differs.
    faults: list[str] = field(default_factory=list)
    #: (method and route, status or kind of loss) -> how often.
    answers: Counter[tuple[str, str]] = field(default_factory=Counter)
    _numbers: itertools.count[int] = field(default_factory=itertools.count)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def mark(self, who: str) -> str:
        """A text that nothing else has: one word, so that a search finds it."""
        return f"tanda{next(self._numbers):07d}{who}"

    def add(self, deed: Deed) -> None:
        with self._lock:
            self.deeds.append(deed)

    def answered(self, what: str, how: str) -> None:
        with self._lock:
            self.answers[what, how] += 1

    def fault(self, text: str) -> None:
        with self._lock:
            self.faults.append(text)

    def of(self, *kinds: str) -> list[Deed]:
        with self._lock:
            return [each for each in self.deeds if each.kind in kinds]

    def done(self, *kinds: str) -> int:
        """How many deeds of these kinds were told to be done."""
        return sum(each.outcome is Outcome.DONE for each in self.of(*kinds))

    def counts(self) -> dict[str, Counter[str]]:
        """Kind -> outcome -> how many."""
        found: dict[str, Counter[str]] = {}
        for deed in list(self.deeds):
            found.setdefault(deed.kind, Counter())[str(deed.outcome)] += 1
        return found
