"""Carries the live tree of a run over to the specs of another version of its process.

Works on the snapshot: every token keeps its id, its data and what it waits for; only the names of
specs become those of the other version. What the library had looked ahead is looked at anew there.
Whoever calls this has seen to it that the tokens have a place (engine/migration).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from SpiffWorkflow.util.task import TaskState

from engine.bpmn.supported import LISTENER
from engine.errors import MigrationRefused
from engine.spiff.event_gateway import rename_targets
from engine.spiff.parsing import Specs
from engine.spiff.recorder import INNER
from engine.spiff.repeating import STARTED_BY
from engine.spiff.subscriptions import AWAITED

_REACHED = TaskState.WAITING | TaskState.READY | TaskState.STARTED
_BODY = "#multiInstanceBody"
#: What the library, and Alur, add to the id of an element for the name of a spec.
_SUFFIXES = (INNER, ".BoundaryEventSplit", ".BoundaryEventJoin", ".EndJoin", LISTENER)
#: The first spec of every scope: it stands for what is over and has no element any more.
_START = "Start"


@dataclass(frozen=True, slots=True)
class Token:
    """One place where a run stands: an activity, an event, a gateway.

    came_from: the element before it, for a token that waits at a join, or that an incident holds
    in front of its element.
    """

    activity_id: str
    activity_instance_id: str
    came_from: str | None = None


def base_of(name: str) -> str:
    """The diagram's id behind the name of a spec."""
    for suffix in _SUFFIXES:
        if name.endswith(suffix):
            return name.removesuffix(suffix)
    return name


def is_reached(task: Any) -> bool:
    """Whether a token is there, and not only expected."""
    return bool(task.has_state(_REACHED))


def carried(content: bytes, specs: Specs, plan: Mapping[str, str]) -> bytes:
    """The snapshot with the names of the other version. plan: element id -> id over there.

    Raises MigrationRefused when a token has no spec to be in.
    """
    state = json.loads(content)
    carrier = _Carrier(plan, frozenset(state["blocked"]))
    carrier.carry(state["top"], specs.spec)
    inside = state["subprocesses"]
    for task_id, spec in _scopes(state["top"], specs, specs.spec, inside):
        carrier.carry(inside[task_id], spec)
    for held in state["blocked"].values():
        held["activity"] = carrier.activity(held["activity"])
    return json.dumps(
        state, ensure_ascii=False, separators=(",", ":"), allow_nan=False, sort_keys=True
    ).encode()


def _scopes(tree: Any, specs: Specs, spec: Any, inside: Mapping[str, Any]) -> Iterator[Any]:
    """(task id, spec) of each sub-process that runs in a tree that has been carried already."""
    for row in tree["tasks"]:
        if row[0] in inside:
            name = getattr(spec.task_specs[row[4]], "spec", None)
            if name not in specs.subprocesses:
                raise MigrationRefused(row[4], "scope_changed")
            inner = specs.subprocesses[name]
            yield row[0], inner
            yield from _scopes(inside[row[0]], specs, inner, inside)


@dataclass(frozen=True, slots=True)
class _Carrier:
    plan: Mapping[str, str]
    blocked: frozenset[str]

    def carry(self, tree: dict[str, Any], spec: Any) -> None:
        """Give the rows of one scope their new names; what was only expected is left out."""
        expected = {row[0] for row in tree["tasks"] if self._is_expected(row)}
        rows = [row for row in tree["tasks"] if row[0] not in expected]
        for row in rows:
            row[2] = [child for child in row[2] if child not in expected]
            row[4] = self._place(row, spec)
            self._rename_inside(row[6])
        tree["tasks"] = rows

    def _is_expected(self, row: list[Any]) -> bool:
        is_untouched = not row[3] & (_REACHED | TaskState.FINISHED_MASK)
        return is_untouched and row[0] not in self.blocked

    def _place(self, row: list[Any], spec: Any) -> str:
        name = self.name(row[4])
        if name in spec.task_specs:
            return name
        if not row[3] & TaskState.FINISHED_MASK:
            raise MigrationRefused(base_of(row[4]), "unmapped")
        return _START

    def name(self, spec_name: str) -> str:
        """The name of the spec over there; of the library's own, and what is over, the same."""
        base = base_of(spec_name)
        return self.plan.get(base, base) + spec_name.removeprefix(base)

    def activity(self, activity_id: str) -> str:
        """The activity as history names it."""
        base = activity_id.removesuffix(_BODY)
        return self.plan.get(base, base) + activity_id.removeprefix(base)

    def _rename_inside(self, internal: dict[str, Any]) -> None:
        """What a task remembers under names of elements."""
        if STARTED_BY in internal:
            internal[STARTED_BY] = self.name(internal[STARTED_BY])
        for each in internal.get(AWAITED, ()):
            each["activity"] = self.activity(each["activity"])
        rename_targets(internal, self.name)


def expect_again(workflow: Any) -> None:
    """Let every token look at what follows it over there. Call inside a step: ids are minted."""
    for tree in (workflow, *workflow.subprocesses.values()):
        for task in list(tree.tasks.values()):
            if is_reached(task):
                task.task_spec._predict(task, mask=TaskState.NOT_FINISHED_MASK)


def tokens_in(
    tasks: list[Any], blocked: Mapping[str, Any], is_join: Callable[[Any], bool]
) -> Iterator[Token]:
    """Where these tasks stand, in their order. What listens beside a scope, and a token at the
    very end of one, stand nowhere.
    """
    for task in tasks:
        name = task.task_spec.name
        is_before = task.id in blocked and not is_reached(task)
        if name.endswith((LISTENER, ".EndJoin")) or not (is_reached(task) or is_before):
            continue
        waits = is_join(task)
        source = (
            base_of(task.parent.task_spec.name) if task.parent and (waits or is_before) else None
        )
        yield Token(base_of(name), task.id, source)
