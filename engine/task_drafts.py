"""Drafts: what somebody has typed into a task's form, kept until the task ends.

They belong to no history. A draft of a task that has ended is never shown; housekeeping drops it.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from engine.bpmn.personal_terms import personal_fields
from engine.capacities import at_task
from engine.definitions import Definitions
from engine.errors import InvalidInput, SubstitutionOver
from engine.model import Actor, Subject, TaskDraft, TaskState, Unreadable, UserTask
from engine.sealing import Sealing
from engine.sources import Clock
from engine.store import Store, StoreTransaction
from engine.task_hands import require_open

#: Characters of one draft, all fields together.
MOST_CHARACTERS = 200_000


class TaskDrafts:
    """The drafts of one office; each account sees its own only."""

    def __init__(
        self, store: Store, definitions: Definitions, sealing: Sealing, clock: Clock
    ) -> None:
        self._store = store
        self._definitions = definitions
        self._sealing = sealing
        self._clock = clock

    def save(self, task_id: str, texts: Mapping[str, str], *, actor: Actor) -> TaskDraft:
        """Keep what was typed, field id -> text, in place of the former draft; nothing is judged.

        Who stood in for the lane may too: what he typed when that ended is not lost. What is
        personal is sealed as values are, for whom the same form names, else for the actor.
        Raises TaskNotOpen, Forbidden when the task waits for others, InvalidInput when it is
        longer than MOST_CHARACTERS.
        """
        length = sum(len(name) + len(text) for name, text in texts.items())
        if length > MOST_CHARACTERS:
            told = f"expected at most {MOST_CHARACTERS} characters, found {length}"
            raise InvalidInput(f"draft of task {task_id}: {told}", {"draft": [told]})
        with self._store.writing() as tx:
            task = tx.task(task_id)
            require_open(task)
            now = self._clock.now()
            with suppress(SubstitutionOver):
                at_task(tx, actor, task, "save a draft of", now=now)
            draft = TaskDraft(actor.account, task.instance_id, task_id, dict(texts), now)
            tx.put_task_draft(replace(draft, texts=self._sealed(tx, task, texts, actor, now)))
        return draft

    def _sealed(
        self,
        tx: StoreTransaction,
        task: UserTask,
        texts: Mapping[str, str],
        actor: Actor,
        now: datetime,
    ) -> dict[str, str]:
        model = self._definitions.machine(tx, task.definition_id).model
        kept = dict(texts)
        for name, other in personal_fields(model).items():
            if texts.get(name, "").strip():
                named = texts.get(other or "", "").strip()
                subject = Subject(named) if named else Subject(actor.account, is_account=True)
                key = self._sealing.use_key(tx, task.instance_id, subject, now, 0)
                kept[name] = self._sealing.seal(texts[name], name, task.instance_id, key)
        return kept

    def find(self, task_id: str, *, actor: Actor) -> TaskDraft | None:
        """The actor's own draft of an open task, without what was erased; None without one."""
        with self._store.reading() as tx:
            draft = tx.task_draft(actor.account, task_id)
            if draft is None or tx.task(task_id).state is not TaskState.OPEN:
                return None
            opened = self._sealing.opened(tx, draft.instance_id, dict(draft.texts))
        told = {n: text for n, text in opened.items() if not isinstance(text, Unreadable)}
        return replace(draft, texts=told)

    def discard(self, task_id: str, *, actor: Actor) -> None:
        """The actor has no draft of the task any more; none before is no error."""
        with self._store.writing() as tx:
            tx.delete_task_draft(actor.account, task_id)

    def forget_ended(self) -> int:
        """Let go of the drafts of tasks that have ended; how many."""
        with self._store.writing() as tx:
            return tx.drop_drafts_of_ended_tasks()
