"""Diagrams tried before they are deployed: what is reached, what never, and what goes wrong."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from engine.bpmn.diagram import read_diagram
from engine.errors import Forbidden, InvalidInput, NotFound, TooManySimulations
from engine.model import Actor, Role
from engine.simulation import Bounds, Outcome, Scenario, Simulation, read_duration
from engine.simulation.simulate import _simulated, simulate_for
from engine.simulation.turns import Turns
from engine.sources import ManualClock
from tests.diagrams import (
    boundary,
    each,
    end,
    exclusive,
    field,
    flow,
    form,
    line,
    parallel,
    process,
    script,
    start,
    subprocess,
    timer,
    user,
)
from tests.engine.simulating import (
    AT,
    activities,
    choice,
    decided,
    only,
    returning,
    sop,
    tried,
    untaken,
)
from tests.office import SOP_FILES

#: Flows of the four SOPs, so that a lost one is noticed.
FLOWS = {"bandar-lampung": 24, "balangan": 21, "bakesbangpol": 19, "luwu-timur": 17}


# ---------------------------------------------------------------------- explored


@pytest.mark.parametrize("stem", SOP_FILES)
def test_every_flow_of_the_sops_is_taken_and_every_run_ends(stem: str) -> None:
    found = tried(sop(stem))

    assert found.is_sound
    assert found.coverage
    assert (found.coverage.flows, found.coverage.is_full) == (FLOWS[stem], True)
    assert set(found.outcomes) <= {Outcome.COMPLETED, Outcome.KNOWN}
    assert found.bounds == ()


def test_only_decisions_that_something_reads_are_varied() -> None:
    found = tried(sop("luwu-timur"))

    assert {each.field: each.values for each in found.decisions} == {
        f"langkah_{number}_keputusan": ("setujui", "kembalikan") for number in (6, 7, 8)
    }


def test_two_simulations_are_equal() -> None:
    assert tried(sop("bandar-lampung")) == tried(sop("bandar-lampung"))


def test_run_can_be_made_again_by_its_decisions() -> None:
    explored = tried(returning("setujui", "kembalikan"))
    run = next(run for run in explored.runs if len(run.path) > 3)

    again = only(tried(returning("setujui", "kembalikan"), decisions=run.decisions))

    assert again.path == run.path


def test_path_says_who_did_what_and_who_is_waited_for() -> None:
    run = tried(returning("setujui", "kembalikan")).runs[0]
    begun, filled, checked = run.path

    assert (begun.deed, begun.at, begun.flows) == ("start", AT, ("s_isi",))
    assert [(w.activity_id, w.waits_for) for w in begun.waiting] == [("isi", "Staf")]
    assert (filled.activity_id, filled.waits_for, filled.decisions) == ("isi", "Staf", {})
    assert [(w.activity_id, w.waits_for) for w in filled.waiting] == [("periksa", "Kadis")]
    assert checked.decisions == {"keputusan": "setujui"}
    assert checked.flows == ("periksa_g", "g_e")
    assert (checked.waiting, checked.at) == ((), AT + timedelta(hours=2))
    assert (run.completions, run.duration_seconds) == (2, 7200)


def test_loop_is_seen_by_the_flow_that_closes_it() -> None:
    found = tried(returning("setujui", "kembalikan"))

    assert [(loop.flow, loop.source, loop.target) for loop in found.loops] == [
        ("g_isi", "g", "isi")
    ]


def test_parallel_branches_that_meet_are_no_loop() -> None:
    found = tried(
        process(
            start(),
            user("ulang", form(choice("keputusan", "ya", "tidak"))),
            parallel("bagi"),
            user("a"),
            user("b"),
            parallel("q"),
            exclusive("g"),
            end(),
            line("s", "ulang", "bagi", "a", "q", "g"),
            line("bagi", "b", "q"),
            flow("g", "e", "keputusan == 'tidak'"),
            flow("g", "ulang", "keputusan == 'ya'"),
        )
    )

    assert found.is_sound
    assert [loop.flow for loop in found.loops] == ["g_ulang"]


def test_flow_of_a_value_that_nobody_can_choose_is_never_taken() -> None:
    found = tried(decided("keputusan == 'setujui'", "keputusan == 'tolak'", "keputusan == 'tunda'"))

    assert not found.is_sound
    assert found.is_exhausted
    assert not found.is_bounded
    assert untaken(found) == ["g_e2"]
    assert [(p.id, p.type) for p in found.coverage.unreached_nodes] == [("e2", "endEvent")]
    assert found.coverage.untaken_flows[0].line is not None


def test_numbers_are_tried_around_what_they_are_compared_with() -> None:
    found = tried(
        decided("nilai &gt; 50", "nilai &lt;= 50", asked=field("nilai", "long", required=True))
    )

    assert found.is_sound
    assert {50, 51} <= set(found.decisions[0].values)


def test_decision_that_may_be_left_blank_is_left_blank() -> None:
    asked = choice("keputusan", "setujui", "tolak", is_required=False)

    found = tried(decided("keputusan == 'setujui'", "keputusan == 'tolak'", asked=asked))

    assert untaken(found) == []
    assert [(trouble.activity_id, trouble.times) for trouble in found.incidents] == [("g", 1)]
    assert "has no value yet" in found.incidents[0].message
    failed = next(run for run in found.runs if run.outcome is Outcome.INCIDENT)
    assert failed.decisions == {"keputusan": (None,)}


def test_box_that_is_not_ticked_is_false() -> None:
    found = tried(decided("setuju", "not setuju", asked=field("setuju", "boolean")))

    assert found.is_sound
    assert found.decisions[0].values == (True, False)


def test_start_form_decides_too() -> None:
    found = tried(
        process(
            start(inner=form(choice("jenis", "a", "b"))),
            exclusive("g"),
            user("x"),
            user("y"),
            end(),
            line("s", "g"),
            flow("g", "x", "jenis == 'a'"),
            flow("g", "y", "jenis == 'b'"),
            line("x", "e"),
            line("y", "e"),
        )
    )

    assert found.is_sound
    assert found.outcomes == {Outcome.COMPLETED: 2}


def test_what_comes_round_again_is_not_tried_for_ever() -> None:
    found = tried(returning("kembalikan"))

    assert found.is_exhausted
    assert untaken(found) == ["g_e"]
    assert found.outcomes == {Outcome.KNOWN: 1}
    assert "never comes to an end" in found.dead_ends[0].message


def test_order_of_parallel_tasks_is_tried() -> None:
    """Whoever is first ends the other's work: each flow is taken in another order only."""
    terminate = "<bpmn:terminateEventDefinition/>"
    found = tried(
        process(
            start(),
            parallel("bagi"),
            user("a"),
            user("b"),
            end("e1", terminate),
            end("e2", terminate),
            line("s", "bagi", "a", "e1"),
            line("bagi", "b", "e2"),
        )
    )

    assert found.is_sound
    assert [activities(run) for run in found.runs] == [["s", "a"], ["s", "b"]]


