"""Whose hands a user task is in: claimed, put back, handed over, taken over."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from engine.capacities import at_task, capacity_at, looking_after
from engine.errors import InvalidInput, NotFound, TaskAlreadyClaimed, TaskNotOpen
from engine.history import Input
from engine.model import (
    Account,
    Actor,
    EventKind,
    Json,
    Role,
    StoredInstance,
    Substitution,
    TaskState,
    UserTask,
)
from engine.permissions import (
    is_offered,
    require_may_hand_over,
    require_task_visible,
)
from engine.queries import TaskQuery
from engine.sources import Clock
from engine.steps import Steps
from engine.store import Store, StoreTransaction

_MAX_REASON = 4000
#: In nobody's hands.
_FREE: dict[str, Any] = {"assignee": None, "substitution_id": None}


class Hands:
    """What moves a task from one person to another. It moves no token."""

    def __init__(self, store: Store, steps: Steps, clock: Clock) -> None:
        self._store = store
        self._steps = steps
        self._clock = clock

    def claim(self, task_id: str, *, actor: Actor) -> UserTask:
        """Take the task into one's own hands; again changes nothing.

        Raises Forbidden when it waits for others, TaskAlreadyClaimed when somebody has it.
        """
        with self._store.writing() as tx:
            task, stored = self._open_task(tx, task_id)
            acting = at_task(tx, actor, task, "claim", now=self._clock.now())
            if task.assignee == actor.account:
                return task
            if task.assignee is not None:
                raise TaskAlreadyClaimed(task_id, task.assignee, task.claimed_at)
            taken = _in_hands_of(acting)
            return self._reassign(tx, (task, stored), taken, EventKind.TASK_CLAIMED, actor=acting)

    def unclaim(self, task_id: str, *, actor: Actor) -> UserTask:
        """Put the task back for everybody in its lane.

        Its assignee may, who looks after it since it went up to his lane, and admins.
        """
        with self._store.writing() as tx:
            task, stored = self._open_task(tx, task_id)
            if task.assignee is None:
                require_task_visible(actor, task)
                return task
            if task.assignee != actor.account:
                deed = f"release task {task_id} of {task.assignee}"
                actor = looking_after(tx, actor, task, deed, now=self._clock.now())
            else:
                actor = at_task(tx, actor, task, "release", now=self._clock.now())
            return self._reassign(tx, (task, stored), _FREE, EventKind.TASK_UNCLAIMED, actor=actor)

    def assign(
        self, task_id: str, assignee: str | None, *, actor: Actor, reason: str | None = None
    ) -> UserTask:
        """Give the task to somebody whom it waits for, or put it back (None).

        Who has it in hand may, who looks after it since it went up to his lane, and admins;
        everybody may claim it for himself. Raises Forbidden, InvalidInput when the account is
        unknown, inactive or of another lane.
        """
        if assignee is None:
            return self.unclaim(task_id, actor=actor)
        if assignee == actor.account and not actor.has(Role.ADMIN):
            return self.claim(task_id, actor=actor)
        said = _reason(reason)
        with self._store.writing() as tx:
            task, stored = self._open_task(tx, task_id)
            now = self._clock.now()
            if task.assignee == actor.account:
                actor = at_task(tx, actor, task, "hand over", now=now)
            else:
                deed = f"assign task {task_id} to {assignee}"
                actor = looking_after(tx, actor, task, deed, now=now)
            given = _able(task, _account(tx, assignee), now)
            if task.assignee == assignee:
                return task
            kind, held = EventKind.TASK_ASSIGNED, (task, stored)
            return self._reassign(tx, held, given, kind, actor=actor, reason=said)

    def take_over(
        self, task_id: str, *, reason: str, actor: Actor, held_by: str | None = None
    ) -> UserTask:
        """Take a task out of a colleague's hands; history tells from whom, and why.

        held_by: who was seen to have it; when somebody else has it by now, TaskAlreadyClaimed.
        Everybody may whom the task waits for. A task in nobody's hands is claimed.
        Raises Forbidden, InvalidInput for a missing reason.
        """
        said = _reason(reason)
        if not said:
            told = "expected why the task is taken over"
            raise InvalidInput(f"reason: {told}", {"reason": [told]})
        with self._store.writing() as tx:
            task, stored = self._open_task(tx, task_id)
            acting = at_task(tx, actor, task, "take over", now=self._clock.now())
            if task.assignee == actor.account:
                return task
            if task.assignee is not None and held_by not in {None, task.assignee}:
                raise TaskAlreadyClaimed(task_id, task.assignee, task.claimed_at)
            is_held = task.assignee is not None
            return self._reassign(
                tx,
                (task, stored),
                _in_hands_of(acting),
                EventKind.TASK_ASSIGNED if is_held else EventKind.TASK_CLAIMED,
                actor=acting,
                reason=said if is_held else None,
            )

    def colleagues(self, task_id: str, *, actor: Actor) -> list[Account]:
        """To whom the actor may hand the task: active accounts that it waits for, by name.

        For whoever may `assign` it. Raises NotFound, TaskNotOpen, Forbidden.
        """
        with self._store.reading() as tx:
            task = tx.task(task_id)
            require_open(task)
            require_may_hand_over(actor, task, f"hand over task {task_id}")
            accounts = tx.accounts()
        now, free = self._clock.now(), replace(task, **_FREE)
        others = [each for each in accounts if each.name != task.assignee]
        return [each for each in others if each.is_active and is_offered(each.as_actor(now), free)]

    def hand_back_lost(
        self,
        tx: StoreTransaction,
        account: Account,
        *,
        actor: Actor | None,
        ended: Substitution | None = None,
    ) -> int:
        """Put back what the account has in hand and may not do any more; how many tasks.

        In the transaction that changes the account, so that nobody completes in between.
        ended: the substitution that is over; then only what was taken by a substitution goes back.
        """
        now = self._clock.now()
        in_hand = [
            task
            for task in tx.tasks(TaskQuery(assignee=account.name))
            if ended is None or task.substitution_id is not None
        ]
        # In one order, so that two changes of accounts do not wait for each other.
        lost = sorted(
            (task.instance_id, task.task_id)
            for task in in_hand
            if not _may_keep(task, account, now)
        )
        for _, task_id in lost:
            held = tx.stored_task(task_id, for_step=True)
            if held[0].state is TaskState.OPEN and held[0].assignee == account.name:
                self._reassign(tx, held, _FREE, EventKind.TASK_UNCLAIMED, actor=actor, ended=ended)
        return len(lost)

    def _reassign(
        self,
        tx: StoreTransaction,
        held: tuple[UserTask, StoredInstance],
        hands: dict[str, Any],
        kind: EventKind,
        *,
        actor: Actor | None,
        reason: str | None = None,
        ended: Substitution | None = None,
    ) -> UserTask:
        """hands: `assignee` and `substitution_id` as they are from now on."""
        task, stored = held
        now = self._clock.now()
        changed = replace(task, **hands, claimed_at=now if hands["assignee"] else None)
        payload: dict[str, Json] = {"from": task.assignee, "to": changed.assignee}
        if reason:
            payload["reason"] = reason
        if ended:
            payload["ended"] = ended.facts()
        given = Input(kind, actor, payload, task.activity_id, task.task_id)
        # With its deadline, when that counts from here on.
        return self._steps.note(tx, stored, given, now=now, changed=(changed,)).changed[0]

    def _open_task(self, tx: StoreTransaction, task_id: str) -> tuple[UserTask, StoredInstance]:
        task, stored = tx.stored_task(task_id, for_step=True)
        require_open(task)
        return task, stored


def require_open(task: UserTask) -> None:
    """Raise TaskNotOpen, naming who ended the task and when."""
    if task.state is not TaskState.OPEN:
        raise TaskNotOpen(task.task_id, task.state, task.ended_by, task.ended_at)


def _reason(text: str | None) -> str | None:
    """The reason without blanks around it. Raises InvalidInput when it is too long."""
    said = (text or "").strip()
    if len(said) > _MAX_REASON:
        told = f"expected at most {_MAX_REASON} characters, found {len(said)}"
        raise InvalidInput(f"reason: {told}", {"reason": [told]})
    return said or None


def _account(tx: StoreTransaction, name: str) -> Account:
    try:
        return tx.account(name)
    except NotFound as error:
        raise InvalidInput(
            f"there is no account {name!r}", {"userId": ["unknown account"]}
        ) from error


def _in_hands_of(acting: Actor) -> dict[str, Any]:
    by = acting.acting.substitution_id if acting.acting else None
    return {"assignee": acting.account, "substitution_id": by}


def _may_keep(task: UserTask, account: Account, now: datetime) -> bool:
    """Whether the task would be offered to the account if it were not in its hands.

    What somebody took for himself he does not keep as a substitute: he may take it again.
    """
    at = now if task.substitution_id is not None else None
    return account.is_active and is_offered(account.as_actor(at), replace(task, **_FREE))


def _able(task: UserTask, account: Account, now: datetime) -> dict[str, Any]:
    """The task in the account's hands. Raises InvalidInput unless it can do the task."""
    actor = account.as_actor(now)
    if not account.is_active or not is_offered(actor, task):
        raise InvalidInput(
            f"task {task.task_id} cannot be given to {account.name}",
            {"userId": [f"expected an active account of lane {task.lane or '-'}"]},
        )
    by = capacity_at(actor, task)
    return _in_hands_of(actor.acting_as(by) if by else actor)
