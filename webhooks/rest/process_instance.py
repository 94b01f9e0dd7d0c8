"""Running process instances: found, looked at, changed and cancelled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response

from engine.documents import BroughtDocument
from engine.errors import InvalidInput, NotFound
from engine.model import InstanceState, Paper, ProcessInstance
from webhooks.auth import require_actor
from webhooks.downloads import download
from webhooks.rest.context import current_engine
from webhooks.rest.listing import add_listing
from webhooks.rest.pictures import SVG, picture
from webhooks.rest.repeating import REPEATABLE, idempotency_key, repeat_header
from webhooks.rest.resource import FILE, Resource
from webhooks.schemas.documents import DocumentAnswer
from webhooks.schemas.instances import (
    Cancellation,
    CancellationBody,
    Deserialization,
    InstanceAnswer,
    InstanceFilter,
    Modifications,
)
from webhooks.schemas.papers import PaperAnswer
from webhooks.variables import write_variable, write_variables

resource = Resource(
    "process-instance", path="/process-instance", description="Running process instances"
)

add_listing(
    resource,
    "",
    "process instances",
    filters=InstanceFilter,
    answer=InstanceAnswer,
    find=lambda query, page, actor: current_engine().instances.instances(query, page, actor=actor),
    total=lambda query, actor: current_engine().instances.count_instances(query, actor=actor),
    with_post=True,
)


@resource.on("GET", "/<instance_id>", "One running instance")
@resource.gives(InstanceAnswer)
def get_instance(instance_id: str) -> ProcessInstance:
    """An ended one is not found here, as in Camunda: it is in /history."""
    found = current_engine().instances.instance(instance_id, actor=require_actor())
    if found.state is not InstanceState.ACTIVE:
        raise NotFound("running process instance (see /history/process-instance)", instance_id)
    return found


@resource.on("DELETE", "/<instance_id>", "Cancel an instance, with a reason")
@resource.takes(Cancellation, "query")
@resource.takes(CancellationBody)
@resource.gives(status=204)
def cancel_instance(
    options: Mapping[str, Any], body: Mapping[str, str | None], instance_id: str
) -> None:
    """For its starter and admins. The reason stays in history, and so does the instance."""
    reason = options.get("reason") or body.get("delete_reason") or body.get("reason")
    if not reason:
        raise InvalidInput(
            'cancelling takes a reason: send ?reason=… or the body {"deleteReason": "…"}',
            {"reason": ["missing"]},
        )
    current_engine().instances.cancel(instance_id, reason=reason, actor=require_actor())


@resource.on("GET", "/<instance_id>/variables", "The variables of an instance")
@resource.takes(Deserialization, "query")
@resource.gives()
def get_variables(_options: Mapping[str, bool], instance_id: str) -> dict[str, Any]:
    """As they are, or were when the instance ended."""
    return write_variables(current_engine().instances.variables(instance_id, actor=require_actor()))


@resource.on("GET", "/<instance_id>/variables/<name>", "One variable of an instance")
@resource.takes(Deserialization, "query")
@resource.gives()
def get_variable(_options: Mapping[str, bool], instance_id: str, name: str) -> dict[str, Any]:
    """A 404 when the instance has no variable of that name."""
    found = current_engine().instances.variables(instance_id, actor=require_actor())
    if name not in found:
        raise NotFound(f"variable of process instance {instance_id}", name)
    return write_variable(found[name])


@resource.on(
    "GET", "/<instance_id>/variables/<name>/data", "The bytes of a file in a variable", notes=FILE
)
def get_variable_data(instance_id: str, name: str) -> Response:
    """For who sees the instance; for workers while they hold one of its external tasks."""
    actor = require_actor()
    return download(current_engine().documents.variable(instance_id, name, actor=actor))


@resource.on(
    "GET",
    "/<instance_id>/diagram",
    "The picture of an instance with what happened in it",
    is_own=True,
    notes=SVG,
)
def get_diagram(instance_id: str) -> Response:
    """As SVG, also after its end: where it is, what was visited how often, which flows it took."""
    return picture(current_engine().drawings.of_instance(instance_id, actor=require_actor()))


@resource.on("GET", "/<instance_id>/documents", "The documents of an instance", is_own=True)
@resource.gives(DocumentAnswer(many=True))
def list_documents(instance_id: str) -> Sequence[BroughtDocument]:
    """With name, size, SHA-256, and who brought each at which step."""
    return current_engine().documents.documents(instance_id, actor=require_actor())


@resource.on(
    "GET",
    "/<instance_id>/documents/<document_id>/data",
    "The bytes of one document",
    is_own=True,
    notes=FILE,
)
def get_document_data(instance_id: str, document_id: str) -> Response:
    """Only of a document that this instance holds."""
    actor = require_actor()
    return download(current_engine().documents.content(instance_id, document_id, actor=actor))


@resource.on("GET", "/<instance_id>/papers", "What is initialled and signed", is_own=True)
@resource.gives(PaperAnswer(many=True))
def list_papers(instance_id: str) -> list[Paper]:
    """Also of an ended instance: every version, and each paraf and signature, void ones too."""
    # A tuple would be read as an answer with its status.
    return list(current_engine().papers.of_instance(instance_id, actor=require_actor()))


@resource.on("POST", "/<instance_id>/variables", "Set variables of an instance", notes=REPEATABLE)
@resource.takes(Modifications)
@resource.gives(status=204)
def modify_variables(body: Mapping[str, Any], instance_id: str) -> tuple[None, dict[str, str]]:
    """For admins; history keeps it as an input. Takes an Idempotency-Key header."""
    is_repeat = current_engine().instances.change_variables(
        instance_id,
        body["modifications"],
        actor=require_actor(),
        idempotency_key=idempotency_key(),
    )
    return None, repeat_header(is_repeat=is_repeat)
