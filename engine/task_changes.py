"""Facts of an open task that people change by hand: priority, follow-up date, due date.

An input of history, from and to of each fact; it moves no token. A due date that was set by hand
stands until it is changed again: no rule of the calendar counts it anew.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypedDict

from engine.bpmn.sop_terms import SUPERIORS, lanes_in
from engine.capacities import proved
from engine.definitions import Definitions
from engine.errors import Forbidden, InvalidInput
from engine.history import Input
from engine.json_values import check_variables
from engine.model import Actor, EventKind, Json, Role, UserTask
from engine.permissions import require_offered
from engine.sources import Clock, whole_milliseconds
from engine.steps import Steps
from engine.store import Store, StoreTransaction
from engine.task_hands import require_open

MAX_REASON = 4000
LEAST_PRIORITY, MOST_PRIORITY = -(2**31), 2**31 - 1

#: Fact of a task -> what history calls it; Camunda's words for the properties of a task.
NAMES = {"priority": "priority", "follow_up_at": "followUpDate", "due_at": "dueDate"}
_BY_WORKERS = frozenset({"priority", "follow_up_at"})
_BY_SUPERIORS = frozenset(NAMES)


class NewFacts(TypedDict, total=False):
    """What is to be changed. What is absent stays; a date that is None is taken away."""

    priority: int
    follow_up_at: datetime | None
    due_at: datetime | None


class TaskChanges:
    """Changes facts of open tasks: who works on a task may its priority and follow-up date.

    Admins, and holders of the lanes that the process names as `sop:atasan`, may its due date too,
    with a reason.
    """

    def __init__(self, store: Store, definitions: Definitions, steps: Steps, clock: Clock) -> None:
        self._store = store
        self._definitions = definitions
        self._steps = steps
        self._clock = clock

    def changeable(self, task_id: str, *, actor: Actor) -> tuple[UserTask, frozenset[str]]:
        """The open task, and the names of the facts that the actor may change.

        Raises NotFound, TaskNotOpen; Forbidden when there is none.
        """
        with self._store.reading() as tx:
            task = tx.task(task_id)
            require_open(task)
            return task, _allowed(self._superiors(tx, task), task, actor)

    def change(
        self, task_id: str, facts: NewFacts, *, actor: Actor, reason: str | None = None
    ) -> UserTask:
        """The task with these facts; when nothing differs, nothing is recorded.

        reason: at most MAX_REASON characters; a changed due date needs one.
        Raises NotFound, TaskNotOpen, Forbidden, InvalidInput with `priority` or `reason`.
        """
        said = _checked_reason(reason)
        wanted = _checked(facts)
        with self._store.writing() as tx:
            task, stored = tx.stored_task(task_id, for_step=True)
            require_open(task)
            superiors = self._superiors(tx, task)
            _allowed(superiors, task, actor)
            changed = replace(task, **wanted)
            differing = [name for name in NAMES if getattr(task, name) != getattr(changed, name)]
            if not differing:
                return task
            now = self._clock.now()
            rule = partial(_require_allowed, differing, superiors, task)
            lanes = superiors.union({task.lane or ""}, task.candidate_groups)
            acting = proved(tx, actor, rule, lanes, now)
            if "due_at" in differing and said is None:
                raise _wrong("reason", "expected why the due date is changed")
            payload: dict[str, Json] = {
                "changes": {NAMES[name]: _from_to(task, changed, name) for name in differing}
            }
            if said:
                payload["reason"] = said
            given = Input(EventKind.TASK_CHANGED, acting, payload, task.activity_id, task_id)
            return self._steps.note(tx, stored, given, now=now, changed=(changed,)).changed[0]

    def _superiors(self, tx: StoreTransaction, task: UserTask) -> frozenset[str]:
        model = self._definitions.machine(tx, task.definition_id).model
        return lanes_in(model.properties.get(SUPERIORS, ""))


def _allowed(superiors: frozenset[str], task: UserTask, actor: Actor) -> frozenset[str]:
    """The names of the facts that the actor may change. Raises Forbidden when there is none."""
    if actor.has(Role.ADMIN) or not actor.working_lanes.isdisjoint(superiors):
        return _BY_SUPERIORS
    require_offered(actor, task, "change")
    return _BY_WORKERS


def _require_allowed(
    names: list[str], superiors: frozenset[str], task: UserTask, actor: Actor
) -> None:
    allowed = _allowed(superiors, task, actor)
    for name in names:
        if name not in allowed:
            deed = f"change the {NAMES[name]} of task {task.task_id}"
            raise Forbidden(actor.account, deed, "that is for admins and for the superiors' lanes")


def _checked(facts: NewFacts) -> dict[str, Any]:
    """The facts as they are kept: moments in UTC and whole milliseconds."""
    wanted: dict[str, Any] = {}
    if "priority" in facts:
        priority = facts["priority"]
        if not LEAST_PRIORITY <= priority <= MOST_PRIORITY:
            told = f"expected {LEAST_PRIORITY} to {MOST_PRIORITY}, found {priority}"
            raise _wrong("priority", told)
        wanted["priority"] = priority
    if "follow_up_at" in facts:
        wanted["follow_up_at"] = _kept(facts["follow_up_at"])
    if "due_at" in facts:
        wanted["due_at"] = _kept(facts["due_at"])
    return wanted


def _kept(moment: datetime | None) -> datetime | None:
    return None if moment is None else whole_milliseconds(moment).astimezone(UTC)


def _from_to(before: UserTask, after: UserTask, name: str) -> dict[str, Json]:
    return {"from": _as_json(getattr(before, name)), "to": _as_json(getattr(after, name))}


def _as_json(fact: object) -> Json:
    return fact.isoformat(timespec="milliseconds") if isinstance(fact, datetime) else fact


def _checked_reason(reason: str | None) -> str | None:
    said = (reason or "").strip()
    check_variables({"reason": said})
    if len(said) > MAX_REASON:
        raise _wrong("reason", f"expected at most {MAX_REASON} characters, found {len(said)}")
    return said or None


def _wrong(name: str, told: str) -> InvalidInput:
    return InvalidInput(f"{name}: {told}", {name: [told]})
