"""A task goes from colleague to colleague, and history says from whom, to whom and why."""

from __future__ import annotations

import pytest

from engine.errors import Forbidden, InvalidInput, TaskAlreadyClaimed, TaskNotOpen
from engine.model import EventKind
from tests.diagrams import end, line, process, start, user
from tests.office import ADMIN, AUDITOR, Office, staff

ADI, BUDI, CICI = (staff("Bidang", name) for name in ("adi", "budi", "cici"))


@pytest.fixture
def instance(office_on_both: Office) -> str:
    office = office_on_both
    for name, lane in (("adi", "Bidang"), ("budi", "Bidang"), ("cici", "Bidang"), ("dodi", "X")):
        office.engine.accounts.add(
            name,
            display_name=name.title(),
            password="sandi yang panjang",
            roles=["staff"],
            lanes=[lane],
            actor=ADMIN,
        )
    office.engine.accounts.deactivate("cici", actor=ADMIN)
    drawn = process(
        start(), user("a"), end(), line("s", "a", "e"), lanes={"Bidang": ["s", "a", "e"]}
    )
    return office.start(office.deploy(drawn))


def moves(office: Office, instance: str) -> list[dict[str, object]]:
    events = office.engine.history.events(instance, actor=AUDITOR)
    return [dict(each.payload) for each in events if each.kind is EventKind.TASK_ASSIGNED]


def test_who_has_it_hands_it_to_a_colleague(office_on_both: Office, instance: str) -> None:
    office = office_on_both
    tasks, task_id = office.engine.tasks, office.task(instance, "a").task_id
    tasks.claim(task_id, actor=ADI)

    assert [each.name for each in tasks.colleagues(task_id, actor=ADI)] == ["budi"]
    with pytest.raises(Forbidden):
        tasks.assign(task_id, "budi", actor=CICI)
    with pytest.raises(InvalidInput, match="dodi"):
        tasks.assign(task_id, "dodi", actor=ADI)
    with pytest.raises(InvalidInput, match="cici"):
        tasks.assign(task_id, "cici", actor=ADI)
    with pytest.raises(InvalidInput, match="4000"):
        tasks.assign(task_id, "budi", reason="x" * 4001, actor=ADI)
    assert tasks.assign(task_id, "budi", reason=" cuti ", actor=ADI).assignee == "budi"

    assert moves(office, instance) == [{"from": "adi", "to": "budi", "reason": "cuti"}]
    with pytest.raises(TaskAlreadyClaimed):
        tasks.complete(task_id, {}, actor=ADI)
    office.assert_sound(instance)


def test_a_colleague_takes_it_over_with_a_reason(office_on_both: Office, instance: str) -> None:
    office = office_on_both
    tasks, task_id = office.engine.tasks, office.task(instance, "a").task_id
    tasks.claim(task_id, actor=ADI)
    office.clock.advance(hours=1)

    with pytest.raises(InvalidInput) as refused:
        tasks.take_over(task_id, reason=" ", actor=BUDI)
    assert set(refused.value.fields) == {"reason"}
    with pytest.raises(Forbidden):
        tasks.take_over(task_id, reason="x", actor=staff("Kadis"))
    taken = tasks.take_over(task_id, reason="Adi sakit", held_by="adi", actor=BUDI)

    assert (taken.assignee, taken.claimed_at) == ("budi", office.clock.now())
    assert moves(office, instance) == [{"from": "adi", "to": "budi", "reason": "Adi sakit"}]
    office.assert_sound(instance)
    tasks.complete(task_id, {}, actor=BUDI)
    with pytest.raises(TaskNotOpen):
        tasks.take_over(task_id, reason="x", actor=ADI)
    office.assert_sound(instance)


def test_a_confirmation_counts_for_whom_it_named(office_on_both: Office, instance: str) -> None:
    office = office_on_both
    tasks, task_id = office.engine.tasks, office.task(instance, "a").task_id
    tasks.claim(task_id, actor=BUDI)

    with pytest.raises(TaskAlreadyClaimed):
        tasks.take_over(task_id, reason="x", held_by="adi", actor=CICI)
    assert tasks.take_over(task_id, reason="x", actor=BUDI).assignee == "budi"
    assert moves(office, instance) == []


def test_what_nobody_has_is_simply_claimed(office_on_both: Office, instance: str) -> None:
    office = office_on_both
    task_id = office.task(instance, "a").task_id

    assert office.engine.tasks.take_over(task_id, reason="x", actor=ADI).assignee == "adi"

    assert moves(office, instance) == []
    assert office.kinds(instance, EventKind.TASK_CLAIMED) == [("task_claimed", "a")]
