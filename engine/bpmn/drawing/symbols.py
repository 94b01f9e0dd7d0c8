"""The small signs of BPMN: types of events, tasks and gateways, and markers of activities.

BPMN 2.0.2 §7.4, §10.3–10.6 say what they look like; each is a path around (0, 0) that its painter
moves and strokes. A sign that is filled says "throws" of an event.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sign:
    """One path around (0, 0), within 10 pixels to each side."""

    path: str
    #: Whether its closed parts are filled with ink even when it only catches.
    is_filled: bool = False


EVENTS = {
    "message": Sign("M-9-6H9V6H-9ZL0 1 9-6"),
    "timer": Sign(
        "M0-10A10 10 0 1 1 0 10A10 10 0 1 1 0-10M0-6V0L5 3M0-10V-8M0 10V8M-10 0H-8M10 0H8"
    ),
    "error": Sign("M-8 8-3-7 3 1 8-8 4 7-2 0Z"),
    "escalation": Sign("M0-9 7 8 0 2-7 8Z"),
    "cancel": Sign("M-8-5-5-8 0-3 5-8 8-5 3 0 8 5 5 8 0 3-5 8-8 5-3 0Z"),
    "compensate": Sign("M-1-7V7L-9 0ZM8-7V7L0 0Z"),
    "conditional": Sign("M-7-9H7V9H-7ZM-4-5H4M-4 0H4M-4 5H4"),
    "link": Sign("M-8-3H2V-8L9 0 2 8V3H-8Z"),
    "signal": Sign("M0-9 9 7H-9Z"),
    "terminate": Sign("M0-9A9 9 0 1 1 0 9A9 9 0 1 1 0-9", is_filled=True),
    "multiple": Sign("M0-9 9-2 5 8H-5L-9-2Z"),
}

TASKS = {
    "userTask": Sign("M-7 8V5C-7 1-4 0-2 0A4 4 0 1 1 2 0C4 0 7 1 7 5V8Z"),
    "manualTask": Sign("M-8-1-2-7H2L-1-3H7V0H1M7 0V3H1M6 3V6H1M5 6V8H-5L-8 6Z"),
    "scriptTask": Sign(
        "M-4-8H7C3-4 3-2 5 2S7 6 4 8H-7C-4 5-4 2-6-1S-8-6-4-8ZM-3-4H3M-3 0H2M-2 4H4"
    ),
    "serviceTask": Sign(
        "M-1.5-8H1.5L2-5.5 4-4.6 6.2-6 8-4 6.3-2 6.8-1 8-.8V1.5L6-1.5 5.2 4 6.5 6 4.5 7.6 2.6 6 "
        "1.5 8H-1.5L-2.2 6-4 7.4-6 5.6-5 3.6-6 2-8 1.5V-1.5L-5.8-2-5-4-6.2-6-4.2-7.6-2.4-6Z"
        "M0-3A3 3 0 1 0 0 3A3 3 0 1 0 0-3"
    ),
    "sendTask": Sign("M-8-6H8V6H-8ZL0 1 8-6", is_filled=True),
    "receiveTask": Sign("M-8-6H8V6H-8ZL0 1 8-6"),
    "businessRuleTask": Sign("M-8-6H8V6H-8ZM-8-2H8M-8 2H8M-3-2V6"),
}

GATEWAYS = {
    "exclusiveGateway": Sign(
        "M-8-9-1.6 0-8 9H-4.9L0 2.1 4.9 9H8L1.6 0 8-9H4.9L0-2.1-4.9-9Z", is_filled=True
    ),
    "parallelGateway": Sign(
        "M-1.5-10H1.5V-1.5H10V1.5H1.5V10H-1.5V1.5H-10V-1.5H-1.5Z", is_filled=True
    ),
    "inclusiveGateway": Sign("M0-10A10 10 0 1 1 0 10A10 10 0 1 1 0-10"),
    "complexGateway": Sign("M0-10V10M-10 0H10M-7-7 7 7M-7 7 7-7"),
    "eventBasedGateway": Sign(
        "M0-12A12 12 0 1 1 0 12A12 12 0 1 1 0-12M0-9A9 9 0 1 1 0 9A9 9 0 1 1 0-9"
        "M0-6 6-1.5 3.7 5H-3.7L-6-1.5Z"
    ),
}

MARKERS = {
    "parallel": Sign("M-5-6V6M0-6V6M5-6V6"),
    "sequential": Sign("M-6-5H6M-6 0H6M-6 5H6"),
    "loop": Sign("M-3 6A6 6 0 1 1 3 6M-3 6-7 6M-3 6V2"),
    "compensation": Sign("M-1-5V5L-7 0ZM6-5V5L0 0Z"),
    "adhoc": Sign("M-7 2C-5-4-2-3 0 0S5 4 7-2"),
    "collapsed": Sign("M-7-7H7V7H-7ZM-4 0H4M0-4V4"),
}
