"""Event-based gateways: of several events the first one wins, and the others are let go."""

from __future__ import annotations

import pytest

from engine.errors import MessageMismatch
from tests.diagrams import (
    boundary,
    catch,
    end,
    event_gateway,
    exclusive,
    line,
    message,
    process,
    start,
    subprocess,
    timer,
    triggered,
    user,
)
from tests.engine.messaging import CATCH, RECEIVE, ROOTS, between, names, send, sound_again, waiting
from tests.office import AUDITOR, Office


def racing(*more: str) -> str:
    return process(
        start(),
        event_gateway("g"),
        CATCH,
        RECEIVE.replace('"m"', '"r"').replace('"surat"', '"batal"'),
        catch("t", timer("PT2H")),
        user("z"),
        user("y"),
        user("x"),
        *(end(f"e{n}") for n in range(3)),
        line("s", "g", "m", "z", "e0"),
        line("g", "r", "y", "e1"),
        line("g", "t", "x", "e2"),
        *more,
        before=ROOTS,
    )


@pytest.mark.parametrize(
    ("name", "target", "task"),
    [("surat masuk", "m", "z"), ("pembatalan", "r", "y"), (None, "t", "x")],
)
def test_of_several_events_the_first_one_wins(
    office_on_both: Office, name: str | None, target: str, task: str
) -> None:
    office = office_on_both
    instance = office.start(office.deploy(racing()))
    assert sorted(names(office)) == [("m", "surat masuk"), ("r", "pembatalan")]
    sound_again(office, instance)

    if name is not None:
        send(office, name, variables={"isi": 1})
        office.clock.advance(hours=3)
    else:
        office.clock.advance(hours=2, seconds=1)
    fired = office.engine.instances.fire_due(instance)

    assert fired is (name is None)
    assert office.waiting_at(instance) == [task]
    assert waiting(office) == []
    sound_again(office, instance)
    entered = [activity for _, activity in office.kinds(instance, "activity_entered")]
    assert entered == ["s", "g", target, task]
    for late in ("surat masuk", "pembatalan"):
        with pytest.raises(MessageMismatch):
            send(office, late)
    office.complete(instance, task)
    assert office.state(instance) == "COMPLETED"
    office.assert_sound(instance)


def test_a_gateway_waits_anew_in_each_round_of_a_loop(office: Office) -> None:
    diagram = process(
        start(),
        exclusive("j"),
        event_gateway("g"),
        CATCH,
        catch("t", timer("PT2H")),
        user("i"),
        end(),
        line("s", "j", "g", "m", "e"),
        line("g", "t", "i", "j"),
        before=ROOTS,
    )
    instance = office.start(office.deploy(diagram))
    for _ in range(2):
        office.clock.advance(hours=2, seconds=1)
        assert office.engine.instances.fire_due(instance)
        office.complete(instance, "i")
        sound_again(office, instance)

    send(office)

    assert office.state(instance) == "COMPLETED"
    office.assert_sound(instance)


def test_a_timer_of_a_gateway_that_has_passed_already_wins_at_once(office: Office) -> None:
    diagram = racing().replace(
        '<bpmn:timeDuration xsi:type="bpmn:tFormalExpression">PT2H</bpmn:timeDuration>',
        '<bpmn:timeDate xsi:type="bpmn:tFormalExpression">${batas}</bpmn:timeDate>',
    )
    definition = office.deploy(diagram)
    instance = office.start(definition, batas="2025-01-01T00:00:00+07:00")
    later = office.start(definition, batas="2027-01-01T00:00:00+07:00")
    wrong = office.start(definition, batas="besok")

    assert office.waiting_at(instance) == ["x"]
    assert len(waiting(office, later)) == 2
    assert waiting(office, wrong) == []
    assert len(office.incidents(wrong)) == 1
    for each_instance in (instance, later, wrong):
        sound_again(office, each_instance)


def test_a_gateway_is_interrupted_with_its_sub_process(office: Office) -> None:
    inside = subprocess(
        "m", start("is"), event_gateway("g"), catch("ic", message("surat")),
        catch("it", timer("PT2H")), end("ie"), end("ie2"),
        line("is", "g", "ic", "ie"), line("g", "it", "ie2"),
    )  # fmt: skip
    diagram = between(inside, boundary("b", "m", message("batal")), end("e2"), line("b", "e2"))
    instance = office.start(office.deploy(diagram))

    send(office, "pembatalan")

    assert office.state(instance) == "COMPLETED"
    assert waiting(office) == []
    office.assert_sound(instance)


@pytest.mark.parametrize("hours", [1, 3])
@pytest.mark.parametrize("rounds", [0, 1])
def test_the_timer_of_an_interrupted_gateway_is_never_due(
    office: Office, hours: int, rounds: int
) -> None:
    """Neither by itself later on, nor together with what interrupts it."""
    diagram = process(
        start(),
        exclusive("j"),
        event_gateway("g"),
        CATCH,
        catch("t", timer("PT90M")),
        end("te"),
        triggered("k", timer("PT1H"), user("y"), end("ke"), line("k_s", "y", "ke")),
        line("s", "j", "g", "t", "te"),
        line("g", "m", "j"),
        before=ROOTS,
    )
    instance = office.start(office.deploy(diagram))
    for _ in range(rounds):
        send(office)

    office.clock.advance(hours=hours, seconds=1)
    assert office.engine.instances.fire_due(instance)

    assert office.waiting_at(instance) == ["y"]
    assert office.engine.instances.instance(instance, actor=AUDITOR).next_due_at is None
    office.clock.advance(hours=3)
    assert not office.engine.instances.fire_due(instance)
    office.complete(instance, "y")
    assert office.state(instance) == "COMPLETED"
    office.assert_sound(instance)
