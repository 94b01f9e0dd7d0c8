"""The properties of an SOP that the engine acts upon: deadlines, and who may decide what."""

from __future__ import annotations

import re

from engine.bpmn.elements import FlowNode

#: Of a user task: its Waktu, as P2D (working days) or PT30M (working time).
TERM = "sop:waktuIso"
#: Of a process: the key of its working calendar, and its time zone.
CALENDAR, ZONE = "sop:kalender", "sop:zonaWaktu"

#: Of a process: the lanes, separated by commas, whose holders may set due dates by hand.
SUPERIORS = "sop:atasan"

#: Of a user task: whether only who holds the lane may do it, and no substitute.
STRATEGIC = "sop:strategis"

#: A yes or a no, as a property says it.
WORDS = {"ya": True, "tidak": False, "true": True, "false": False}

CALENDAR_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def lanes_in(text: str) -> frozenset[str]:
    """The lanes that a text names, separated by commas."""
    return frozenset(name for each in text.split(",") if (name := each.strip()))


def is_strategic(node: FlowNode) -> bool:
    """Whether a step is closed to substitutes.

    UU 30/2014 art. 14 (7): who holds a mandate (Plt., Plh., a.n., u.b.) may not decide what
    changes the legal status of organisation, staff or budget. Which step that is, the SOP says.
    """
    return WORDS.get(node.properties.get(STRATEGIC, "").strip().lower(), False)
