"""For analysts who draw in Camunda Modeler: how to connect it, its templates, and its links."""

from __future__ import annotations

from pathlib import Path

from flask import (
    Blueprint,
    Response,
    current_app,
    g,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from engine.errors import NotFound
from engine.queries import DefinitionQuery
from webhooks.pages.blueprint import blueprint
from webhooks.pages.logins import current_actor, read_login
from webhooks.rest.context import ROOT, base_url, current_engine
from webhooks.rest.requests import is_text, strict_json

TEMPLATES = "alur-element-templates.json"

#: These pages tell nothing of the office, and an analyst reads them before having an account.
public = Blueprint("modeler", __name__)


@public.before_request
def _look_for_login() -> None:
    """Whoever is logged in keeps the menu."""
    g.login = read_login()


@public.get("/modeler")
def show_modeler() -> str:
    """How to connect the Modeler, what its buttons do, where the templates go."""
    return render_template("modeler.html", endpoint=base_url() + ROOT, templates=TEMPLATES)


@public.get(f"/modeler/{TEMPLATES}")
def download_templates() -> ResponseReturnValue:
    """The element templates for the properties of an SOP, as a file to put into a folder."""
    content = (Path(current_app.root_path) / "modeler" / TEMPLATES).read_bytes()
    headers = {"Content-Disposition": f'attachment; filename="{TEMPLATES}"'}
    return Response(content, mimetype="application/json", headers=headers)


# ---------------------------------------------------------------------- links


@blueprint.get("/process-instance/<instance_id>")
def show_started(instance_id: str) -> ResponseReturnValue:
    """Where the Modeler's link leads after Start."""
    return redirect(url_for("pages.show_replay", instance_id=instance_id), 303)


@blueprint.get("/repository")
def show_deployed() -> ResponseReturnValue:
    """Where the Modeler's link leads after Deploy."""
    query = request.args.get("deploymentsQuery")
    if query is None:
        return redirect(url_for("pages.list_processes"), 303)
    deployment_id = _deployment_in(query)
    found = current_engine().definitions.definitions(
        DefinitionQuery(deployment_id=deployment_id), actor=current_actor()
    )
    if not found:
        raise NotFound("deployment", deployment_id)
    path = url_for("pages.show_process", key=found[0].key, reference=found[0].version)
    return redirect(path, 303)


def _deployment_in(query: str) -> str:
    """The id in `[{"type": "id", "operator": "eq", "value": ...}]`. Raises NotFound."""
    try:
        conditions = strict_json(query)
    except ValueError:
        raise NotFound("deployment", query) from None
    match conditions:
        case [{"type": "id", "operator": "eq", "value": str(deployment_id)}] if is_text(
            deployment_id
        ):
            return deployment_id
    raise NotFound("deployment", query)
