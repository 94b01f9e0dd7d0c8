"""User tasks: found, taken, given and completed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from flask import Response, jsonify

from engine.errors import Forbidden, InvalidInput, NotFound
from engine.model import Actor, PaperOfTask, ReturnNote, TaskState, UserTask
from engine.queries import Page, SortOrder, TaskQuery
from engine.task_changes import NAMES, NewFacts
from webhooks.auth import actor_for, require_actor
from webhooks.downloads import download
from webhooks.rest.context import current_engine
from webhooks.rest.listing import add_listing
from webhooks.rest.process_definition import named
from webhooks.rest.repeating import REPEATABLE, idempotency_key, repeat_header
from webhooks.rest.resource import FILE, Resource
from webhooks.schemas.base import camel_case
from webhooks.schemas.forms import FormReference, TaskFormFields
from webhooks.schemas.instances import Deserialization, FormVariableNames
from webhooks.schemas.papers import ReturnNoteAnswer, TaskPaperAnswer
from webhooks.schemas.superiors import EscalationAnswer
from webhooks.schemas.tasks import (
    AssigneeBody,
    Completion,
    TaskAnswer,
    TaskChange,
    TaskError,
    TaskEscalation,
    TaskFilter,
    TaskTimeAnswer,
    UserIdBody,
)
from webhooks.variables import write_field_values, write_variable, write_variables

#: Orders in which many tasks are equal: those stand as in an inbox, which indexes have.
_SHARED = {(), ("name",), ("assignee",), ("follow_up_at",), ("priority",)}
_SOONEST = (("due_at", SortOrder.ASC), ("created_at", SortOrder.ASC))

resource = Resource("task", path="/task", description="User tasks that wait")


def _with_groups(query: TaskQuery) -> TaskQuery:
    """A candidate user is also offered what waits for the user's lanes, as in Camunda."""
    if query.candidate_user is None:
        return query
    try:
        candidate = actor_for(current_engine().accounts.account(query.candidate_user))
    except NotFound:
        return query
    return replace(query, candidate_groups=tuple(sorted(candidate.working_lanes)))


def _find(query: TaskQuery, page: Page, actor: Actor) -> Sequence[UserTask]:
    if tuple(name for name, _ in page.sorting) in _SHARED:
        page = replace(page, sorting=(*page.sorting, *_SOONEST))
    return current_engine().tasks.tasks(_with_groups(query), page, actor=actor)


def _total(query: TaskQuery, actor: Actor) -> int:
    return current_engine().tasks.count_tasks(_with_groups(query), actor=actor)


add_listing(
    resource,
    "",
    "tasks",
    filters=TaskFilter,
    answer=TaskAnswer,
    find=_find,
    total=_total,
    with_post=True,
)


@resource.on("GET", "/<task_id>", "One open task")
@resource.gives(TaskAnswer)
def get_task(task_id: str) -> UserTask:
    """An ended one is not found here, as in Camunda: it is in /history/task."""
    found = current_engine().tasks.task(task_id, actor=require_actor())
    if found.state is not TaskState.OPEN:
        raise NotFound(f"open task (it was {found.state}; see /history/task)", task_id)
    return found


@resource.on("PUT", "/<task_id>", "Change a task's priority, follow-up date or due date")
@resource.takes(TaskChange)
@resource.gives(status=204)
def change_task(body: dict[str, Any], task_id: str) -> None:
    """What is absent stays. Who works on the task changes its priority and follow-up date; admins
    and the lanes that the process calls superior its `due` too, with a `reason` (Alur's own).
    Another name, assignee, ... is a 400 that says how it is changed.
    """
    actor, changes = require_actor(), current_engine().task_changes
    task, _ = changes.changeable(task_id, actor=actor)
    _refuse_fixed(body, task)
    facts = {name: body[name] for name in NAMES if name in body}
    changes.change(task_id, cast("NewFacts", facts), actor=actor, reason=body.get("reason"))


def _refuse_fixed(body: Mapping[str, Any], task: UserTask) -> None:
    """Raise InvalidInput for every fact that is sent as something else than it is."""
    faults = {
        camel_case(name): [f"expected {getattr(task, name, None)!r}: {how}"]
        for name, how in TaskChange.fixed.items()
        if name in body and body[name] != getattr(task, name, None)
    }
    if faults:
        raise InvalidInput(f"task {task.task_id}: {', '.join(faults)} cannot be changed so", faults)


