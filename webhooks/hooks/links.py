"""Links in messages: `/hook/<token>` shows one task, and completes it when its form is sent.

To look changes nothing, so that a chat program may fetch the link for a preview. There is no login
here, and of cookies only the language is read: the token proves a message, and the engine records
the deed as such.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Response, g, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from engine import errors
from engine.forms import has_return_note
from engine.task_links import LinkedTask
from engine.tasks import Completed, TaskForm
from webhooks.hooks.tokens import PATH, secret_in
from webhooks.language import told
from webhooks.pages.blueprint import at_once
from webhooks.pages.explanations import explain, explain_http
from webhooks.pages.fields import (
    Faults,
    all_widgets,
    submitted_values,
    typed_texts,
    widget_groups,
)
from webhooks.pages.papers import SEEN, paper_at_hand
from webhooks.pages.people import display_names
from webhooks.pages.values import labelled
from webhooks.problems import answer, in_truth, log_failure, problem_of
from webhooks.rest.context import current_engine
from webhooks.rest.requests import RequestParser
from webhooks.schemas.forms import TaskFormFields
from webhooks.schemas.tasks import Completion

blueprint = Blueprint("hooks", __name__, url_prefix=PATH)

_PARSER = RequestParser()
_HEADERS = {
    # The address is the proof: it goes to no other page, no cache and no search engine.
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}


@blueprint.before_request
def _be_nobody() -> None:
    """A link is the same for whoever opens it: the page knows no visitor."""
    g.login = None


@blueprint.after_request
def _seal(response: Response) -> Response:
    response.headers.update(_HEADERS)
    return response


# ------------------------------------------------------------------------ views


@blueprint.get("/<token>")
@at_once
def show_link(token: str) -> ResponseReturnValue:
    """The task of the link: a page, or JSON for a program."""
    engine = current_engine()
    linked = engine.task_links.open(secret_in(engine, token))
    _speak_to(linked)
    if _wants_json():
        shown = TaskFormFields().dump(linked.form)
        return jsonify({**shown, "demandsLogin": linked.demands_login})
    return _task_page(linked)


@blueprint.post("/<token>")
@at_once
def complete_link(token: str) -> ResponseReturnValue:
    """The task is completed, once; whoever comes second is told so with a 409."""
    engine = current_engine()
    links, secret = engine.task_links, secret_in(engine, token)
    if request.is_json:
        body = _PARSER.parse(Completion(), request, location="json")
        done = links.complete(secret, body["variables"] or {})
        return _told(done)
    linked = links.open(secret)
    _speak_to(linked)
    texts = typed_texts(linked.form.fields, request.form)
    try:
        values = submitted_values(linked.form.fields, texts, linked.form.values)
        done = links.complete(secret, values, seen=request.form.get(SEEN) or None)
    except errors.InvalidInput as error:
        if not error.fields or _wants_json():
            raise
        return _task_page(linked, texts=texts, faults=error.fields), 400
    except (errors.Conflict, errors.LoginDemanded) as error:
        if _wants_json():
            raise
        return _refused(error, linked.form, texts)
    return (
        _told(done) if _wants_json() else render_template("link_done.html", task=linked.form.task)
    )


def _speak_to(linked: LinkedTask) -> None:
    """Whom the link is for reads the page in the language of the message that it came in."""
    g.reader_language = current_engine().accounts.account(linked.link.account).language


def _told(done: Completed) -> Response:
    """What a program is told."""
    return jsonify({"processInstanceId": done.instance.instance_id, "sequence": done.sequence})


# ------------------------------------------------------------------------ pages


def _task_page(
    linked: LinkedTask, *, texts: Mapping[str, str] | None = None, faults: Faults | None = None
) -> str:
    form = linked.form
    groups = widget_groups(form.fields, form.values, typed=texts, faults=faults)
    known = {field.id for field in form.fields}
    return render_template(
        "link.html",
        linked=linked,
        task=form.task,
        properties=form.properties,
        groups=groups,
        notes=linked.return_notes,
        paper=paper_at_hand(linked.paper),
        may_return=has_return_note(form.fields),
        faulty=[widget for widget in all_widgets(groups) if widget.faults],
        other_faults=[
            told(text)
            for name, each in (faults or {}).items()
            if name not in known
            for text in each
        ],
    )


def _refused(
    error: errors.EngineError, form: TaskForm, texts: Mapping[str, str]
) -> ResponseReturnValue:
    """Why it was not done, with what was typed, so that nothing is lost."""
    fields = {field.id: field for field in form.fields}
    page = render_template(
        "link_refused.html",
        explanation=explain(error, display_names()),
        task=form.task,
        typed=labelled({name: text.strip() for name, text in texts.items()}, fields),
    )
    return page, problem_of(error).status


@blueprint.errorhandler(errors.EngineError)
def refuse(error: errors.EngineError) -> ResponseReturnValue:
    """The engine's refusal, as a page or for a program."""
    if _wants_json():
        return answer(error)
    error = in_truth(error)
    if problem_of(error).status >= 500:
        log_failure(error)
    names = display_names() if isinstance(error, errors.Conflict) else {}
    page = render_template("link_refused.html", explanation=explain(error, names), typed=())
    return page, problem_of(error).status


@blueprint.errorhandler(HTTPException)
def refuse_http(error: HTTPException) -> ResponseReturnValue:
    """What is refused around a view."""
    if _wants_json() or error.code is None:
        return answer(error)
    explanation = explain_http(error.code, error.description)
    return render_template("link_refused.html", explanation=explanation, typed=()), error.code


def _wants_json() -> bool:
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return request.is_json or best == "application/json"
