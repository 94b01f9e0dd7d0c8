"""A file that is deployed must hold a process that can be run, with an id to run it by."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.checks.places import Rule
from engine.bpmn.diagram import Diagram
from engine.bpmn.names import bpmn
from engine.model import Finding

RULE = "executable-process"


def check(diagram: Diagram) -> Iterator[Finding]:
    """At least one process says isExecutable="true"; every process has an id."""
    rule = Rule(RULE, diagram)
    processes = diagram.source.findall(bpmn("process"))
    for process in processes:
        if not process.get("id"):
            yield rule.error(
                process,
                "proses tidak memiliki id; berilah id",
                "the process has no id; give it one",
            )
    if not diagram.executable:
        # BPMN 2.0.2, table 10.1: a process that does not say so is not executable.
        yield rule.unsupported(
            processes[0] if processes else diagram.source,
            "tidak ada proses yang ditandai untuk dijalankan, maka berkas ini hanya gambar; pilih "
            'prosesnya di Camunda Modeler dan centang "Executable" (isExecutable="true")',
            "no process is marked to be run, so that this file is only a drawing; select the "
            'process in Camunda Modeler and tick "Executable" (isExecutable="true")',
        )
