"""Files of deployed SOPs, as an analyst takes them away: as uploaded, or with a drawing."""

from __future__ import annotations

from flask import Response
from flask.typing import ResponseReturnValue
from werkzeug.utils import secure_filename

from engine.errors import NotFound
from engine.model import ProcessDefinition, Role
from engine.queries import DefinitionQuery
from webhooks.pages.blueprint import blueprint
from webhooks.pages.logins import current_actor, require_page_role
from webhooks.rest.context import current_engine

READERS_OF_FILES = (Role.ANALYST, Role.AUDITOR, Role.ADMIN)


@blueprint.get("/proses/<key>/<reference>/bpmn")
def download_diagram(key: str, reference: str) -> ResponseReturnValue:
    """The file as it was uploaded."""
    require_page_role("read deployed files", *READERS_OF_FILES)
    definition = definition_of(key, reference)
    content = current_engine().definitions.xml(definition.definition_id, actor=current_actor())
    return _attachment(content, definition.resource_name)


@blueprint.get("/proses/<key>/<reference>/bpmn-bergambar")
def download_with_layout(key: str, reference: str) -> ResponseReturnValue:
    """A copy of it with the drawing that Alur makes; the deployed file stays as it is."""
    require_page_role("read deployed files", *READERS_OF_FILES)
    definition = definition_of(key, reference)
    drawings = current_engine().drawings
    content = drawings.copy_with_layout(definition.definition_id, actor=current_actor())
    stem, _, _ = definition.resource_name.rpartition(".")
    return _attachment(content, f"{stem}-bergambar.bpmn")


def _attachment(content: bytes, name: str) -> Response:
    safe_name = secure_filename(name) or "proses.bpmn"
    return Response(
        content,
        mimetype="application/xml",
        headers={"Content-Disposition": f'attachment; filename="{safe_name}"'},
    )


def definition_of(key: str, reference: str) -> ProcessDefinition:
    """The version of that number, or of that definition id."""
    definitions, actor = current_engine().definitions, current_actor()
    if reference.isascii() and reference.isdigit() and len(reference) < 10:
        query = DefinitionQuery(key=key, version=int(reference))
        found = definitions.definitions(query, actor=actor)
        if not found:
            raise NotFound("process definition", f"{key}, version {reference}")
        return found[0]
    one = definitions.definition(reference, actor=actor)
    if one.key != key:
        raise NotFound("process definition", reference)
    return one
