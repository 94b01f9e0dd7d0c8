"""The image is whole SVG with a text alternative, safe in a page, and shows what happened."""

from __future__ import annotations

import re

import pytest
from lxml import etree

from engine.bpmn.drawing.geometry import Box
from engine.bpmn.drawing.marks import Mark, Marks
from engine.bpmn.drawing.svg import paint_picture
from engine.bpmn.drawing.symbols import EVENTS, GATEWAYS, TASKS
from tests.diagrams import (
    boundary,
    each,
    end,
    exclusive,
    flow,
    line,
    parallel,
    process,
    start,
    subprocess,
    timer,
    user,
)
from tests.engine.bpmn.drawing.judging import overlap
from tests.engine.bpmn.drawing.test_layout import laid_out
from tests.processes.diagrams import NAMES, path_of

SVG = "{http://www.w3.org/2000/svg}"
SMALL = process(start(), user("a", name="Menyusun"), end(), line("s", "a", "e"))


def painted(file, marks=None, **options):
    return etree.fromstring(paint_picture(laid_out(file), marks, **options).svg)


def words(root):
    return [text for text in root.itertext() if text.strip()]


def shape_of(root, name):
    """The group of the shape that is pointed at as `name`."""
    for group in root.iter(f"{SVG}g"):
        tip = group.findtext(f"{SVG}title") or ""
        if tip.partition(":")[0] == name:
            return group
    raise AssertionError(name)


@pytest.mark.parametrize("name", NAMES)
def test_image_of_a_sop_says_what_it_is(name):
    root = painted(path_of(name).read_bytes())

    title, description = root[0], root[1]
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert "Pengumpulan Data Kinerja" in title.text
    assert "Kadis" in description.text


@pytest.mark.parametrize("name", NAMES)
def test_image_has_neither_styles_nor_scripts_nor_anything_from_elsewhere(name):
    root = painted(path_of(name).read_bytes(), Marks({"langkah_1": Mark(1, 1)}))

    assert {etree.QName(e).localname for e in root.iter()} <= {
        *("svg", "title", "desc", "g", "path", "rect", "circle", "polygon", "text", "tspan")
    }
    names = {key for element in root.iter() for key in element.attrib}
    assert not [key for key in names if key.startswith("on") or key in {"style", "href"}]


def test_words_of_the_file_are_only_words():
    evil = "&lt;script>alert(1)&lt;/script>&amp;&quot;onload=x"
    root = painted(process(start(), user("a", name=evil), end(), line("s", "a", "e")))

    assert not list(root.iter(f"{SVG}script"))
    assert '<script>alert(1)</script>&"onload=x' in "".join(words(root))


def test_everything_is_within_the_image():
    image = paint_picture(laid_out(SMALL))

    x, y, width, height = map(float, etree.fromstring(image.svg).get("viewBox").split())
    box = laid_out(SMALL).bounds
    assert x < box.x
    assert y < box.y
    assert box.right < x + width
    assert box.bottom < y + height


def test_states_differ_by_word_and_breadth_and_not_by_colour_alone():
    marks = Marks(
        {
            "s": Mark(1),
            "a": Mark(visits=3, open=1),
            "b": Mark(visits=1, cancelled=1),
            "c": Mark(visits=1, open=1, incidents=1),
        },
        {"s_a": 2},
    )
    root = painted(
        process(start(), user("a"), user("b"), user("c"), end(), line("s", "a", "b", "c", "e")),
        marks,
    )

    breadths = {name: shape_of(root, name)[1].get("stroke-width") for name in "abc"}
    dashes = {name: shape_of(root, name)[1].get("stroke-dasharray") for name in "abc"}
    assert {"di sini", "✓", "✓ 2×", "batal", "gangguan", "2×"} <= set(words(root))
    assert breadths == {"a": "4.5", "b": "2", "c": "4.5"}
    assert len(set(dashes.values())) == 3
    taken = next(g for g in root.iter(f"{SVG}g") if g.get("class") == "dilalui")
    assert taken[1].get("stroke-width") == "3.5"


@pytest.mark.parametrize("name", NAMES)
def test_counts_of_flows_leave_the_names_of_their_flows(name):
    picture = laid_out(path_of(name).read_bytes())
    named = [edge for edge in picture.edges if edge.label is not None]
    assert named

    root = etree.fromstring(paint_picture(picture, Marks({}, {edge.id: 12 for edge in named})).svg)

    pills = [box_of(rect) for rect in root.iter(f"{SVG}rect") if rect.get("rx") == "9"]
    assert len(pills) == len(named)
    for pill, edge in zip(pills, named, strict=True):
        assert not overlap(pill, edge.label)


def box_of(rect):
    return Box(*(float(rect.get(key)) for key in ("x", "y", "width", "height")))


def test_where_the_instance_is_is_told_in_words_and_has_an_address():
    image = paint_picture(laid_out(SMALL), Marks({"s": Mark(1), "a": Mark(1, 1)}), key="g")

    root = etree.fromstring(image.svg)
    assert image.here == (("g-a", "Menyusun"),)
    assert shape_of(root, "Menyusun").get("id") == "g-a"
    assert root[1].text == "Proses berada di: Menyusun. 1 dari 3 unsur sudah dilalui."


def test_focus_shows_the_surroundings_of_one_step():
    long = [f"n{number}" for number in range(30)]
    file = process(start(), *map(user, long), end(), line("s", *long, "e"))

    image = paint_picture(laid_out(file), focus="n20")

    x, _, width, _ = map(float, etree.fromstring(image.svg).get("viewBox").split())
    step = next(shape for shape in laid_out(file).shapes if shape.id == "n20").box
    assert x < step.x
    assert step.right < x + width
    assert image.width < paint_picture(laid_out(file)).width / 3


def test_sub_process_and_what_is_in_it_are_open_but_only_the_inner_one_is_here():
    file = process(
        start(), subprocess("sub", start("x"), user("in"), end("y"), line("x", "in", "y")), end(),
        line("s", "sub", "e"),
    )  # fmt: skip

    image = paint_picture(laid_out(file), Marks({"sub": Mark(1, 1), "in": Mark(1, 1)}))

    assert [name for _, name in image.here] == ["in"]
    assert image.svg.count(">di sini<") == 1


def test_signs_of_types_are_painted():
    file = process(
        start(),
        user("a", each("daftar")),
        boundary("b", "a", timer()),
        parallel("p"),
        exclusive("g"),
        end(),
        line("s", "a", "p", "g", "e"),
        flow("b", "e"),
    )
    paths = {path.get("d") for path in painted(file).iter(f"{SVG}path")}

    signs = (
        TASKS["userTask"],
        EVENTS["timer"],
        GATEWAYS["parallelGateway"],
        GATEWAYS["exclusiveGateway"],
    )
    assert {sign.path for sign in signs} <= paths


@pytest.mark.parametrize("sign", [*EVENTS.values(), *TASKS.values(), *GATEWAYS.values()])
def test_sign_stays_within_its_shape(sign):
    # Arcs name radii and flags besides points; every number of a sign is small.
    numbers = [float(each) for each in re.findall(r"-?\d*\.?\d+", sign.path)]
    assert max(map(abs, numbers)) <= 12
