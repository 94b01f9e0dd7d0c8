"""Simulations: which ways a diagram goes, before it is deployed. Nothing is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Request, request
from marshmallow import ValidationError

from engine.errors import InvalidInput
from engine.model import Scope
from engine.simulation import USUAL_TIME, Bounds, Scenario, Simulation, Turns, simulate_for
from webhooks.auth import require_actor
from webhooks.rest.context import current_engine
from webhooks.rest.requests import RequestParser, strict_json
from webhooks.rest.resource import Resource
from webhooks.schemas.simulation import SimulationAnswer, SimulationOptions

#: A request must be answered within 5 seconds.
BOUNDS = Bounds(runs=100, completions=200, seconds=3)
#: Other requests need the processors, too.
TURNS = Turns(parallel=2, wait_s=1)
_OPTIONS = "options"

_MULTIPART = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "data": {"type": "string", "format": "binary"},
                        "options": {"type": "string", "description": "a JSON object"},
                    },
                }
            }
        },
    }
}

resource = Resource(
    "simulation",
    path="/simulation",
    description="Diagrams tried in memory",
    scope=Scope.DEPLOY,
)


@resource.on("POST", "", "Run a diagram in memory", is_own=True, notes=_MULTIPART)
@resource.gives(SimulationAnswer)
def create_simulation() -> Simulation:
    """For analysts and admins. One BPMN file, and `options`: a JSON object, as text or as a file.

    Always a 200 once the request is understood: a refused diagram is an answer, with its findings.
    """
    clock = current_engine().clock
    actor = require_actor()
    name, content = _file(request)
    options = _options(request)
    scenario = Scenario(
        started_at=options.get("at") or clock.now(),
        process_key=options.get("process"),
        each=options.get("each", USUAL_TIME),
        each_of=options.get("each_of", {}),
        values=options.get("variables", {}),
        decisions=options.get("decisions", {}),
    )
    return simulate_for(actor, name, content, scenario, BOUNDS, clock=clock, turns=TURNS)


def _file(upload: Request) -> tuple[str, bytes]:
    """The one diagram. Raises InvalidInput for another number of files, and for unknown parts."""
    faults = {name: ["unknown; expected a file, and options"] for name in upload.form}
    faults.pop(_OPTIONS, None)
    files = [
        file for part, file in upload.files.items(multi=True) if part != _OPTIONS and file.filename
    ]
    if len(files) != 1:
        faults["file"] = [f"expected one BPMN file, found {len(files)}"]
    if faults:
        name, reasons = next(iter(faults.items()))
        raise InvalidInput(f"{name}: {reasons[0]}", faults)
    return str(files[0].filename), files[0].read()


def _options(upload: Request) -> Mapping[str, Any]:
    """What the part `options` says. Raises InvalidInput."""
    try:
        file = upload.files.get(_OPTIONS)
        text = file.read().decode() if file else upload.form.get(_OPTIONS, "")
        found = strict_json(text) if text.strip() else {}
        if not isinstance(found, dict):
            raise ValueError(f"expected a JSON object, found {type(found).__name__}")
    except ValueError as error:
        raise InvalidInput(f"{_OPTIONS}: {error}", {_OPTIONS: [str(error)]}) from error
    try:
        options: Mapping[str, Any] = SimulationOptions().load(found)
    except ValidationError as error:
        RequestParser().handle_error(ValidationError({"form": {_OPTIONS: error.messages}}))
    return options
