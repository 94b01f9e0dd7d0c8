"""Priority, follow-up date and due date of a task, changed on a page; and that in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, cast

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from engine.errors import Forbidden, InvalidInput, TaskNotOpen
from engine.model import Json, UserTask
from engine.task_changes import NewFacts
from webhooks.language import Phrases, phrase
from webhooks.pages import messages
from webhooks.pages.blueprint import blueprint
from webhooks.pages.dates import moment_text
from webhooks.pages.inbox_filters import inbox_address, list_of_request
from webhooks.pages.logins import current_actor
from webhooks.pages.priorities import PRIORITIES, nearest, priority_text
from webhooks.rest.context import current_engine, current_settings

REASON_RULE = phrase("Tuliskan alasan mengubah tenggat, paling banyak 4.000 karakter.")
PRIORITY_RULE = phrase("Pilih salah satu prioritas.")
MOMENT_RULE = phrase("Harus berupa tanggal dan jam, misalnya 2026-01-31T16:00.")
LABELS = Phrases(
    {
        "priority": phrase("Prioritas"),
        "followUpDate": phrase("Tindak lanjut"),
        "dueDate": phrase("Tenggat"),
    }
)


@dataclass(frozen=True, slots=True)
class ChangeForm:
    """What stands in the form: texts by field, and what is wrong with them."""

    task: UserTask
    #: Number and word of each priority that may be chosen; the task's own among them.
    priorities: Mapping[int, str]
    texts: Mapping[str, str]
    may_set_due: bool
    faults: Mapping[str, str] = field(default_factory=dict)


def change_form(task_id: str) -> ChangeForm | None:
    """The form with the task's facts; None when the visitor may change none of them."""
    try:
        task, allowed = current_engine().task_changes.changeable(task_id, actor=current_actor())
    except (TaskNotOpen, Forbidden):
        return None
    return _form(task, allowed, _texts_of(task), {})


@blueprint.get("/tugas/<task_id>/ubah")
def show_change(task_id: str) -> ResponseReturnValue:
    """The form on a page of its own, for those too who do not work on the task themselves."""
    task, allowed = current_engine().task_changes.changeable(task_id, actor=current_actor())
    return _page(_form(task, allowed, _texts_of(task), {}))


@blueprint.post("/tugas/<task_id>/ubah")
def change_task(task_id: str) -> ResponseReturnValue:
    """The task has the facts that the form gives; one that was left as it was stays exactly so."""
    changes, actor = current_engine().task_changes, current_actor()
    task, allowed = changes.changeable(task_id, actor=actor)
    standing, texts = _texts_of(task), _sent(task)
    facts, faults = _facts(standing, texts)
    if not faults:
        try:
            wanted = cast("NewFacts", facts)
            changes.change(task_id, wanted, reason=texts["alasan"], actor=actor)
        except InvalidInput as error:
            if "reason" not in error.fields:
                raise
            faults["alasan"] = REASON_RULE
        else:
            return redirect(_seen_after(task), 303)
    return _page(_form(task, allowed, texts, faults)), 400


def change_in_words(changes: Mapping[str, Mapping[str, Json]]) -> dict[str, str]:
    """Label -> from what to what, of a change that history tells."""
    return {
        LABELS[name]: gettext(
            "%(before)s menjadi %(after)s",
            before=_fact_text(change["from"]),
            after=_fact_text(change["to"]),
        )
        for name, change in changes.items()
    }


def _fact_text(fact: Json) -> str:
    if fact is None:
        return gettext("tanpa tanggal")
    if isinstance(fact, int):
        return f"{priority_text(fact)} ({fact})"
    return moment_text(datetime.fromisoformat(fact))


def _form(
    task: UserTask,
    allowed: frozenset[str],
    texts: Mapping[str, str],
    faults: Mapping[str, str],
) -> ChangeForm:
    known = dict(PRIORITIES)
    if task.priority not in known:
        known[task.priority] = f"{PRIORITIES[nearest(task.priority)]} ({task.priority})"
    ranked = dict(sorted(known.items(), reverse=True))
    said = {name: gettext(told) for name, told in faults.items()}
    return ChangeForm(task, ranked, texts, "due_at" in allowed, said)


def _texts_of(task: UserTask) -> dict[str, str]:
    """The task's facts as the form's inputs hold them, in the office's time."""
    return {
        "prioritas": str(task.priority),
        "tindak-lanjut": _local(task.follow_up_at, "%Y-%m-%d"),
        "tenggat": _local(task.due_at, "%Y-%m-%dT%H:%M"),
        "alasan": "",
    }


def _local(moment: datetime | None, shape: str) -> str:
    return moment.astimezone(current_settings().time_zone).strftime(shape) if moment else ""


def _sent(task: UserTask) -> dict[str, str]:
    """What the form brings; a field that it has not is as it stands."""
    return {
        name: request.form.get(name, text).strip()[:5000] for name, text in _texts_of(task).items()
    }


def _facts(
    standing: Mapping[str, str], texts: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The facts that differ from what stands there, and the faults of what cannot be read."""
    facts: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for name, fact, rule in (
        ("prioritas", "priority", PRIORITY_RULE),
        ("tindak-lanjut", "follow_up_at", messages.DATE_RULE),
        ("tenggat", "due_at", MOMENT_RULE),
    ):
        if texts[name] == standing[name]:
            continue
        try:
            facts[fact] = _READERS[name](texts[name])
        except (ValueError, OverflowError):
            faults[name] = rule
    return facts, faults


def _day(text: str) -> datetime | None:
    """The beginning of a day of the office."""
    if not text:
        return None
    return datetime.combine(date.fromisoformat(text), time(0), current_settings().time_zone)


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=current_settings().time_zone)


_READERS: Mapping[str, Callable[[str], Any]] = {
    "prioritas": int,
    "tindak-lanjut": _day,
    "tenggat": _moment,
}


def _page(form: ChangeForm) -> str:
    return render_template(
        "change.html",
        task=form.task,
        change=form,
        back=inbox_address(list_of_request()),
        leave=_seen_after(form.task, notice=None),
    )


def _seen_after(task: UserTask, notice: str | None = "tugas-diubah") -> str:
    """The task, for who may see it; else its instance."""
    try:
        current_engine().tasks.task(task.task_id, actor=current_actor())
    except Forbidden:
        return url_for("pages.show_instance", instance_id=task.instance_id, kabar=notice)
    return url_for("pages.show_task", task_id=task.task_id, kabar=notice)