@resource.on("POST", "/<task_id>/claim", "Take a task into one's own hands")
@resource.takes(UserIdBody)
@resource.gives(status=204)
def claim_task(body: Mapping[str, str | None], task_id: str) -> None:
    """`userId` is the caller, or absent: nobody claims for somebody else."""
    actor = require_actor()
    if body["user_id"] not in {None, actor.account}:
        raise Forbidden(
            actor.account,
            f"claim task {task_id} for {body['user_id']}",
            "a task is claimed for oneself; an admin may give it to others by /assignee",
        )
    current_engine().tasks.claim(task_id, actor=actor)


@resource.on("POST", "/<task_id>/unclaim", "Put a task back")
@resource.gives(status=204)
def unclaim_task(task_id: str) -> None:
    """For its assignee and admins."""
    current_engine().tasks.unclaim(task_id, actor=require_actor())


@resource.on("POST", "/<task_id>/assignee", "Give a task to somebody")
@resource.takes(AssigneeBody)
@resource.gives(status=204)
def assign_task(body: Mapping[str, Any], task_id: str) -> None:
    """Its assignee and admins give it to anybody whom it waits for; everybody may take it or put
    it back. `takeOver` with a `reason` (Alur's own) takes it out of a colleague's hands.
    """
    actor, tasks, reason = require_actor(), current_engine().tasks, body["reason"]
    if not body["take_over"]:
        tasks.assign(task_id, body["user_id"], reason=reason, actor=actor)
        return
    if body["user_id"] not in {None, actor.account}:
        raise Forbidden(
            actor.account, f"take task {task_id} over for {body['user_id']}", "only for oneself"
        )
    tasks.take_over(task_id, reason=reason or "", actor=actor)


@resource.on("POST", "/<task_id>/complete", "Complete a task", notes=REPEATABLE)
@resource.on(
    "POST", "/<task_id>/submit-form", "Complete a task by its form: the same", notes=REPEATABLE
)
@resource.takes(Completion)
@resource.gives(status=204)
def complete_task(body: Mapping[str, Any], task_id: str) -> Response:
    """A second completion is a 409 that names who was faster. Takes an Idempotency-Key header.

    A signature without its parafs is a 409 that names whose are missing. `paperDigest` (Alur's
    own): the version that was read; when it is not the current one any more, a 409.
    """
    engine, actor = current_engine(), require_actor()
    completed = engine.tasks.complete(
        task_id,
        body["variables"] or {},
        actor=actor,
        idempotency_key=idempotency_key(),
        seen=body["paper_digest"],
    )
    answer = Response("", 204)
    if body["with_variables_in_return"]:
        instance_id = completed.instance.instance_id
        opened = engine.personal_data.opened(instance_id, completed.variables, actor=actor)
        answer = jsonify(write_variables(opened))
    answer.headers.update(repeat_header(is_repeat=completed.is_repeat))
    return answer


@resource.on("POST", "/<task_id>/bpmnError", "Report a business error at a task", notes=REPEATABLE)
@resource.takes(TaskError)
@resource.gives(status=204)
def report_error(body: Mapping[str, Any], task_id: str) -> tuple[None, dict[str, str]]:
    """For whoever may complete the task. It ends, and the nearest event that catches the code goes
    on; a code that nobody catches is a 400. Takes an Idempotency-Key header.
    """
    reported = current_engine().tasks.bpmn_error(
        task_id,
        body["error_code"],
        message=body["error_message"],
        variables=body["variables"] or {},
        actor=require_actor(),
        idempotency_key=idempotency_key(),
    )
    return None, repeat_header(is_repeat=reported.is_repeat)


@resource.on(
    "POST", "/<task_id>/bpmnEscalation", "Report an escalation at a task", notes=REPEATABLE
)
@resource.takes(TaskEscalation)
@resource.gives(status=204)
def report_escalation(body: Mapping[str, Any], task_id: str) -> tuple[None, dict[str, str]]:
    """For whoever may complete the task. It stays open unless the event that catches the code
    interrupts it; a code that nobody catches is a 400. Takes an Idempotency-Key header.
    """
    reported = current_engine().tasks.bpmn_escalation(
        task_id,
        body["escalation_code"],
        variables=body["variables"] or {},
        actor=require_actor(),
        idempotency_key=idempotency_key(),
    )
    return None, repeat_header(is_repeat=reported.is_repeat)


