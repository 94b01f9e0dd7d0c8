"""The work of programs: external tasks are fetched, held, and told of as done or failed."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from engine.document_intake import Intake, Received, brought, keep_documents
from engine.errors import EngineError, InvalidInput, LockedByAnother, NotFound, is_its_own
from engine.escapes import with_escape
from engine.history import Input
from engine.json_values import check_variables
from engine.model import (
    Actor,
    EventKind,
    ExternalTask,
    ProcessInstance,
    Role,
    StoredInstance,
    Variables,
)
from engine.permissions import require_role
from engine.queries import ExternalTaskQuery, Page, TopicSubscription
from engine.sources import Clock
from engine.steps import Steps
from engine.store import Store, StoreTransaction

_FIRST_PAGE = Page()
_log = logging.getLogger(__name__)
MAX_TASKS = 1000
LONGEST_LOCK_MS = 24 * 3600 * 1000
MAX_WORKER_ID = 255
MAX_ERROR_TEXT = 4000
#: A stack trace; the beginning of a longer one is kept.
MAX_DETAILS = 20_000


@dataclass(frozen=True, slots=True)
class FetchedTask:
    """An external task in the hands of a worker, with the variables that it sees."""

    task: ExternalTask
    variables: Variables
    #: What the diagram says of it, and of which version that is.
    properties: Mapping[str, str]
    version_tag: str | None


class ExternalTasks:
    """External tasks. Workers and admins perform them; auditors read."""

    def __init__(self, store: Store, steps: Steps, clock: Clock, intake: Intake) -> None:
        self._store = store
        self._steps = steps
        self._clock = clock
        self._intake = intake

    # ------------------------------------------------------------------- questions

    def tasks(
        self, query: ExternalTaskQuery, page: Page = _FIRST_PAGE, *, actor: Actor
    ) -> list[ExternalTask]:
        """The external tasks that match and are not over."""
        _require_reader(actor)
        with self._store.reading() as tx:
            return tx.services(replace(query, at=self._clock.now()), page)

    def count_tasks(self, query: ExternalTaskQuery, *, actor: Actor) -> int:
        """How many external tasks match."""
        _require_reader(actor)
        with self._store.reading() as tx:
            return tx.count_services(replace(query, at=self._clock.now()))

    def task(self, external_task_id: str, *, actor: Actor) -> ExternalTask:
        """One external task that is not over. Raises NotFound."""
        _require_reader(actor)
        with self._store.reading() as tx:
            return tx.service(external_task_id)

    # ----------------------------------------------------------------------- locks

    def fetch_and_lock(
        self,
        worker_id: str,
        topics: Sequence[TopicSubscription],
        *,
        max_tasks: int,
        actor: Actor,
        by_priority: bool = False,
    ) -> list[FetchedTask]:
        """Up to `max_tasks` free external tasks of these topics, locked for this worker."""
        _require_worker(actor)
        _require_worker_id(worker_id)
        if not 1 <= max_tasks <= MAX_TASKS:
            raise _wrong("maxTasks", f"expected 1 to {MAX_TASKS}, found {max_tasks}")
        for topic in topics:
            _require_duration("lockDuration", topic.lock_duration_ms)
        with self._store.writing() as tx:
            locked = tx.lock_services(
                topics,
                worker_id,
                now=self._clock.now(),
                limit=max_tasks,
                by_priority=by_priority,
            )
            return [fetched for task in locked for fetched in self._fetched(tx, task)]

    def lock(
        self, external_task_id: str, worker_id: str, duration_ms: int, *, actor: Actor
    ) -> None:
        """Lock one that is free, or that this worker holds already. Raises LockedByAnother."""
        _require_worker(actor)
        _require_worker_id(worker_id)
        self._hold(external_task_id, worker_id, duration_ms, is_new=True)

    def extend_lock(
        self, external_task_id: str, worker_id: str, duration_ms: int, *, actor: Actor
    ) -> None:
        """Hold on for `duration_ms` from now. Raises LockedByAnother when it is no longer held."""
        _require_worker(actor)
        self._hold(external_task_id, worker_id, duration_ms, is_new=False)

    def unlock(self, external_task_id: str, *, actor: Actor) -> None:
        """Let another worker have it."""
        _require_worker(actor)
        with self._store.writing() as tx:
            tx.stored_service(external_task_id, for_step=True)
            tx.hold_service(external_task_id, None, None)

    def set_retries(self, external_task_id: str, retries: int, *, actor: Actor) -> None:
        """How often it may still fail; from 0 upwards its incident is retried as well."""
        require_role(actor, "set the retries of an external task", Role.ADMIN, Role.ANALYST)
        if not 0 <= retries <= MAX_TASKS:
            raise _wrong("retries", f"expected 0 to {MAX_TASKS}, found {retries}")
        with self._store.writing() as tx:
            task, stored = tx.stored_service(external_task_id, for_step=True)
            incident_id = self._steps.look(tx, stored).incident_of(external_task_id)
            if retries > 0 and incident_id is not None:
                self._retry(tx, stored, incident_id, task, actor)
            tx.set_service_retries(external_task_id, retries)

    def _retry(
        self,
        tx: StoreTransaction,
        stored: StoredInstance,
        incident_id: str,
        task: ExternalTask,
        actor: Actor,
    ) -> None:
        given = Input(
            EventKind.INCIDENT_RETRIED,
            actor,
            {"incident": incident_id},
            activity_id=task.activity_id,
        )
        self._steps.take(tx, stored, given, now=self._clock.now())

    def _hold(
        self, external_task_id: str, worker_id: str, duration_ms: int, *, is_new: bool
    ) -> None:
        _require_duration("lockDuration" if is_new else "newDuration", duration_ms)
        now = self._clock.now()
        with self._store.writing() as tx:
            task, _ = tx.stored_service(external_task_id, for_step=True)
            if is_new and task.retries == 0:
                raise _wrong("retries", "the external task has none left; set them first")
            is_free = task.lock_expires_at is None or task.lock_expires_at <= now
            if not (is_free and is_new):
                _require_held(task, worker_id, now)
            until = now + timedelta(milliseconds=duration_ms)
            tx.hold_service(external_task_id, worker_id, until)

    # --------------------------------------------------------------------- results

    def complete(
        self,
        external_task_id: str,
        worker_id: str,
        variables: Variables,
        *,
        actor: Actor,
        local_variables: Variables | None = None,
    ) -> ProcessInstance:
        """The worker has done it; the instance moves on in the same step.

        Raises NotFound when it is over, LockedByAnother when the lock was lost meanwhile.
        """
        _require_worker(actor)
        received = self._intake.receive(variables)
        local = self._intake.receive(local_variables or {})
        payload = {
            "worker": worker_id,
            "variables": received.variables,
            "localVariables": local.variables,
            **brought(received.documents + local.documents),
        }
        return self._tell(
            external_task_id,
            worker_id,
            Input(EventKind.SERVICE_COMPLETED, actor, payload),
            received,
            local,
        )

    def fail(
        self,
        external_task_id: str,
        worker_id: str,
        *,
        actor: Actor,
        message: str | None = None,
        details: str | None = None,
        retries: int = 0,
        retry_after_ms: int = 0,
    ) -> ProcessInstance:
        """The worker could not do it. With no retries left it becomes an incident."""
        _require_worker(actor)
        if not 0 <= retries <= MAX_TASKS:
            raise _wrong("retries", f"expected 0 to {MAX_TASKS}, found {retries}")
        if not 0 <= retry_after_ms <= LONGEST_LOCK_MS:
            raise _wrong("retryTimeout", f"expected 0 to {LONGEST_LOCK_MS} milliseconds")
        payload = {
            "worker": worker_id,
            "message": _short("errorMessage", message or "the worker gave no reason"),
            "details": _short("errorDetails", details, MAX_DETAILS) if details else None,
            "retries": retries,
            "retryAfterMs": retry_after_ms,
        }
        return self._tell(
            external_task_id, worker_id, Input(EventKind.SERVICE_FAILED, actor, payload)
        )

    def bpmn_error(
        self,
        external_task_id: str,
        worker_id: str,
        error_code: str,
        *,
        actor: Actor,
        message: str | None = None,
        variables: Variables | None = None,
    ) -> ProcessInstance:
        """The worker reports a business error: the nearest error event that catches it goes on.

        When nobody catches it, here or in the instances that call this one, it is an incident.
        """
        _require_worker(actor)
        received = self._intake.receive(variables or {})
        payload = {
            "worker": worker_id,
            "code": _short("errorCode", error_code),
            "message": message,
            "variables": received.variables,
            **received.payload,
        }
        check_variables({"message": message})
        return self._tell(
            external_task_id, worker_id, Input(EventKind.SERVICE_ERROR, actor, payload), received
        )

    def _tell(
        self, external_task_id: str, worker_id: str, told: Input, *received: Received
    ) -> ProcessInstance:
        now = self._clock.now()
        with self._store.writing() as tx:
            task, stored = tx.stored_service(external_task_id, for_step=True)
            _require_held(task, worker_id, now)
            for each in received:
                keep_documents(tx, each, instance_id=task.instance_id)
            given = replace(
                told, activity_id=task.activity_id, activity_instance_id=external_task_id
            )
            if given.kind is EventKind.SERVICE_ERROR:
                given = with_escape(self._steps, tx, stored, given, "error")
            return self._steps.take(
                tx,
                stored,
                given,
                now=now,
                service=_after(task, given, now),
            ).instance

    def _fetched(self, tx: StoreTransaction, task: ExternalTask) -> list[FetchedTask]:
        """The task with its variables; nothing when its instance is damaged.

        Then it rests for as long as it is locked, and the worker gets the others.
        """
        try:
            run = self._steps.look(tx, tx.stored_instance(task.instance_id))
            variables = run.visible_variables(task.external_task_id)
            properties = run.model.nodes[task.activity_id].properties
            return [FetchedTask(task, variables, properties, run.model.version_tag)]
        except EngineError as error:
            if not isinstance(error, NotFound) and not is_its_own(error, task.instance_id):
                raise
            _log.exception("instance %s: external task left out", task.instance_id)
            return []


def _after(task: ExternalTask, given: Input, now: datetime) -> ExternalTask:
    """The row of the external task after what the worker told, if it stays."""
    free = replace(task, worker_id=None, lock_expires_at=None)
    if given.kind is EventKind.SERVICE_ERROR:
        return replace(free, retries=0, error_message=str(given.payload["code"]))
    if given.kind is not EventKind.SERVICE_FAILED:
        return free
    wait_ms = given.payload["retryAfterMs"]
    return replace(
        free,
        # Nobody's lock: it only keeps the task from being fetched before its time.
        lock_expires_at=now + timedelta(milliseconds=wait_ms) if wait_ms else None,
        retries=given.payload["retries"],
        error_message=given.payload["message"],
        error_details=given.payload["details"],
    )


def _require_held(task: ExternalTask, worker_id: str, now: datetime) -> None:
    is_held = task.lock_expires_at is not None and task.lock_expires_at > now
    if task.worker_id != worker_id or not is_held:
        raise LockedByAnother(task.external_task_id, worker_id, task.worker_id if is_held else None)


def _require_worker(actor: Actor) -> None:
    require_role(actor, "perform external tasks", Role.WORKER, Role.ADMIN)


def _require_reader(actor: Actor) -> None:
    require_role(actor, "see external tasks", Role.WORKER, Role.ADMIN, Role.ANALYST, Role.AUDITOR)


def _require_worker_id(worker_id: str) -> None:
    check_variables({"workerId": worker_id})
    if not 1 <= len(worker_id) <= MAX_WORKER_ID:
        raise _wrong("workerId", f"expected 1 to {MAX_WORKER_ID} characters")


def _require_duration(field: str, duration_ms: int) -> None:
    if not 1 <= duration_ms <= LONGEST_LOCK_MS:
        raise _wrong(field, f"expected 1 to {LONGEST_LOCK_MS} milliseconds, found {duration_ms}")


def _short(field: str, text: str, most: int = MAX_ERROR_TEXT) -> str:
    kept = text if len(text) <= most else text[:most] + "…"
    check_variables({field: kept})
    return kept


def _wrong(field: str, reason: str) -> InvalidInput:
    return InvalidInput(f"{field}: {reason}", {field: [reason]})
