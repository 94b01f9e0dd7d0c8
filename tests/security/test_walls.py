"""The sixteen walls: defects of SpiffWorkflow 3.2.0 that nobody meets in Alur.

`test_sNN_...` shows the wall end to end. `test_without_the_wall_sNN_...` shows, where that costs
little, that the library still needs it; when such a control fails, the wall may go.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from SpiffWorkflow.bpmn.exceptions import WorkflowTaskException
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine, TaskDataEnvironment
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from engine.errors import DeploymentRejected, EngineError, InvalidVariables
from engine.model import Finding, Severity
from engine.spiff.stepping import step
from tests.diagrams import (
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
from tests.office import ADMIN, Office
from tests.security.hostile import SECONDS, assert_office_works


@contextmanager
def quickly() -> Iterator[None]:
    """What follows takes little of the processor, whatever else the machine does meanwhile."""
    began = time.process_time()
    yield
    assert time.process_time() - began < SECONDS


def refusals(office: Office, diagram: str | bytes) -> list[Finding]:
    """Why the diagram may not be deployed; it is not deployed."""
    with quickly(), pytest.raises(DeploymentRejected) as rejected:
        office.deploy(diagram)
    return [f for f in rejected.value.findings if f.severity != Severity.WARNING]


def started_or_refused(office: Office, diagram: str, **variables: object) -> str | set[str | None]:
    """The instance; or the ids of the elements for which the diagram was refused."""
    with quickly():
        try:
            definition = office.deploy(diagram)
        except DeploymentRejected as rejected:
            found = {f.element_id for f in rejected.findings if f.severity != Severity.WARNING}
        else:
            return office.start(definition, **variables)
    return found


def straight(*nodes: str, ids: str) -> str:
    """Start, these nodes one after the other, end; `ids` are theirs."""
    return process(start(), *nodes, end(), line("s", *ids.split(), "e"))


def plain(diagram: str, **data: object) -> BpmnWorkflow:
    """The diagram in the library as it comes, run as far as it goes. Call inside a step."""
    parser = BpmnParser()
    parser.add_bpmn_str(diagram.encode())
    workflow = BpmnWorkflow(parser.get_spec("p"), script_engine=PythonScriptEngine())
    workflow.task_tree.data.update(data)
    workflow.do_engine_steps()
    return workflow


@pytest.fixture
def in_a_step() -> Iterator[None]:
    """The library can move only inside a step."""
    bare = step(
        now=datetime(2026, 1, 5, tzinfo=UTC),
        instance_id="00000000-0000-4000-8000-000000000001",
        revision=1,
    )
    with bare:
        yield


def choice(condition: str) -> str:
    return process(
        start(),
        exclusive("x"),
        user("a"),
        end(),
        end("e2"),
        line("s", "x"),
        flow("x", "a", escape(condition)),
        flow("x", "e2", escape("1 == 2")),
        line("a", "e"),
    )


# ------------------------------------------------------------------ S1 to S4: code

ENVIRONMENT = "__import__('os').environ['HOME'] != ''"


def test_s01_a_condition_does_not_see_the_host(office: Office) -> None:
    """S1: conditions are plain eval."""
    [finding] = refusals(office, choice(ENVIRONMENT))

    assert finding.element_id == "x_a"
    assert "__import__" in finding.message_en


@pytest.mark.usefixtures("in_a_step")
def test_without_the_wall_s01_a_condition_sees_the_host() -> None:
    assert plain(choice(ENVIRONMENT)).get_next_task(state=TaskState.READY).task_spec.name == "a"


@pytest.mark.parametrize(
    "source",
    ["raise SystemExit", "raise KeyboardInterrupt", "import os\nos._exit(1)",
     "import ctypes\nctypes.string_at(0)",
     "import SpiffWorkflow.bpmn.script_engine as s\ns.TaskDataEnvironment.evaluate = None"],
)  # fmt: skip
def test_s02_a_script_does_not_leave_the_engine(office: Office, source: str) -> None:
    """S2: scripts are plain exec, in the process of everybody."""
    evaluate = TaskDataEnvironment.evaluate

    outcome = started_or_refused(office, straight(script("k", source), ids="k"))

    assert outcome == {"k"} or len(office.incidents(str(outcome))) == 1

    assert TaskDataEnvironment.evaluate is evaluate
    assert_office_works(office)


@pytest.mark.usefixtures("in_a_step")
def test_without_the_wall_s02_a_script_leaves_the_engine() -> None:
    with pytest.raises(SystemExit):
        plain(straight(script("k", "raise SystemExit"), ids="k"))


def test_s03_a_failing_script_leaves_nothing_behind(office: Office) -> None:
    """S3: a failing script keeps its partial writes, and is never tried again."""
    diagram = straight(script("k", "disetujui = True\nx = 1 / n"), user("a"), ids="k a")
    instance = office.start(office.deploy(diagram), n=0)
    assert office.variables(instance) == {"n": 0}

    [incident] = office.engine.instances.incidents(actor=ADMIN, instance_id=instance)
    office.engine.instances.change_variables(instance, {"n": 1}, actor=ADMIN)
    office.engine.instances.retry_incident(incident.incident_id, actor=ADMIN)

    assert office.variables(instance) == {"n": 1, "disetujui": True, "x": 1.0}
    assert office.waiting_at(instance) == ["a"]
    office.assert_sound(instance)


@pytest.mark.usefixtures("in_a_step")
def test_without_the_wall_s03_a_failing_script_keeps_what_it_wrote() -> None:
    diagram = straight(user("a"), script("k", "disetujui = True\nx = 1 / 0"), ids="a k")
    workflow = plain(diagram)
    workflow.get_next_task(state=TaskState.READY).run()
    with pytest.raises(WorkflowTaskException, match="division"):
        workflow.do_engine_steps()

    [failed] = workflow.get_tasks(state=TaskState.ERROR)
    assert failed.data == {"disetujui": True}


ODD_ERRORS = ["raise KeyError(5)", "raise OSError(2, 'x')"]


@pytest.mark.parametrize("source", ODD_ERRORS)
def test_s04_an_exception_with_odd_arguments_is_an_incident(office: Office, source: str) -> None:
    """S4: the library adds up texts with whatever an exception holds."""
    instance = office.start(office.deploy(straight(script("k", source), ids="k")))

    [message] = office.incidents(instance)
    assert source.split("(", maxsplit=1)[0] in message
    assert office.state(instance) == "ACTIVE"
    office.assert_sound(instance)


@pytest.mark.usefixtures("in_a_step")
@pytest.mark.parametrize("source", ODD_ERRORS)
def test_without_the_wall_s04_it_is_an_error_of_the_library(source: str) -> None:
    with pytest.raises(TypeError, match="concatenate"):
        plain(straight(script("k", source), ids="k"))


# ------------------------------------------------------------------ S5 and S6: values

FORBIDDEN_VALUES = {
    "typename": {"typename": "nope"},
    "typename deep inside": [{"a": {"typename": "datetime"}}],
    "NaN": float("nan"),
    "infinity": float("inf"),
    "half a surrogate": "\ud800",
    "NUL": "a\0b",
    "a set": {1, 2},
    "a tuple": (1, 2),
    "a number as a name": {1: 2, "1": 3},
    "an object": object(),
    "a moment": datetime(2026, 1, 5, tzinfo=UTC),
    "a long number": 2**60,
}


@pytest.mark.parametrize("name", FORBIDDEN_VALUES)
def test_s05_s06_no_entrance_takes_a_value_that_cannot_be_kept(office: Office, name: str) -> None:
    """S5, S6: such values save and never load, or come back as something else."""
    value = FORBIDDEN_VALUES[name]
    definition = office.deploy(straight(user("a"), ids="a"))
    with pytest.raises(InvalidVariables):
        office.start(definition, x=value)

    instance = office.start(definition)
    with pytest.raises(EngineError):
        office.complete(instance, "a", x=value)
    with pytest.raises(InvalidVariables):
        office.engine.instances.change_variables(instance, {"x": value}, actor=ADMIN)

    assert office.variables(instance) == {}
    office.complete(instance, "a", x={"jenis": "surat"})
    assert office.state(instance) == "COMPLETED"


@pytest.mark.parametrize(
    "source",
    ["x = {'typename': 'nope'}", "x = float('nan')", "x = {1, 2}", "x = {1: 2}", "x = 2 ** 60"],
)
def test_s05_s06_a_script_is_an_entrance_too(office: Office, source: str) -> None:
    """S5, S6: a script may make such a value."""
    instance = office.start(office.deploy(straight(script("k", source), user("a"), ids="k a")))

    assert office.variables(instance) == {}
    assert len(office.incidents(instance)) == 1
    office.assert_sound(instance)


@pytest.mark.usefixtures("in_a_step")
def test_without_the_wall_s05_what_was_saved_cannot_be_loaded() -> None:
    workflow = plain(straight(user("a"), ids="a"), x={"typename": "nope"})
    serializer = BpmnWorkflowSerializer(registry=BpmnWorkflowSerializer.configure())
    saved = serializer.serialize_json(workflow)

    with pytest.raises(TypeError, match="NoneType"):
        serializer.deserialize_json(saved)


# ------------------------------------------------------------------ S7, S8: long lives


def a_rework_loop(*nodes: str, ids: str, last: str) -> str:
    return process(
        start(),
        exclusive("m"),
        *nodes,
        exclusive("x"),
        end(),
        line("s", "m", *ids.split()),
        line(last, "x"),
        flow("x", "m", "${ulang}"),
        flow("x", "e", "${!ulang}"),
    )


def test_s07_a_loop_goes_on_past_the_depth_at_which_the_library_is_blind(office: Office) -> None:
    """S7: below depth 1,000 the library sees no task, and says nothing."""
    instance = office.start(office.deploy(a_rework_loop(user("a"), ids="a", last="a")))

    for round_ in range(520):
        assert office.waiting_at(instance) == ["a"], round_
        office.complete(instance, "a", ulang=round_ < 519)

    assert office.state(instance) == "COMPLETED"


def test_s07_an_instance_that_can_never_move_says_so(office: Office) -> None:
    """S7: an unfinished instance in which nothing waits is never silent."""
    diagram = process(
        start(), user("a"), exclusive("x"), parallel("j"), end(),
        '<bpmn:task id="t1"/><bpmn:task id="t2"/>',
        line("s", "a", "x"), flow("x", "t1", "${n == 1}"), flow("x", "t2", "${n != 1}"),
        line("t1", "j", "e"), line("t2", "j"),
    )  # fmt: skip
    outcome = started_or_refused(office, diagram)
    if isinstance(outcome, set):
        assert outcome & {"x", "j"}
        return
    office.complete(outcome, "a", n=1)

    [message] = office.incidents(outcome)
    assert "j waits for a token that can never come" in message


def test_s08_the_hundredth_round_costs_what_the_first_did(office: Office) -> None:
    """S8: a loop with a fork in it grows by its whole history each round."""
    nodes = (parallel("f"), user("a"), user("b"), parallel("j"))
    fork = a_rework_loop(*nodes, line("f", "b", "j"), ids="f a j", last="j")
    instance = office.start(office.deploy(fork))
    sizes = []
    for round_ in range(100):
        office.complete(instance, "a")
        office.complete(instance, "b", ulang=round_ < 99)
        with office.store.reading() as tx:
            sizes.append(len(tx.stored_instance(instance).snapshot or b""))

    assert office.state(instance) == "COMPLETED"
    assert max(sizes) < sizes[0] * 1.2


# ------------------------------------------------------------------ S9, S10: who, and when

LANED = process(start(), user("a"), end(), line("s", "a", "e"), lanes={"Kadis": ["s", "a", "e"]})
WITHOUT_A_PROCESS = (
    b'<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    b'targetNamespace="t"/>'
)


def test_s09_a_lane_is_never_lost(office: Office) -> None:
    """S9: after a file without a process, the lanes of the next file may be lost."""
    for version in range(30):
        with pytest.raises(DeploymentRejected):
            office.deploy(WITHOUT_A_PROCESS)
        diagram = LANED.replace('name="a"', f'name="a{version}"')
        instance = office.start(office.deploy(diagram), office.people["Kadis"])

        assert office.task(instance, "a").lane == "Kadis"
        with pytest.raises(EngineError, match="lane Kadis"):
            office.complete(instance, "a", office.people["Bidang"])


def test_s10_a_task_is_completed_once(office: Office) -> None:
    """S10: the library completes a completed task again."""
    instance = office.start(office.deploy(straight(user("a"), user("b"), ids="a b")))
    task_id = office.task(instance, "a").task_id
    office.engine.tasks.complete(task_id, {"n": 1}, actor=ADMIN)

    with pytest.raises(EngineError):
        office.engine.tasks.complete(task_id, {"n": 2}, actor=ADMIN)

    assert office.variables(instance) == {"n": 1}
    assert office.waiting_at(instance) == ["b"]
    office.assert_sound(instance)


@pytest.mark.usefixtures("in_a_step")
def test_without_the_wall_s10_a_task_is_completed_twice() -> None:
    workflow = plain(straight(user("a"), user("b"), ids="a b"))
    task = workflow.get_next_task(state=TaskState.READY)
    task.run()

    task.run()

    assert task.state == TaskState.COMPLETED


# ------------------------------------------------------------------ S11, S12, S13: too much


def calling(key: str, other: str) -> str:
    call = f'<bpmn:callActivity id="c" calledElement="{other}"/>'
    return process(start(), call, end(), line("s", "c", "e"), key=key)


def test_s11_a_process_that_calls_itself_comes_to_an_end(office: Office) -> None:
    """S11: a call activity that calls its own process never returns."""
    outcome = started_or_refused(office, calling("p", "p"))

    if isinstance(outcome, set):
        assert "c" in outcome
    else:
        assert len(office.engine.instances.incidents(actor=ADMIN)) == 1


def test_s11_processes_that_call_each_other_come_to_an_end(office: Office) -> None:
    """S11: no check of one file can see a circle that later deployments close."""
    office.deploy(process(start(), end(), line("s", "e"), key="q"), "q.bpmn")
    office.deploy(calling("p", "q"), "p.bpmn")
    outcome = started_or_refused(office, calling("q", "p"))

    if isinstance(outcome, set):
        assert "c" in outcome
    else:
        [incident] = office.engine.instances.incidents(actor=ADMIN)
        assert incident.activity_id == "c"


@pytest.mark.parametrize("duration", ["P99999999999Y", "P99999Y", "PT0S", "R/PT0S", "R100000/PT0S"])
@pytest.mark.parametrize("kind", ["timeDuration", "timeCycle", "timeDate"])
def test_s11_a_timer_without_an_end_is_refused(office: Office, duration: str, kind: str) -> None:
    """S11: such a timer is computed month by month, or fires without pause."""
    definition = timer(duration).replace("timeDuration", kind)
    event = f'<bpmn:intermediateCatchEvent id="t">{definition}</bpmn:intermediateCatchEvent>'

    assert "t" in {f.element_id for f in refusals(office, straight(event, ids="t"))}


def test_s11_a_loop_without_a_person_is_stopped(office: Office) -> None:
    """S11: a cycle of automatic steps runs for ever."""
    diagram = a_rework_loop(script("k", "ulang = True"), ids="k", last="k")
    outcome = started_or_refused(office, diagram)
    if isinstance(outcome, set):
        assert outcome & {"m", "k", "x"}
        return

    [message] = office.incidents(outcome)
    assert "automatic elements" in message


@pytest.mark.parametrize("count", [10**7, 1001, -1, "x", 1.5, True, None])
def test_s12_a_repeat_has_a_sensible_number(office: Office, count: object) -> None:
    """S12: ten million instances take the memory of the machine; -1 counts as none."""
    definition = office.deploy(straight(user("a", each(cardinality="${n}")), ids="a"))

    with quickly():
        instance = office.start(definition, n=count)

    assert len(office.incidents(instance)) == 1
    assert office.waiting_at(instance) == []
    office.assert_sound(instance)


def a_chain(length: int) -> str:
    ids = [f"t{i}" for i in range(length - 2)]
    return straight("".join(f'<bpmn:task id="{i}"/>' for i in ids), ids=" ".join(ids))


def test_s13_a_long_chain_runs_and_a_longer_one_is_refused(office: Office) -> None:
    """S13: the library parses by recursion, and 600 steps are too many for it."""
    with quickly():
        assert office.state(office.start(office.deploy(a_chain(400)))) == "COMPLETED"

    assert {f.rule for f in refusals(office, a_chain(401))} == {"chain-length"}
    assert {f.rule for f in refusals(office, a_chain(5000))} == {"chain-length"}


def test_without_the_wall_s13_a_chain_of_600_is_an_error_of_the_library() -> None:
    parser = BpmnParser()
    parser.add_bpmn_str(a_chain(1200).encode())
    with pytest.raises(Exception, match="recursion"):
        parser.get_spec("p")


# ------------------------------------------------------------------ S14, S15, S16: dialects


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16"])
def test_s14_a_file_is_read_as_bytes(office: Office, encoding: str) -> None:
    """S14: the library decodes files as text, and fails on every other encoding."""
    diagram = straight(user("a", name="Mengesahkan – Kadis"), ids="a")
    content = diagram.replace('encoding="UTF-8"', f'encoding="{encoding}"').encode(encoding)
    instance = office.start(office.deploy(content))

    assert office.task(instance, "a").name == "Mengesahkan – Kadis"
    office.complete(instance, "a")
    assert office.state(instance) == "COMPLETED"
    office.assert_sound(instance)


def test_s14_an_encoding_that_is_not_taken_is_named(office: Office) -> None:
    """S14: the others are refused in words."""
    diagram = LANED.replace('encoding="UTF-8"', 'encoding="ISO-8859-1"')

    [finding] = refusals(office, diagram.encode("latin-1"))
    assert "ISO-8859-1" in finding.message_en


def test_without_the_wall_s14_utf_16_is_an_error_of_the_library(tmp_path: Path) -> None:
    file = tmp_path / "sop.bpmn"
    file.write_bytes(LANED.replace('encoding="UTF-8"', 'encoding="UTF-16"').encode("utf-16"))
    with pytest.raises(UnicodeDecodeError):
        BpmnParser().add_bpmn_file(str(file))


@pytest.mark.parametrize("written", ["PT1H", "'PT1H'", '"PT1H"', " PT1H\n"])
def test_s15_a_timer_runs_as_modelers_write_it(office: Office, written: str) -> None:
    """S15: a timer is evaluated as Python, and PT1H is a name there."""
    event = f'<bpmn:intermediateCatchEvent id="t">{timer(written)}</bpmn:intermediateCatchEvent>'
    instance = office.start(office.deploy(straight(event, user("a"), ids="t a")))
    assert office.waiting_at(instance) == []

    office.clock.advance(hours=1, seconds=1)
    office.engine.instances.fire_due(instance)

    assert office.waiting_at(instance) == ["a"]
    office.assert_sound(instance)


@pytest.mark.parametrize("cycle", ["0 0 9 ? * MON-FRI", "0 0/5 * * * ?", "@daily", "R3/PT"])
def test_s15_a_cron_cycle_is_refused_by_name(office: Office, cycle: str) -> None:
    """S15: a cron cycle is a ValueError when the instance gets there."""
    definition = timer(cycle).replace("timeDuration", "timeCycle")
    event = f'<bpmn:intermediateCatchEvent id="t">{definition}</bpmn:intermediateCatchEvent>'

    assert "t" in {f.element_id for f in refusals(office, straight(event, ids="t"))}


@pytest.mark.usefixtures("in_a_step")
def test_without_the_wall_s15_a_plain_timer_is_an_error_of_the_library() -> None:
    event = f'<bpmn:intermediateCatchEvent id="t">{timer("PT1H")}</bpmn:intermediateCatchEvent>'
    with pytest.raises(Exception, match="PT1H"):
        plain(straight(event, ids="t"))


def test_s16_a_long_condition_is_refused_at_once(office: Office) -> None:
    """S16: a decision table's cell of 48 KB takes the library five seconds."""
    condition = "n == 1 or ? " * 4000

    assert {f.element_id for f in refusals(office, choice(condition))} == {"x_a"}


def test_s16_a_decision_is_refused_by_name(office: Office) -> None:
    """S16: no decision table reaches the library."""
    rule = '<bpmn:businessRuleTask id="r" camunda:decisionRef="besaran"/>'

    assert {f.element_id for f in refusals(office, straight(rule, ids="r"))} == {"r"}


def test_a_sub_process_is_no_way_around_a_wall(office: Office) -> None:
    """Whatever stands at the top may stand in a sub-process: its code is checked there too."""
    inside = subprocess("sub", start("ss"), script("k", "import os"), end("se"),
                        line("ss", "k", "se"))  # fmt: skip

    assert {f.element_id for f in refusals(office, straight(inside, ids="sub"))} == {"k"}
