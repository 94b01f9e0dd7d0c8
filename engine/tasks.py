"""The work of people: finding and completing user tasks; whose hands they are in: task_hands.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.access_log import AccessLog
from engine.capacities import Standing, at_task, require_visible, standing_at
from engine.copies import copy_with
from engine.definitions import Definitions
from engine.document_intake import Intake, Received, keep_documents
from engine.errors import TaskAlreadyClaimed
from engine.escapes import check_code, with_escape
from engine.forms import check_submission
from engine.history import Input
from engine.json_values import check_variables
from engine.model import (
    AccountEventKind,
    Actor,
    EventKind,
    FormField,
    Json,
    ProcessInstance,
    RememberedRequest,
    StoredInstance,
    TaskState,
    UserTask,
    Variables,
)
from engine.papers import Papers
from engine.permissions import (
    has_gone_up_to,
    is_offered,
    task_scope_of,
)
from engine.queries import Page, TaskQuery
from engine.repeats import Request
from engine.same_person import mark_of
from engine.sealing import blank_for_forms
from engine.sources import Clock
from engine.steps import Outcome, Steps
from engine.store import Store, StoreTransaction, is_one_question
from engine.task_hands import Hands, require_open

_FIRST_PAGE = Page()
_NO_FACTS: Variables = {}


@dataclass(frozen=True, slots=True)
class Completed:
    """The answer of `complete`, `bpmn_error` and `bpmn_escalation`.

    opened: the tasks that came up next, whoever they wait for.
    variables: what is personal is sealed; `PersonalData.opened` opens it.
    """

    instance: ProcessInstance
    sequence: int
    variables: Variables
    opened: tuple[UserTask, ...] = ()
    is_repeat: bool = False


@dataclass(frozen=True, slots=True)
class _Throw:
    """What somebody reports at a task that is not its completion."""

    kind: EventKind
    facts: Mapping[str, Json]
    variables: Variables


@dataclass(frozen=True, slots=True)
class TaskForm:
    """A task with its form's fields and the values that they have now."""

    task: UserTask
    fields: tuple[FormField, ...]
    #: Current value per field id; the default where nothing was submitted yet.
    values: Variables
    #: The SOP row of the step: its `sop:` properties.
    properties: dict[str, str]


