"""The properties of an SOP from which deadlines are computed, and who may change these."""

from __future__ import annotations

import re

#: Of a user task: its Waktu, as P2D (working days) or PT30M (working time).
TERM = "sop:waktuIso"
#: Of a process: the key of its working calendar, and its time zone.
CALENDAR, ZONE = "sop:kalender", "sop:zonaWaktu"

#: Of a process: the lanes, separated by commas, whose holders may set due dates by hand.
SUPERIORS = "sop:atasan"

CALENDAR_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def lanes_in(text: str) -> frozenset[str]:
    """The lanes that a text names, separated by commas."""
    return frozenset(name for each in text.split(",") if (name := each.strip()))