# ------------------------------------------------------------------------- given


def test_decisions_are_used_in_order_and_the_last_one_repeats() -> None:
    found = tried(sop("luwu-timur"), decisions={"langkah_6_keputusan": ["kembalikan", "setujui"]})
    run = only(found)

    assert found.is_sound
    assert not found.is_explored
    assert run.outcome is Outcome.COMPLETED
    assert run.decisions["langkah_6_keputusan"] == ("kembalikan", "setujui")
    assert activities(run).count("langkah_5") == 2
    assert untaken(found) == ["alur_percabangan_g2_langkah_5", "alur_percabangan_g3_langkah_5"]


def test_values_given_fix_a_decision() -> None:
    found = tried(returning("setujui", "kembalikan"), values={"keputusan": "setujui"})

    assert found.decisions == ()
    assert untaken(found) == ["g_isi"]


@pytest.mark.parametrize(
    ("scenario", "named"),
    [
        ({"decisions": {"lain": ["x"]}}, "lain"),
        ({"decisions": {"keputusan": ["tunda"]}}, "keputusan"),
        ({"decisions": {"keputusan": []}}, "keputusan"),
        ({"each_of": {"lain": timedelta(hours=1)}}, "lain"),
        ({"values": {"keputusan": "tunda"}}, "keputusan"),
    ],
)
def test_scenario_that_does_not_fit_is_refused_by_name(scenario: Any, named: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        tried(returning("setujui", "kembalikan"), **scenario)

    assert set(refused.value.fields) == {named}


# -------------------------------------------------------------------------- time


def with_deadline(*, interrupts: bool = True) -> str:
    return process(
        start(),
        user("isi"),
        boundary("lewat", "isi", timer("P3D"), interrupts=interrupts),
        user("tegur"),
        end(),
        end("e2"),
        line("s", "isi", "e"),
        line("lewat", "tegur", "e2"),
    )


@pytest.mark.parametrize("interrupts", [True, False])
def test_timer_is_tried_early_and_late(interrupts: bool) -> None:
    found = tried(with_deadline(interrupts=interrupts))

    assert found.is_sound
    assert [each.deed for each in found.runs[0].path] == ["start", "complete"]
    late = found.runs[1].path
    assert (late[1].deed, late[1].activity_id) == ("timer", "lewat")
    assert late[1].at - AT == timedelta(days=3, milliseconds=1)


@pytest.mark.parametrize(
    ("days", "deeds"), [(2, ["start", "complete"]), (4, ["start", "timer", "complete"])]
)
def test_timer_fires_when_the_simulated_clock_passes_it(days: int, deeds: list[str]) -> None:
    found = tried(with_deadline(), Bounds(runs=1), each_of={"isi": timedelta(days=days)})

    assert [each.deed for each in found.runs[0].path] == deeds


def test_instance_that_waits_for_a_timer_alone_moves_on_by_itself() -> None:
    wait = f'<bpmn:intermediateCatchEvent id="w">{timer("PT2H")}</bpmn:intermediateCatchEvent>'

    run = only(tried(process(start(), wait, user("isi"), end(), line("s", "w", "isi", "e"))))

    assert [each.deed for each in run.path] == ["start", "timer", "complete"]
    assert run.path[0].next_due_at == AT + timedelta(hours=2)
    assert run.duration_seconds == 3 * 3600


@pytest.mark.parametrize(
    ("text", "hours"), [("30m", 0.5), ("1h", 1), ("2d", 48), ("1d12h", 36), ("1w", 168)]
)
def test_duration_is_read(text: str, hours: float) -> None:
    assert read_duration(text) == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["", "1", "h", "-1h", "1h ago", "9999w"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        read_duration(text)


# --------------------------------------------------------- loops and sub-processes


def test_multi_instance_opens_a_task_per_element() -> None:
    lines = (
        '<camunda:formField id="daftar" label="daftar" type="string"><camunda:properties>'
        '<camunda:property id="daftar" value="true"/></camunda:properties></camunda:formField>'
    )
    content = process(
        start(inner=form(lines)),
        user("isi", each("${daftar}")),
        end(),
        line("s", "isi", "e"),
    )

    run = only(tried(content, values={"daftar": ["SMP", "PAUD", "SD"]}))

    assert activities(run) == ["s", "isi", "isi", "isi"]
    assert [len(step.waiting) for step in run.path] == [3, 2, 1, 0]
    assert len(tried(content).runs[0].path) == 3


def test_multi_instance_of_a_number_and_in_a_sub_process() -> None:
    inner = subprocess(
        "sub", each(cardinality="2"), start("s2"), user("isi"), end("e2"), line("s2", "isi", "e2")
    )

    found = tried(process(start(), inner, end(), line("s", "sub", "e")))

    assert found.is_sound
    assert found.loops == ()
    assert [(duty.activity_id, duty.times) for duty in found.duties] == [("isi", 2)]
    assert len(only(found).path[0].waiting) == 2


# ------------------------------------------------------------------- what goes wrong


def test_missing_variable_is_an_incident_with_its_element() -> None:
    found = tried(
        process(
            start(),
            user("isi"),
            script("hitung", "jumlah = nilai + 1"),
            end(),
            line("s", "isi", "hitung", "e"),
        )
    )

    assert not found.is_sound
    assert found.outcomes == {Outcome.INCIDENT: 1}
    (incident,) = found.incidents
    assert (incident.activity_id, incident.run) == ("hitung", 1)
    assert "nilai" in incident.message
    assert only(found).path[-1].incidents == (incident.message,)
    assert tried(
        process(
            start(),
            user("isi"),
            script("hitung", "jumlah = nilai + 1"),
            end(),
            line("s", "isi", "hitung", "e"),
        ),
        values={"nilai": 6},
    ).runs[0].variables == {"nilai": 6, "jumlah": 7}


def test_join_whose_token_never_comes_is_a_dead_end() -> None:
    """The checks may refuse such a diagram; whatever passes them must be found here."""
    content = process(
        start(),
        user("isi", form(choice("keputusan", "ya", "tidak"))),
        exclusive("g"),
        user("a"),
        user("b"),
        parallel("temu"),
        end(),
        line("s", "isi", "g"),
        flow("g", "a", "keputusan == 'ya'"),
        flow("g", "b", "keputusan == 'tidak'"),
        line("a", "temu", "e"),
        line("b", "temu"),
    )
    diagram = read_diagram("uji.bpmn", content.encode())

    found = _simulated(
        diagram, diagram.executable[0], Scenario(AT), Bounds(), clock=ManualClock(AT)
    )

    assert not found.is_sound
    assert found.outcomes == {Outcome.DEAD_END: 2}
    assert {trouble.activity_id for trouble in found.dead_ends} == {"temu"}
    assert found.incidents == ()


def test_refused_file_is_not_simulated() -> None:
    found = tried(process(start(), user("isi"), end(), line("s", "isi")))

    assert not found.is_accepted
    assert not found.is_sound
    assert found.findings
    assert (found.runs, found.coverage) == ((), None)


def test_file_that_is_not_xml_is_not_simulated() -> None:
    assert [finding.rule for finding in tried("<a").findings] == ["xml"]


def test_warnings_come_with_the_answer() -> None:
    found = tried(returning("setujui", "kembalikan"))

    assert found.is_accepted
    assert {finding.severity for finding in found.findings} == {"warning"}


def test_process_must_be_named_when_there_are_several() -> None:
    one, two = (
        returning("setujui", "kembalikan"),
        process(start("s9"), user("u9"), end("e9"), line("s9", "u9", "e9"), key="q"),
    )
    second = re.search(r"<bpmn:process .*</bpmn:process>", two)
    both = one.replace("</bpmn:definitions>", f"{second[0]}</bpmn:definitions>")

    with pytest.raises(InvalidInput, match="p, q"):
        tried(both)
    with pytest.raises(NotFound, match="lain"):
        tried(both, process_key="lain")
    assert tried(both, process_key="q").process_key == "q"


def test_only_analysts_and_admins_simulate_on_a_server() -> None:
    with pytest.raises(Forbidden):
        simulate_for(
            Actor("auditor", frozenset({Role.AUDITOR})),
            "uji.bpmn",
            b"",
            Scenario(AT),
            clock=ManualClock(AT),
            turns=Turns(),
        )


def test_only_so_many_simulations_run_at_the_same_time() -> None:
    turns, analyst = Turns(parallel=1, wait_s=0), Actor("analis", frozenset({Role.ANALYST}))

    def simulated() -> Simulation:
        return simulate_for(
            analyst, "uji.bpmn", b"", Scenario(AT), clock=ManualClock(AT), turns=turns
        )

    with turns.taken(), pytest.raises(TooManySimulations):
        simulated()
    assert not simulated().is_accepted
