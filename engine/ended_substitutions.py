"""The duty of substitutions: when their last day is over, what they held goes back to its lane."""

from __future__ import annotations

from typing import Protocol

from engine.one_by_one import OneByOne
from engine.sources import Clock


class Dated(Protocol):
    """What the duty needs of engine.substitutions.Substitutions."""

    def expired(self, limit: int) -> list[str]:
        """Ids of those whose last day is over."""
        ...

    def expire(self, substitution_id: str) -> bool:
        """Whether it was ended now."""
        ...


class EndedSubstitutions(OneByOne):
    """Ends substitutions. Their rights end by themselves, at the very moment."""

    name = "substitutions"

    def __init__(self, substitutions: Dated, clock: Clock) -> None:
        failure = "substitution %s could not be ended; again in %s: %s"
        super().__init__(substitutions.expired, substitutions.expire, clock, failure=failure)
