"""A process says where its nodes stand; one that does not is laid out by Alur."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.checks.places import Rule, checked_processes, flow_nodes
from engine.bpmn.diagram import Diagram
from engine.bpmn.names import BPMNDI
from engine.model import Finding

RULE = "missing-diagram"


def check(diagram: Diagram) -> Iterator[Finding]:
    """Every flow node has a shape."""
    rule = Rule(RULE, diagram)
    drawn = {s.get("bpmnElement") for s in diagram.source.iter(f"{{{BPMNDI}}}BPMNShape")}
    for _, process in checked_processes(diagram):
        missing = [node for node in flow_nodes(process) if node.get("id") not in drawn]
        if not missing:
            continue
        has_drawing = any(node.get("id") in drawn for node in flow_nodes(process))
        names = ", ".join(str(node.get("id")) for node in missing[:5])
        yield rule.warning(
            missing[0] if has_drawing else process,
            f"{len(missing)} unsur tidak memiliki gambar ({names}); Alur menggambarnya sendiri",
            f"{len(missing)} flow nodes have no shape ({names}); Alur draws the process itself",
        )
