"""Sound processes have no finding; each unbalanced block has exactly one, which names both ends."""

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.bpmn.checks import soundness
from engine.bpmn.diagram import read_diagram
from engine.model import Severity
from tests.benchmarks.shapes import shapes
from tests.diagrams import end, exclusive, flow, line, parallel, process, start, user
from tests.engine.bpmn.block_structures import blocks_of, file_of

#: Kind of block -> (which end, what it becomes). An exclusive join after an inclusive split, and
#: so on; an inclusive join of exclusive or parallel branches is right and is not here.
DEFECTS = {
    "xor": [("split", "and"), ("split", "or"), ("join", "and")],
    "and": [("split", "xor"), ("split", "or"), ("join", "xor")],
    "or": [("join", "xor"), ("join", "and")],
    "loop": [("split", "and"), ("split", "or"), ("join", "and")],
}
SIDES = [(kind, side, becomes) for kind, sides in DEFECTS.items() for side, becomes in sides]


def findings_in(content):
    return list(soundness.check(read_diagram("acak.bpmn", content)))


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_a_process_of_nested_blocks_is_sound(seed):
    assert findings_in(file_of(blocks_of(seed))) == []


@pytest.mark.parametrize(("kind", "side", "becomes"), SIDES)
def test_an_unbalanced_block_has_one_finding_that_names_it(kind, side, becomes):
    for seed in range(40):
        blocks = blocks_of(seed)
        for _, split, join in [pair for pair in blocks.pairs if pair[0] == kind][:2]:
            planted = split if side == "split" else join
            before, blocks.nodes[planted] = blocks.nodes[planted], becomes

            findings = findings_in(file_of(blocks))

            blocks.nodes[planted] = before
            assert len(findings) == 1
            # A branch that overtakes itself, with nothing behind it that joins, ends all the same.
            may_warn = (kind, becomes) == ("loop", "or")
            assert findings[0].severity is not Severity.WARNING or may_warn
            assert f"({planted})" in findings[0].message_en
            assert f"({planted})" in findings[0].message_id


def test_two_faults_of_one_scope_are_found_at_once():
    content = process(
        start(),
        end(),
        *(user(name) for name in ("a", "b", "c", "d", "g")),
        exclusive("x1"),
        parallel("p1"),
        parallel("p2"),
        exclusive("x2"),
        line("s", "x1", "a", "p1", "p2", "c", "x2", "g", "e"),
        line("x1", "b", "p1"),
        line("p2", "d", "x2"),
    ).encode()

    findings = findings_in(content)

    assert {f.element_id for f in findings} == {"p1", "x2"}
    # Waiting for ever is wrong; doing a step twice is right BPMN that nobody means.
    assert [f.severity for f in findings] == [Severity.ERROR, Severity.UNSUPPORTED]
    assert "(x1)" in findings[0].message_en
    assert "(p2)" in findings[1].message_en


def test_faults_beside_a_node_that_is_not_connected_are_found_too():
    content = process(
        start(),
        end(),
        *(user(name) for name in ("a", "b", "c", "sendiri")),
        exclusive("x"),
        parallel("p"),
        line("s", "x", "a", "p", "c", "e"),
        line("x", "b", "p"),
        flow("sendiri", "p"),
    ).encode()

    assert [f.element_id for f in findings_in(content)] == ["p"]


def wide(branches):
    """Branches that cannot be collapsed: each may leave a second token of its own beside it."""
    duration = "<bpmn:timeDuration>PT1H</bpmn:timeDuration>"
    timer = f"<bpmn:timerEventDefinition>{duration}</bpmn:timerEventDefinition>"
    parts = [start(), end(), parallel("p1"), parallel("p2"), flow("s", "p1"), flow("p2", "e")]
    for n in range(branches):
        parts += [
            user(f"a{n}"),
            f'<bpmn:boundaryEvent id="b{n}" attachedToRef="a{n}" cancelActivity="false">{timer}'
            "</bpmn:boundaryEvent>",
            exclusive(f"x{n}"),
            *(user(f"c{n}{way}") + end(f"e{n}{way}") for way in "ab"),
            line(f"b{n}", f"x{n}"),
            *(line(f"x{n}", f"c{n}{way}", f"e{n}{way}") for way in "ab"),
            line("p1", f"a{n}", "p2"),
        ]
    return process(*parts).encode()


def test_a_scope_that_is_too_large_is_warned_of_and_not_refused():
    findings = findings_in(wide(14))

    assert [(f.severity, f.element_id) for f in findings] == [(Severity.WARNING, "p")]
    assert "too large" in findings[0].message_en


@pytest.mark.parametrize("shape", shapes())
def test_two_hundred_nodes_of_any_shape_are_proved_with_little_work(shape):
    diagram = read_diagram("bentuk.bpmn", shapes()[shape].encode())
    calls = 0

    def count(frame, event, argument):
        nonlocal calls
        calls += event == "call"

    # Counted and not timed: an inclusive gateway of 196 branches has 19,000 outcomes, and took
    # 1,300,000 when each was looked at once for every branch.
    sys.setprofile(count)
    try:
        findings = list(soundness.check(diagram))
    finally:
        sys.setprofile(None)

    assert findings == []
    assert calls < 300_000


def test_a_wide_scope_is_proved():
    assert findings_in(wide(4)) == []
