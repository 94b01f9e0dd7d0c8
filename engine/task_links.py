"""Links in messages: one person does one task once, without logging in.

A link identifies a message, not a person. So what is done by it is recorded as done by link, it
opens nothing but its task, and a task whose diagram demands a login is not done by it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import timedelta

from engine.bpmn.login_rule import rule_of
from engine.definitions import Definitions
from engine.errors import (
    Forbidden,
    InvalidInput,
    LinkExpired,
    LinkUsed,
    LoginDemanded,
)
from engine.model import (
    Actor,
    FieldType,
    PaperOfTask,
    ReturnNote,
    StoredInstance,
    TaskLink,
    UserTask,
    Variables,
)
from engine.papers import Papers
from engine.permissions import is_offered, require_offered
from engine.sources import Clock, Ids
from engine.spiff.scripts import SandboxError
from engine.steps import Steps
from engine.store import Store, StoreTransaction
from engine.task_hands import require_open
from engine.tasks import Completed, TaskForm, Tasks

#: How history calls the standing of who acted by a link.
CAPACITY = "by link"

LONGEST = timedelta(days=30)
#: How long a link that has expired is still known.
KEPT = timedelta(days=90)
_SHORTEST = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class LinkedTask:
    """What a link shows. `demands_login`: it may show the task, and not complete it."""

    link: TaskLink
    form: TaskForm
    demands_login: bool
    #: What the task initials or signs, and why work came back, as the person of the link sees it.
    paper: PaperOfTask | None = None
    return_notes: tuple[ReturnNote, ...] = ()


class TaskLinks:
    """The links of one store."""

    def __init__(
        self,
        store: Store,
        definitions: Definitions,
        steps: Steps,
        tasks: Tasks,
        *,
        papers: Papers,
        clock: Clock,
        ids: Ids,
        lifetime: timedelta = timedelta(hours=72),
    ) -> None:
        self._store = store
        self._definitions = definitions
        self._steps = steps
        self._tasks = tasks
        self._papers = papers
        self._clock = clock
        self._ids = ids
        self._lifetime = lifetime

    # --------------------------------------------------------------------- making

    def make(
        self, task_id: str, *, actor: Actor, lifetime: timedelta | None = None
    ) -> tuple[TaskLink, str]:
        """A link to an open task for the caller himself, and its secret, which is said only now.

        Raises NotFound, Forbidden when the task does not wait for the caller, TaskNotOpen,
        InvalidInput for a lifetime that is not 1 minute to 30 days.
        """
        with self._store.writing() as tx:
            task = tx.task(task_id)
            require_offered(actor, task, "make a link to")
            return self._made(tx, task, actor.account, created_by=actor.account, lasts=lifetime)

    def make_for(self, task_id: str, account: str) -> tuple[TaskLink, str]:
        """A link for a message that Alur itself sends to that person, and its secret.

        For the sender of messages only: nobody's request may name the account.
        Raises NotFound, Forbidden when the task does not wait for that person, TaskNotOpen, and
        LoginDemanded when a link could only show the task.
        """
        with self._store.writing() as tx:
            task, stored = tx.stored_task(task_id)
            person = tx.account(account)
            if not person.is_active:
                raise Forbidden(account, f"have a link to task {task_id}", "it is not active")
            require_offered(person.as_actor(self._clock.now()), task, "have a link to")
            require_open(task)
            if self._demands_login(tx, task, stored):
                raise LoginDemanded(task_id)
            return self._made(tx, task, account, created_by=None, lasts=None)

    def _made(
        self,
        tx: StoreTransaction,
        task: UserTask,
        account: str,
        *,
        created_by: str | None,
        lasts: timedelta | None,
    ) -> tuple[TaskLink, str]:
        require_open(task)
        now, secret = self._clock.now(), self._ids.new_secret()
        link = TaskLink(
            link_id=self._ids.new_id(),
            instance_id=task.instance_id,
            task_id=task.task_id,
            account=account,
            created_at=now,
            created_by=created_by,
            expires_at=now + _valid_lifetime(self._lifetime if lasts is None else lasts),
        )
        tx.add_task_link(link, _hash(secret))
        return link, secret

    # ---------------------------------------------------------------------- using

    def open(self, secret: str) -> LinkedTask:
        """What the link shows; nothing changes, however often it is asked.

        Raises NotFound, LinkExpired, LinkUsed, TaskNotOpen, and Forbidden when the task does not
        wait for that person any more.
        """
        with self._store.reading() as tx:
            link = self._usable(tx.task_link(_hash(secret)))
            actor = self._actor(tx, link)
            task, stored = tx.stored_task(link.task_id)
            require_open(task)
            require_offered(actor, task, "see")
            demands = self._demands_login(tx, task, stored)
        return LinkedTask(
            link,
            self._tasks.form(link.task_id, actor=actor),
            demands,
            paper=self._papers.of_task(link.task_id, actor=actor),
            return_notes=tuple(self._papers.return_notes(link.task_id, actor=actor)),
        )

    def complete(self, secret: str, variables: Variables, *, seen: str | None = None) -> Completed:
        """Complete the task of the link: once, and the link with it, in one transaction.

        seen: the digest of the version that was read of the task's paper.
        Raises what `open` raises, LoginDemanded, TaskAlreadyClaimed, InvalidForm,
        InvalidVariables, PaperChanged, PaperMissing, ParafMissing. After a refusal the link can be
        used again.
        """
        received = self._tasks.receive(variables)
        with self._store.writing() as tx:
            link = self._usable(tx.task_link(_hash(secret), for_use=True))
            actor = self._actor(tx, link)
            task, stored = tx.stored_task(link.task_id, for_step=True)
            require_open(task)
            if is_offered(actor, task) and self._demands_login(
                tx, task, stored, received.variables
            ):
                raise LoginDemanded(link.task_id)
            done = self._tasks.complete_in(
                tx, link.task_id, received, actor=actor, facts={"link": link.link_id}, seen=seen
            )
            tx.use_task_link(link, self._clock.now())
        return done

    def forget_old(self) -> int:
        """Drop what expired KEPT ago; how many. Until then who opens one is told what became of it.

        History says by which link a task was done; the link itself is no part of it.
        """
        with self._store.writing() as tx:
            return tx.forget_task_links(self._clock.now() - KEPT)

    def _usable(self, link: TaskLink) -> TaskLink:
        if link.used_at is not None:
            raise LinkUsed(link.task_id, link.used_at)
        if self._clock.now() >= link.expires_at:
            raise LinkExpired(link.expires_at)
        return link

    def _actor(self, tx: StoreTransaction, link: TaskLink) -> Actor:
        """Who the link is for, as he stands now. Raises Forbidden when he is not active."""
        account = tx.account(link.account)
        if not account.is_active:
            raise Forbidden(link.account, "use a link", "the account is not active")
        return replace(account.as_actor(self._clock.now()), capacity=CAPACITY)

    def _demands_login(
        self,
        tx: StoreTransaction,
        task: UserTask,
        stored: StoredInstance,
        submitted: Variables | None = None,
    ) -> bool:
        """Whether the diagram demands a login; a threshold that cannot be judged demands it too.

        submitted: None while the link is only looked at; what the form will bring is then awaited.
        """
        node = self._definitions.machine(tx, task.definition_id).model.nodes[task.activity_id]
        if any(field.type is FieldType.FILE and not field.is_readonly for field in node.form or ()):
            # Nobody uploads files who has not proved who he is.
            return True
        rule = rule_of(node)
        if rule.threshold is None:
            return rule.always
        if submitted is None and not rule.threshold.names.isdisjoint(
            field.id for field in node.form or () if not field.is_readonly
        ):
            return False
        run = self._steps.look(tx, stored)
        try:
            return run.value_of(task.task_id, rule.threshold, submitted or {}) is not False
        except SandboxError:
            return True


def _valid_lifetime(lifetime: timedelta) -> timedelta:
    if not _SHORTEST <= lifetime <= LONGEST:
        raise InvalidInput(
            f"a link lasts 1 minute to {LONGEST.days} days",
            {"lifetime": [f"expected 1 minute to {LONGEST.days} days, found {lifetime}"]},
        )
    return lifetime


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
