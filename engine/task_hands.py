"""Whose hands a user task is in: claimed, put back, handed over, taken over."""

from __future__ import annotations

from dataclasses import replace

from engine.errors import InvalidInput, NotFound, TaskAlreadyClaimed, TaskNotOpen
from engine.history import Input
from engine.model import (
    Account,
    Actor,
    EventKind,
    Json,
    Role,
    StoredInstance,
    TaskState,
    UserTask,
)
from engine.permissions import (
    is_offered,
    require_may_hand_over,
    require_offered,
    require_role,
    require_task_visible,
)
from engine.queries import TaskQuery
from engine.sources import Clock
from engine.steps import Steps
from engine.store import Store, StoreTransaction

_MAX_REASON = 4000


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
            require_offered(actor, task, "claim")
            if task.assignee == actor.account:
                return task
            if task.assignee is not None:
                raise TaskAlreadyClaimed(task_id, task.assignee, task.claimed_at)
            return self._reassign(
                tx, (task, stored), assignee=actor.account, kind=EventKind.TASK_CLAIMED, actor=actor
            )

    def unclaim(self, task_id: str, *, actor: Actor) -> UserTask:
        """Put the task back for everybody in its lane. Its assignee and admins may."""
        with self._store.writing() as tx:
            task, stored = self._open_task(tx, task_id)
            if task.assignee is None:
                require_task_visible(actor, task)
                return task
            if task.assignee != actor.account:
                require_role(actor, f"release task {task_id} of {task.assignee}", Role.ADMIN)
            return self._reassign(
                tx, (task, stored), assignee=None, kind=EventKind.TASK_UNCLAIMED, actor=actor
            )

    def assign(
        self, task_id: str, assignee: str | None, *, actor: Actor, reason: str | None = None
    ) -> UserTask:
        """Give the task to somebody whom it waits for, or put it back (None).

        Who has it in hand may, and admins; everybody may claim it for himself. Raises Forbidden,
        InvalidInput when the account is unknown, inactive or of another lane.
        """
        if assignee is None:
            return self.unclaim(task_id, actor=actor)
        if assignee == actor.account and not actor.has(Role.ADMIN):
            return self.claim(task_id, actor=actor)
        said = _reason(reason)
        with self._store.writing() as tx:
            task, stored = self._open_task(tx, task_id)
            require_may_hand_over(actor, task, f"assign task {task_id} to {assignee}")
            _require_able(task, _account(tx, assignee))
            if task.assignee == assignee:
                return task
            kind = EventKind.TASK_ASSIGNED
            held = (task, stored)
            return self._reassign(tx, held, assignee=assignee, kind=kind, actor=actor, reason=said)

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
            require_offered(actor, task, "take over")
            if task.assignee == actor.account:
                return task
            if task.assignee is not None and held_by not in {None, task.assignee}:
                raise TaskAlreadyClaimed(task_id, task.assignee, task.claimed_at)
            is_held = task.assignee is not None
            return self._reassign(
                tx,
                (task, stored),
                assignee=actor.account,
                kind=EventKind.TASK_ASSIGNED if is_held else EventKind.TASK_CLAIMED,
                actor=actor,
                reason=said if is_held else None,
            )

    def colleagues(self, task_id: str, *, actor: Actor) -> list[Account]:
        """To whom the actor may hand the task: active accounts that it waits for, by name.

        For who has it in hand, and admins. Raises NotFound, TaskNotOpen, Forbidden.
        """
        with self._store.reading() as tx:
            task = tx.task(task_id)
            require_open(task)
            require_may_hand_over(actor, task, f"hand over task {task_id}")
            accounts = tx.accounts()
        others = [each for each in accounts if each.name != task.assignee]
        return [each for each in others if _may_keep(task, each)]

    def hand_back_lost(self, tx: StoreTransaction, account: Account, *, actor: Actor) -> int:
        """Put back what the account has in hand and may not do any more; how many tasks.

        In the transaction that changes the account, so that nobody completes in between.
        """
        in_hand = tx.tasks(TaskQuery(assignee=account.name))
        # In one order, so that two changes of accounts do not wait for each other.
        lost = sorted(
            (task.instance_id, task.task_id) for task in in_hand if not _may_keep(task, account)
        )
        for _, task_id in lost:
            held = tx.stored_task(task_id, for_step=True)
            if held[0].state is TaskState.OPEN and held[0].assignee == account.name:
                kind = EventKind.TASK_UNCLAIMED
                self._reassign(tx, held, assignee=None, kind=kind, actor=actor)
        return len(lost)

    def _reassign(
        self,
        tx: StoreTransaction,
        held: tuple[UserTask, StoredInstance],
        *,
        assignee: str | None,
        kind: EventKind,
        actor: Actor,
        reason: str | None = None,
    ) -> UserTask:
        task, stored = held
        now = self._clock.now()
        changed = replace(task, assignee=assignee, claimed_at=now if assignee else None)
        payload: dict[str, Json] = {"from": task.assignee, "to": assignee}
        if reason:
            payload["reason"] = reason
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


def _may_keep(task: UserTask, account: Account) -> bool:
    """Whether the task would be offered to the account if it were not in its hands."""
    return account.is_active and is_offered(account.as_actor(), replace(task, assignee=None))


def _require_able(task: UserTask, account: Account) -> None:
    """Raise InvalidInput unless the account can do the task."""
    if not account.is_active or not is_offered(account.as_actor(), task):
        raise InvalidInput(
            f"task {task.task_id} cannot be given to {account.name}",
            {"userId": [f"expected an active account of lane {task.lane or '-'}"]},
        )
