"""What a step or process says of reminders, and of going up to superiors, can be followed."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.checks.places import Rule, checked_processes, flow_nodes
from engine.bpmn.diagram import Diagram
from engine.bpmn.elements import ProcessModel
from engine.bpmn.names import Element, extension_properties, local
from engine.bpmn.overdue_terms import (
    AFTER,
    BEFORE_DUE,
    SINCE_DUE,
    TO,
    OverdueTermError,
    SinceDue,
    escalation_in,
    reminders_in,
)
from engine.bpmn.refusals import shortened
from engine.model import Finding

RULE = "overdue-step"

_ESCALATION, _REMINDERS = (AFTER, TO), (BEFORE_DUE, SINCE_DUE)
#: Property -> what it takes, in Indonesian.
_EXPECTED = {
    AFTER: "hari kerja (P1D), jam kerja (PT4H), atau tidak",
    TO: "nama lajur, dipisahkan koma, masing-masing sekali",
    BEFORE_DUE: "jangka waktu seperti P1D atau PT2H, dipisahkan koma, atau tidak",
    SINCE_DUE: f"salah satu dari {', '.join(SinceDue)}",
}


def check(diagram: Diagram) -> Iterator[Finding]:
    """What cannot be read, stands where it says nothing, or names nobody above."""
    rule = Rule(RULE, diagram)
    for model, process in checked_processes(diagram):
        yield from _misplaced(rule, process, _REMINDERS, "user task", "of user tasks")
        yield from _unreadable(rule, process)
        yield from _strangers(rule, process, model)
        for node in flow_nodes(process):
            if local(node) == "userTask":
                yield from _unreadable(rule, node)
                yield from _strangers(rule, node, model)
                yield from _nobody_above(rule, node, model)
            else:
                known = "user task dan proses", "of user tasks and processes"
                yield from _misplaced(rule, node, _ESCALATION, *known)
                yield from _misplaced(rule, node, _REMINDERS, "user task", "of user tasks")


def _misplaced(
    rule: Rule, element: Element, names: tuple[str, ...], words: str, words_en: str
) -> Iterator[Finding]:
    said = extension_properties(element)
    for name in names:
        if said.get(name, "").strip():
            yield rule.error(
                element,
                f"{name} hanya berlaku pada {words}; pindahkan atau hapus",
                f"{name} is {words_en} only; move or remove it",
            )


def _unreadable(rule: Rule, element: Element) -> Iterator[Finding]:
    said = extension_properties(element)
    for read in (escalation_in, reminders_in):
        try:
            read(said)
        except OverdueTermError as error:
            found = shortened(said.get(error.name, "").strip())
            yield rule.error(
                element,
                f"{error.name} {found!r} tidak terbaca; tulis {_EXPECTED[error.name]}",
                f"{error.name} {found!r}: {error}",
            )


def _strangers(rule: Rule, element: Element, model: ProcessModel) -> Iterator[Finding]:
    """Lanes above may stand outside of the process; a slip of the pen would be told to nobody."""
    known = {lane.path[0] for lane in model.lanes}
    for lane in _lanes_in(element):
        if lane not in known:
            yield rule.warning(
                element,
                f"{TO} menyebut {shortened(lane)!r}, yang bukan lajur proses ini; pastikan ada "
                "akun dengan lajur itu",
                f"{TO} names {shortened(lane)!r}, which is no lane of this process; see that there "
                "are accounts of that lane",
            )


def _nobody_above(rule: Rule, node: Element, model: ProcessModel) -> Iterator[Finding]:
    step = model.nodes.get(node.get("id", ""))
    lanes = _lanes_in(node)
    if step is not None and lanes and lanes[-1] == step.lane:
        yield rule.error(
            node,
            f"{TO} tidak menyebut siapa pun di atas {shortened(lanes[-1])!r}, lajur langkah ini "
            f"sendiri; sebutkan atasannya, atau tulis {AFTER} tidak",
            f"{TO} names nobody above {shortened(lanes[-1])!r}, the step's own lane; name its "
            f"superior, or say {AFTER} tidak",
        )


def _lanes_in(element: Element) -> tuple[str, ...]:
    try:
        return escalation_in(extension_properties(element)).lanes
    except OverdueTermError:
        return ()
