"""A timer says one duration or one moment that the engine can keep."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.checks.places import Rule, checked_processes
from engine.bpmn.diagram import Diagram
from engine.bpmn.names import Element, bpmn, bpmn_children, local, text_of
from engine.bpmn.supported import TIMER_KINDS
from engine.bpmn.timers import TimerError, duration_literal, moment_literal
from engine.model import Finding

RULE = "timer"

_READERS = {"timeDuration": duration_literal, "timeDate": moment_literal}


def check(diagram: Diagram) -> Iterator[Finding]:
    """Each timer event definition holds exactly one literal, within its bounds."""
    rule = Rule(RULE, diagram)
    for _, process in checked_processes(diagram):
        for definition in process.iter(bpmn("timerEventDefinition")):
            yield from _check_definition(rule, definition)


def _check_definition(rule: Rule, definition: Element) -> Iterator[Finding]:
    times = [child for child in bpmn_children(definition) if local(child).startswith("time")]
    if any(local(time) not in TIMER_KINDS for time in times):
        return  # unsupported-element speaks of cycles
    if len(times) != 1 or text_of(times[0]) is None:
        yield rule.error(
            definition,
            "pewaktu harus memuat satu timeDuration atau satu timeDate; isilah",
            "the timer must hold one timeDuration or one timeDate; set it",
        )
        return
    yield from _check_literal(rule, times[0], text_of(times[0]) or "")


def _check_literal(rule: Rule, time: Element, text: str) -> Iterator[Finding]:
    if text.startswith(("${", "#{", "=")):
        yield rule.unsupported(
            time,
            f"ungkapan dalam pewaktu belum dijalankan: {text}; tulis nilai tetap seperti PT1H",
            f"expressions in timers are not run: {text}; write a literal such as PT1H",
        )
        return
    try:
        _READERS[local(time)](text)
    except TimerError as error:
        yield rule.error(time, f"pewaktu: {error.message_id}", f"timer: {error}")
