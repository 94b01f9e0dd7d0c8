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
class Trace:
    """In which order the sequence flows were taken, up to one step of a replay."""

    #: Flow -> which of all passings its last one was, from 1 on.
    last: Mapping[str, int] = field(default_factory=dict)
    #: Flow -> how often it led back to where the instance had been.
    returns: Mapping[str, int] = field(default_factory=dict)
    #: The flows that the step took, and the elements that it was about.
    now: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Marks:
    """Element -> its mark, for those that were reached; sequence flow -> how often it was taken."""

    nodes: Mapping[str, Mark] = field(default_factory=dict)
    flows: Mapping[str, int] = field(default_factory=dict)
    #: None: only how often matters, and not in which order.
    trace: Trace | None = None


def marks_of(events: Iterable[HistoryEvent]) -> Marks:
    """The marks that the events of one instance leave, in order."""
    tally = Tally()
    for event in events:
        tally.hear(event)
    return tally.marks()


class Tally:
    """Counts along the events of one instance, so that marks can be had after each."""

    def __init__(self) -> None:
        self._visits: Counter[str] = Counter()
        self._cancelled: Counter[str] = Counter()
        self._flows: Counter[str] = Counter()
        #: Visit -> the element, for what is open; incident -> the element, likewise.
        self._inside: dict[str, str] = {}
        self._failed: dict[str, str] = {}

    def hear(self, event: HistoryEvent) -> None:
        """The next event."""
        node, visit = event.activity_id or "", event.activity_instance_id or ""
        # Of a body the instances in it are what is seen; but flows and incidents reach the body.
        is_body = node.endswith(_BODY)
        node = node.removesuffix(_BODY)
        if event.kind is EventKind.ACTIVITY_ENTERED and not is_body:
            self._inside[visit] = node
            self._visits[node] += 1
        elif event.kind is EventKind.ACTIVITY_MIGRATED:
            self._move(visit, node, str(event.payload.get("from")))
        elif event.kind in _ENDS and self._inside.pop(visit, None) is not None:
            self._cancelled[node] += event.kind is EventKind.ACTIVITY_CANCELLED
        elif event.kind is EventKind.FLOW_TAKEN:
            self._flows[event.payload["flow"]] += 1
        elif event.kind is EventKind.INCIDENT_RAISED:
            self._failed[str(event.payload.get("incident"))] = node
        elif event.kind is EventKind.INCIDENT_RESOLVED:
            self._failed.pop(str(event.payload.get("incident")), None)

    def _move(self, visit: str, node: str, former: str) -> None:
        """What is open goes on at another element; the visit is still that one."""
        if visit in self._inside:
            self._inside[visit] = node
        self._failed = {
            incident: node if where == former else where for incident, where in self._failed.items()
        }

    def marks(self) -> Marks:
        """What was heard so far."""
        open_now, incidents = Counter(self._inside.values()), Counter(self._failed.values())
        reached = {*self._visits, *open_now, *incidents} - {""}
        return Marks(
            {
                node: Mark(
                    self._visits[node], open_now[node], self._cancelled[node], incidents[node]
                )
                for node in sorted(reached)
            },
            dict(self._flows),
        )
