"""Instances, their steps, incidents, and repeatable requests."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from engine.errors import Conflict, InvalidQuery, NotFound
from engine.model import InstanceState, RememberedRequest, StoredInstance, TaskState
from engine.queries import IncidentQuery, InstanceQuery, Page, SortOrder
from engine.store import Store
from tests.contract.builders import (
    NOON,
    a_definition,
    a_task,
    an_incident,
    an_instance,
    at,
    deploy,
    first_step,
    next_step,
    start,
)


def test_an_instance_comes_back_whole(store: Store) -> None:
    deploy(store)
    whole = an_instance(
        business_key="PDAM-7", start_activity_id="Start", next_due_at=at(hours=1), end_reason=None
    )
    start(store, replace(first_step(), instance=whole))

    with store.reading() as tx:
        assert tx.instance("i1") == whole
        assert tx.stored_instance("i1") == StoredInstance(whole, b"snapshot-1")
    with store.writing() as tx:
        assert tx.stored_instance("i1", for_step=True).instance == whole


def test_an_unknown_instance_is_not_found(store: Store) -> None:
    with store.writing() as tx:
        with pytest.raises(NotFound):
            tx.instance("?")
        with pytest.raises(NotFound):
            tx.stored_instance("?", for_step=True)


def test_a_moment_comes_back_to_the_millisecond_in_utc(store: Store) -> None:
    deploy(store)
    jakarta = timezone(timedelta(hours=7))
    moment = datetime(1969, 7, 20, 20, 17, 40, 999000, tzinfo=jakarta)

    start(store, first_step(started_at=moment, next_due_at=datetime(9999, 12, 31, tzinfo=jakarta)))

    with store.reading() as tx:
        found = tx.instance("i1")
    assert found.started_at == moment
    assert found.started_at.utcoffset() == timedelta(0)
    assert found.next_due_at == datetime(9999, 12, 31, tzinfo=jakarta)


def test_a_step_changes_the_instance_its_tasks_and_incidents(store: Store) -> None:
    deploy(store)
    start(store, first_step(opened=(a_task("t1"),), incidents_raised=(an_incident("x1"),)))
    done = a_task("t1", state=TaskState.COMPLETED, ended_at=at(hours=1), ended_by="siti")

    with store.writing() as tx:
        step = next_step(
            tx.instance("i1"),
            state=InstanceState.COMPLETED,
            ended_at=at(hours=1),
            end_reason="selesai",
            changed=(done,),
            opened=(a_task("t2"),),
            incidents_resolved=(("x1", at(hours=1)),),
        )
        tx.append_step(step)

    with store.reading() as tx:
        assert tx.stored_instance("i1") == StoredInstance(step.instance, b"snapshot-2")
        assert tx.task("t1") == done
        assert tx.task("t2") == a_task("t2")
        assert tx.incident("x1").resolved_at == at(hours=1)


def test_a_step_without_snapshot_leaves_the_stored_one(store: Store) -> None:
    deploy(store)
    start(store)

    with store.writing() as tx:
        tx.append_step(next_step(tx.instance("i1"), snapshot=None))

    with store.reading() as tx:
        stored = tx.stored_instance("i1")
    assert (stored.instance.revision, stored.snapshot) == (2, b"snapshot-1")


def test_a_snapshot_can_be_lost_and_put_back(store: Store) -> None:
    deploy(store)
    start(store)

    with store.writing() as tx:
        assert tx.put_snapshot("i1", 1, None)
        assert tx.stored_instance("i1").snapshot is None
        assert not tx.put_snapshot("i1", 7, b"of another revision")
        assert tx.stored_instance("i1").snapshot is None
        assert tx.put_snapshot("i1", 1, b"rebuilt")

    with store.reading() as tx:
        assert tx.stored_instance("i1").snapshot == b"rebuilt"


def start_four(store: Store) -> None:
    deploy(store, a_definition(), a_definition("leave-request", lanes=("HRD",)))
    leave = {"definition_id": "leave-request:1:uuid", "definition_key": "leave-request"}
    ended = {"ended_at": at(hours=9), "end_reason": "batal"}
    start(
        store,
        first_step("i1", business_key="PDAM-1", incidents_raised=(an_incident("x1", "i1"),)),
        first_step("i2", business_key="PDAM_2", started_at=at(hours=1), started_by="budi"),
        first_step("i3", business_key="pdam-3", state=InstanceState.COMPLETED, **ended),
        first_step("i4", state=InstanceState.CANCELLED, **ended, **leave),
    )


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (InstanceQuery(), "i1 i2 i3 i4"),
        (InstanceQuery(instance_ids=("i2", "i4", "?")), "i2 i4"),
        (InstanceQuery(instance_ids=()), ""),
        (InstanceQuery(business_key="PDAM-1"), "i1"),
        (InstanceQuery(business_key_like="PDAM%"), "i1 i2"),
        (InstanceQuery(business_key_like="PDAM_1"), "i1"),
        (InstanceQuery(business_key_like=r"PDAM\_%"), "i2"),
        (InstanceQuery(definition_id="leave-request:1:uuid"), "i4"),
        (InstanceQuery(definition_key="valve-check"), "i1 i2 i3"),
        (InstanceQuery(definition_keys_in=("leave-request",)), "i4"),
        (InstanceQuery(states=frozenset({InstanceState.ACTIVE})), "i1 i2"),
        (InstanceQuery(states=frozenset()), ""),
        (InstanceQuery(started_after=NOON), "i2"),
        (InstanceQuery(started_before=at(minutes=1)), "i1 i3 i4"),
        (InstanceQuery(ended_after=NOON), "i3 i4"),
        (InstanceQuery(ended_before=NOON), ""),
        (InstanceQuery(started_by="budi"), "i2"),
        (InstanceQuery(has_incident=True), "i1"),
        (InstanceQuery(has_incident=False), "i2 i3 i4"),
        (InstanceQuery(visible_to_lanes=frozenset({"HRD", "?"})), "i4"),
        (InstanceQuery(visible_to_lanes=frozenset()), ""),
        (InstanceQuery(visible_to_lanes=frozenset({"HRD"}), visible_to_account="budi"), "i2 i4"),
    ],
)
def test_instances_are_filtered(store: Store, query: InstanceQuery, expected: str) -> None:
    start_four(store)

    with store.reading() as tx:
        assert [each.instance_id for each in tx.instances(query)] == expected.split()
        assert tx.count_instances(query) == len(expected.split())


def test_missing_values_sort_last_either_way(store: Store) -> None:
    start_four(store)

    with store.reading() as tx:
        for order, expected in (
            (SortOrder.ASC, ["PDAM-1", "PDAM_2", "pdam-3", None]),
            (SortOrder.DESC, ["pdam-3", "PDAM_2", "PDAM-1", None]),
        ):
            found = tx.instances(InstanceQuery(), Page(sorting=(("business_key", order),)))
            assert [each.business_key for each in found] == expected


def test_ties_are_broken_by_id(store: Store) -> None:
    start_four(store)
    page = Page(sorting=(("state", SortOrder.ASC),))

    with store.reading() as tx:
        assert [each.instance_id for each in tx.instances(InstanceQuery(), page)] == [
            "i1",
            "i2",
            "i3",
            "i4",
        ]


def test_the_snapshot_is_no_field_to_sort_by(store: Store) -> None:
    page = Page(sorting=(("snapshot", SortOrder.ASC),))

    with store.reading() as tx, pytest.raises(InvalidQuery, match="'snapshot'"):
        tx.instances(InstanceQuery(), page)


def test_due_instances_are_active_and_the_longest_due_come_first(store: Store) -> None:
    deploy(store)
    start(
        store,
        first_step("i1", next_due_at=at(seconds=2)),
        first_step("i2", next_due_at=at(seconds=1)),
        first_step("i3", next_due_at=at(seconds=5)),
        first_step("i4"),
        first_step("i5", next_due_at=NOON, state=InstanceState.CANCELLED, ended_at=at(seconds=1)),
    )

    with store.reading() as tx:
        assert tx.due_instances(at(seconds=5), 10) == ["i2", "i1"]
        assert tx.due_instances(at(seconds=5), 1) == ["i2"]


# ------------------------------------------------------------------ incidents


def test_incidents_are_listed_open_or_all(store: Store) -> None:
    start_four(store)
    with store.writing() as tx:
        tx.append_step(
            next_step(
                tx.instance("i2"),
                incidents_raised=(an_incident("x2", "i2"), an_incident("x3", "i2")),
                incidents_resolved=(("x2", at(hours=1)),),
            )
        )

    with store.reading() as tx:
        for query, expected in (
            (IncidentQuery(), "x1 x2 x3"),
            (IncidentQuery(is_open=True), "x1 x3"),
            (IncidentQuery(is_open=False), "x2"),
            (IncidentQuery(instance_id="i2", is_open=True), "x3"),
            (IncidentQuery(instance_id="i2"), "x2 x3"),
            (IncidentQuery(definition_key="valve-check", message_like="division%"), "x1 x2 x3"),
            (IncidentQuery(kind="failedExternalTask"), ""),
            (IncidentQuery(is_deleted=False), "x2"),
            (IncidentQuery(is_deleted=True), ""),
        ):
            assert [each.incident_id for each in tx.incidents(query)] == expected.split()
            assert tx.count_incidents(query) == len(expected.split())
        assert len(tx.incidents(page=Page(1, 1))) == 1
        assert tx.incidents(IncidentQuery(visible_to_lanes=frozenset({"HRD"}))) == []
        assert tx.incident("x1") == an_incident("x1", definition_key="valve-check")
        with pytest.raises(NotFound):
            tx.incident("?")


# ------------------------------------------------------------------- requests


def a_request(**changes: object) -> RememberedRequest:
    values = {
        "account": "siti",
        "key": "k1",
        "fingerprint": "f",
        "instance_id": "i1",
        "sequence": 7,
        "result": {"b": [1, 2.5, None], "a": "é"},
        "at": NOON,
    }
    return RememberedRequest(**{**values, **changes})


def test_a_request_is_remembered_for_its_account(store: Store) -> None:
    with store.writing() as tx:
        tx.remember_request(a_request())
        tx.remember_request(a_request(account="budi", result={}))

    with store.reading() as tx:
        assert tx.recall_request("siti", "k1") == a_request()
        assert tx.recall_request("siti", "k2") is None


def test_remembering_twice_is_a_conflict(store: Store) -> None:
    with store.writing() as tx:
        tx.remember_request(a_request())

    with pytest.raises(Conflict, match="k1"), store.writing() as tx:
        tx.remember_request(a_request(fingerprint="g"))


def test_old_requests_are_forgotten(store: Store) -> None:
    with store.writing() as tx:
        tx.remember_request(a_request())
        tx.remember_request(a_request(key="k2", at=at(days=2)))

        assert tx.forget_requests(at(days=1)) == 1
        assert tx.recall_request("siti", "k1") is None
        assert tx.recall_request("siti", "k2") is not None
