"""Plans: which element of one version goes on as which of another, and what is wrong with that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from engine.bpmn.elements import FlowNode
from engine.bpmn.personal_terms import personal_fields
from engine.bpmn.sop_terms import TERM
from engine.model import MigrationFault, MigrationReason, Severity
from engine.spiff.machine import Machine

#: How the library names the definitions of events, and the one of an event without any.
_DEFINITION, _PLAIN = "EventDefinition", "NoneEventDefinition"


@dataclass(frozen=True, slots=True)
class Versions:
    """The machines of the old version and of the new one."""

    old: Machine
    new: Machine

    def like(self, source: str, target: str) -> bool:
        """Whether the two elements may hold the same token."""
        old, new = self.old.model.nodes[source], self.new.model.nodes[target]
        return old.type == new.type and self.old.shape(source) == self.new.shape(target)

    def scope(self, node: FlowNode, places: dict[str, str]) -> str | None:
        """Where the counterpart of a node of the old version has to stand."""
        return self.new.model.id if node.scope == self.old.model.id else places.get(node.scope)


def generated(versions: Versions) -> tuple[tuple[str, str], ...]:
    """An instruction for every element that the new version has under the same id, as it was."""
    old, new = versions.old.model, versions.new.model
    same = [node_id for node_id in old.nodes if node_id in new.nodes]
    found: dict[str, str] = {}
    for node_id in same:  # a sub-process stands before what is in it
        scope = versions.scope(old.nodes[node_id], found)
        if versions.like(node_id, node_id) and scope == new.nodes[node_id].scope:
            found[node_id] = node_id
    return tuple(found.items())


def plan_faults(
    versions: Versions, instructions: Iterable[tuple[str, str]]
) -> tuple[MigrationFault, ...]:
    """What is wrong with the instructions, and what is worth knowing of them, in their order."""
    pairs = list(instructions)
    places, counts = dict(pairs), Counter(source for source, _ in pairs)
    of_pairs = (
        fault
        for source, target in pairs
        for fault in _faults_of(versions, source, target, places, counts[source])
    )
    return (*_bared(versions, pairs), *of_pairs)


def _bared(versions: Versions, pairs: list[tuple[str, str]]) -> Iterator[MigrationFault]:
    """Fields that would be personal no more: the new version might read what is only a seal."""
    old, new = (personal_fields(machine.model) for machine in (versions.old, versions.new))
    if pairs and (bared := ", ".join(sorted(old.keys() - new.keys()))):
        yield MigrationFault(MigrationReason.PERSONAL_NO_MORE, *pairs[0], found=bared)


def _faults_of(
    versions: Versions, source: str, target: str, places: dict[str, str], count: int
) -> Iterator[MigrationFault]:
    old, new = versions.old.model.nodes.get(source), versions.new.model.nodes.get(target)
    if count > 1:
        yield MigrationFault(MigrationReason.SOURCE_TWICE, source, target)
    if old is None:
        yield MigrationFault(MigrationReason.SOURCE_UNKNOWN, source, target)
    if new is None:
        yield MigrationFault(MigrationReason.TARGET_UNKNOWN, source, target)
    if old is None or new is None:
        return
    if not versions.like(source, target):
        kinds = _kind(versions.old, old), _kind(versions.new, new)
        yield MigrationFault(MigrationReason.KIND_CHANGED, source, target, *kinds)
    scope = versions.scope(old, places)
    if scope != new.scope:
        yield MigrationFault(MigrationReason.SCOPE_CHANGED, source, target, scope, new.scope)
    yield from _warnings(old, new)


def _kind(machine: Machine, node: FlowNode) -> str:
    """The type of the element in BPMN's words, with what else a token depends on."""
    parts = [node.type]
    if node.multi_instance is not None:
        order = "sequential" if node.multi_instance.is_sequential else "parallel"
        parts.append(f"multiInstance {order}")
    # Of a timer the kind, which the type of the event does not say.
    kinds = {part for part in machine.shape(node.id) or () if part.endswith(_DEFINITION)}
    parts += sorted(kind.removesuffix(_DEFINITION) for kind in kinds - {_PLAIN})
    if not node.is_interrupting:
        parts.append("non-interrupting")
    return ", ".join(parts)


def _warnings(old: FlowNode, new: FlowNode) -> Iterator[MigrationFault]:
    for reason, expected, found in _differences(old, new):
        yield MigrationFault(reason, old.id, new.id, expected, found, Severity.WARNING)


def _differences(old: FlowNode, new: FlowNode) -> Iterator[tuple[MigrationReason, str, str]]:
    if old.lane_path != new.lane_path:
        yield MigrationReason.LANE_CHANGED, _lane(old), _lane(new)
    if old.properties.get(TERM) != new.properties.get(TERM):
        terms = [node.properties.get(TERM, "").strip() or "-" for node in (old, new)]
        yield MigrationReason.TERM_CHANGED, terms[0], terms[1]
    fields = {each.id: each for each in old.form or ()}
    removed = [each for each in fields if each not in {f.id for f in new.form or ()}]
    required = [
        each.id
        for each in new.form or ()
        if each.is_required and not (each.id in fields and fields[each.id].is_required)
    ]
    if removed:
        yield MigrationReason.FIELDS_REMOVED, "", ", ".join(removed)
    if required:
        yield MigrationReason.FIELDS_REQUIRED, "", ", ".join(required)
    if "timerEventDefinition" in old.event_definitions:
        yield MigrationReason.TIMER_KEPT, "", ""
    if old.named_event != new.named_event and old.named_event and new.named_event:
        yield MigrationReason.EVENT_KEPT, old.named_event.name, new.named_event.name
    if old.topic != new.topic:
        yield MigrationReason.TOPIC_KEPT, old.topic or "-", new.topic or "-"


def _lane(node: FlowNode) -> str:
    return " / ".join(node.lane_path) or "-"
