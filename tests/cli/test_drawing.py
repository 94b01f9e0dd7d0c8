"""Drawings on the command line."""

from __future__ import annotations

from pathlib import Path

from lxml import etree

from tests.cli.conftest import Terminal, two_steps
from tests.processes.diagrams import path_of

SHAPE = "{http://www.omg.org/spec/BPMN/20100524/DI}BPMNShape"


def drawn(path: Path) -> set[str | None]:
    return {shape.get("bpmnElement") for shape in etree.parse(path).iter(SHAPE)}


def test_layout_writes_a_copy_with_a_drawing_and_leaves_the_file(terminal: Terminal) -> None:
    path = terminal.file("surat.bpmn", two_steps())
    copy = terminal.folder / "bergambar.bpmn"

    answer = terminal.ok("layout", path, "-o", str(copy), "--json").json

    assert answer == {"written": [str(copy)]}
    assert {"s", "baca", "jawab", "e", "lane_0", "lane_1"} == drawn(copy)
    assert Path(path).read_text(encoding="utf-8") == two_steps()
    assert "missing-diagram" not in terminal.ok("check", str(copy)).out


def test_layout_writes_a_picture(terminal: Terminal) -> None:
    picture = terminal.folder / "surat.svg"

    terminal.ok("layout", terminal.file("surat.bpmn", two_steps()), "--svg", str(picture))

    root = etree.parse(picture).getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert {"baca", "jawab", "Kadis"} <= set(root.itertext())


def test_check_writes_the_copy_too(terminal: Terminal) -> None:
    path = terminal.file("surat.bpmn", two_steps())
    copy = terminal.folder / "bergambar.bpmn"

    answer = terminal.ok("check", path, "--with-layout", str(copy))

    assert str(copy) in answer.out
    assert "baca" in drawn(copy)


def test_check_with_layout_takes_one_file(terminal: Terminal) -> None:
    paths = [str(path_of("balangan")), str(path_of("luwu-timur"))]

    answer = terminal("check", *paths, "--with-layout", str(terminal.folder / "x.bpmn"))

    assert answer.code == 2
    assert answer.err == "alur: --with-layout writes a copy of one file; found 2\n"
    assert list(terminal.folder.iterdir()) == []


def test_layout_asks_where_to_write(terminal: Terminal) -> None:
    answer = terminal("layout", terminal.file("surat.bpmn", two_steps()))

    assert answer.code == 2
    assert "-o OUT.bpmn" in answer.err


def test_layout_names_what_it_cannot_read_or_write(terminal: Terminal) -> None:
    broken = terminal.file("rusak.bpmn", "<bpmn>")
    nowhere = str(terminal.folder / "tidak" / "ada.bpmn")

    refused = terminal("layout", broken, "-o", str(terminal.folder / "x.bpmn"))
    lost = terminal("layout", terminal.file("surat.bpmn", two_steps()), "-o", nowhere)

    assert refused.code == 1
    assert (lost.code, nowhere in lost.err) == (2, True)
