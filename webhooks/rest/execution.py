"""Executions: Camunda's word for what runs in an instance. Workers ask them for files."""

from __future__ import annotations

from flask import Response

from webhooks.auth import require_actor
from webhooks.downloads import download
from webhooks.rest.context import current_engine
from webhooks.rest.resource import FILE, Resource

resource = Resource("execution", path="/execution", description="Files for external task workers")


@resource.on("GET", "/<execution_id>/localVariables/<name>/data", "The bytes of a file", notes=FILE)
def get_local_variable_data(execution_id: str, name: str) -> Response:
    """`executionId` is the id of the instance. For workers while they hold one of its tasks."""
    actor = require_actor()
    return download(current_engine().documents.variable(execution_id, name, actor=actor))
