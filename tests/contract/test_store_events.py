"""History events, and the visits of elements that are read from them."""

from __future__ import annotations

import pytest

from engine.errors import InvalidQuery
from engine.model import ActivityInstance, EventKind
from engine.queries import ActivityQuery, EventQuery, Page, SortOrder
from engine.store import Store
from tests.contract.builders import (
    NOON,
    a_definition,
    a_task,
    an_event,
    at,
    deploy,
    first_step,
    start,
)

ENTERED, COMPLETED = EventKind.ACTIVITY_ENTERED, EventKind.ACTIVITY_COMPLETED
CANCELLED = EventKind.ACTIVITY_CANCELLED


def visit(sequence: int, kind: EventKind, activity: str, **changes: object) -> object:
    payload = {"name": activity.title(), "type": "userTask"} if kind == ENTERED else {}
    values = {
        "kind": kind,
        "activity_id": activity,
        "activity_instance_id": f"v-{activity}",
        "at": at(hours=sequence),
        "payload": payload,
    }
    return an_event("i1", sequence, **{**values, **changes})


def start_two(store: Store) -> None:
    deploy(store, a_definition(), a_definition("leave-request", lanes=("HRD",)))
    start(
        store,
        first_step(
            "i1",
            events=[
                an_event("i1", 1, actor="siti", capacity="Plt."),
                visit(2, ENTERED, "check"),
                visit(3, COMPLETED, "check", actor="budi"),
                visit(4, ENTERED, "approve"),
                visit(5, ENTERED, "wait"),
                visit(6, CANCELLED, "wait"),
            ],
            opened=(a_task("v-check", assignee="budi"), a_task("v-approve")),
        ),
        first_step(
            "i2",
            definition_id="leave-request:1:uuid",
            definition_key="leave-request",
            events=[
                an_event("i2", 1),
                # The same id in another instance is another visit.
                an_event(
                    "i2",
                    2,
                    kind=ENTERED,
                    activity_id="start",
                    activity_instance_id="v-check",
                    payload={"type": "startEvent"},
                ),
            ],
        ),
    )


def test_an_event_comes_back_whole(store: Store) -> None:
    deploy(store)
    event = an_event(
        actor="siti",
        capacity="definitif",
        activity_id="Check",
        activity_instance_id="v1",
        payload={"z": 1, "a": {"é": [True, None, 1.5, "\x00\n"]}, "name": 5, "type": "x"},
    )
    start(store, first_step(events=[event]))

    with store.reading() as tx:
        assert tx.events("i1") == [event]


def test_events_of_an_instance_stand_in_their_order(store: Store) -> None:
    start_two(store)

    with store.reading() as tx:
        assert [each.sequence for each in tx.events("i1")] == [1, 2, 3, 4, 5, 6]
        assert [each.sequence for each in tx.events("i1", 3)] == [4, 5, 6]
        assert [each.sequence for each in tx.events("i1", 3, 2)] == [4, 5]
        assert tx.events("?") == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (EventQuery(), "i1:1 i1:2 i1:3 i1:4 i1:5 i1:6 i2:1 i2:2"),
        (EventQuery(instance_id="i2"), "i2:1 i2:2"),
        (EventQuery(kinds=frozenset({COMPLETED, CANCELLED})), "i1:3 i1:6"),
        (EventQuery(activity_id="check"), "i1:2 i1:3"),
        (EventQuery(activity_instance_id="v-wait"), "i1:5 i1:6"),
        (EventQuery(actor="budi"), "i1:3"),
        (EventQuery(definition_id="leave-request:1:uuid"), "i2:1 i2:2"),
        (EventQuery(definition_key="leave-request", kinds=frozenset({ENTERED})), "i2:2"),
        (EventQuery(at_after=at(hours=3), at_before=at(hours=6)), "i1:4 i1:5"),
        (EventQuery(visible_to_lanes=frozenset({"HRD"})), "i2:1 i2:2"),
        (EventQuery(visible_to_lanes=frozenset()), ""),
    ],
)
def test_events_are_filtered(store: Store, query: EventQuery, expected: str) -> None:
    start_two(store)

    with store.reading() as tx:
        found = [f"{each.instance_id}:{each.sequence}" for each in tx.find_events(query)]
        assert found == expected.split()
        assert tx.count_events(query) == len(expected.split())


def test_a_visit_is_read_from_its_events(store: Store) -> None:
    start_two(store)

    with store.reading() as tx:
        (found,) = tx.activities(ActivityQuery(instance_id="i1", activity_id="check"))

    assert found == ActivityInstance(
        activity_instance_id="v-check",
        instance_id="i1",
        sequence=2,
        definition_id="valve-check:1:uuid",
        definition_key="valve-check",
        activity_id="check",
        activity_name="Check",
        activity_type="userTask",
        started_at=at(hours=2),
        ended_at=at(hours=3),
        is_cancelled=False,
        assignee="budi",
    )


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (ActivityQuery(), "check approve wait start"),
        (ActivityQuery(instance_id="i1"), "check approve wait"),
        (ActivityQuery(activity_instance_id="v-check"), "check start"),
        (ActivityQuery(activity_name="Wait"), "wait"),
        (ActivityQuery(activity_type="startEvent"), "start"),
        (ActivityQuery(definition_id="leave-request:1:uuid"), "start"),
        (ActivityQuery(definition_key="valve-check"), "check approve wait"),
        (ActivityQuery(assignee="budi"), "check"),
        (ActivityQuery(is_finished=True), "check wait"),
        (ActivityQuery(is_finished=False), "approve start"),
        (ActivityQuery(is_cancelled=True), "wait"),
        (ActivityQuery(is_cancelled=False), "check approve start"),
        (ActivityQuery(started_after=NOON, started_before=at(hours=5)), "check approve"),
        (ActivityQuery(ended_after=at(hours=3)), "wait"),
        (ActivityQuery(ended_before=at(hours=4)), "check"),
        (ActivityQuery(visible_to_lanes=frozenset({"HRD"})), "start"),
    ],
)
def test_visits_are_filtered(store: Store, query: ActivityQuery, expected: str) -> None:
    start_two(store)

    with store.reading() as tx:
        assert [each.activity_id for each in tx.activities(query)] == expected.split()
        assert tx.count_activities(query) == len(expected.split())


def test_visits_are_sorted_with_the_running_ones_last(store: Store) -> None:
    start_two(store)
    page = Page(sorting=(("ended_at", SortOrder.DESC), ("started_at", SortOrder.ASC)))

    with store.reading() as tx:
        found = tx.activities(ActivityQuery(), page)

    assert [each.activity_id for each in found] == ["wait", "check", "start", "approve"]


def test_sorting_history_by_an_unknown_field_names_it(store: Store) -> None:
    page = Page(sorting=(("payload", SortOrder.ASC),))

    with store.reading() as tx:
        with pytest.raises(InvalidQuery, match="'payload'"):
            tx.find_events(EventQuery(), page)
        with pytest.raises(InvalidQuery, match="'payload'"):
            tx.activities(ActivityQuery(), page)
