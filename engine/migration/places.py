"""The places where an instance stands, and what keeps it from going on in another version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from engine.bpmn.checks.places import checked_processes, scopes
from engine.bpmn.checks.token_net import net_of
from engine.bpmn.diagram import Diagram
from engine.bpmn.elements import ProcessModel
from engine.bpmn.nets import Net
from engine.migration.flow_proof import Standing, flow_fault
from engine.migration.plan import Versions
from engine.model import MigrationFault, MigrationReason
from engine.spiff.carrying import Token
from engine.spiff.machine import Run


def nets_of(diagram: Diagram, key: str) -> dict[str, Net]:
    """Scope -> the net of its tokens, of one process of a file."""
    found = {}
    for model, element in checked_processes(diagram):
        for scope in scopes(element) if model.id == key else ():
            net = net_of(scope)
            if net is not None:
                found[scope.get("id", "")] = net
    return found


def elements_of(run: Run) -> tuple[str, ...]:
    """The elements at which a run stands, each once."""
    return tuple(dict.fromkeys(token.activity_id for token in run.tokens()))


@dataclass(slots=True)
class Places:
    """Judges the places of instances by one plan. Situations that were judged are remembered."""

    versions: Versions
    places: dict[str, str]
    nets: Mapping[str, Net]
    _judged: dict[tuple[str, frozenset[Standing]], MigrationFault | None] = field(
        default_factory=dict
    )

    def faults(self, run: Run) -> tuple[MigrationFault, ...]:
        """Everything that refuses the run, each once; nothing when it may go on."""
        tokens = run.tokens()
        found = [fault for token in tokens for fault in self._of_token(token)]
        found += [fault for scope in self._scopes(run) for fault in self._of_scope(scope)]
        if not found:
            found = list(self._of_flow(tokens))
        return tuple(dict.fromkeys(found))

    def _scopes(self, run: Run) -> Iterator[str]:
        yield self.versions.old.model.id
        yield from sorted(run.live_scopes())

    # ---------------------------------------------------------------------- tokens

    def _of_token(self, token: Token) -> Iterator[MigrationFault]:
        source = token.activity_id
        target = self.places.get(source)
        old = self.versions.old.model
        if source not in old.nodes or target is None:
            yield MigrationFault(MigrationReason.UNMAPPED, source)
            return
        yield from self._of_events(
            MigrationReason.BOUNDARY_EVENTS_DIFFER,
            (source, target),
            _attached(old, source),
            _attached(self.versions.new.model, target),
        )
        if old.nodes[source].type == "eventBasedGateway":
            yield from self._of_events(
                MigrationReason.GATEWAY_EVENTS_DIFFER,
                (source, target),
                _following(old, source),
                _following(self.versions.new.model, target),
            )
        if token.came_from is not None and not self._came_rightly(token, target):
            yield MigrationFault(MigrationReason.FLOW_MISSING, source, target, token.came_from)

    def _of_events(
        self,
        reason: MigrationReason,
        element: tuple[str, str],
        old: set[str],
        new: set[str],
    ) -> Iterator[MigrationFault]:
        """What stands beside an element must be the same, all of it mapped."""
        if {self.places.get(each, "") for each in old} != new:
            expected, found = (", ".join(sorted(each)) or "-" for each in (old, new))
            yield MigrationFault(reason, *element, expected, found)

    def _came_rightly(self, token: Token, target: str) -> bool:
        """Whether the flow by which a token came is there too."""
        came_from = self.places.get(token.came_from or "")
        flows = self.versions.new.model.flows.values()
        return any(flow.source == came_from and flow.target == target for flow in flows)

    # ---------------------------------------------------------------------- scopes

    def _of_scope(self, scope: str) -> Iterator[MigrationFault]:
        versions = self.versions
        is_process = scope == versions.old.model.id
        target = versions.new.model.id if is_process else self.places.get(scope)
        if target is not None:
            yield from self._of_events(
                MigrationReason.EVENT_SUB_PROCESSES_DIFFER,
                (scope, target),
                _listening(versions.old.model, scope),
                _listening(versions.new.model, target),
            )

    def _of_flow(self, tokens: Iterable[Token]) -> Iterator[MigrationFault]:
        """BPMN 2.0.2 §13.4: from where the tokens are then, each scope must come to its end."""
        stand: dict[str, set[Standing]] = {}
        came: dict[str, str] = {}
        new = self.versions.new.model
        for token in tokens:
            node = new.nodes[self.places[token.activity_id]]
            if came.setdefault(node.id, token.activity_id) != token.activity_id:
                yield MigrationFault(MigrationReason.DONE_TWICE, token.activity_id, node.id)
            # An event that waits beside its activity is part of what that may lead to.
            if node.attached_to is None and node.scope in self.nets:
                came_from = self.places.get(token.came_from or "")
                stand.setdefault(node.scope, set()).add(Standing(node.id, came_from))
        for scope, tokens_there in stand.items():
            key = scope, frozenset(tokens_there)
            if key not in self._judged:
                self._judged[key] = flow_fault(self.nets[scope], sorted(key[1], key=str))
            fault = self._judged[key]
            if fault is not None:
                yield fault


def _attached(model: ProcessModel, host: str) -> set[str]:
    return {node.id for node in model.nodes.values() if node.attached_to == host}


def _following(model: ProcessModel, source: str) -> set[str]:
    return {flow.target for flow in model.flows.values() if flow.source == source}


def _listening(model: ProcessModel, scope: str) -> set[str]:
    nodes = model.nodes.values()
    return {node.id for node in nodes if node.scope == scope and node.is_triggered_by_event}
