"""One task: what it asks for, taking it, putting it back, finishing it."""

from __future__ import annotations

from collections.abc import Mapping

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.errors import (
    Forbidden,
    IdempotencyKeyReused,
    InvalidInput,
    PaperChanged,
    PaperMissing,
    ParafMissing,
    SubstitutionOver,
    TaskAlreadyClaimed,
    TaskNotOpen,
)
from engine.forms import has_return_note
from engine.model import Account, FormField, Json, TaskState, UserTask
from engine.sources import RandomIds
from engine.tasks import TaskForm
from webhooks.language import told
from webhooks.pages.blueprint import at_once, blueprint
from webhooks.pages.changing import change_form
from webhooks.pages.drawings import shown_step
from webhooks.pages.explanations import Explanation, explain
from webhooks.pages.fields import (
    PREFIX,
    Faults,
    all_widgets,
    has_files,
    submitted_values,
    typed_texts,
    widget_groups,
)
from webhooks.pages.inbox import next_in_list
from webhooks.pages.inbox_filters import inbox_address, list_of_request
from webhooks.pages.logins import current_actor
from webhooks.pages.moves import moves_of
from webhooks.pages.papers import SEEN, paper_at_hand
from webhooks.pages.people import display_names
from webhooks.pages.remarks import Draft, remarks_of_task
from webhooks.pages.substitution_ends import refused_work
from webhooks.pages.uploads import (
    Address,
    FieldFiles,
    keep_sent,
    release,
    sent_files,
    shown_files,
    with_files,
)
from webhooks.pages.values import Labelled, labelled
from webhooks.problems import problem_of
from webhooks.rest.context import current_engine


@blueprint.get("/tugas/<task_id>")
@at_once
def show_task(task_id: str) -> ResponseReturnValue:
    """The form of an open task; of an ended one, who ended it and when."""
    try:
        return _task_page(current_engine().tasks.form(task_id, actor=current_actor()))
    except TaskNotOpen as error:
        return ended_page(task_id, error, ()), 200


def task_page_again(task_id: str) -> str:
    """The form of an open task with what the request brings; nothing is done yet."""
    form = current_engine().tasks.form(task_id, actor=current_actor())
    files = keep_sent(sent_files(form.fields, form.values, PREFIX))
    return _task_page(form, texts=typed_texts(form.fields, request.form), files=files)


def task_page_with(task_id: str, draft: Draft) -> str:
    """The form of an open task with a remark that was refused."""
    form = current_engine().tasks.form(task_id, actor=current_actor())
    return _task_page(form, draft=draft)


@blueprint.post("/tugas/<task_id>/ambil")
def claim_task(task_id: str) -> ResponseReturnValue:
    """The task is in the visitor's hands."""
    try:
        current_engine().tasks.claim(task_id, actor=current_actor())
    except (TaskNotOpen, TaskAlreadyClaimed) as error:
        return ended_page(task_id, error, ()), problem_of(error).status
    return redirect(url_for("pages.show_task", task_id=task_id, kabar="diambil"), 303)


@blueprint.post("/tugas/<task_id>/lepas")
def release_task(task_id: str) -> ResponseReturnValue:
    """The task is back with its lane."""
    try:
        current_engine().tasks.unclaim(task_id, actor=current_actor())
    except TaskNotOpen as error:
        return ended_page(task_id, error, ()), problem_of(error).status
    return redirect(url_for("pages.show_task", task_id=task_id, kabar="dilepas"), 303)


@blueprint.post("/tugas/<task_id>/selesai")
@at_once
def complete_task(task_id: str) -> ResponseReturnValue:
    """The task is completed, once, however often the form is sent."""
    try:
        return _complete(task_id)
    except SubstitutionOver as error:
        return refused_work(task_id, error)


