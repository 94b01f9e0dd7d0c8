"""Whatever has no drawing gets one on which a reader stumbles over nothing, quickly, the same."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from itertools import pairwise
from types import FrameType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.bpmn.diagram import Diagram, read_diagram
from engine.bpmn.drawing.interchange import with_layout
from engine.bpmn.drawing.picture import Picture
from engine.bpmn.drawing.reading import picture_of
from engine.bpmn.names import BPMNDI
from tests.diagrams import boundary, end, exclusive, flow, line, process, start, timer, user
from tests.engine.bpmn.drawing.judging import faults, overlapping_shapes
from tests.engine.bpmn.drawing.random_diagrams import RandomDiagram
from tests.processes.diagrams import NAMES, innermost_lanes, load, members_of, path_of
from tests.processes.geometry import cramped_texts, drawing_of, undrawn, untiled_lanes


def laid_out(content: str | bytes) -> Picture:
    data = content.encode() if isinstance(content, str) else content
    diagram = read_diagram("test.bpmn", data)
    forget_drawing(diagram)
    return picture_of(diagram.source, diagram.processes[0].id)


def forget_drawing(diagram: Diagram) -> None:
    for drawing in diagram.source.findall(f"{{{BPMNDI}}}BPMNDiagram"):
        diagram.source.remove(drawing)


def lanes_of(name: str) -> dict[str, list[str]]:
    return {str(each.get("id")): members_of(each) for each in innermost_lanes(load(name))}


@pytest.mark.parametrize("name", NAMES)
def test_sop_without_its_drawing_is_laid_out_cleanly(name):
    picture = laid_out(path_of(name).read_bytes())

    assert not picture.is_drawn
    assert faults(picture, lanes_of(name)) == []


@pytest.mark.parametrize("name", NAMES)
def test_copy_of_a_sop_with_a_layout_is_drawn_whole(name):
    copy = with_layout(f"{name}.bpmn", path_of(name).read_bytes())

    drawing = drawing_of(read_diagram("copy.bpmn", copy).source)
    assert [*undrawn(drawing), *untiled_lanes(drawing), *cramped_texts(drawing)] == []


@given(
    seed=st.integers(0, 2**32),
    size=st.integers(5, 150),
    lanes=st.integers(0, 5),
    pools=st.integers(0, 3),
)
@settings(max_examples=40, deadline=None)
def test_any_diagram_is_laid_out_cleanly(seed, size, lanes, pools):
    made = RandomDiagram(random.Random(seed))
    file = made.file(size, lanes, pools=pools)

    assert faults(laid_out(file), made.lanes) == []


@pytest.mark.parametrize("seed", [7, 8, 9])
def test_twice_the_nodes_take_less_than_three_times_the_work(seed):
    def work(size: int) -> int:
        file = RandomDiagram(random.Random(seed)).file(size, 4, pools=1)
        return calls_while(lambda: laid_out(file))

    once, twice = work(100), work(200)

    assert twice < 3 * once
    assert twice < 3_000_000


def calls_while(deed: Callable[[], object]) -> int:
    """How often a function is called meanwhile: the same number on a busy machine."""
    calls = 0

    def count(_frame: FrameType, event: str, _of: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        deed()
    finally:
        sys.setprofile(None)
    return calls


def test_same_diagram_gets_the_same_layout():
    file = RandomDiagram(random.Random(3)).file(40, 3, pools=2)

    assert laid_out(file) == laid_out(file)


def test_what_follows_stands_right_of_what_it_follows():
    picture = laid_out(
        process(start(), user("a"), user("b"), user("c"), end(), line("s", "a", "b", "c", "e"))
    )

    boxes = {shape.id: shape.box for shape in picture.shapes}
    row = [boxes[node] for node in ("s", "a", "b", "c", "e")]
    assert all(one.right < other.x for one, other in pairwise(row))
    assert len({box.centre[1] for box in row}) == 1


def test_way_back_leads_to_the_left_around_what_stands_between():
    picture = laid_out(
        process(
            start(),
            user("a"),
            user("b"),
            exclusive("g"),
            end(),
            line("s", "a", "b", "g", "e"),
            flow("g", "a"),
        )
    )

    back = next(edge for edge in picture.edges if edge.id == "g_a")
    middle = next(s for s in picture.shapes if s.id == "b").box
    assert back.points[0][0] > back.points[-1][0]
    assert all(not (middle.y <= y <= middle.bottom) for _, y in back.points[1:-1])
    assert faults(picture) == []


def test_boundary_event_sits_on_the_lower_border_of_its_host():
    picture = laid_out(
        process(
            start(),
            user("a"),
            boundary("b", "a", timer()),
            user("c"),
            end(),
            line("s", "a", "e"),
            line("b", "c", "e"),
        )
    )

    boxes = {shape.id: shape.box for shape in picture.shapes}
    assert boxes["b"].centre[1] == boxes["a"].bottom
    assert boxes["a"].x < boxes["b"].x
    assert boxes["b"].right < boxes["a"].right
    assert faults(picture) == []


def test_node_in_no_lane_stands_in_that_of_its_neighbour():
    file = process(
        start(),
        user("a"),
        user("b"),
        end(),
        line("s", "a", "b", "e"),
        lanes={"Kadis": ["a"], "Bidang": ["b"]},
    )

    picture = laid_out(file)

    assert faults(picture, {"lane_0": ["s", "a"], "lane_1": ["b", "e"]}) == []


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (user("a"),),
        (user("a"), flow("a", "a")),
        (user("a"), user("b"), line("a", "b", "a")),
        (start(), end(), flow("s", "e"), '<bpmn:sequenceFlow id="x" sourceRef="s"/>'),
    ],
)
def test_odd_processes_are_drawn_too(parts):
    assert faults(laid_out(process(*parts))) == []


def test_boundary_event_without_a_host_stands_by_itself():
    picture = laid_out(process(user("a"), boundary("b", "nowhere", timer())))

    assert {shape.id for shape in picture.shapes} == {"a", "b"}
    assert list(overlapping_shapes(picture)) == []
