"""Tokens go where BPMN 2.0.2 says, and every step of it can be replayed."""

from __future__ import annotations

import pytest

from tests.diagrams import (
    boundary,
    each,
    end,
    exclusive,
    flow,
    inclusive,
    line,
    parallel,
    process,
    properties,
    script,
    start,
    subprocess,
    timer,
    user,
)
from tests.office import ADMIN, Office

FORK = start() + parallel("f") + user("a") + user("b") + parallel("j")
FORKED = line("f", "a", "j") + line("f", "b", "j")


def test_a_parallel_join_waits_for_every_branch(office: Office) -> None:
    instance = office.start(
        office.deploy(process(FORK, user("k"), end(), line("s", "f"), FORKED, line("j", "k", "e")))
    )

    office.complete(instance, "b")
    assert office.waiting_at(instance) == ["a"]
    office.complete(instance, "a")
    assert office.waiting_at(instance) == ["k"]
    office.complete(instance, "k")

    assert office.state(instance) == "COMPLETED"
    office.assert_sound(instance)


@pytest.mark.parametrize("first", ["a", "b"])
def test_a_parallel_join_in_a_loop_waits_again_in_every_round(office: Office, first: str) -> None:
    second = "b" if first == "a" else "a"
    diagram = process(
        FORK,
        exclusive("m"),
        user("k"),
        exclusive("x"),
        end(),
        line("s", "m", "f"),
        FORKED,
        line("j", "k", "x"),
        flow("x", "m", "${lagi == true}"),
        flow("x", "e", "${lagi == false}"),
    )
    instance = office.start(office.deploy(diagram))

    for round_ in range(4):
        office.complete(instance, first)
        assert office.waiting_at(instance) == [second]
        office.complete(instance, second)
        office.complete(instance, "k", lagi=round_ < 3)

    assert office.state(instance) == "COMPLETED"
    office.assert_sound(instance)


def test_an_inclusive_join_waits_only_for_the_branches_that_were_taken(office: Office) -> None:
    diagram = process(
        start(),
        inclusive("f"),
        user("a"),
        user("b"),
        user("c"),
        inclusive("j"),
        end(),
        line("s", "f"),
        flow("f", "a", "${p}"),
        flow("f", "b", "${q}"),
        flow("f", "c", "${r}"),
        line("a", "j"),
        line("b", "j"),
        line("c", "j"),
        line("j", "e"),
    )
    instance = office.start(office.deploy(diagram), p=True, q=False, r=True)

    assert office.waiting_at(instance) == ["a", "c"]
    office.complete(instance, "c")
    assert office.state(instance) == "ACTIVE"
    office.complete(instance, "a")

    assert office.state(instance) == "COMPLETED"
    office.assert_sound(instance)


def test_a_value_of_one_branch_is_seen_by_the_gateway_of_another(office: Office) -> None:
    diagram = process(
        start(),
        parallel("f"),
        user("a"),
        user("b"),
        exclusive("x"),
        user("y"),
        user("n"),
        end("e1"),
        end("e2"),
        end("e3"),
        line("s", "f"),
        line("f", "a", "e1"),
        line("f", "b", "x"),
        flow("x", "y", "${nilai == 'ya'}"),
        flow("x", "n", "${nilai != 'ya'}"),
        line("y", "e2"),
        line("n", "e3"),
    )
    instance = office.start(office.deploy(diagram))

    office.complete(instance, "a", nilai="ya")
    office.complete(instance, "b")

    assert office.waiting_at(instance) == ["y"]


def test_a_timer_on_an_activity_cancels_it_before_its_own_path_goes_on(office: Office) -> None:
    diagram = process(
        start(),
        user("a"),
        boundary("b", "a", timer("PT1H")),
        user("c"),
        end(),
        end("e2"),
        line("s", "a", "e"),
        line("b", "c", "e2"),
    )
    instance = office.start(office.deploy(diagram))

    assert office.engine.instances.due() == []
    office.clock.advance(hours=1, seconds=1)
    assert office.engine.instances.due() == [instance]
    assert office.engine.instances.fire_due(instance)
    assert not office.engine.instances.fire_due(instance)

    assert office.waiting_at(instance) == ["c"]
    assert office.kinds(instance)[-6:] == [
        ("timers_due", None),
        ("activity_entered", "b"),
        ("activity_completed", "b"),
        ("activity_cancelled", "a"),
        ("flow_taken", "c"),
        ("activity_entered", "c"),
    ]
    office.assert_sound(instance)


