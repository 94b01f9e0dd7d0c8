"""Simulation: messages arrive early and late, and several start events are all tried."""

from __future__ import annotations

from tests.diagrams import (
    boundary,
    catch,
    end,
    event_gateway,
    line,
    message,
    named,
    process,
    start,
    timer,
    user,
)
from tests.engine.simulating import only, tried, untaken

ROOTS = named("message", surat="surat masuk", batal="pembatalan")


def test_whichever_event_comes_first_is_tried() -> None:
    found = tried(
        process(
            start(),
            event_gateway("g"),
            catch("m", message("surat")),
            catch("t", timer("P3D")),
            end("e1"),
            end("e2"),
            line("s", "g", "m", "e1"),
            line("g", "t", "e2"),
            before=ROOTS,
        )
    )

    assert untaken(found) == []
    assert {run.path[1].deed for run in found.runs} == {"message", "timer"}
    waiting = found.runs[0].path[0].waiting
    assert [each.waits_for for each in waiting] == ["message 'surat masuk'"]


def test_a_message_that_interrupts_nothing_is_tried_once() -> None:
    found = tried(
        process(
            start(),
            user("k"),
            boundary("b", "k", message("batal"), interrupts=False),
            user("z"),
            end("e1"),
            end("e2"),
            line("s", "k", "e1"),
            line("b", "z", "e2"),
            before=ROOTS,
        )
    )

    assert untaken(found) == []
    assert all(sum(step.deed == "message" for step in run.path) <= 1 for run in found.runs)


def test_every_start_event_is_tried() -> None:
    found = tried(
        process(
            start(),
            start("sm", message("surat")),
            user("a"),
            user("b"),
            end("e1"),
            end("e2"),
            line("s", "a", "e1"),
            line("sm", "b", "e2"),
            before=ROOTS,
        )
    )

    assert untaken(found) == []
    assert {run.path[0].activity_id for run in found.runs} == {"s", "sm"}


def test_what_a_message_brings_is_given_by_the_scenario() -> None:
    diagram = process(
        start(),
        catch("m", message("surat")),
        user("a", name="${jenis}"),
        end(),
        line("s", "m", "a", "e"),
        before=named("message", surat="surat ${jenis}"),
    )

    assert only(tried(diagram, values={"jenis": "dinas"})).outcome == "completed"
    assert tried(diagram).incidents
