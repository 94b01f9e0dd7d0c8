"""How often the elements of a definition were visited, as the store counts it from events."""

from __future__ import annotations

from datetime import timedelta

from engine.model import (
    ActivityStatistics,
    Durations,
    EventKind,
    InstanceState,
    TaskCount,
    TaskState,
)
from engine.queries import InstanceQuery, TaskQuery, TaskScope
from engine.store import Store
from tests.contract.builders import (
    NOON,
    a_definition,
    a_task,
    an_event,
    an_incident,
    at,
    deploy,
    first_step,
)
from tests.contract.builders import start as begin


def visits(instance_id: str, *ends: EventKind | None) -> list[object]:
    """One visit of "isi" for each of the ends; None: it goes on."""
    events = [an_event(instance_id, 1)]
    for number, end in enumerate(ends):
        visit = {"activity_id": "isi", "activity_instance_id": f"v{number}"}
        for kind in (EventKind.ACTIVITY_ENTERED, end):
            if kind is not None:
                events.append(an_event(instance_id, len(events) + 1, kind=kind, **visit))
    return events


def test_visits_are_counted_over_the_instances_asked_for(store: Store) -> None:
    completed, cancelled = EventKind.ACTIVITY_COMPLETED, EventKind.ACTIVITY_CANCELLED
    deploy(store, a_definition(), a_definition("leave-request", lanes=("HRD",)))
    other = {"definition_id": "leave-request:1:uuid", "definition_key": "leave-request"}
    over = {"state": InstanceState.CANCELLED, "ended_at": at(hours=2)}
    begin(
        store,
        first_step(
            "i1", events=visits("i1", completed, None), incidents_raised=(an_incident("x1", "i1"),)
        ),
        first_step("i2", events=visits("i2", completed, cancelled), **over),
        first_step("i3", events=visits("i3", completed), **other),
    )
    ours = InstanceQuery(definition_id="valve-check:1:uuid")

    with store.reading() as tx:
        assert tx.visit_statistics(ours) == [
            ActivityStatistics("isi", running=1, finished=3, cancelled=1)
        ]
        assert tx.visit_statistics(
            InstanceQuery(definition_id="valve-check:1:uuid", ended_after=at(hours=1))
        ) == [ActivityStatistics("isi", finished=2, cancelled=1)]
        hrd = InstanceQuery(visible_to_lanes=frozenset({"HRD"}))
        assert tx.visit_statistics(hrd) == [ActivityStatistics("isi", finished=1)]
        assert tx.incident_statistics(ours) == [ActivityStatistics("Script", open_incidents=1)]
        assert tx.incident_statistics(hrd) == []


def test_durations_are_told_by_the_bounds_that_their_moment_has_passed(store: Store) -> None:
    deploy(store)
    over = {"state": InstanceState.COMPLETED}
    done = {"state": TaskState.COMPLETED, "ended_by": "siti"}
    begin(
        store,
        first_step("i1", ended_at=at(hours=1), **over),
        first_step(
            "i2",
            ended_at=at(hours=3),
            opened=(
                a_task("t1", "i2", ended_at=at(hours=1), **done),
                a_task("t2", "i2", name="Lain", lane="Kepala", ended_at=at(hours=9), **done),
            ),
            **over,
        ),
        first_step("i3", started_at=at(days=1), ended_at=at(days=2), **over),
        first_step("i4"),
    )
    hour = timedelta(hours=1)
    completed = TaskQuery(states=frozenset({TaskState.COMPLETED}))
    of_staff = TaskQuery(
        states=frozenset({TaskState.COMPLETED}),
        visible_to=TaskScope("budi", frozenset({"Kepala"})),
    )
    names = ("valve-check:1:uuid", "valve-check")

    with store.reading() as tx:
        assert tx.span_of_instances(InstanceQuery()) == (NOON, at(days=1))
        assert tx.instance_durations(InstanceQuery(), [at(hours=12)]) == {
            0: Durations(2, hour, 3 * hour, 4 * hour),
            1: Durations(1, 24 * hour, 24 * hour, 24 * hour),
        }
        assert tx.instance_durations(InstanceQuery(definition_ids_in=("?",)), []) == {}
        assert tx.span_of_tasks(completed) == (at(hours=1), at(hours=9))
        assert tx.span_of_tasks(TaskQuery(definition_key="?")) is None
        assert tx.task_durations(completed, []) == {0: Durations(2, hour, 9 * hour, 10 * hour)}
        assert tx.task_counts(completed, by_name=True) == [
            TaskCount(*names, 1, "Lain"),
            TaskCount(*names, 1, "Periksa katup"),
        ]
        assert tx.task_counts(of_staff, by_name=False) == [TaskCount(*names, 1)]
