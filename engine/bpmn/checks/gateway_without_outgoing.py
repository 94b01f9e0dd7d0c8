"""A gateway leads somewhere; one without outgoing flows would swallow the token."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from engine.bpmn.checks.graph import graph_of
from engine.bpmn.checks.places import Rule, checked_processes, scopes
from engine.bpmn.diagram import Diagram
from engine.bpmn.names import GATEWAYS, bpmn, local
from engine.model import Finding

RULE = "gateway-without-outgoing"


def check(diagram: Diagram) -> Iterator[Finding]:
    """Every gateway has at least one outgoing flow."""
    rule = Rule(RULE, diagram)
    for _, process in checked_processes(diagram):
        for scope in scopes(process):
            graph = graph_of(scope)
            entering = Counter(f.get("targetRef") for f in scope.findall(bpmn("sequenceFlow")))
            for node_id, node in graph.nodes.items():
                if local(node) in GATEWAYS and not graph.outgoing.get(node_id):
                    # BPMN 2.0.2 §10.6: a join may be the end of its paths.
                    is_join = entering[node_id] > 1
                    yield (rule.unsupported if is_join else rule.error)(
                        node,
                        "gerbang ini tidak memiliki alur keluar; tambahkan",
                        "the gateway has no outgoing flow; add one",
                    )
