"""Priorities in the words of a disposition sheet: Rendah, Biasa, Segera, Sangat segera."""

from __future__ import annotations

from webhooks.language import Phrases, phrase

#: The numbers that people choose from. Camunda's are 0 to 100, and 50 when a diagram says nothing.
PRIORITIES = Phrases(
    {
        100: phrase("Sangat segera"),
        75: phrase("Segera"),
        50: phrase("Biasa"),
        25: phrase("Rendah"),
    }
)
#: From which priority on each word holds, the most urgent first.
_FROM = {90: 100, 60: 75, 40: 50}
#: From which priority on a task is urgent.
URGENT = 60


def priority_text(priority: int) -> str:
    """The word for any priority that a diagram or a program gives."""
    return PRIORITIES[nearest(priority)]


def nearest(priority: int) -> int:
    """The one of PRIORITIES that stands for it."""
    return next((said for least, said in _FROM.items() if priority >= least), 25)