def test_a_timer_that_does_not_interrupt_leaves_the_activity_open(office: Office) -> None:
    diagram = process(
        start(),
        user("a"),
        boundary("b", "a", timer("PT1H"), interrupts=False),
        user("c"),
        end(),
        end("e2"),
        line("s", "a", "e"),
        line("b", "c", "e2"),
    )
    instance = office.start(office.deploy(diagram))
    office.clock.advance(hours=2)
    office.engine.instances.fire_due(instance)

    assert office.waiting_at(instance) == ["a", "c"]
    office.complete(instance, "a")
    assert office.waiting_at(instance) == ["c"]
    office.complete(instance, "c")

    assert office.state(instance) == "COMPLETED"
    office.assert_sound(instance)


def test_a_timer_of_a_finished_activity_never_fires(office: Office) -> None:
    diagram = process(
        start(),
        user("a"),
        boundary("b", "a", timer()),
        user("c"),
        end(),
        end("e2"),
        line("s", "a", "c", "e"),
        line("b", "e2"),
    )
    instance = office.start(office.deploy(diagram))
    office.complete(instance, "a")
    office.clock.advance(hours=5)

    assert office.engine.instances.due() == []
    assert office.waiting_at(instance) == ["c"]


def test_a_timer_event_between_two_steps_waits(office: Office) -> None:
    diagram = process(
        start(),
        f'<bpmn:intermediateCatchEvent id="t">{timer("P1D")}</bpmn:intermediateCatchEvent>',
        user("a"),
        end(),
        line("s", "t", "a", "e"),
    )
    instance = office.start(office.deploy(diagram))

    assert office.waiting_at(instance) == []
    office.clock.advance(days=1, seconds=1)
    office.engine.instances.fire_due(instance)

    assert office.waiting_at(instance) == ["a"]
    office.assert_sound(instance)


def test_a_terminating_end_cancels_what_is_still_open(office: Office) -> None:
    terminate = "<bpmn:terminateEventDefinition/>"
    diagram = process(
        start(),
        parallel("f"),
        user("a"),
        user("b"),
        end("t", terminate),
        end(),
        line("s", "f", "a", "t"),
        line("f", "b", "e"),
    )
    instance = office.start(office.deploy(diagram))

    office.complete(instance, "a")

    assert office.state(instance) == "COMPLETED"
    assert ("activity_cancelled", "b") in office.kinds(instance)
    office.assert_sound(instance)


def test_a_sub_process_keeps_its_values_until_it_ends(office: Office) -> None:
    inside = subprocess("sub", start("ss"), user("ua"), user("ub"), end("se"),
                        line("ss", "ua", "ub", "se"))  # fmt: skip
    diagram = process(
        start(),
        inside,
        exclusive("x"),
        user("z"),
        end(),
        line("s", "sub", "x"),
        flow("x", "z", "${nilai &gt; 3}"),
        flow("x", "e", "${nilai &lt;= 3}"),
        line("z", "e"),
    )
    instance = office.start(office.deploy(diagram))

    office.complete(instance, "ua", nilai=5)
    assert "nilai" not in office.variables(instance)
    office.complete(instance, "ub")

    assert office.variables(instance)["nilai"] == 5
    assert office.waiting_at(instance) == ["z"]
    office.assert_sound(instance)


def test_tasks_without_a_performer_are_passed_at_once(office: Office) -> None:
    diagram = process(
        start(),
        '<bpmn:task id="t"/><bpmn:manualTask id="m"/>',
        user("a"),
        end(),
        line("s", "t", "m", "a", "e"),
    )

    assert office.waiting_at(office.start(office.deploy(diagram))) == ["a"]


def test_flows_are_recorded_in_the_order_in_which_they_were_taken(office: Office) -> None:
    diagram = process(start(), user("a"), user("b"), end(), line("s", "a", "b", "e"))
    instance = office.start(office.deploy(diagram))
    office.complete(instance, "a")
    office.complete(instance, "b")

    frames = office.engine.history.frames(instance, actor=ADMIN)

    assert [frame.flows for frame in frames] == [("s_a",), ("a_b",), ("b_e",)]
    assert frames[-1].ends_instance


def test_a_script_reads_and_writes_process_variables(office: Office) -> None:
    diagram = process(
        start(), script("k", "n = n + 1\nbaru = [n, n * 2]"), user("a"), end(),
        line("s", "k", "a", "e"),
    )  # fmt: skip
    instance = office.start(office.deploy(diagram), n=1)

    assert office.variables(instance) == {"n": 2, "baru": [2, 4]}
    office.assert_sound(instance)