class Tasks(Hands):
    """User tasks, open or ended."""

    def __init__(
        self,
        store: Store,
        definitions: Definitions,
        steps: Steps,
        *,
        clock: Clock,
        intake: Intake,
        papers: Papers,
        access: AccessLog,
    ) -> None:
        super().__init__(store, steps, clock)
        self._definitions = definitions
        self._intake = intake
        self._papers = papers
        self._access = access

    # ------------------------------------------------------------------- questions

    def tasks(self, query: TaskQuery, page: Page = _FIRST_PAGE, *, actor: Actor) -> list[UserTask]:
        """The tasks that match and that the actor may see."""
        with self._store.asking(is_one=is_one_question(query, page)) as tx:
            return tx.tasks(copy_with(query, visible_to=task_scope_of(actor)), page)

    def count_tasks(self, query: TaskQuery, *, actor: Actor, at_most: int | None = None) -> int:
        """How many tasks match that the actor may see; of more than `at_most` just that many."""
        with self._store.reading() as tx:
            visible = copy_with(query, visible_to=task_scope_of(actor))
            return tx.count_tasks(visible, at_most=at_most)

    def count_each(
        self, queries: Sequence[TaskQuery], *, actor: Actor, at_most: int | None = None
    ) -> list[int]:
        """The same of several queries at once, in their order."""
        scope = task_scope_of(actor)
        with self._store.reading() as tx:
            visible = [copy_with(query, visible_to=scope) for query in queries]
            return tx.count_each(visible, at_most=at_most)

    def waiting_in(self, instance_id: str, *, actor: Actor) -> list[UserTask]:
        """The open tasks of an instance that the actor has in hand, then those to be taken."""
        with self._store.reading() as tx:
            found = [task for task in tx.open_tasks_of(instance_id) if is_offered(actor, task)]
        in_hand = [task for task in found if task.assignee == actor.account]
        return in_hand + [task for task in found if task.assignee is None]

    def task(self, task_id: str, *, actor: Actor) -> UserTask:
        """One task, open or ended. Raises NotFound, Forbidden."""
        with self._store.reading() as tx:
            found = tx.task(task_id)
            require_visible(tx, actor, found, now=self._clock.now())
        return found

    def is_offered(self, task: UserTask, *, actor: Actor) -> bool:
        """Whether the task waits for the actor, or is in the actor's hands."""
        return is_offered(actor, task)

    def is_superior(self, task: UserTask, *, actor: Actor) -> bool:
        """Whether the overdue task went up to a lane that the actor holds or stands in for."""
        return has_gone_up_to(actor, task)

    def standing(self, task: UserTask, *, actor: Actor) -> Standing | None:
        """In which capacity the task waits for the actor; None when it does not."""
        return standing_at(actor, task)

    def form(self, task_id: str, *, actor: Actor) -> TaskForm:
        """What the task asks for, with current values. Raises NotFound, Forbidden, TaskNotOpen."""
        with self._store.reading() as tx:
            task, stored = tx.stored_task(task_id)
            require_visible(tx, actor, task, now=self._clock.now())
            require_open(task)
            known = self._steps.look(tx, stored).visible_variables(task_id)
            visible = self._steps.sealing.opened(tx, task.instance_id, known)
            node = self._definitions.machine(tx, task.definition_id).model.nodes[task.activity_id]
        if visible is not known:
            self._note_reading(task, actor)
        fields = node.form or ()
        values = blank_for_forms({f.id: visible.get(f.id, f.default) for f in fields})
        return TaskForm(task, fields, values, dict(node.properties))

    def variables(self, task_id: str, *, actor: Actor) -> dict[str, Json]:
        """All variables that the open task sees, its loop's included."""
        with self._store.reading() as tx:
            task, stored = tx.stored_task(task_id)
            require_visible(tx, actor, task, now=self._clock.now())
            require_open(task)
            known = self._steps.look(tx, stored).visible_variables(task_id)
            visible = self._steps.sealing.opened(tx, task.instance_id, known)
        if visible is not known:
            self._note_reading(task, actor)
        return visible

    def _note_reading(self, task: UserTask, actor: Actor) -> None:
        """That an auditor or admin reads what is personal is recorded."""
        self._access.note(actor, AccountEventKind.HISTORY_READ, instance=task.instance_id)

    # -------------------------------------------------------------------- complete

    def complete(
        self,
        task_id: str,
        variables: Variables,
        *,
        actor: Actor,
        idempotency_key: str | None = None,
        seen: str | None = None,
    ) -> Completed:
        """Finish the task with what its form asks for; the instance moves on in the same step.

        variables: JSON, an Upload for a file, a list of them for several. seen: the digest of the
        version that was read of the paper that the task initials or signs.
        A failing script or gateway after it is an incident: the person's work is kept all the same.
        With an idempotency key, the same request again gives the first one's answer.
        Raises TaskNotOpen (who was faster, and when), TaskAlreadyClaimed, Forbidden, InvalidForm,
        InvalidVariables, IdempotencyKeyReused, PaperChanged, PaperMissing, ParafMissing.
        """
        received = self.receive(variables)
        with self._store.writing() as tx:
            return self.complete_in(
                tx, task_id, received, actor=actor, key=idempotency_key, seen=seen
            )

    def receive(self, variables: Variables) -> Received:
        """The submission as `complete_in` takes it. Raises InvalidVariables."""
        return self._intake.receive(variables)

    def complete_in(
        self,
        tx: StoreTransaction,
        task_id: str,
        received: Received,
        *,
        actor: Actor,
        key: str | None = None,
        facts: Variables = _NO_FACTS,
        seen: str | None = None,
    ) -> Completed:
        """What `complete` does, in a transaction of the caller's, so that more can belong to it.

        facts: what history notes of the way in which the values came, beside them.
        """
        request = Request(actor, key, ("complete", task_id, received.likeness))
        task, stored = tx.stored_task(task_id, for_step=True)
        # Asked after the instance is locked: the same request may just have been done.
        done = request.recall(tx)
        if done is not None:
            return _as_done(stored, done)
        now = self._clock.now()
        acting = _in_hand(tx, actor, task, now)
        values = self._accepted(tx, task, received.variables)
        endorsed = self._papers.fact_of(tx, (task, stored), values, actor=acting, at=now, seen=seen)
        keep_documents(tx, received, instance_id=task.instance_id)
        finished = copy_with(
            task,
            state=TaskState.COMPLETED,
            assignee=task.assignee or actor.account,
            ended_at=now,
            ended_by=actor.account,
        )
        mark = mark_of(task, actor)
        payload = {"variables": values, **received.payload, **facts, **endorsed, **mark}
        outcome = self._steps.take(
            tx,
            stored,
            Input(EventKind.TASK_COMPLETED, acting, payload, task.activity_id, task_id),
            now=now,
            changed=(finished,),
        )
        request.remember(tx, outcome, now)
        return _completed(outcome)

    # ----------------------------------------------------------------------- throw

    def bpmn_error(
        self,
        task_id: str,
        error_code: str,
        *,
        actor: Actor,
        message: str | None = None,
        variables: Variables = _NO_FACTS,
        idempotency_key: str | None = None,
    ) -> Completed:
        """Report that the case is another one than the diagram's: the task ends by that error.

        variables: given to the event that catches it. Raises as `complete` does, and InvalidInput
        when no event catches the code.
        """
        thrown = _Throw(EventKind.TASK_ERROR, {"code": error_code, "message": message}, variables)
        return self._throw(task_id, thrown, actor=actor, key=idempotency_key)

    def bpmn_escalation(
        self,
        task_id: str,
        escalation_code: str,
        *,
        actor: Actor,
        variables: Variables = _NO_FACTS,
        idempotency_key: str | None = None,
    ) -> Completed:
        """Let others know; the task goes on unless the event that catches it interrupts.

        Raises as `bpmn_error` does.
        """
        thrown = _Throw(EventKind.TASK_ESCALATION, {"code": escalation_code}, variables)
        return self._throw(task_id, thrown, actor=actor, key=idempotency_key)

    def _throw(self, task_id: str, thrown: _Throw, *, actor: Actor, key: str | None) -> Completed:
        kind, facts = thrown.kind, thrown.facts
        what = "error" if kind is EventKind.TASK_ERROR else "escalation"
        check_code(f"{what}Code", str(facts["code"]))
        check_variables({"errorMessage": facts.get("message")})
        received = self._intake.receive(thrown.variables)
        request = Request(actor, key, (str(kind), task_id, facts, received.likeness))
        with self._store.writing() as tx:
            task, stored = tx.stored_task(task_id, for_step=True)
            if (done := request.recall(tx)) is not None:
                return _as_done(stored, done)
            now = self._clock.now()
            acting = _in_hand(tx, actor, task, now)
            values = self._accepted(tx, task, received.variables, is_whole=False)
            keep_documents(tx, received, instance_id=task.instance_id)
            payload = {**facts, "variables": values, **received.payload}
            given = Input(kind, acting, payload, task.activity_id, task_id)
            given = with_escape(self._steps, tx, stored, given, what)
            outcome = self._steps.take(tx, stored, given, now=now)
            request.remember(tx, outcome, now)
        return _completed(outcome)

    def _accepted(
        self,
        tx: StoreTransaction,
        task: UserTask,
        submitted: Variables,
        *,
        is_whole: bool = True,
    ) -> dict[str, Json]:
        """The submitted values as the form takes them; a field of another step is refused.

        Not `is_whole`: fields that were not submitted are left out, mandatory ones too.
        """
        model = self._definitions.machine(tx, task.definition_id).model
        form = model.nodes[task.activity_id].form
        if form and not is_whole:
            form = tuple(form_field for form_field in form if form_field.id in submitted)
        # What is in this form is never asked for among those of others.
        owners = model.field_owners if form else ()
        return check_submission(form, submitted, owned_elsewhere=owners, is_json=True)


def _completed(outcome: Outcome) -> Completed:
    return Completed(outcome.instance, outcome.event.sequence, outcome.variables, outcome.opened)


def _as_done(stored: StoredInstance, done: RememberedRequest) -> Completed:
    return Completed(stored.instance, done.sequence, done.result["variables"], is_repeat=True)


def _in_hand(tx: StoreTransaction, actor: Actor, task: UserTask, now: datetime) -> Actor:
    """The actor in the capacity in which he completes the task.

    Raises unless the task is open, waits for the actor, and nobody else has claimed it.
    """
    require_open(task)
    acting = at_task(tx, actor, task, "complete", now=now)
    if task.assignee is not None and task.assignee != actor.account:
        raise TaskAlreadyClaimed(task.task_id, task.assignee, task.claimed_at)
    return acting
