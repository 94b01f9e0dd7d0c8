"""Deployments: files in, process definitions out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Request, Response, request

from engine.errors import InvalidInput
from engine.model import Deployment, ProcessDefinition, Scope
from engine.model import Resource as DeployedFile
from webhooks.auth import require_actor
from webhooks.downloads import attachment
from webhooks.problems import findings_by_file
from webhooks.rest.context import current_engine
from webhooks.rest.listing import add_listing
from webhooks.rest.requests import is_text
from webhooks.rest.resource import Resource
from webhooks.schemas.base import is_default
from webhooks.schemas.definitions import (
    DeletionOptions,
    DeployedAnswer,
    DeploymentAnswer,
    DeploymentFilter,
    ResourceAnswer,
)

#: Fields of the form that are not files ([O] DeploymentRestServiceImpl).
_RESERVED = {
    "deployment-name",
    "deployment-activation-time",
    "enable-duplicate-filtering",
    "deploy-changed-only",
    "deployment-source",
    "tenant-id",
}
_UNSUPPORTED = ("deployment-activation-time", "deploy-changed-only", "tenant-id")

#: Tabs of Camunda Modeler that it deploys too; kept beside a diagram, but nothing by themselves.
_ONLY_KEPT = (".dmn", ".form")

_MULTIPART = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "deployment-name": {"type": "string"},
                        "deployment-source": {"type": "string"},
                        "data": {"type": "string", "format": "binary"},
                    },
                }
            }
        },
    }
}

resource = Resource(
    "deployment",
    path="/deployment",
    description="Uploads of BPMN files",
    scope=Scope.DEPLOY,
)

add_listing(
    resource,
    "",
    "deployments",
    filters=DeploymentFilter,
    answer=DeploymentAnswer,
    find=lambda query, page, _actor: current_engine().definitions.deployments(query, page),
    total=lambda query, _actor: current_engine().definitions.count_deployments(query),
)


@resource.on("POST", "/create", "Deploy BPMN files", notes=_MULTIPART)
@resource.gives(DeployedAnswer)
def create_deployment() -> Mapping[str, Any]:
    """Every part with a file name is a file of that name, whatever the part is called."""
    files = _files(request)
    _require_diagram(files)
    deployed = current_engine().definitions.deploy(
        request.form.get("deployment-name") or next(iter(files), ""),
        files,
        actor=require_actor(),
        source=request.form.get("deployment-source") or None,
    )
    return {
        "deployment": deployed.deployment,
        "definitions": _in_order_of_files(deployed.definitions, list(files)),
        "warnings": findings_by_file(deployed.warnings),
    }


def _files(upload: Request) -> dict[str, bytes]:
    """The files by name. Raises InvalidInput for what is neither a file nor a known field."""
    faults = {name: ["this part has no file name"] for name in upload.form if name not in _RESERVED}
    for name in _UNSUPPORTED:
        if not is_default(upload.form.get(name)):
            faults[name] = ["Camunda knows this, Alur does not support it"]
    faults |= {name: ["not a text"] for name, text in upload.form.items() if not is_text(text)}
    files: dict[str, bytes] = {}
    for part, file in upload.files.items(multi=True):
        if not file.filename:
            faults[part] = ["this part has no file name"]
        elif not file.filename.isprintable():
            faults[part] = ["a file name has printable characters only"]
        elif file.filename in files:
            faults[part] = [f"there are two files named {file.filename!r}"]
        else:
            files[file.filename] = file.read()
    if faults:
        name, reasons = next(iter(faults.items()))
        raise InvalidInput(f"{name}: {reasons[0]}", faults)
    return files


def _require_diagram(files: Mapping[str, bytes]) -> None:
    """Raise InvalidInput for a lone decision table or form, in words for the Modeler's log."""
    if files and all(name.lower().endswith(_ONLY_KEPT) for name in files):
        raise InvalidInput(
            f"{', '.join(files)}: Alur menjalankan berkas BPMN (.bpmn); DMN dan formulir hanya "
            "disimpan sebagai lampiran diagram. / Alur runs BPMN files (.bpmn); DMN and form "
            "files are only kept as attachments of a diagram.",
            {"file": ["expected a .bpmn file"]},
        )


def _in_order_of_files(
    definitions: Sequence[ProcessDefinition], names: list[str]
) -> tuple[ProcessDefinition, ...]:
    """Camunda Modeler starts the first definition: the first of the diagram on its screen."""

    def place(each: ProcessDefinition) -> tuple[int, int]:
        model = current_engine().definitions.model(each.definition_id, actor=require_actor())
        return names.index(each.resource_name), model.line or 0

    return tuple(sorted(definitions, key=place))


@resource.on("GET", "/<deployment_id>", "One deployment")
@resource.gives(DeploymentAnswer)
def get_deployment(deployment_id: str) -> Deployment:
    """Everybody who has an account may see what is deployed."""
    return current_engine().definitions.deployment(deployment_id)


@resource.on("DELETE", "/<deployment_id>", "Take back a deployment that was never used")
@resource.takes(DeletionOptions, "query")
@resource.gives(status=204)
def delete_deployment(_options: Mapping[str, bool], deployment_id: str) -> None:
    """With instances it is a 409, `cascade` or not: history needs its diagrams."""
    current_engine().definitions.delete_deployment(deployment_id, actor=require_actor())


@resource.on("GET", "/<deployment_id>/resources", "The files of a deployment")
@resource.gives(ResourceAnswer(many=True))
def list_resources(deployment_id: str) -> Sequence[DeployedFile]:
    """For analysts, auditors and admins."""
    return current_engine().definitions.resources(deployment_id, actor=require_actor())


@resource.on("GET", "/<deployment_id>/resources/<resource_id>", "One file, without its content")
@resource.gives(ResourceAnswer)
def get_resource(deployment_id: str, resource_id: str) -> DeployedFile:
    """For analysts, auditors and admins."""
    return current_engine().definitions.resource(deployment_id, resource_id, actor=require_actor())


@resource.on("GET", "/<deployment_id>/resources/<resource_id>/data", "The bytes of one file")
@resource.gives()
def get_resource_data(deployment_id: str, resource_id: str) -> Response:
    """Byte for byte as uploaded, and never as something that a browser would run."""
    found = current_engine().definitions.resource(deployment_id, resource_id, actor=require_actor())
    response = Response(found.content, mimetype="application/octet-stream")
    response.headers["Content-Disposition"] = attachment(found.name)
    return response
