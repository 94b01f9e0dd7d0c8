"""Who takes part: Alur, the floor beneath it, and its peers; each works in its own way."""

from __future__ import annotations

from typing import Protocol

from tests.benchmarks.figures import Series


class Contestant(Protocol):
    """Completes the ten steps of instances."""

    name: str

    def round(self, *, instances: int, clients: int) -> Series:
        """Start that many instances and complete them to their end; only completions are timed.

        The instances are started before the first one is timed, and dealt out to the clients.
        """
        ...

    def bytes_used(self) -> int | None:
        """How large its database is now; None when it has none of its own."""
        ...

    def statements(self) -> list[int]:
        """SQL statements of each completion of one more instance; empty where not counted."""
        ...

    def close(self) -> None: ...
