"""A script task holds a Python script that the sandbox would run."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.checks.places import Rule, checked_processes, flow_nodes
from engine.bpmn.diagram import Diagram
from engine.bpmn.names import Element, bpmn, camunda
from engine.bpmn.refusals import Refusal
from engine.bpmn.scripts import translate_script
from engine.bpmn.supported import SCRIPT_FORMATS
from engine.model import Finding

RULE = "script"


def check(diagram: Diagram) -> Iterator[Finding]:
    """Every inline script parses and keeps to what the sandbox offers."""
    rule = Rule(RULE, diagram)
    for _, process in checked_processes(diagram):
        for task in flow_nodes(process, "scriptTask"):
            is_ours = str(task.get("scriptFormat", "")).lower() in SCRIPT_FORMATS
            if is_ours and task.get(camunda("resource")) is None:
                yield from _check_task(rule, task)


def _check_task(rule: Rule, task: Element) -> Iterator[Finding]:
    script = task.find(bpmn("script"))
    try:
        translate_script((script.text or "") if script is not None else "")
    except Refusal as refusal:
        yield rule.error(
            task,
            f"skrip tidak dapat dijalankan: {refusal.reason_id}",
            f"the script cannot be run: {refusal.reason}",
        )