def _complete(task_id: str) -> ResponseReturnValue:
    tasks, actor = current_engine().tasks, current_actor()
    form, before = _shown_form(task_id)
    texts = typed_texts(form, request.form)
    files = sent_files(form, before, PREFIX)
    try:
        values = with_files(submitted_values(form, texts, before), files, before)
        done = tasks.complete(
            task_id,
            values,
            actor=actor,
            idempotency_key=request.form.get("kunci_kirim") or None,
            seen=request.form.get(SEEN) or None,
        )
    except (TaskNotOpen, TaskAlreadyClaimed) as error:
        return ended_page(task_id, error, _typed(form, texts)), problem_of(error).status
    except (PaperChanged, PaperMissing, ParafMissing) as error:
        page = _task_page(
            tasks.form(task_id, actor=actor),
            texts=texts,
            files=keep_sent(files),
            refusal=explain(error, display_names()),
        )
        return page, problem_of(error).status
    except IdempotencyKeyReused:
        # Sent, then gone back, changed and sent again: what counts is that the task has ended.
        return _after_another_sending(task_id, _typed(form, texts))
    except InvalidInput as error:
        if not error.fields:
            raise
        page = _task_page(
            tasks.form(task_id, actor=actor),
            texts=texts,
            faults=error.fields,
            files=keep_sent(files),
        )
        return page, 400
    release(files)
    return redirect(_after(done.instance.instance_id, task_id), 303)


def _after_another_sending(task_id: str, typed: list[Labelled]) -> ResponseReturnValue:
    """What was sent first counts; what was typed after it is shown, so that nothing is lost."""
    task = current_engine().tasks.task(task_id, actor=current_actor())
    if task.state is TaskState.OPEN:
        return redirect(url_for("pages.show_task", task_id=task_id), 303)
    ended = TaskNotOpen(task_id, task.state, task.ended_by, task.ended_at)
    return ended_page(task_id, ended, typed), problem_of(ended).status


def _after(instance_id: str, task_id: str) -> str:
    """The next task that waits for the visitor: of the same instance, else of the list.

    Without one, the list from which the visitor came.
    """
    listed = list_of_request()
    following = waiting_for_visitor(instance_id)
    follower = following[0] if following else next_in_list(listed) if listed else None
    if follower is not None:
        return url_for("pages.show_task", task_id=follower.task_id, selesai=task_id)
    return inbox_address(listed, selesai=task_id)


def waiting_for_visitor(instance_id: str) -> list[UserTask]:
    """The open tasks of an instance that the visitor has in hand, then those on offer."""
    return current_engine().tasks.waiting_in(instance_id, actor=current_actor())


def _shown_form(task_id: str) -> tuple[tuple[FormField, ...], Mapping[str, Json]]:
    """The fields of an open or ended task, and what the browser was shown in them.

    That is for the fields that it may have cleared; nothing is of an ended one.
    """
    tasks, actor = current_engine().tasks, current_actor()
    try:
        form = tasks.form(task_id, actor=actor)
    except TaskNotOpen:
        return _fields_of_ended(tasks.task(task_id, actor=actor)), {}
    return form.fields, form.values


def _fields_of_ended(task: UserTask) -> tuple[FormField, ...]:
    try:
        model = current_engine().definitions.model(task.definition_id, actor=current_actor())
    except Forbidden:
        return ()
    return model.nodes[task.activity_id].form or ()


def typed_in_vain(task_id: str) -> list[Labelled]:
    """What the request brings for the form of a task that has ended."""
    form, _ = _shown_form(task_id)
    return _typed(form, typed_texts(form, request.form))


def _typed(form: tuple[FormField, ...], texts: Mapping[str, str]) -> list[Labelled]:
    fields = {field.id: field for field in form}
    return labelled({name: text.strip() for name, text in texts.items()}, fields)


# ---------------------------------------------------------------------- pages


