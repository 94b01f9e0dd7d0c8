"""Starting an instance of an SOP: what the SOP is, its form with what is likely, and the start."""

from __future__ import annotations

from collections.abc import Mapping

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from engine.errors import Forbidden, InvalidInput
from engine.model import FormField, Json, ProcessDefinition
from engine.sources import RandomIds
from webhooks.pages import messages
from webhooks.pages.blueprint import blueprint
from webhooks.pages.definition_files import definition_of
from webhooks.pages.fields import (
    PREFIX,
    Faults,
    all_widgets,
    has_files,
    submitted_values,
    typed_texts,
    widget_groups,
)
from webhooks.pages.logins import current_actor
from webhooks.pages.periods import likely_period, reporting_period
from webhooks.pages.tasks import waiting_for_visitor
from webhooks.pages.uploads import (
    FieldFiles,
    keep_sent,
    release,
    sent_files,
    shown_files,
    with_files,
)
from webhooks.rest.context import current_engine


@blueprint.get("/proses/<key>/mulai")
def show_start(key: str) -> ResponseReturnValue:
    """What the SOP is, and the form that starting it asks for."""
    return _start_page(_startable(key))


def start_page_again(key: str) -> str:
    """The start form with what the request brings; nothing is started yet."""
    definition = _startable(key)
    form = current_engine().definitions.start_form(definition.definition_id, actor=current_actor())
    files = keep_sent(sent_files(form, {}, PREFIX))
    return _start_page(definition, texts=typed_texts(form, request.form), files=files)


@blueprint.post("/proses/<key>/mulai")
def start_process(key: str) -> ResponseReturnValue:
    """A new instance, once, however often the form is sent; then its first task, if it is mine."""
    engine, actor = current_engine(), current_actor()
    definition = definition_of(key, request.form.get("definisi", ""))
    form = engine.definitions.start_form(definition.definition_id, actor=actor)
    texts, before = typed_texts(form, request.form), {field.id: field.default for field in form}
    files = sent_files(form, {}, PREFIX)
    values = with_files(submitted_values(form, texts, before), files, before)
    try:
        started = engine.instances.start(
            definition,
            values,
            actor=actor,
            business_key=_business_key(form, values),
            idempotency_key=request.form.get("kunci_kirim") or None,
        )
    except InvalidInput as error:
        if not error.fields:
            raise
        page = _start_page(definition, texts=texts, faults=error.fields, files=keep_sent(files))
        return page, 400
    release(files)
    return redirect(_after(started.instance.instance_id), 303)


def _business_key(form: tuple[FormField, ...], values: Mapping[str, Json]) -> str | None:
    """What was typed; else the period, so that people can tell the instances of an SOP apart."""
    typed = request.form.get("kunci_berkas", "").strip()
    return typed or reporting_period(values, {field.id: field for field in form}) or None


def _after(instance_id: str) -> str:
    """The first task when it waits for who started; else the instance."""
    mine = waiting_for_visitor(instance_id)
    if mine:
        return url_for("pages.show_task", task_id=mine[0].task_id, kabar="dimulai")
    return url_for("pages.show_instance", instance_id=instance_id, kabar="dimulai")


def _startable(key: str) -> ProcessDefinition:
    definitions, actor = current_engine().definitions, current_actor()
    definition = definitions.latest_definition(key, actor=actor)
    if not definitions.may_start(definition, actor=actor):
        raise Forbidden(actor.account, f"start {key}", "it is not among the starters")
    return definition


def _start_page(
    definition: ProcessDefinition,
    *,
    texts: Mapping[str, str] | None = None,
    faults: Faults | None = None,
    files: Mapping[str, FieldFiles] | None = None,
) -> str:
    model = current_engine().definitions.model(definition.definition_id, actor=current_actor())
    form = model.start_event().form or ()
    # What the diagram says comes before what is likely.
    defaults = likely_period(form) | {f.id: f.default for f in form if f.default is not None}
    # No instance holds a document yet, so that none has an address.
    shown = shown_files(form, {}, lambda _document: "", files)
    groups = widget_groups(form, defaults, typed=texts, faults=faults, files=shown)
    key_fault = "businessKey" in (faults or {})
    return render_template(
        "start.html",
        definition=definition,
        properties=model.properties,
        groups=groups,
        has_files=has_files(groups),
        has_period=bool(likely_period(form)),
        faulty=[widget for widget in all_widgets(groups) if widget.faults],
        business_key=request.form.get("kunci_berkas", ""),
        business_key_fault=gettext(messages.BUSINESS_KEY_RULE) if key_fault else None,
        submission_key=request.form.get("kunci_kirim") or RandomIds().new_id(),
    )
