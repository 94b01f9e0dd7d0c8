"""The duty that measures what has ended: what one instance is must not hold up the others."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, text

from engine.errors import StorageError
from engine.model import ProcessInstance
from engine.store import StoreTransaction
from engine.store.tables import instance_time, task_time
from tests.engine.test_task_deadlines import sop
from tests.engine.test_verify import tamper
from tests.office import Office, staff

KADIS = staff("Kadis")


def ended(office: Office, count: int) -> list[str]:
    definition = office.deploy(sop("P1D"))
    instances = [office.start(definition) for _ in range(count)]
    for each in instances:
        office.complete(each, "t0", KADIS)
    return instances


def change(office: Office, instance: str, kind: str, payload: str) -> str:
    """What the first event of that kind said before."""
    with office.store.reading() as tx:
        place = "FROM history_event WHERE instance_id = :instance AND kind = :kind"
        where = {"instance": instance, "kind": kind}
        first = f"SELECT sequence, payload {place} ORDER BY sequence LIMIT 1"
        sequence, before = tx._connection.execute(text(first), where).one()
    tamper(
        office.store,
        "UPDATE history_event SET payload = :payload "
        "WHERE instance_id = :instance AND sequence = :sequence",
        payload=payload,
        instance=instance,
        sequence=sequence,
    )
    return str(before)


def measure(office: Office) -> int:
    return office.engine.measuring.turn(lambda: False)


def measured(office: Office) -> set[str]:
    with office.store.reading() as tx:
        return set(tx._connection.execute(select(instance_time.c.instance_id)).scalars())


def timed(office: Office) -> set[str]:
    with office.store.reading() as tx:
        return set(tx._connection.execute(select(task_time.c.instance_id)).scalars())


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param("{", id="no JSON"),
        pytest.param("[]", id="no object"),
        pytest.param("{}", id="without what it says"),
    ],
)
def test_a_damaged_instance_rests_and_the_others_are_measured(
    office_on_both: Office, payload: str, caplog: pytest.LogCaptureFixture
) -> None:
    office = office_on_both
    damaged, *others = ended(office, 3)
    whole = change(office, damaged, "flow_taken", payload)

    measure(office)
    first = caplog.text.count(f"instance {damaged} cannot be measured")
    measure(office)
    again = caplog.text.count(f"instance {damaged} cannot be measured")
    assert (measured(office), first, again) == (set(others), 1, 1)

    change(office, damaged, "flow_taken", whole)
    office.clock.advance(minutes=1)
    measure(office)
    assert measured(office) == {damaged, *others}


def test_a_damaged_claim_is_not_left_out_of_what_is_measured(office_on_both: Office) -> None:
    office = office_on_both
    definition = office.deploy(sop("P1D"))
    damaged, other = office.start(definition), office.start(definition)
    for each in (damaged, other):
        office.engine.tasks.claim(office.task(each, "t0").task_id, actor=KADIS)
        office.complete(each, "t0", KADIS)
    whole = change(office, damaged, "task_claimed", "{")

    measure(office)
    assert (measured(office), timed(office)) == ({other}, {other})

    change(office, damaged, "task_claimed", whole)
    office.clock.advance(minutes=1)
    measure(office)
    assert (measured(office), timed(office)) == ({damaged, other}, {damaged, other})


def test_what_the_database_refuses_is_no_damage_of_the_instances_behind_it(
    office_on_both: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = office_on_both
    instances = ended(office, 3)
    duty = office.engine.measuring
    course = duty._course

    def refused(tx: StoreTransaction, instance: ProcessInstance, ways: Any) -> Any:
        tx._all(text("SELECT 1 FROM nowhere"))
        return course(tx, instance, ways)

    with monkeypatch.context() as patch:
        patch.setattr(duty, "_course", refused)
        with pytest.raises(StorageError, match="nowhere"):
            measure(office)

    assert measured(office) == set()
    measure(office)
    assert measured(office) == set(instances)
