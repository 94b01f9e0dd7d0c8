"""Process definitions: what can be started, its file, its start form, and starting it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response

from engine.errors import DamagedRow
from engine.model import ProcessDefinition
from webhooks.auth import require_actor
from webhooks.rest.context import current_engine
from webhooks.rest.listing import add_listing
from webhooks.rest.pictures import SVG, picture
from webhooks.rest.repeating import REPEATABLE, idempotency_key, repeat_header
from webhooks.rest.resource import Resource
from webhooks.schemas.definitions import DefinitionAnswer, DefinitionFilter, DefinitionXml
from webhooks.schemas.forms import FormReference, StartFormFields
from webhooks.schemas.instances import FormVariableNames, Start, StartedAnswer
from webhooks.variables import write_field_values

#: How a file in UTF-16 begins, with a byte order mark or without.
_UTF_16 = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"<\0": "utf-16-le", b"\0<": "utf-16-be"}

resource = Resource(
    "process-definition", path="/process-definition", description="Executable processes"
)

add_listing(
    resource,
    "",
    "process definitions",
    filters=DefinitionFilter,
    answer=DefinitionAnswer,
    find=lambda query, page, actor: current_engine().definitions.definitions(
        query, page, actor=actor
    ),
    total=lambda query, actor: current_engine().definitions.count_definitions(query, actor=actor),
)


def _definition(definition_id: str | None = None, key: str | None = None) -> ProcessDefinition:
    """The definition of that id, or the latest of that key."""
    definitions, actor = current_engine().definitions, require_actor()
    if key is not None:
        return definitions.latest_definition(key, actor=actor)
    return definitions.definition(definition_id or "", actor=actor)


@resource.on("GET", "/<definition_id>", "One definition")
@resource.on("GET", "/key/<key>", "The latest definition of a key")
@resource.gives(DefinitionAnswer)
def get_definition(**which: str) -> ProcessDefinition:
    """By its id, or the latest of its key."""
    return _definition(**which)


@resource.on("GET", "/<definition_id>/xml", "The BPMN file of a definition")
@resource.on("GET", "/key/<key>/xml", "The BPMN file of the latest definition of a key")
@resource.gives(DefinitionXml)
def get_xml(**which: str) -> Mapping[str, str]:
    """As it was uploaded."""
    found = _definition(**which)
    content = current_engine().definitions.xml(found.definition_id, actor=require_actor())
    return {"id": found.definition_id, "bpmn20_xml": _text(content, found.definition_id)}


@resource.on("GET", "/<definition_id>/diagram", "The picture of a definition", notes=SVG)
@resource.on(
    "GET", "/key/<key>/diagram", "The picture of the latest definition of a key", notes=SVG
)
def get_diagram(**which: str) -> Response:
    """As SVG: the drawing of its file, or laid out when that has none."""
    found = _definition(**which)
    drawings = current_engine().drawings
    return picture(drawings.of_definition(found.definition_id, actor=require_actor()))


def _text(content: bytes, definition_id: str) -> str:
    """The file as text; a deployed one is in UTF-8 or UTF-16. DamagedRow when it is in neither."""
    try:
        return content.decode(_UTF_16.get(content[:2], "utf-8-sig"))
    except UnicodeDecodeError as error:
        raise DamagedRow(
            f"the file of process definition {definition_id} cannot be read: expected a text in "
            f"UTF-8 or UTF-16, found other bytes at {error.start}"
        ) from error


@resource.on("POST", "/<definition_id>/start", "Start an instance", notes=REPEATABLE)
@resource.on(
    "POST",
    "/key/<key>/start",
    "Start an instance of the latest definition of a key",
    notes=REPEATABLE,
)
@resource.takes(Start)
@resource.gives(StartedAnswer)
def start_instance(body: Mapping[str, Any], **which: str) -> Any:
    """It has come to its first tasks when this answers. Takes an Idempotency-Key header."""
    engine, actor = current_engine(), require_actor()
    started = engine.instances.start(
        _definition(**which),
        body["variables"] or {},
        actor=actor,
        business_key=body["business_key"],
        idempotency_key=idempotency_key(),
        is_latest="key" in which,
    )
    told: dict[str, Any] = {"instance": started.instance}
    if body["with_variables_in_return"]:
        instance_id = started.instance.instance_id
        told["variables"] = engine.personal_data.opened(instance_id, started.variables, actor=actor)
    return told, repeat_header(is_repeat=started.is_repeat)


@resource.on("GET", "/<definition_id>/startForm", "Where the start form is kept")
@resource.on("GET", "/key/<key>/startForm", "Where the start form of a key is kept")
@resource.gives(FormReference)
def get_start_form(**which: str) -> Mapping[str, str | None]:
    """The form key of the diagram. Fields that are in the diagram: see start-form-fields."""
    found = _definition(**which)
    model = current_engine().definitions.model(found.definition_id, actor=require_actor())
    return {"key": model.start_event().form_key}


@resource.on("GET", "/<definition_id>/form-variables", "The start form's variables, with defaults")
@resource.on("GET", "/key/<key>/form-variables", "The same for the latest definition of a key")
@resource.takes(FormVariableNames, "query")
@resource.gives()
def get_start_form_variables(options: Mapping[str, Any], **which: str) -> dict[str, Any]:
    """Typed by the form's fields."""
    found = _definition(**which)
    form = current_engine().definitions.start_form(found.definition_id, actor=require_actor())
    return named(write_field_values({f.id: f.default for f in form}, form), options)


def named(variables: dict[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """The variables that `variableNames` asks for; all without it."""
    names = options.get("variable_names")
    return {n: v for n, v in variables.items() if names is None or n in names}


@resource.on(
    "GET", "/<definition_id>/start-form-fields", "The fields of the start form", is_own=True
)
@resource.on("GET", "/key/<key>/start-form-fields", "The fields of a key's start form", is_own=True)
@resource.gives(StartFormFields)
def get_start_form_fields(**which: str) -> Mapping[str, Any]:
    """With their types, limits and choices, so that a client can draw the form."""
    found = _definition(**which)
    form = current_engine().definitions.start_form(found.definition_id, actor=require_actor())
    return {
        "process_definition_id": found.definition_id,
        "process_definition_key": found.key,
        "fields_": form,
    }
