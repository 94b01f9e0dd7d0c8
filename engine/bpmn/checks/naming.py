"""What people see has a name: the process in the list, the user task in the inbox."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.checks.places import Rule, flow_nodes
from engine.bpmn.diagram import Diagram
from engine.bpmn.names import Element, bpmn, is_true
from engine.model import Finding

RULE = "naming"


def check(diagram: Diagram) -> Iterator[Finding]:
    """Executable processes and their user tasks have names; a warning where not."""
    rule = Rule(RULE, diagram)
    for process in diagram.source.findall(bpmn("process")):
        if not is_true(process.get("isExecutable")):
            continue
        if _is_nameless(process):
            yield rule.warning(
                process,
                "proses belum bernama, sehingga daftar hanya menampilkan id-nya; berilah nama",
                "the process has no name, so that lists show its id only; name it",
            )
        for task in flow_nodes(process, "userTask"):
            if _is_nameless(task):
                yield rule.warning(
                    task,
                    "tugas belum bernama, sehingga pelaksana tidak tahu apa yang diminta; berilah "
                    "nama",
                    "the task has no name, so that nobody knows what is asked; name it",
                )


def _is_nameless(element: Element) -> bool:
    return not element.get("name", "").strip()
