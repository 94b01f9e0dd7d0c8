"""Figures: what they count, and that each reads only an index."""

from __future__ import annotations

from datetime import datetime

import pytest

from engine.model import (
    AnnouncementKind,
    Channel,
    Delivery,
    DeliveryLoad,
    DeliveryState,
    InstanceState,
    LaneLoad,
    TaskState,
)
from engine.store import Store
from tests.contract.builders import (
    a_definition,
    a_task,
    an_incident,
    at,
    deploy,
    first_step,
    start,
)
from tests.statements import asked_by, plans_of


def test_open_tasks_are_counted_by_lane_and_overdue_ones_among_them(store: Store) -> None:
    deploy(store)
    opened = (
        a_task("t1", lane="Kadis", due_at=at(hours=-1)),
        a_task("t2", lane="Kadis", due_at=at(hours=1)),
        a_task("t3", lane="Kadis", due_at=None),
        a_task("t4", lane=None, due_at=at(days=-9)),
        a_task("t5", lane="Kadis", due_at=at(hours=-1), state=TaskState.COMPLETED, ended_at=at()),
    )
    start(store, first_step(opened=opened))

    with store.reading() as tx:
        lanes = tx.figures(at()).lanes

    assert set(lanes) == {LaneLoad("Kadis", 3, 1), LaneLoad(None, 1, 1)}


def test_running_instances_are_counted_by_definition_key(store: Store) -> None:
    deploy(store, a_definition(), a_definition("unused"))
    start(
        store,
        first_step("i1"),
        first_step("i2"),
        first_step("i3", state=InstanceState.COMPLETED, ended_at=at()),
    )

    with store.reading() as tx:
        running = tx.figures(at()).running

    assert running == {"valve-check": 2, "unused": 0}


def test_due_timers_and_open_incidents_are_counted(store: Store) -> None:
    deploy(store)
    raised = (an_incident("x1"), an_incident("x2"))
    start(
        store,
        first_step("i1", next_due_at=at(minutes=-5), incidents_raised=raised),
        first_step("i2", next_due_at=at(minutes=5)),
        first_step("i3"),
    )

    with store.reading() as tx:
        found = tx.figures(at())

    assert (found.due_instances, found.oldest_due_at) == (1, at(minutes=-5))
    assert found.open_incidents == 2


def test_deliveries_are_counted_by_what_they_wait_for(store: Store) -> None:
    def a_delivery(number: int, state: DeliveryState, **moments: datetime) -> Delivery:
        return Delivery(
            f"msg_{number}",
            Channel.EMAIL,
            subscription_id=None,
            account="siti",
            kind=AnnouncementKind.TASK_OPENED,
            instance_id=None,
            sequence=None,
            facts={},
            created_at=at(days=-9),
            state=state,
            **{"due_at": at(days=-9), **moments},
        )

    with store.writing() as tx:
        tx.add_deliveries(
            [
                a_delivery(1, DeliveryState.PENDING, due_at=at(minutes=-7)),
                a_delivery(2, DeliveryState.PENDING, due_at=at(minutes=7)),
                a_delivery(3, DeliveryState.FAILED, ended_at=at(hours=-1)),
                a_delivery(4, DeliveryState.FAILED, ended_at=at(days=-2)),
                a_delivery(5, DeliveryState.DELIVERED, ended_at=at(hours=-1)),
            ]
        )

    with store.reading() as tx:
        found = tx.figures(at()).deliveries

    assert found == DeliveryLoad(pending=2, failed=1, oldest_due_at=at(minutes=-7))


def test_figures_of_an_empty_database_are_nothing(store: Store) -> None:
    with store.reading() as tx:
        found = tx.figures(at())

    assert (found.lanes, found.topics, found.running) == ((), (), {})
    assert (found.open_incidents, found.due_instances, found.oldest_due_at) == (0, 0, None)
    assert found.deliveries == DeliveryLoad(0, 0, None)


def test_pulse_of_a_duty_is_the_last_one(store: Store) -> None:
    with store.writing() as tx:
        tx.note_pulse("timers", at(hours=-1))
        tx.note_pulse("timers", at())
        tx.note_pulse("letters", at(hours=-2))

    with store.reading() as tx:
        assert tx.duty_pulses() == {"letters": at(hours=-2), "timers": at()}


@pytest.mark.parametrize("dialect", ["sqlite"])  # of small tables PostgreSQL prefers to read all
@pytest.mark.parametrize(
    "found",
    [
        "SEARCH user_task USING COVERING INDEX ix_user_task_open_lane",
        "SCAN external_task USING COVERING INDEX ix_external_task_topic",
        "SEARCH process_instance USING COVERING INDEX ix_process_instance_definition_key",
        "SEARCH delivery USING COVERING INDEX ix_delivery_due_at",
        "SEARCH delivery USING INDEX ix_delivery_ended_at",
        "SEARCH incident USING COVERING INDEX ix_incident_resolved_at",
        "SEARCH process_instance USING COVERING INDEX ix_process_instance_next_due_at",
    ],
)
def test_figures_are_counted_in_an_index(store: Store, found: str) -> None:
    asked = asked_by(store, lambda tx: tx.figures(at()))

    assert found in "\n".join(plans_of(store, asked))