@resource.on("GET", "/<task_id>/variables", "The variables that a task sees")
@resource.takes(Deserialization, "query")
@resource.gives()
def get_task_variables(_options: Mapping[str, bool], task_id: str) -> dict[str, Any]:
    """Those of the instance and of the task's own loop."""
    return write_variables(current_engine().tasks.variables(task_id, actor=require_actor()))


@resource.on("GET", "/<task_id>/variables/<name>", "One variable that a task sees")
@resource.takes(Deserialization, "query")
@resource.gives()
def get_task_variable(_options: Mapping[str, bool], task_id: str, name: str) -> dict[str, Any]:
    """A 404 when the task sees no variable of that name."""
    found = current_engine().tasks.variables(task_id, actor=require_actor())
    if name not in found:
        raise NotFound(f"variable of task {task_id}", name)
    return write_variable(found[name])


@resource.on(
    "GET", "/<task_id>/variables/<name>/data", "The bytes of a file that a task sees", notes=FILE
)
def get_task_variable_data(task_id: str, name: str) -> Response:
    """A 400 when the variable holds no file, or several."""
    actor = require_actor()
    return download(current_engine().documents.task_variable(task_id, name, actor=actor))


@resource.on("GET", "/<task_id>/form-variables", "The variables of a task's form, and all others")
@resource.takes(FormVariableNames, "query")
@resource.gives()
def get_form_variables(options: Mapping[str, Any], task_id: str) -> dict[str, Any]:
    """A field of the form has its field's type, and its default before there is a value."""
    tasks, actor = current_engine().tasks, require_actor()
    form = tasks.form(task_id, actor=actor)
    values = {**tasks.variables(task_id, actor=actor), **form.values}
    return named(write_field_values(values, form.fields), options)


@resource.on("GET", "/<task_id>/form", "Where a task's form is kept")
@resource.gives(FormReference)
def get_form(task_id: str) -> Mapping[str, str | None]:
    """The form key of the diagram. Fields that are in the diagram: see form-fields."""
    return {"key": current_engine().tasks.form(task_id, actor=require_actor()).task.form_key}


@resource.on("GET", "/<task_id>/time", "How long a task waited and was worked on", is_own=True)
@resource.gives(TaskTimeAnswer)
def get_time(task_id: str) -> Any:
    """In working time, open (until now) or ended; null while the office has no calendar."""
    engine, actor = current_engine(), require_actor()
    task = engine.tasks.task(task_id, actor=actor)
    return {
        "task": task,
        "elapsed": engine.task_times.of([task], actor=actor).get(task_id),
        "remaining": engine.remaining_times.of([task], actor=actor).get(task_id),
    }


@resource.on("GET", "/<task_id>/form-fields", "The fields of a task's form", is_own=True)
@resource.gives(TaskFormFields)
def get_form_fields(task_id: str) -> Any:
    """With their types, limits, choices and current values, and the step's row in the SOP."""
    return current_engine().tasks.form(task_id, actor=require_actor())


@resource.on("GET", "/<task_id>/paper", "What a task initials or signs", is_own=True)
@resource.gives(TaskPaperAnswer)
def get_paper(task_id: str) -> PaperOfTask:
    """With all versions, parafs and signatures, and the lanes whose paraf is missing for the
    caller. A 404 when the task neither initials nor signs.
    """
    found = current_engine().papers.of_task(task_id, actor=require_actor())
    if found is None:
        raise NotFound("paper of task", task_id)
    return found


@resource.on("GET", "/<task_id>/return-notes", "Why work came back to a task", is_own=True)
@resource.gives(ReturnNoteAnswer(many=True))
def get_return_notes(task_id: str) -> list[ReturnNote]:
    """The latest first; none when the task came on the usual way."""
    return current_engine().papers.return_notes(task_id, actor=require_actor())


@resource.on("GET", "/<task_id>/escalations", "To whom an overdue task went up", is_own=True)
@resource.gives(EscalationAnswer(many=True))
def get_escalations(task_id: str) -> list[dict[str, Any]]:
    """The superior lanes, the nearest first, when each was told, and the due date that had passed.
    None when it did not go up, or when its due date was moved ahead since.
    """
    task = current_engine().tasks.task(task_id, actor=require_actor())
    return [
        {"level": level, "lane": each.lane, "at": each.at, "due_at": each.due_at}
        for level, each in enumerate(task.escalations, 1)
    ]
