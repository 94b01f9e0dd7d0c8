"""Saving what was typed into a task's form, and throwing it away."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from engine.errors import SubstitutionOver, TaskNotOpen
from webhooks.pages.blueprint import blueprint
from webhooks.pages.fields import typed_texts
from webhooks.pages.logins import current_actor
from webhooks.pages.substitution_ends import refused_work
from webhooks.pages.tasks import ended_page, typed_in_vain
from webhooks.problems import problem_of
from webhooks.rest.context import current_engine


@blueprint.post("/tugas/<task_id>/draf")
def save_draft(task_id: str) -> ResponseReturnValue:
    """What was typed stands in the form when the visitor opens the task again; files do not."""
    engine, actor = current_engine(), current_actor()
    try:
        form = engine.tasks.form(task_id, actor=actor)
        engine.task_drafts.save(task_id, typed_texts(form.fields, request.form), actor=actor)
    except TaskNotOpen as error:
        return ended_page(task_id, error, typed_in_vain(task_id)), problem_of(error).status
    except SubstitutionOver as error:
        return refused_work(task_id, error)
    return redirect(url_for("pages.show_task", task_id=task_id, kabar="draf-disimpan"), 303)


@blueprint.post("/tugas/<task_id>/draf/hapus")
def discard_draft(task_id: str) -> ResponseReturnValue:
    """The form shows what the process holds."""
    current_engine().task_drafts.discard(task_id, actor=current_actor())
    return redirect(url_for("pages.show_task", task_id=task_id, kabar="draf-dihapus"), 303)
