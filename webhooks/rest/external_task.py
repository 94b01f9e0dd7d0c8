"""External tasks: fetched and locked by workers, told of as done or failed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import current_app

from engine.errors import DamagedRow, NotFound
from engine.model import Actor, ExternalTask, Role, Scope
from engine.queries import ExternalTaskQuery, Page
from engine.services import FetchedTask
from webhooks.auth import require_actor
from webhooks.rest.context import current_engine, current_settings
from webhooks.rest.listing import add_listing
from webhooks.rest.resource import Resource
from webhooks.schemas.external_tasks import (
    BusinessError,
    Done,
    ExternalTaskAnswer,
    ExternalTaskFilter,
    Failure,
    Fetch,
    FetchedTaskAnswer,
    Lock,
    LongerLock,
    Retries,
    ShownTask,
    Topic,
)

resource = Resource(
    "external-task",
    path="/external-task",
    description="Work that programs outside do",
    scope=Scope.WORKER,
)

#: A longer wish than this is answered early, as Camunda allows: a thread waits for each.
LONGEST_WAIT = 20.0
_BETWEEN_LOOKS = 0.5
_WAITERS = "alur.external-task.waiters"


# ---------------------------------------------------------------------- questions


def _find(query: ExternalTaskQuery, page: Page, actor: Actor) -> Sequence[ShownTask]:
    found = current_engine().external_tasks.tasks(query, page, actor=actor)
    tags = _version_tags(found, actor)
    return [ShownTask(each, tags[each.definition_id]) for each in found]


def _total(query: ExternalTaskQuery, actor: Actor) -> int:
    return current_engine().external_tasks.count_tasks(query, actor=actor)


add_listing(
    resource,
    "",
    "external tasks",
    filters=ExternalTaskFilter,
    answer=ExternalTaskAnswer,
    find=_find,
    total=_total,
    with_post=True,
)


@resource.on("GET", "/<external_task_id>", "One external task")
@resource.gives(ExternalTaskAnswer)
def get_external_task(external_task_id: str) -> ShownTask:
    """One that is over is not found."""
    actor = require_actor()
    found = current_engine().external_tasks.task(external_task_id, actor=actor)
    return ShownTask(found, _version_tags([found], actor)[found.definition_id])


# ----------------------------------------------------------------- fetch and lock


@resource.on("POST", "/fetchAndLock", "Fetch tasks, and lock them for a worker")
@resource.takes(Fetch)
@resource.gives(FetchedTaskAnswer(many=True))
def fetch_and_lock(body: Mapping[str, Any]) -> list[ShownTask]:
    """With asyncResponseTimeout it waits until something is there, but not for too long."""
    actor = require_actor()
    topics: dict[str, Topic] = {
        each.subscriptions[0].topic: each for each in body["topics"] or () if each.subscriptions
    }
    fetched = _fetch(body, topics, actor)
    if not fetched and topics and body["async_response_timeout"]:
        seconds = min(body["async_response_timeout"] / 1000, LONGEST_WAIT)
        fetched = _fetch_later(body, topics, actor, seconds)
    return [
        ShownTask(
            each.task,
            each.version_tag,
            _wanted(each.variables, topics[each.task.topic].variables),
            each.properties if topics[each.task.topic].with_properties else {},
        )
        for each in fetched
    ]


def _fetch(body: Mapping[str, Any], topics: Mapping[str, Topic], actor: Actor) -> list[FetchedTask]:
    return current_engine().external_tasks.fetch_and_lock(
        body["worker_id"],
        [each for topic in topics.values() for each in topic.subscriptions],
        max_tasks=body["max_tasks"],
        actor=actor,
        by_priority=bool(body["use_priority"]),
    )


def _fetch_later(
    body: Mapping[str, Any], topics: Mapping[str, Topic], actor: Actor, seconds: float
) -> list[FetchedTask]:
    """Look again and again. Half of the threads may wait so; for the rest nothing was there."""
    waiters = _waiters()
    if not waiters.acquire(blocking=False):
        return []
    ends_at, pause = time.monotonic() + seconds, threading.Event()
    try:
        while (left := ends_at - time.monotonic()) > 0:
            pause.wait(min(left, _BETWEEN_LOOKS))
            # A look only reads: who fetches in vain would keep other writers waiting.
            if _is_any_free(topics, actor) and (fetched := _fetch(body, topics, actor)):
                return fetched
    finally:
        waiters.release()
    return []


def _waiters() -> threading.Semaphore:
    places = threading.Semaphore(current_settings().threads // 2)
    kept: threading.Semaphore = current_app.extensions.setdefault(_WAITERS, places)
    return kept


def _is_any_free(topics: Iterable[str], actor: Actor) -> bool:
    tasks = current_engine().external_tasks
    return any(
        tasks.count_tasks(
            ExternalTaskQuery(topic=topic, is_locked=False, has_retries_left=True), actor=actor
        )
        for topic in topics
    )


def _wanted(variables: Mapping[str, Any], names: Sequence[str] | None) -> Mapping[str, Any]:
    if names is None:
        return variables
    return {name: variables[name] for name in names if name in variables}


def _version_tags(tasks: Sequence[ExternalTask], actor: Actor) -> Mapping[str, str | None]:
    return {each: _version_tag(each, actor) for each in {task.definition_id for task in tasks}}


def _version_tag(definition_id: str, actor: Actor) -> str | None:
    try:
        found = current_engine().definitions.definition(definition_id, actor=_reader(actor))
    except (DamagedRow, NotFound):
        # One damaged row takes no other task out of a list.
        return None
    return found.version_tag


def _reader(actor: Actor) -> Actor:
    """Who sees a task sees what its diagram says of it, but a worker has no lane to see it by."""
    return replace(actor, roles=actor.roles | {Role.AUDITOR})


# ---------------------------------------------------------------- what workers tell


@resource.on("POST", "/<external_task_id>/complete", "Tell that a task is done")
@resource.takes(Done)
@resource.gives(status=204)
def complete_external_task(body: Mapping[str, Any], external_task_id: str) -> None:
    """For the worker that holds it. Local variables are seen by output parameters only."""
    current_engine().external_tasks.complete(
        external_task_id,
        body["worker_id"],
        body["variables"] or {},
        local_variables=body["local_variables"],
        actor=require_actor(),
    )


@resource.on("POST", "/<external_task_id>/failure", "Tell that a task failed")
@resource.takes(Failure)
@resource.gives(status=204)
def fail_external_task(body: Mapping[str, Any], external_task_id: str) -> None:
    """It is free again after retryTimeout; with no retries left it is an incident."""
    current_engine().external_tasks.fail(
        external_task_id,
        body["worker_id"],
        message=body["error_message"],
        details=body["error_details"],
        retries=body["retries"] or 0,
        retry_after_ms=body["retry_timeout"] or 0,
        actor=require_actor(),
    )


@resource.on("POST", "/<external_task_id>/bpmnError", "Report a business error")
@resource.takes(BusinessError)
@resource.gives(status=204)
def report_bpmn_error(body: Mapping[str, Any], external_task_id: str) -> None:
    """For the worker that holds it."""
    current_engine().external_tasks.bpmn_error(
        external_task_id,
        body["worker_id"],
        body["error_code"],
        message=body["error_message"],
        variables=body["variables"],
        actor=require_actor(),
    )


@resource.on("POST", "/<external_task_id>/extendLock", "Hold a task for longer")
@resource.takes(LongerLock)
@resource.gives(status=204)
def extend_lock(body: Mapping[str, Any], external_task_id: str) -> None:
    """For newDuration milliseconds from now."""
    current_engine().external_tasks.extend_lock(
        external_task_id, body["worker_id"], body["new_duration"], actor=require_actor()
    )


@resource.on("POST", "/<external_task_id>/lock", "Lock one task")
@resource.takes(Lock)
@resource.gives(status=204)
def lock(body: Mapping[str, Any], external_task_id: str) -> None:
    """One that is free, or that this worker holds already."""
    current_engine().external_tasks.lock(
        external_task_id, body["worker_id"], body["lock_duration"], actor=require_actor()
    )


@resource.on("POST", "/<external_task_id>/unlock", "Let another worker have a task")
@resource.gives(status=204)
def unlock(external_task_id: str) -> None:
    """Whoever held it."""
    current_engine().external_tasks.unlock(external_task_id, actor=require_actor())


@resource.on("PUT", "/<external_task_id>/retries", "Say how often a task may still fail")
@resource.takes(Retries)
@resource.gives(status=204)
def set_retries(body: Mapping[str, int], external_task_id: str) -> None:
    """For analysts and admins. From 0 upwards its incident is resolved, and workers get it."""
    current_engine().external_tasks.set_retries(
        external_task_id, body["retries"], actor=require_actor()
    )
