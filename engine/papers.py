"""Papers of instances, for who completes tasks and for who looks; and why work came back."""

from __future__ import annotations

from datetime import datetime

from engine.bpmn.elements import FlowNode
from engine.bpmn.paper_terms import paper_terms, terms_in
from engine.definitions import Definitions
from engine.endorsements import PaperTrail
from engine.errors import PaperChanged
from engine.forms import has_return_note
from engine.model import (
    Actor,
    EventKind,
    HistoryEvent,
    Json,
    Paper,
    PaperOfTask,
    ReturnNote,
    StoredInstance,
    UserTask,
    Variables,
)
from engine.permissions import require_instance_visible, require_task_visible
from engine.returns import notes_for
from engine.store import Store, StoreTransaction


class Papers:
    """What is initialled and signed in the instances of one store."""

    def __init__(self, store: Store, definitions: Definitions) -> None:
        self._store = store
        self._definitions = definitions

    def of_instance(self, instance_id: str, *, actor: Actor) -> tuple[Paper, ...]:
        """Every paper with its versions, parafs and signatures. Raises NotFound, Forbidden."""
        with self._store.reading() as tx:
            instance = tx.instance(instance_id)
            require_instance_visible(actor, instance, tx.definition(instance.definition_id))
            model = self._definitions.machine(tx, instance.definition_id).model
            if not terms_in(model):
                return ()
            return PaperTrail(model).take_all(tx.events(instance_id)).papers

    def of_task(self, task_id: str, *, actor: Actor) -> PaperOfTask | None:
        """What the task initials or signs, as it stands for the actor; None when it does neither.

        Raises NotFound, Forbidden.
        """
        with self._store.reading() as tx:
            task = tx.task(task_id)
            require_task_visible(actor, task)
            trail = self._trail(tx, task)
        return trail.of_step(task.activity_id, actor.account) if trail else None

    def return_notes(self, task_id: str, *, actor: Actor) -> list[ReturnNote]:
        """Why the work came back that this task goes on with, the latest first.

        Whoever sees the task reads them. Raises NotFound, Forbidden.
        """
        with self._store.reading() as tx:
            task = tx.task(task_id)
            require_task_visible(actor, task)
            model = self._definitions.machine(tx, task.definition_id).model
            if not any(has_return_note(node.form) for node in model.nodes.values()):
                return []
            return notes_for(model, tx.events(task.instance_id), task_id)

    def fact_of(
        self,
        tx: StoreTransaction,
        held: tuple[UserTask, StoredInstance],
        values: Variables,
        *,
        actor: Actor,
        at: datetime,
        seen: str | None = None,
    ) -> dict[str, Json]:
        """What completing the task with these values notes of its paper; nothing for most tasks.

        seen: the digest of the version that was read. Reads history for steps with a paper only.
        Raises PaperChanged, PaperMissing, ParafMissing.
        """
        task, stored = held
        trail = self._trail(tx, task)
        if trail is None:
            return {}
        _require_seen(trail, task, seen)
        return trail.fact_of(
            HistoryEvent(
                instance_id=task.instance_id,
                sequence=stored.instance.last_sequence + 1,
                revision=stored.instance.revision + 1,
                kind=EventKind.TASK_COMPLETED,
                at=at,
                actor=actor.account,
                capacity=actor.capacity,
                activity_id=task.activity_id,
                activity_instance_id=task.task_id,
                payload={"variables": values},
                previous_hash="",
                hash="",
            )
        )

    def _trail(self, tx: StoreTransaction, task: UserTask) -> PaperTrail | None:
        """The papers of the task's instance; None when the task has nothing to do with one."""
        model = self._definitions.machine(tx, task.definition_id).model
        node: FlowNode = model.nodes[task.activity_id]
        if paper_terms(node.properties) is None:
            return None
        return PaperTrail(model).take_all(tx.events(task.instance_id))


def _require_seen(trail: PaperTrail, task: UserTask, seen: str | None) -> None:
    """Raise PaperChanged when another version was read than the one that stands."""
    step = trail.of_step(task.activity_id)
    current = step.paper.current if step else None
    if seen and (current is None or current.digest != seen):
        raise PaperChanged(task.task_id, seen, current.digest if current else None)