def snapshot_size(office: Office, instance_id: str) -> int:
    """Bytes of the snapshot; 0 when there is none."""
    with office.store.reading() as tx:
        return len(tx.stored_instance(instance_id).snapshot or b"")


def test_a_long_rework_loop_stays_small(office: Office) -> None:
    diagram = process(
        start(),
        user("kerja"),
        user("periksa"),
        exclusive("x"),
        end(),
        line("s", "kerja", "periksa", "x"),
        flow("x", "kerja", "${ulang}"),
        flow("x", "e", "${!ulang}"),
    )
    instance = office.start(office.deploy(diagram))
    sizes = []
    for round_ in range(600):
        office.complete(instance, "kerja")
        office.complete(instance, "periksa", ulang=round_ < 599)
        sizes.append(snapshot_size(office, instance))

    assert office.state(instance) == "COMPLETED"
    assert max(sizes) < sizes[0] * 1.2
    office.assert_sound(instance)


def test_a_long_rework_loop_over_a_multi_instance_task_stays_small(office: Office) -> None:
    diagram = process(
        start(),
        user("isi", properties(kumpulkan="hasil") + each("${daftar}")),
        user("periksa"),
        exclusive("x"),
        end(),
        line("s", "isi", "periksa", "x"),
        flow("x", "isi", "${ulang}"),
        flow("x", "e", "${!ulang}"),
    )
    instance = office.start(office.deploy(diagram), daftar=["A"])

    def size_after(rounds: int) -> int:
        for _ in range(rounds):
            office.complete(instance, "isi", ulang=True)
            office.complete(instance, "periksa", ulang=True)
        return snapshot_size(office, instance)

    early = size_after(3)
    # A tenth is room for longer numbers, and far less than one round that was not pruned.
    assert 0 < size_after(40) < early * 1.1
    office.assert_sound(instance)


def test_several_flows_out_of_an_activity_are_all_taken(office: Office) -> None:
    diagram = process(
        start(),
        user("a"),
        user("b"),
        user("c"),
        parallel("j"),
        end(),
        line("s", "a", "b", "j"),
        line("a", "c", "j"),
        line("j", "e"),
    )
    instance = office.start(office.deploy(diagram))
    office.complete(instance, "a")

    assert office.waiting_at(instance) == ["b", "c"]
    flows = office.engine.history.frames(instance, actor=ADMIN)[-1].flows
    assert sorted(flows) == ["a_b", "a_c"]
    office.complete(instance, "b")
    office.complete(instance, "c")
    assert office.state(instance) == "COMPLETED"
    office.assert_sound(instance)


@pytest.mark.parametrize(
    ("jumlah", "expected"), [(5, ["kecil"]), (50, ["besar", "kecil"]), (-1, ["lain"])]
)
def test_conditional_flows_out_of_an_activity_take_what_is_true_else_the_default(
    office: Office, jumlah: int, expected: list[str]
) -> None:
    diagram = process(
        start(),
        '<bpmn:userTask id="a" name="a" default="a_lain"/>',
        user("kecil"),
        user("besar"),
        user("lain"),
        end("e1"),
        end("e2"),
        end("e3"),
        line("s", "a"),
        flow("a", "kecil", "${jumlah &gt; 0}"),
        flow("a", "besar", "${jumlah &gt; 10}"),
        flow("a", "lain"),
        line("kecil", "e1"),
        line("besar", "e2"),
        line("lain", "e3"),
    )
    instance = office.start(office.deploy(diagram))
    office.complete(instance, "a", jumlah=jumlah)

    assert office.waiting_at(instance) == expected
    for activity in expected:
        office.complete(instance, activity)
    assert office.state(instance) == "COMPLETED"
    office.assert_sound(instance)


def test_a_single_conditional_flow_is_not_taken_against_its_condition(office: Office) -> None:
    diagram = process(
        start(), user("a"), user("b"), end(), line("s", "a"), flow("a", "b", "${boleh}"),
        line("b", "e"),
    )  # fmt: skip
    instance = office.start(office.deploy(diagram))
    office.complete(instance, "a", boleh=False)

    assert office.waiting_at(instance) == []
    assert len(office.incidents(instance)) == 1


REMINDED = process(
    start(),
    user("a"),
    boundary(
        "b",
        "a",
        "<bpmn:timerEventDefinition><bpmn:timeCycle>R2/PT1H</bpmn:timeCycle>"
        "</bpmn:timerEventDefinition>",
        interrupts=False,
    ),
    user("c"),
    end(),
    end("e2"),
    line("s", "a", "e"),
    line("b", "c", "e2"),
)


