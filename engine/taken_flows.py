"""Which sequence flows led to a visit of an element, and which were taken from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from engine.model import EventKind, HistoryEvent

_BODY = "#multiInstanceBody"

#: What has to be read of an instance to know its flows.
FLOW_KINDS = frozenset({EventKind.FLOW_TAKEN, EventKind.ACTIVITY_COMPLETED})


@dataclass(slots=True)
class Flows:
    """Ids of sequence flows, in the order of taking."""

    incoming: list[str] = field(default_factory=list)
    outgoing: list[str] = field(default_factory=list)


def flows_by_visit(
    events: Iterable[HistoryEvent], sources: Mapping[str, str]
) -> Mapping[str, Flows]:
    """Visit -> its flows, of the events of one instance in their order.

    sources: flow -> the element that it leaves. A flow is recorded at the visit that it led to; it
    was taken from the visit of its source that was completed last, in the same step.
    """
    found: dict[str, Flows] = defaultdict(Flows)
    completed: dict[str, str] = {}
    step = 0
    for event in events:
        if event.revision != step:
            step, completed = event.revision, {}
        visit = event.activity_instance_id or ""
        if event.kind is EventKind.ACTIVITY_COMPLETED:
            completed[(event.activity_id or "").removesuffix(_BODY)] = visit
        elif event.kind is EventKind.FLOW_TAKEN:
            flow = event.payload["flow"]
            found[visit].incoming.append(flow)
            if (source := completed.get(sources.get(flow, ""))) is not None:
                found[source].outgoing.append(flow)
    return found
