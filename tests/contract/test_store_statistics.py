"""How often the elements of a definition were visited, as the store counts it from events."""

from __future__ import annotations

from engine.model import ActivityStatistics, EventKind, InstanceState
from engine.queries import InstanceQuery
from engine.store import Store
from tests.contract.builders import a_definition, an_event, an_incident, at, deploy, first_step
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
