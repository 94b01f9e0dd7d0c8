"""Rows with defaults: a test says only what it is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.model import (
    Account,
    Deployment,
    EventKind,
    HistoryEvent,
    Incident,
    InstanceState,
    ProcessDefinition,
    ProcessInstance,
    Resource,
    Role,
    StepRecord,
    TaskState,
    UserTask,
)
from engine.store import Store
from engine.store.driver import driver_of

NOON = datetime(2026, 11, 20, 5, 0, 0, 123000, tzinfo=UTC)


def at(**later: float) -> datetime:
    return NOON + timedelta(**later)


def a_deployment(deployment_id: str = "d1", **changes: Any) -> Deployment:
    values = {
        "name": deployment_id,
        "source": None,
        "digest": f"digest-{deployment_id}",
        "deployed_at": NOON,
        "deployed_by": "analyst",
    }
    return Deployment(deployment_id=deployment_id, **{**values, **changes})


def a_resource(deployment_id: str = "d1", name: str = "valve-check.bpmn") -> Resource:
    return Resource(f"{deployment_id}/{name}", deployment_id, name, b"<bpmn/>\x00\xff")


def a_definition(key: str = "valve-check", version: int = 1, **changes: Any) -> ProcessDefinition:
    values = {
        "definition_id": f"{key}:{version}:uuid",
        "name": key.title(),
        "deployment_id": "d1",
        "resource_name": "valve-check.bpmn",
        "digest": "digest-d1",
        "version_tag": None,
        "history_time_to_live": None,
        "lanes": ("Petugas", "Kepala Seksi"),
        "deployed_at": NOON,
    }
    return ProcessDefinition(key=key, version=version, **{**values, **changes})


def an_instance(instance_id: str = "i1", **changes: Any) -> ProcessInstance:
    values = {
        "definition_id": "valve-check:1:uuid",
        "definition_key": "valve-check",
        "business_key": None,
        "state": InstanceState.ACTIVE,
        "revision": 1,
        "last_sequence": 1,
        "head_hash": "hash-1",
        "started_at": NOON,
        "started_by": "siti",
    }
    return ProcessInstance(instance_id=instance_id, **{**values, **changes})


def an_event(instance_id: str = "i1", sequence: int = 1, **changes: Any) -> HistoryEvent:
    values = {
        "revision": 1,
        "kind": EventKind.INSTANCE_STARTED,
        "at": NOON,
        "actor": None,
        "capacity": None,
        "activity_id": None,
        "activity_instance_id": None,
        "payload": {},
        "previous_hash": f"hash-{sequence - 1}",
        "hash": f"hash-{sequence}",
    }
    return HistoryEvent(instance_id=instance_id, sequence=sequence, **{**values, **changes})


def a_task(task_id: str = "t1", instance_id: str = "i1", **changes: Any) -> UserTask:
    values = {
        "definition_id": "valve-check:1:uuid",
        "definition_key": "valve-check",
        "activity_id": "Check",
        "name": "Periksa katup",
        "lane": "Petugas",
        "lane_path": ("Petugas", "Petugas Lapangan"),
        "state": TaskState.OPEN,
        "created_at": NOON,
    }
    return UserTask(task_id=task_id, instance_id=instance_id, **{**values, **changes})


def an_incident(incident_id: str = "x1", instance_id: str = "i1", **changes: Any) -> Incident:
    values = {
        "definition_id": "valve-check:1:uuid",
        "activity_id": "Script",
        "raised_at": NOON,
        "message": "division by zero",
    }
    return Incident(incident_id=incident_id, instance_id=instance_id, **{**values, **changes})


def an_account(name: str = "siti", **changes: Any) -> Account:
    values = {
        "display_name": name.title(),
        "roles": frozenset({Role.STAFF}),
        "lanes": frozenset({"Petugas"}),
        "is_active": True,
        "created_at": NOON,
    }
    return Account(name=name, **{**values, **changes})


def first_step(
    instance_id: str = "i1", *, events: Sequence[HistoryEvent] = (), **changes: Any
) -> StepRecord:
    """The start of an instance; names of StepRecord's fields go there, others to the instance."""
    record = {name: changes.pop(name) for name in tuple(changes) if name in _RECORD_FIELDS}
    events = tuple(events) or (an_event(instance_id),)
    last = events[-1]
    instance = an_instance(
        instance_id, **{"last_sequence": last.sequence, "head_hash": last.hash, **changes}
    )
    return StepRecord(
        instance=instance,
        expected_revision=0,
        events=events,
        **{"snapshot": b"snapshot-1", **record},
    )


def next_step(
    before: ProcessInstance, *, events: Sequence[HistoryEvent] = (), **changes: Any
) -> StepRecord:
    """The step after `before`; names of StepRecord's fields go there, others to the instance."""
    record = {name: changes.pop(name) for name in tuple(changes) if name in _RECORD_FIELDS}
    revision = before.revision + 1
    sequence = before.last_sequence + 1
    events = tuple(events) or (
        an_event(before.instance_id, sequence, revision=revision, kind=EventKind.VARIABLES_CHANGED),
    )
    last = events[-1]
    after = replace(
        before,
        **{
            "revision": revision,
            "last_sequence": last.sequence,
            "head_hash": last.hash,
            **changes,
        },
    )
    return StepRecord(
        instance=after,
        expected_revision=before.revision,
        events=events,
        **{"snapshot": f"snapshot-{revision}".encode(), **record},
    )


_RECORD_FIELDS = frozenset(
    {"snapshot", "opened", "changed", "incidents_raised", "incidents_resolved", "input_scope"}
)


def deploy(store: Store, *definitions: ProcessDefinition) -> None:
    """Deployment d1 with these definitions, or with one."""
    with store.writing() as tx:
        tx.add_deployment(a_deployment(), [a_resource()], definitions or [a_definition()])


def start(store: Store, *steps: StepRecord) -> None:
    """Each first step in one transaction."""
    with store.writing() as tx:
        for step in steps or (first_step(),):
            tx.add_instance(step)


def complete(store: Store) -> None:
    """Complete the task t1 of the instance i1, upon which t2 opens."""
    with store.writing() as tx:
        task, stored = tx.stored_task("t1", for_step=True)
        done = replace(task, state=TaskState.COMPLETED, ended_at=NOON, ended_by="siti")
        events = [an_event("i1", number, revision=2) for number in range(2, 9)]
        tx.append_step(
            next_step(stored.instance, events=events, changed=(done,), opened=(a_task("t2"),))
        )


def driver_left(store: Store) -> Any:
    """The driver's connection that the next one gets; it is put back at once."""
    with store.asking() as tx:
        return driver_of(tx._connection)
