"""What a receiver answered, as the log can keep and show it."""

from __future__ import annotations

MOST_KEPT = 500


def printable(text: str) -> str:
    """The first MOST_KEPT characters on one line, without what a terminal or database chokes on."""
    return "".join(each if each.isprintable() else " " for each in text)[:MOST_KEPT].strip()
