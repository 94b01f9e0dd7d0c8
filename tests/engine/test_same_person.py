"""One person on two consecutive steps: both stay, and history marks the second."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import text

from engine.model import Actor, EventKind, Role
from engine.same_person import MARK
from tests.diagrams import (
    boundary,
    catch,
    each,
    end,
    exclusive,
    flow,
    line,
    parallel,
    process,
    script,
    start,
    subprocess,
    timer,
    user,
)
from tests.office import ADMIN, AUDITOR, Office

#: A task without a lane waits for every admin.
ADI, BUDI = (Actor(name, frozenset({Role.ADMIN})) for name in ("adi", "budi"))


def begun(office: Office, *parts: str) -> str:
    return office.start(office.deploy(process(*parts)))


def done(office: Office, instance: str, activity: str, actor: Actor) -> list[str] | None:
    """The steps that the completion of this one is marked with."""
    task = office.task(instance, activity).task_id
    office.engine.tasks.complete(task, {}, actor=actor)
    events = office.engine.history.events(instance, actor=AUDITOR)
    event = [e for e in events if e.kind is EventKind.TASK_COMPLETED][-1]
    found = event.payload.get(MARK)
    return None if found is None else [mark["activity"] for mark in found]


def test_the_second_of_two_steps_of_one_person_is_marked(office_on_both: Office) -> None:
    office = office_on_both
    instance = begun(
        office, start(), user("a"), script("x", "n = 1"), user("b"), user("c"), end(),
        line("s", "a", "x", "b", "c", "e"),
    )  # fmt: skip

    assert done(office, instance, "a", ADI) is None
    assert [p.by for p in office.task(instance, "b").preceded_by] == ["adi"]
    assert done(office, instance, "b", ADI) == ["a"]
    assert done(office, instance, "c", BUDI) is None
    office.assert_sound(instance)


def test_of_a_merge_the_way_that_was_taken_counts(office: Office) -> None:
    instance = begun(
        office, start(), user("a"), exclusive("g"), user("b"), exclusive("m"), user("c"), end(),
        line("s", "a", "g", "b", "m", "c", "e"),
    )  # fmt: skip

    done(office, instance, "a", ADI)
    done(office, instance, "b", BUDI)
    assert done(office, instance, "c", BUDI) == ["b"]


def test_every_way_into_a_join_counts(office_on_both: Office) -> None:
    office = office_on_both
    instance = begun(
        office, start(), parallel("f"), user("a"), user("b"), parallel("j"), user("c"), end(),
        line("s", "f", "a", "j", "c", "e"), line("f", "b", "j"),
    )  # fmt: skip

    done(office, instance, "a", ADI)
    done(office, instance, "b", BUDI)
    assert {p.by for p in office.task(instance, "c").preceded_by} == {"adi", "budi"}
    assert done(office, instance, "c", ADI) == ["a"]
    office.assert_sound(instance)


def test_a_step_that_waited_for_a_timer_still_follows_the_one_before(office: Office) -> None:
    wait = catch("w", timer())
    instance = begun(
        office, start(), user("a"), wait, user("b"), end(), line("s", "a", "w", "b", "e")
    )
    done(office, instance, "a", ADI)
    office.clock.advance(hours=2)
    office.engine.instances.fire_due(instance)

    assert done(office, instance, "b", ADI) == ["a"]
    office.assert_sound(instance)


def test_a_boundary_event_completes_nothing(office: Office) -> None:
    instance = begun(
        office, start(), user("a"), user("b"), boundary("t", "b", timer()), user("c"), end(),
        end("e2"), line("s", "a", "b", "e"), line("t", "c", "e2"),
    )  # fmt: skip
    done(office, instance, "a", ADI)
    office.clock.advance(hours=2)
    office.engine.instances.fire_due(instance)

    assert done(office, instance, "c", ADI) is None


def test_a_sub_process_is_looked_into(office: Office) -> None:
    inner = subprocess("sub", start("is"), user("i"), end("ie"), line("is", "i", "ie"))
    instance = begun(
        office, start(), user("a"), inner, user("b"), end(), line("s", "a", "sub", "b", "e")
    )

    done(office, instance, "a", ADI)
    assert done(office, instance, "i", ADI) == ["a"]
    assert done(office, instance, "b", ADI) == ["i"]
    office.assert_sound(instance)


def test_a_loop_looks_at_the_last_round(office: Office) -> None:
    instance = begun(
        office, start(), exclusive("m"), user("a"), user("b"), exclusive("g"), end(),
        line("s", "m", "a", "b", "g"), flow("g", "m", "${ulang}"), flow("g", "e", "${not ulang}"),
    )  # fmt: skip

    done(office, instance, "a", ADI)
    task = office.task(instance, "b").task_id
    office.engine.tasks.complete(task, {"ulang": True}, actor=BUDI)
    assert done(office, instance, "a", BUDI) == ["b"]


def test_the_items_of_one_step_are_not_consecutive(office: Office) -> None:
    instance = begun(
        office, start(), user("a"),
        user("b", each(cardinality="2", sequential=True)), user("c"), end(),
        line("s", "a", "b", "c", "e"),
    )  # fmt: skip

    done(office, instance, "a", ADI)
    assert done(office, instance, "b", BUDI) is None
    assert done(office, instance, "b", BUDI) is None
    assert done(office, instance, "c", BUDI) == ["b"]
    office.assert_sound(instance)


@pytest.mark.parametrize("forged", [[], [{"task": "x", "activity": "a"}]])
def test_a_false_mark_is_found(office: Office, forged: list[object]) -> None:
    instance = begun(office, start(), user("a"), user("b"), end(), line("s", "a", "b", "e"))
    done(office, instance, "a", ADI)
    done(office, instance, "b", ADI)
    with office.store.writing() as tx:
        kept = "SELECT payload FROM history_event WHERE kind = 'task_completed' "
        (payload,) = tx._connection.execute(text(f"{kept} ORDER BY sequence DESC LIMIT 1")).one()
        changed = json.dumps({**json.loads(payload), MARK: forged})
        tx._connection.execute(text("DROP TRIGGER history_event_refuses_update"))
        tx._connection.execute(
            text("UPDATE history_event SET payload = :new WHERE payload = :old"),
            {"new": changed, "old": payload},
        )

    found = office.engine.history.verify(instance, actor=ADMIN).faults

    assert "same person" in {fault.check for fault in found}
