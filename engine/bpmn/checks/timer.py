"""A timer says one duration or one moment that the engine can keep."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.checks.places import Rule, checked_processes
from engine.bpmn.diagram import Diagram
from engine.bpmn.expressions import translate
from engine.bpmn.names import Element, bpmn, bpmn_children, is_true, local, text_of
from engine.bpmn.refusals import Refusal, shortened
from engine.bpmn.timers import (
    EXPRESSION_MARKS,
    TimerError,
    cycle_literal,
    duration_literal,
    moment_literal,
)
from engine.model import Finding

RULE = "timer"

_READERS = {
    "timeDuration": duration_literal,
    "timeDate": moment_literal,
    "timeCycle": cycle_literal,
}

#: Event -> the attribute by which it does not interrupt.
_GOES_ON = {"boundaryEvent": "cancelActivity", "startEvent": "isInterrupting"}


def check(diagram: Diagram) -> Iterator[Finding]:
    """Each timer event definition holds exactly one literal, within its bounds."""
    rule = Rule(RULE, diagram)
    for _, process in checked_processes(diagram):
        for definition in process.iter(bpmn("timerEventDefinition")):
            yield from _check_definition(rule, definition)


def _check_definition(rule: Rule, definition: Element) -> Iterator[Finding]:
    times = [child for child in bpmn_children(definition) if local(child).startswith("time")]
    if len(times) != 1 or text_of(times[0]) is None:
        yield rule.error(
            definition,
            "pewaktu harus memuat satu timeDuration, timeDate, atau timeCycle; isilah",
            "the timer must hold one timeDuration, timeDate or timeCycle; set it",
        )
        return
    if local(times[0]) == "timeCycle" and not _may_repeat(definition):
        yield rule.unsupported(
            definition,
            "pewaktu berulang hanya dijalankan pada kejadian batas atau sub-proses kejadian yang "
            'tidak menyela (cancelActivity="false", isInterrupting="false"); pakai timeDuration',
            "a repeating timer runs only on a boundary event or event sub-process that does not "
            'interrupt (cancelActivity="false", isInterrupting="false"); use timeDuration',
        )
    yield from _check_literal(rule, times[0], text_of(times[0]) or "")


def _may_repeat(definition: Element) -> bool:
    """On what goes on waiting when it was triggered."""
    event = definition.getparent()
    if event is None or local(event) not in _GOES_ON:
        return False
    return not is_true(event.get(_GOES_ON[local(event)], "true"))


def _check_literal(rule: Rule, time: Element, text: str) -> Iterator[Finding]:
    if text.startswith(EXPRESSION_MARKS):
        try:
            translate(text)
        except Refusal as refusal:
            yield rule.refused(
                time,
                refusal,
                f"ungkapan pewaktu {shortened(text)!r} tidak dapat dijalankan: {refusal.reason_id}",
                f"the timer's expression {shortened(text)!r} cannot be run: {refusal.reason}",
            )
        return
    try:
        _READERS[local(time)](text)
    except TimerError as error:
        make = rule.error if error.is_mistake else rule.unsupported
        yield make(time, f"pewaktu: {error.message_id}", f"timer: {error}")
