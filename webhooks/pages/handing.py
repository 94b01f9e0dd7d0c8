"""A task goes from one colleague to another: handed over, or taken over after a confirmation."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from engine.errors import InvalidInput, TaskAlreadyClaimed, TaskNotOpen
from webhooks.pages import messages
from webhooks.pages.blueprint import blueprint
from webhooks.pages.inbox_filters import inbox_address, list_of_request
from webhooks.pages.logins import current_actor
from webhooks.pages.tasks import ended_page
from webhooks.problems import problem_of
from webhooks.rest.context import current_engine


@blueprint.post("/tugas/<task_id>/serahkan")
def hand_over_task(task_id: str) -> ResponseReturnValue:
    """The task is in a colleague's hands."""
    tasks, actor = current_engine().tasks, current_actor()
    to = request.form.get("kepada", "").strip()
    if not to:
        return redirect(url_for("pages.show_task", task_id=task_id, kabar="pilih-rekan"), 303)
    try:
        tasks.assign(task_id, to, reason=_reason(), actor=actor)
    except (TaskNotOpen, TaskAlreadyClaimed) as error:
        return ended_page(task_id, error), problem_of(error).status
    return redirect(inbox_address(list_of_request(), kabar="diserahkan"), 303)


@blueprint.get("/tugas/<task_id>/ambil-alih")
def confirm_take_over(task_id: str) -> ResponseReturnValue:
    """From whom the visitor would take the task, and since when that one has it."""
    return _confirmation(task_id)


@blueprint.post("/tugas/<task_id>/ambil-alih")
def take_over_task(task_id: str) -> ResponseReturnValue:
    """The task is in the visitor's hands, whoever had it."""
    try:
        current_engine().tasks.take_over(
            task_id,
            reason=_reason(),
            held_by=request.form.get("dari") or None,
            actor=current_actor(),
        )
    except (TaskNotOpen, TaskAlreadyClaimed) as error:
        return ended_page(task_id, error), problem_of(error).status
    except InvalidInput:
        return _confirmation(task_id, reason=_reason(), fault=gettext(messages.TAKE_OVER_RULE))
    return redirect(url_for("pages.show_task", task_id=task_id, kabar="diambil-alih"), 303)


def _confirmation(
    task_id: str, *, reason: str = "", fault: str | None = None
) -> ResponseReturnValue:
    tasks, actor = current_engine().tasks, current_actor()
    task = tasks.task(task_id, actor=actor)
    is_a_colleagues = task.assignee not in {None, actor.account}
    if not is_a_colleagues or not tasks.is_offered(task, actor=actor):
        return redirect(url_for("pages.show_task", task_id=task_id), 303)
    back = inbox_address(list_of_request())
    page = render_template("take_over.html", task=task, back=back, reason=reason, fault=fault)
    return page, 400 if fault else 200


def _reason() -> str:
    return request.form.get("alasan", "").replace("\r\n", "\n").strip()
