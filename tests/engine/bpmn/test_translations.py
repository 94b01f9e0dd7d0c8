"""Every expression of a diagram is shown as it was written, and as it will be run."""

from engine.bpmn.diagram import read_diagram
from engine.bpmn.translations import translations
from tests.diagrams import boundary, end, line, process, start, timer, user


def shown(*parts: str) -> list[tuple[str, str, str, str | None]]:
    diagram = read_diagram("uji.bpmn", process(*parts).encode())
    return [(t.element_id, t.where, t.source, t.python) for t in translations(diagram)]


def waiting(text: str) -> tuple[str, ...]:
    event = f'<bpmn:intermediateCatchEvent id="t">{timer(text)}</bpmn:intermediateCatchEvent>'
    return start(), event, end(), line("s", "t", "e")


def test_a_timer_by_expression_is_shown():
    assert shown(*waiting("${tenggat.lama}")) == [
        ("t", "timeDuration", "${tenggat.lama}", "tenggat['lama']")
    ]


def test_a_literal_timer_is_no_expression():
    assert shown(*waiting("PT1H")) == []


def test_what_cannot_be_translated_is_shown_without_a_translation():
    late = boundary("lewat", "a", timer("= batas("))
    found = shown(start(), user("a"), late, end(), line("s", "a", "e"), line("lewat", "e"))

    assert ("lewat", "timeDuration", "= batas(", None) in found