def test_a_repeating_timer_fires_as_often_as_it_says(office: Office) -> None:
    instance = office.start(office.deploy(REMINDED))
    fired = []
    for _ in range(4):
        office.clock.advance(hours=1, minutes=1)
        while office.engine.instances.due():
            office.engine.instances.fire_due(instance)
        fired.append(office.waiting_at(instance).count("c"))
        office.assert_sound(instance)

    assert fired == [1, 2, 2, 2]
    office.complete(instance, "a")
    office.complete(instance, "c")
    office.complete(instance, "c")
    assert office.state(instance) == "COMPLETED"
    office.assert_sound(instance)


def test_a_repeating_timer_ends_with_its_activity(office: Office) -> None:
    instance = office.start(office.deploy(REMINDED))
    office.clock.advance(hours=1, minutes=1)
    office.engine.instances.fire_due(instance)
    office.complete(instance, "a")
    office.clock.advance(hours=5)

    assert office.engine.instances.due() == []
    office.complete(instance, "c")
    assert office.state(instance) == "COMPLETED"
    office.assert_sound(instance)


def test_a_timer_takes_its_duration_from_an_expression(office: Office) -> None:
    diagram = process(
        start(), user("a"), boundary("b", "a", timer("${lama}")), end(), end("e2"),
        line("s", "a", "e"), line("b", "e2"),
    )  # fmt: skip
    definition = office.deploy(diagram)
    instance = office.start(definition, lama="PT30M")
    office.clock.advance(minutes=31)
    assert office.engine.instances.due() == [instance]
    office.engine.instances.fire_due(instance)
    assert office.state(instance) == "COMPLETED"
    office.assert_sound(instance)

    wrong = office.start(definition, lama="besok")
    [message] = office.incidents(wrong)
    assert "besok" in message
    office.assert_sound(wrong)


def test_a_step_that_repeats_for_ever_until_a_timer_ends_it(office: Office) -> None:
    diagram = process(
        start(),
        user("a"),
        boundary("t", "a", timer()),
        end(),
        line("s", "a", "a"),
        line("t", "e"),
    )
    instance = office.start(office.deploy(diagram))
    for _ in range(3):
        office.complete(instance, "a")
    office.clock.advance(hours=2)
    office.engine.instances.fire_due(instance)

    assert office.state(instance) == "COMPLETED"
    office.assert_sound(instance)


def test_timers_that_are_due_together_fire_in_one_order_live_and_replayed(office: Office) -> None:
    names = [f"t{i}" for i in range(6)]
    diagram = process(
        start(),
        parallel("f"),
        *(user(name) for name in names),
        *(boundary(f"b{name}", name, timer()) for name in names),
        *(end(f"e{name}") for name in names),
        *(end(f"z{name}") for name in names),
        line("s", "f"),
        *(line("f", name, f"e{name}") for name in names),
        *(line(f"b{name}", f"z{name}") for name in names),
    )
    instance = office.start(office.deploy(diagram))
    office.clock.advance(hours=2)
    office.erase_snapshot(instance)
    office.engine.instances.fire_due(instance)

    assert office.state(instance) == "COMPLETED"
    office.assert_sound(instance)


def test_a_timer_that_failed_is_forgotten_when_its_activity_is_done(office: Office) -> None:
    diagram = process(
        start(), user("a"), boundary("b", "a", timer("${lama}")), end(), end("e2"),
        line("s", "a", "e"), line("b", "e2"),
    )  # fmt: skip
    instance = office.start(office.deploy(diagram), lama="besok")
    assert len(office.incidents(instance)) == 1
    office.complete(instance, "a")

    assert office.incidents(instance) == []
    assert office.state(instance) == "COMPLETED"
    office.assert_sound(instance)


def test_an_incident_of_an_interrupted_activity_is_settled(office: Office) -> None:
    inner = (
        "<bpmn:extensionElements><camunda:inputOutput>"
        '<camunda:outputParameter name="x">${tidak_ada}</camunda:outputParameter>'
        "</camunda:inputOutput></bpmn:extensionElements>"
    )
    diagram = process(
        start(), user("a", inner), boundary("b", "a", timer()), end(), end("e2"),
        line("s", "a", "e"), line("b", "e2"),
    )  # fmt: skip
    instance = office.start(office.deploy(diagram))
    office.complete(instance, "a")
    assert len(office.incidents(instance)) == 1
    office.clock.advance(hours=2)
    office.engine.instances.fire_due(instance)

    assert office.incidents(instance) == []
    assert office.state(instance) == "COMPLETED"
    office.assert_sound(instance)