def _task_page(
    form: TaskForm,
    *,
    texts: Mapping[str, str] | None = None,
    faults: Faults | None = None,
    files: Mapping[str, FieldFiles] | None = None,
    draft: Draft | None = None,
    refusal: Explanation | None = None,
) -> str:
    actor, task = current_actor(), form.task
    saved = current_engine().task_drafts.find(task.task_id, actor=actor) if texts is None else None
    groups = widget_groups(
        form.fields,
        form.values,
        typed=saved.texts if saved else texts,
        faults=faults,
        files=shown_files(form.fields, form.values, _address_in(task), files),
    )
    known = {field.id for field in form.fields}
    return render_template(
        "task.html",
        task=task,
        properties=form.properties,
        groups=groups,
        has_files=has_files(groups),
        saved=saved,
        faulty=[widget for widget in all_widgets(groups) if widget.faults],
        other_faults=[
            told(text)
            for name, each in (faults or {}).items()
            if name not in known
            for text in each
        ],
        is_mine=task.assignee == actor.account,
        is_offered=current_engine().tasks.is_offered(task, actor=actor),
        standing=current_engine().tasks.standing(task, actor=actor),
        is_superior=current_engine().tasks.is_superior(task, actor=actor),
        done_before=_done_before(task),
        moves=moves_of(task.instance_id, since=task.created_at),
        change=change_form(task.task_id),
        back=inbox_address(list_of_request()),
        notes=current_engine().papers.return_notes(task.task_id, actor=actor),
        paper=paper_at_hand(
            current_engine().papers.of_task(task.task_id, actor=actor), _address_in(task)
        ),
        may_return=has_return_note(form.fields),
        refusal=refusal,
        remarks=remarks_of_task(task, key=RandomIds().new_id(), draft=draft),
        colleagues=_colleagues(task),
        left=current_engine().remaining_times.of([task], actor=actor).get(task.task_id),
        passed=current_engine().task_times.of([task], actor=actor).get(task.task_id),
        sop_name=_sop_name(task),
        can_see_instance=_can_see_instance(task.instance_id),
        drawing=shown_step(task),
        submission_key=request.form.get("kunci_kirim") or RandomIds().new_id(),
    )


def _done_before(task: UserTask) -> list[str]:
    """Names of the steps just before that the visitor completed."""
    tasks, actor = current_engine().tasks, current_actor()
    mine = [each.task_id for each in task.preceded_by if each.by == actor.account]
    return [tasks.task(task_id, actor=actor).name for task_id in mine]


def _colleagues(task: UserTask) -> list[Account]:
    """To whom the visitor may hand the task that he has in hand, or looks after as a superior."""
    actor = current_actor()
    tasks = current_engine().tasks
    if task.assignee != actor.account and not tasks.is_superior(task, actor=actor):
        return []
    try:
        return tasks.colleagues(task.task_id, actor=actor)
    except (TaskNotOpen, Forbidden):
        # Somebody was faster while the page was made.
        return []


def _address_in(task: UserTask) -> Address:
    """Where who sees the task finds its documents."""
    return lambda document: url_for(
        "pages.download_of_task", task_id=task.task_id, document_id=document.document_id
    )


def ended_page(
    task_id: str, error: TaskNotOpen | TaskAlreadyClaimed, typed: list[Labelled] | tuple[()] = ()
) -> str:
    """Who was faster and when, with what was typed in vain, so that nothing is lost."""
    task = current_engine().tasks.task(task_id, actor=current_actor())
    return render_template(
        "conflict.html",
        task=task,
        explanation=explain(error, display_names()),
        typed=typed,
        back=inbox_address(list_of_request()),
        can_see_instance=_can_see_instance(task.instance_id),
    )


def _sop_name(task: UserTask) -> str:
    try:
        return (
            current_engine().definitions.definition(task.definition_id, actor=current_actor()).name
        )
    except Forbidden:
        return task.definition_key


def _can_see_instance(instance_id: str) -> bool:
    try:
        current_engine().instances.instance(instance_id, actor=current_actor())
    except Forbidden:
        return False
    return True
