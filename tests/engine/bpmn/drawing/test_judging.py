"""The judges of pictures find planted faults, so that their silence means something."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.bpmn.drawing.geometry import Box
from engine.bpmn.drawing.picture import Picture
from tests.diagrams import end, exclusive, flow, line, process, start, user
from tests.engine.bpmn.drawing.judging import faults
from tests.engine.bpmn.drawing.test_layout import laid_out

LANES = {"lane_0": ["s", "a"], "lane_1": ["b", "g", "e"]}


@pytest.fixture
def picture() -> Picture:
    made = laid_out(
        process(
            start(),
            user("a"),
            user("b"),
            exclusive("g"),
            end(),
            line("s", "a", "b", "g", "e"),
            flow("g", "a"),
            lanes={"Kadis": ["s", "a"], "Bidang": ["b", "g", "e"]},
        )
    )
    assert faults(made, LANES) == []
    return made


def with_shape(picture, key, **changes):
    shapes = tuple(replace(s, **changes) if s.id == key else s for s in picture.shapes)
    return replace(picture, shapes=shapes)


def with_edge(picture, key, **changes):
    edges = tuple(replace(e, **changes) if e.id == key else e for e in picture.edges)
    return replace(picture, edges=edges)


def box_of(picture, key):
    return next(shape.box for shape in picture.shapes if shape.id == key)


def points_of(picture, key):
    return next(edge.points for edge in picture.edges if edge.id == key)


def test_overlap_is_found(picture):
    moved = with_shape(picture, "b", box=box_of(picture, "g"))

    assert any("overlaps" in fault for fault in faults(moved))


def test_stray_is_found(picture):
    moved = with_shape(picture, "a", box=box_of(picture, "a").moved(0, 60))

    assert "a strays from lane_0" in faults(moved, LANES)


def test_edge_through_a_shape_is_found(picture):
    x, y = box_of(picture, "b").centre
    through = with_edge(picture, "s_a", points=((x - 200, y), (x + 200, y)))

    assert "s_a runs through b" in faults(through)
    assert "s_a does not touch s" in faults(through)


def test_slant_is_found(picture):
    (x, y), *_, last = points_of(picture, "b_g")

    assert "b_g is slanted" in faults(with_edge(picture, "b_g", points=((x, y + 9), last)))


def test_edge_on_edge_is_found(picture):
    doubled = with_edge(picture, "s_a", points=points_of(picture, "g_e"))

    assert "s_a runs along g_e" in faults(doubled) or "g_e runs along s_a" in faults(doubled)


def test_label_on_a_shape_and_on_a_border_is_found(picture):
    covered = with_shape(picture, "e", label=box_of(picture, "b"))
    frame = box_of(picture, "lane_1")
    across = with_shape(picture, "e", label=Box(frame.x + 40, frame.y - 5, 30, 14))

    assert "the label of e covers b" in faults(covered)
    assert "the label of e covers the border of a lane" in faults(across)
