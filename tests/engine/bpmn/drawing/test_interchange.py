"""A drawing is read as the file has it, and written so that nothing else of the file changes."""

from __future__ import annotations

import pytest
from lxml import etree

from engine.bpmn.diagram import read_diagram
from engine.bpmn.drawing.interchange import with_layout
from engine.bpmn.drawing.reading import is_drawn, picture_of
from engine.bpmn.names import BPMNDI
from engine.bpmn.schema.validation import faults_of
from tests.diagrams import document, end, line, process, start, user
from tests.processes.diagrams import KEYS, NAMES, path_of

DIAGRAM = f"{{{BPMNDI}}}BPMNDiagram"
SMALL = process(start(), user("a"), end(), line("s", "a", "e"))


def source_of(content: bytes | str):
    data = content.encode() if isinstance(content, str) else content
    return read_diagram("test.bpmn", data).source


@pytest.mark.parametrize("name", NAMES)
def test_drawing_of_a_sop_is_taken_as_it_is(name):
    source = source_of(path_of(name).read_bytes())

    picture = picture_of(source, KEYS[name])

    bounds = {
        shape.get("bpmnElement"): float(shape[0].get("x"))
        for shape in source.iter(f"{{{BPMNDI}}}BPMNShape")
    }
    assert picture.is_drawn
    assert {shape.id: shape.box.x for shape in picture.shapes} == bounds


def test_file_without_a_drawing_is_laid_out():
    assert not is_drawn(source_of(SMALL), "p")
    assert {shape.id for shape in picture_of(source_of(SMALL), "p").shapes} == {"s", "a", "e"}


@pytest.mark.parametrize("missing", ["BPMNShape", "BPMNEdge"])
def test_drawing_that_lacks_something_is_laid_out_anew(missing):
    root = etree.fromstring(with_layout("test.bpmn", SMALL.encode()))
    part = next(root.iter(f"{{{BPMNDI}}}{missing}"))
    part.getparent().remove(part)

    picture = picture_of(source_of(etree.tostring(root)), "p")

    assert not picture.is_drawn
    assert len(picture.shapes) == 3
    assert len(picture.edges) == 2


@pytest.mark.parametrize("x", ["", "nan", "inf", "1e30", "sepuluh"])
def test_drawing_with_an_impossible_place_is_laid_out_anew(x):
    root = etree.fromstring(with_layout("test.bpmn", SMALL.encode()))
    next(root.iter("{*}Bounds")).set("x", x)

    assert not picture_of(source_of(etree.tostring(root)), "p").is_drawn


def test_copy_with_a_layout_is_read_as_it_was_laid_out():
    laid_out = picture_of(source_of(SMALL), "p")

    copy = picture_of(source_of(with_layout("test.bpmn", SMALL.encode())), "p")

    assert copy.is_drawn
    assert copy.shapes == laid_out.shapes
    assert copy.edges == laid_out.edges


@pytest.mark.parametrize("name", NAMES)
def test_copy_changes_nothing_but_the_drawing(name):
    content = path_of(name).read_bytes()

    copy = with_layout("test.bpmn", content)

    before, after = etree.fromstring(content), etree.fromstring(copy)
    for root in (before, after):
        for drawing in root.findall(DIAGRAM):
            root.remove(drawing)
        # The white space before the drawing belongs to it.
        root[-1].tail = None
    assert etree.tostring(before, method="c14n") == etree.tostring(after, method="c14n")


def test_copy_keeps_comments_and_obeys_the_schema():
    content = SMALL.replace("<bpmn:process", "<!-- catatan --><bpmn:process")

    copy = with_layout("test.bpmn", content.encode())

    assert b"<!-- catatan -->" in copy
    assert faults_of(source_of(copy)) == []


def test_id_of_a_shape_is_no_other_id():
    content = SMALL.replace('id="d"', 'id="a_di"')

    root = etree.fromstring(with_layout("test.bpmn", content.encode()))

    ids = [element.get("id") for element in root.iter("*") if element.get("id")]
    assert len(ids) == len(set(ids))


def test_element_without_an_id_gets_one_in_the_copy():
    content = document('<bpmn:process id="p"><bpmn:task name="Tanpa id"/></bpmn:process>')

    root = etree.fromstring(with_layout("test.bpmn", content.encode()))

    task = next(root.iter("{*}task"))
    assert task.get("id") in {s.get("bpmnElement") for s in root.iter("{*}BPMNShape")}


def test_collapsed_sub_process_stands_for_what_it_hides():
    inner = f'<bpmn:subProcess id="sub">{start("x")}{end("y")}</bpmn:subProcess>'
    root = etree.fromstring(with_layout("test.bpmn", process(inner).encode()))
    for shape in list(root.iter(f"{{{BPMNDI}}}BPMNShape")):
        if shape.get("bpmnElement") == "sub":
            shape.set("isExpanded", "false")
        else:
            shape.getparent().remove(shape)

    picture = picture_of(source_of(etree.tostring(root)), "p")

    assert picture.is_drawn
    assert picture.stands_for == {"x": "sub", "y": "sub"}
    assert picture.shapes[0].markers == ("collapsed",)
