"""An ExpressionRefused that says its reason in both languages, for the findings of the checks."""

from __future__ import annotations

from engine.errors import ExpressionRefused


class Refusal(ExpressionRefused):
    """An expression or script is refused; `reason` is English, `reason_id` Indonesian."""

    def __init__(self, source: str, reason: str, reason_id: str) -> None:
        self.reason_id = reason_id
        super().__init__(shortened(source), reason)


class NotRun(Refusal):
    """What is refused is right in its own language; it is this engine that does not run it."""


def shortened(source: str) -> str:
    """The source as far as a message should repeat it."""
    return source if len(source) <= 200 else source[:200] + "…"
