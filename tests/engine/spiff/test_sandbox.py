"""A diagram's code sees its variables and nothing else, and cannot harm its host."""

from __future__ import annotations

import re
import threading

import pytest

from engine.errors import DeploymentRejected
from engine.spiff.scripts import SANDBOX, SandboxError, SandboxStopped
from tests.diagrams import end, exclusive, flow, line, process, script, start, user
from tests.office import ADMIN, Office

HOSTILE = {
    "import": "import os\nx = os.environ",
    "dunder import": "x = __import__('os').environ",
    "open": "x = open('/etc/passwd').read()",
    "attribute walk": "x = ().__class__.__bases__[0].__subclasses__()",
    "exec": "exec('x = 1')",
    "endless loop": "while True:\n  pass",
    "memory": "x = [0] * 10**9",
    "doubling": "x = 'a'\nwhile True:\n  x = x + x",
    "recursion": "def f(n):\n  return f(n + 1)\nx = f(0)",
    "exit": "raise SystemExit(0)",
    "os exit": "import os\nos._exit(1)",
    "big number": "x = 9 ** 9 ** 9",
    "not JSON": "x = {1, 2}",
    "not a number": "x = float('nan')",
    "reserved name": "x = {'typename': 'nope'}",
    "too large": "x = 'a' * 400000",
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_scripts_change_nothing(office: Office, source: str) -> None:
    diagram = process(start(), user("a"), script("k", f"n = 99\n{source}"), end(),
                      line("s", "a", "k", "e"))  # fmt: skip
    try:
        instance = office.start(office.deploy(diagram), n=1)
    except DeploymentRejected as refused:
        refusals = [f for f in refused.findings if f.severity != "warning"]
        assert {finding.element_id for finding in refusals} == {"k"}
        return
    office.complete(instance, "a", kerja="tetap ada")

    assert office.variables(instance) == {"n": 1, "kerja": "tetap ada"}
    assert len(office.incidents(instance)) == 1
    assert office.state(instance) == "ACTIVE"
    office.assert_sound(instance)


def test_the_sandbox_itself_stops_what_the_deploy_check_would_let_pass() -> None:
    for name in (
        "import",
        "dunder import",
        "open",
        "attribute walk",
        "memory",
        "recursion",
        "exit",
    ):
        with pytest.raises(SandboxError):
            SANDBOX.run(HOSTILE[name], {})
    with pytest.raises(SandboxStopped, match="took too long"):
        SANDBOX.run(HOSTILE["endless loop"], {})

    assert SANDBOX.run("1 + 1", {}) == 2


def test_names_of_one_script_are_not_seen_by_the_next() -> None:
    SANDBOX.run("rahasia = 5", {})

    with pytest.raises(SandboxError, match="rahasia"):
        SANDBOX.run("rahasia", {})


def test_several_threads_share_the_sandbox() -> None:
    results: list[int] = []

    def work(number: int) -> None:
        results.extend(SANDBOX.run("n * 2", {"n": number + i}) for i in range(20))

    threads = [threading.Thread(target=work, args=(n * 100,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(results) == sorted(2 * (n * 100 + i) for n in range(6) for i in range(20))


def test_a_failing_gateway_is_an_incident_and_the_work_is_kept(office: Office) -> None:
    diagram = process(
        start(),
        user("a"),
        exclusive("x"),
        user("b"),
        end(),
        line("s", "a", "x"),
        flow("x", "b", "${nilai == 1}"),
        flow("x", "e", "${nilai == 2}"),
        line("b", "e"),
    )
    instance = office.start(office.deploy(diagram))

    office.complete(instance, "a", catatan="penting")
    [message] = office.incidents(instance)
    assert "nilai" in message
    assert office.variables(instance) == {"catatan": "penting"}

    [incident] = office.engine.instances.incidents(actor=ADMIN, instance_id=instance)
    office.engine.instances.change_variables(instance, {"nilai": 1}, actor=ADMIN)
    office.engine.instances.retry_incident(incident.incident_id, actor=ADMIN)

    assert office.waiting_at(instance) == ["b"]
    assert office.incidents(instance) == []
    office.assert_sound(instance)


def test_a_failure_in_one_branch_leaves_the_others_alone(office: Office) -> None:
    diagram = process(
        start(),
        '<bpmn:parallelGateway id="f"/>',
        script("k", "x = tidak_ada"),
        user("a"),
        end("e1"),
        end("e2"),
        line("s", "f", "k", "e1"),
        line("f", "a", "e2"),
    )
    instance = office.start(office.deploy(diagram))

    assert office.waiting_at(instance) == ["a"]
    office.complete(instance, "a")
    assert office.state(instance) == "ACTIVE"
    assert len(office.incidents(instance)) == 1
    office.assert_sound(instance)


@pytest.fixture
def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The checks at deploy refuse such diagrams; what if one came through?"""
    monkeypatch.setattr("engine.uploads.check_diagram", lambda _: ())


@pytest.mark.usefixtures("unchecked")
def test_a_loop_without_a_person_is_stopped_and_told(office: Office) -> None:
    diagram = process(
        start(),
        exclusive("m"),
        script("k", "n = n + 1"),
        exclusive("x"),
        end(),
        line("s", "m", "k", "x"),
        flow("x", "m", "${n &gt; 0}"),
        flow("x", "e", "${n &lt;= 0}"),
    )
    instance = office.start(office.deploy(diagram), n=1)

    [message] = office.incidents(instance)
    assert "1000 automatic elements" in message
    office.assert_sound(instance)


@pytest.mark.usefixtures("unchecked")
def test_a_join_that_can_never_fire_is_an_incident_not_a_silence(office: Office) -> None:
    diagram = process(
        start(),
        user("a"),
        exclusive("x"),
        '<bpmn:task id="t1"/><bpmn:task id="t2"/><bpmn:parallelGateway id="j"/>',
        end(),
        line("s", "a", "x"),
        flow("x", "t1", "${w == 1}"),
        flow("x", "t2", "${w != 1}"),
        line("t1", "j"),
        line("t2", "j"),
        line("j", "e"),
    )
    instance = office.start(office.deploy(diagram))
    office.complete(instance, "a", w=1)

    [message] = office.incidents(instance)
    assert "j waits for a token that can never come" in message


@pytest.mark.parametrize(
    "source",
    ["def f():\n  return 1\nx = f", "x = []\nx.append(x)", "x = 2 ** 60", "x = 1e308 * 10"],
    ids=["a function", "a circle", "too large", "infinite"],
)
def test_what_is_not_json_is_never_kept_in_another_shape(office: Office, source: str) -> None:
    diagram = process(start(), script("k", source), end(), line("s", "k", "e"))
    instance = office.start(office.deploy(diagram))

    assert len(office.incidents(instance)) == 1
    assert office.variables(instance) == {}


def test_a_script_may_be_as_long_as_deploy_lets_it(office: Office) -> None:
    source = "\n".join(f"nilai_{i} = {i}" for i in range(150))
    diagram = process(start(), script("k", source), end(), line("s", "k", "e"))
    instance = office.start(office.deploy(diagram))

    assert office.variables(instance)["nilai_149"] == 149


@pytest.mark.parametrize(
    ("nilai", "expected"), [([{"n": 2}, {"n": 9}], "a"), ([{"n": 2}], "b"), ([], "b")]
)
def test_a_feel_quantifier_decides(office: Office, nilai, expected) -> None:
    diagram = process(
        start(),
        exclusive("x"),
        user("a"),
        user("b"),
        exclusive("j"),
        end(),
        line("s", "x"),
        flow("x", "a", "= some x in nilai satisfies x.n &gt; batas"),
        flow("x", "b", "= every x in nilai satisfies x.n &lt;= batas"),
        line("a", "j"),
        line("b", "j", "e"),
    )
    instance = office.start(office.deploy(diagram), nilai=nilai, batas=5, any="terisi")

    assert office.waiting_at(instance) == [expected]
    office.assert_sound(instance)


def test_a_quantifier_over_too_much_is_stopped_and_harms_nobody(office: Office) -> None:
    condition = "= every x in daftar, y in daftar, z in daftar satisfies x + y + z &gt;= 0"
    diagram = process(
        start(),
        exclusive("x"),
        user("a"),
        end(),
        line("s", "x"),
        flow("x", "a", condition),
        flow("x", "e", f"= not({condition[2:]})"),
        line("a", "e"),
    )
    definition = office.deploy(diagram)

    instance = office.start(definition, daftar=list(range(1000)))

    # Which of its limits it meets first is a matter of the machine.
    assert re.search("memory limit exceeded|took too long", office.incidents(instance)[0])
    assert office.waiting_at(office.start(definition, daftar=[1, 2])) == ["a"]
    office.assert_sound(instance)


def test_a_variable_named_len_does_not_hide_the_size_of_others(office: Office) -> None:
    diagram = process(
        start(),
        exclusive("x"),
        user("a"),
        end(),
        line("s", "x"),
        flow("x", "a", "${daftar.size() == 2}"),
        flow("x", "e", "${daftar.size() != 2}"),
        line("a", "e"),
    )
    instance = office.start(office.deploy(diagram), daftar=[1, 2], len=7)

    assert office.waiting_at(instance) == ["a"]
