"""What happened in an instance, per element: how often, what is open, what failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from engine.model import EventKind, HistoryEvent

#: What history adds to the id of the body around several instances of an activity.
_BODY = "#multiInstanceBody"
_ENDS = {EventKind.ACTIVITY_COMPLETED, EventKind.ACTIVITY_CANCELLED}


@dataclass(frozen=True, slots=True)
class Mark:
    """One element. A visit is counted when it begins."""

    visits: int = 0
    open: int = 0
    cancelled: int = 0
    incidents: int = 0

    def __add__(self, other: Mark) -> Mark:
        return Mark(
            self.visits + other.visits,
            self.open + other.open,
            self.cancelled + other.cancelled,
            self.incidents + other.incidents,
        )


@dataclass(frozen=True, slots=True)
class Marks:
    """Element -> its mark, for those that were reached; sequence flow -> how often it was taken."""

    nodes: Mapping[str, Mark] = field(default_factory=dict)
    flows: Mapping[str, int] = field(default_factory=dict)


def marks_of(events: Iterable[HistoryEvent]) -> Marks:
    """The marks that the events of one instance leave, in order."""
    visits: Counter[str] = Counter()
    cancelled: Counter[str] = Counter()
    flows: Counter[str] = Counter()
    #: Visit -> the element, for what is open; incident -> the element, likewise.
    inside: dict[str, str] = {}
    failed: dict[str, str] = {}
    for event in events:
        node, visit = event.activity_id or "", event.activity_instance_id or ""
        # Of a body the instances in it are what is seen; but flows and incidents reach the body.
        is_body = node.endswith(_BODY)
        node = node.removesuffix(_BODY)
        if event.kind is EventKind.ACTIVITY_ENTERED and not is_body:
            inside[visit] = node
            visits[node] += 1
        elif event.kind in _ENDS and inside.pop(visit, None) is not None:
            cancelled[node] += event.kind is EventKind.ACTIVITY_CANCELLED
        elif event.kind is EventKind.FLOW_TAKEN:
            flows[event.payload["flow"]] += 1
        elif event.kind is EventKind.INCIDENT_RAISED:
            failed[str(event.payload.get("incident"))] = node
        elif event.kind is EventKind.INCIDENT_RESOLVED:
            failed.pop(str(event.payload.get("incident")), None)
    open_now, incidents = Counter(inside.values()), Counter(failed.values())
    reached = {*visits, *open_now, *incidents} - {""}
    return Marks(
        {n: Mark(visits[n], open_now[n], cancelled[n], incidents[n]) for n in sorted(reached)},
        dict(flows),
    )
