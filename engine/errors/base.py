"""What every error of the engine is, and the one of things that are not there."""

from __future__ import annotations


class EngineError(Exception):
    """The engine refused."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


class NotFound(EngineError):
    """There is no such thing."""

    def __init__(self, noun: str, key: str) -> None:
        self.noun = noun
        self.key = key
        super().__init__(f"there is no {noun} {key!r}")
