"""Every node can be reached from a start; else the engine would run half of a procedure."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.checks.graph import graph_of
from engine.bpmn.checks.places import Rule, checked_processes, flow_scopes
from engine.bpmn.diagram import Diagram
from engine.bpmn.names import bpmn
from engine.model import Finding

RULE = "unreachable-node"


def check(diagram: Diagram) -> Iterator[Finding]:
    """A chain from a start event leads to each node, boundary events through their host."""
    rule = Rule(RULE, diagram)
    for _, process in checked_processes(diagram):
        for scope in flow_scopes(process):
            if scope.find(bpmn("startEvent")) is None:
                continue  # start-event says it once
            graph = graph_of(scope)
            reached = graph.reachable(graph.starts())
            for node_id, node in graph.nodes.items():
                if node_id not in reached:
                    yield rule.error(
                        node,
                        "tidak terhubung dari kejadian awal, sehingga tidak akan pernah dijalankan"
                        "; hubungkan atau hapus",
                        "no flow leads here from the start event, so it would never run; connect "
                        "or remove it",
                    )
