"""`sop:tindakan` is a known word, and what belongs to a paraf or signature stands at one."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.checks.places import Rule, checked_processes, flow_nodes
from engine.bpmn.diagram import Diagram
from engine.bpmn.names import Element, extension_properties, local
from engine.bpmn.paper_terms import ACTION, ACTIONS, DOCUMENT, KINDS, PARAF_FROM
from engine.bpmn.refusals import shortened
from engine.model import EndorsementKind, Finding

RULE = "sop-action"


def check(diagram: Diagram) -> Iterator[Finding]:
    """Unknown actions, and papers where nothing is initialled or signed."""
    rule = Rule(RULE, diagram)
    for _, process in checked_processes(diagram):
        for node in flow_nodes(process):
            said = {name: text.strip() for name, text in extension_properties(node).items()}
            action = said.get(ACTION, "")
            if action and action not in ACTIONS:
                yield _unknown(rule, node, action)
            is_task = local(node) == "userTask"
            if said.get(DOCUMENT) and not (is_task and action in KINDS):
                yield _misplaced(rule, node, DOCUMENT, "paraf atau ttd", "paraf or ttd")
            is_signing = is_task and KINDS.get(action) is EndorsementKind.SIGNATURE
            if said.get(PARAF_FROM) and not is_signing:
                yield _misplaced(rule, node, PARAF_FROM, "ttd", "ttd")
            elif said.get(PARAF_FROM) and not said.get(DOCUMENT):
                yield rule.error(
                    node,
                    f"{PARAF_FROM} tanpa {DOCUMENT}; sebutkan isian yang menjadi dokumennya",
                    f"{PARAF_FROM} without {DOCUMENT}; name the fields that are the document",
                )


def _unknown(rule: Rule, node: Element, action: str) -> Finding:
    known = ", ".join(ACTIONS)
    return rule.warning(
        node,
        f"{ACTION} {shortened(action)!r} tidak dikenal; pakai salah satu dari {known}",
        f"{ACTION} {shortened(action)!r} is not known; use one of {known}",
    )


def _misplaced(rule: Rule, node: Element, name: str, words: str, words_en: str) -> Finding:
    return rule.error(
        node,
        f"{name} hanya berlaku pada tugas pengguna dengan {ACTION} {words}; pindahkan atau hapus",
        f"{name} holds only at a user task with {ACTION} {words_en}; move or remove it",
    )
