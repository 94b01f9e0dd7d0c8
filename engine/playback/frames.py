"""Frames: the events of an instance as the steps that an auditor follows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from engine.model import EventKind, HistoryEvent, Json


@dataclass(frozen=True, slots=True)
class Frame:
    """One step of an instance as the auditor sees it: who gave which input, and what followed."""

    number: int
    revision: int
    sequence: int
    at: datetime
    kind: EventKind
    actor: str | None
    capacity: str | None
    activity_id: str | None
    activity_instance_id: str | None
    #: The item of a multi-instance that the activity instance is for: its variables alone.
    local_variables: dict[str, Json]
    #: What the input brought (submitted variables, reason, ...).
    payload: dict[str, Json]
    #: Ids of the sequence flows taken, in order.
    flows: tuple[str, ...]
    entered: tuple[str, ...]
    completed: tuple[str, ...]
    cancelled: tuple[str, ...]
    #: name -> {"before": ..., "after": ...} of process variables that changed; "before" is absent
    #: for a new one. What stayed in a loop or sub-process is in `payload` only.
    changes: dict[str, dict[str, Json]]
    incidents: tuple[str, ...]
    ends_instance: bool


def frames_of(events: Iterable[HistoryEvent]) -> Iterator[Frame]:
    """Events grouped into steps, with what each changed."""
    variables: dict[str, Json] = {}
    #: Activity instances whose variables stay in their loop or sub-process.
    local: set[str] = set()
    items: dict[str | None, dict[str, Json]] = {}
    for number, (_, step_events) in enumerate(groupby(events, key=lambda e: e.revision), start=1):
        group = list(step_events)
        given, seen = group[0], group[1:]
        items |= {
            e.activity_instance_id: e.payload["locals"] for e in seen if "locals" in e.payload
        }
        local |= {e.activity_instance_id or "" for e in seen if "scope" in e.payload}
        changes = _changes(variables, [e for e in group if not _is_local(e, local)])
        variables.update({name: change["after"] for name, change in changes.items()})
        yield Frame(
            number=number,
            revision=given.revision,
            sequence=given.sequence,
            at=given.at,
            kind=given.kind,
            actor=given.actor,
            capacity=given.capacity,
            activity_id=given.activity_id,
            activity_instance_id=given.activity_instance_id,
            local_variables=dict(items.get(given.activity_instance_id, {})),
            payload=dict(given.payload),
            flows=tuple(e.payload["flow"] for e in seen if e.kind is EventKind.FLOW_TAKEN),
            entered=_activities(seen, EventKind.ACTIVITY_ENTERED),
            completed=_activities(seen, EventKind.ACTIVITY_COMPLETED),
            cancelled=_activities(seen, EventKind.ACTIVITY_CANCELLED),
            changes=changes,
            incidents=tuple(
                e.payload["message"] for e in seen if e.kind is EventKind.INCIDENT_RAISED
            ),
            ends_instance=given.kind is EventKind.INSTANCE_CANCELLED
            or any(e.kind is EventKind.INSTANCE_COMPLETED for e in seen),
        )


def _activities(seen: list[HistoryEvent], kind: EventKind) -> tuple[str, ...]:
    return tuple(e.activity_id for e in seen if e.kind is kind and e.activity_id)


def _is_local(event: HistoryEvent, local: set[str]) -> bool:
    """Whether the values of an event stay in a loop or sub-process."""
    if event.kind is EventKind.VARIABLES_SET:
        return "scope" in event.payload
    return event.activity_instance_id in local


def _changes(variables: dict[str, Json], events: list[HistoryEvent]) -> dict[str, dict[str, Json]]:
    """What the step set, by the person first and by scripts after; equal values are no change."""
    after: dict[str, Json] = {}
    for event in events:
        if event.kind is EventKind.VARIABLES_SET:
            after.update(event.payload["values"])
        elif event.is_input:
            after.update(event.payload.get("variables") or {})
    return {
        name: {"before": variables[name], "after": value} if name in variables else {"after": value}
        for name, value in after.items()
        if name not in variables or variables[name] != value
    }
