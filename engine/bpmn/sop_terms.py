"""The properties of an SOP from which deadlines are computed."""

from __future__ import annotations

import re

#: Of a user task: its Waktu, as P2D (working days) or PT30M (working time).
TERM = "sop:waktuIso"
#: Of a process: the key of its working calendar, and its time zone.
CALENDAR, ZONE = "sop:kalender", "sop:zonaWaktu"

CALENDAR_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
