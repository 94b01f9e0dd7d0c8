"""A process stays within the length that the workflow library can parse."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.checks.places import Rule, checked_processes
from engine.bpmn.diagram import Diagram
from engine.bpmn.supported import MAX_NODES
from engine.model import Finding

RULE = "chain-length"


def check(diagram: Diagram) -> Iterator[Finding]:
    """At most MAX_NODES flow nodes in a process, its sub-processes included."""
    rule = Rule(RULE, diagram)
    for model, process in checked_processes(diagram):
        count = len(model.nodes)
        if count > MAX_NODES:
            yield rule.unsupported(
                process,
                f"proses memuat {count} unsur; batasnya {MAX_NODES}. Bagi menjadi beberapa proses",
                f"the process has {count} flow nodes; the limit is {MAX_NODES}. Divide it",
            )
