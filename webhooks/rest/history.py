"""History: what happened, who did it, step by step; and whether the record is true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response

from engine.errors import InvalidInput, NotFound
from engine.event_logs.selections import WantedLog
from engine.historic_records import HistoricRecords
from engine.model import (
    Actor,
    HistoryEvent,
    ProcessInstance,
    VariableInstance,
    VariableUpdate,
    Verification,
    document_of,
)
from engine.queries import (
    ActivityQuery,
    DefinitionQuery,
    EventQuery,
    InstanceQuery,
    Page,
    VariableQuery,
)
from engine.taken_flows import Flows
from webhooks.auth import require_actor
from webhooks.downloads import download, event_log, exported
from webhooks.rest.context import current_engine
from webhooks.rest.listing import add_listing
from webhooks.rest.resource import FILE, Resource
from webhooks.schemas.exports import LOGS, PROOF, ExportFilter
from webhooks.schemas.historic_deeds import (
    HistoricEvent,
    OperationAnswer,
    OperationFilter,
)
from webhooks.schemas.historic_hands import IdentityLinkAnswer, IdentityLinkFilter
from webhooks.schemas.historic_instances import (
    HistoricInstance,
    HistoricInstanceAnswer,
    HistoricInstanceFilter,
)
from webhooks.schemas.historic_variables import (
    DetailAnswer,
    DetailFilter,
    VariableInstanceAnswer,
    VariableInstanceFilter,
    place_of,
)
from webhooks.schemas.historic_work import (
    HistoricActivityAnswer,
    HistoricActivityFilter,
    HistoricTaskAnswer,
    HistoricTaskFilter,
    Visit,
    VisitWish,
)
from webhooks.schemas.incidents import HistoricIncidentAnswer, HistoricIncidentFilter
from webhooks.schemas.proofs import CodeAnswer, VerificationAnswer

resource = Resource("history", path="/history", description="What happened, and who did it")

_BYTES: Mapping[str, Any] = {"schema": {"type": "string", "format": "binary"}}
_EXPORT: Mapping[str, Any] = {
    "responses": {
        "200": {
            "description": "The file, as a download",
            "content": {
                "application/zip": _BYTES,
                "application/gzip": _BYTES,
                "application/xml": _BYTES,
                "text/csv": _BYTES,
                "application/json": {"schema": {"type": "object"}},
            },
        }
    }
}

#: Instances that one question asks for: a database binds only so many values.
_AT_ONCE = 500

# -------------------------------------------------------------------- instances


def _instances(query: InstanceQuery, page: Page, actor: Actor) -> Sequence[HistoricInstance]:
    return _with_definitions(current_engine().instances.instances(query, page, actor=actor), actor)


def _with_definitions(
    instances: Sequence[ProcessInstance], actor: Actor
) -> Sequence[HistoricInstance]:
    keys = tuple({each.definition_key for each in instances})
    query = DefinitionQuery(keys_in=keys)
    found = current_engine().definitions.definitions(query, actor=actor) if keys else []
    definitions = {each.definition_id: each for each in found}
    return [HistoricInstance(each, definitions.get(each.definition_id)) for each in instances]


add_listing(
    resource,
    "/process-instance",
    "historic process instances",
    filters=HistoricInstanceFilter,
    answer=HistoricInstanceAnswer,
    find=_instances,
    total=lambda query, actor: current_engine().instances.count_instances(query, actor=actor),
    with_post=True,
    placed=lambda row: row.instance,
)


@resource.on("GET", "/process-instance/<instance_id>", "One instance, running or ended")
@resource.gives(HistoricInstanceAnswer)
def get_historic_instance(instance_id: str) -> HistoricInstance:
    """With its state and, when it was cancelled, the reason."""
    actor = require_actor()
    found = current_engine().instances.instance(instance_id, actor=actor)
    return _with_definitions([found], actor)[0]


@resource.on(
    "GET", "/process-instance/<instance_id>/verify", "Prove an instance's history", is_own=True
)
@resource.gives(VerificationAnswer)
def verify_instance(instance_id: str) -> Verification:
    """Run its inputs again through its diagram, and check the hash chain over its events."""
    return current_engine().history.verify(instance_id, actor=require_actor())


@resource.on("GET", "/code/<code>", "What a verification code says", is_own=True)
@resource.gives(CodeAnswer)
def find_code(code: str) -> Mapping[str, Any]:
    """Whether a history still has the event that the code of a document names."""
    found = current_engine().history_codes.find(code)
    if found is None:
        raise NotFound("history with the verification code", code)
    return {
        "process_definition_key": found.definition.key,
        "process_definition_version": found.definition.version,
        "process_definition_name": found.definition.name,
        "sequence": found.event.sequence,
        "at": found.event.at,
        "hash": found.event.hash,
        "later": found.later,
        "sound": found.is_sound,
    }


@resource.on("GET", "/export", "Histories as a file", is_own=True, notes=_EXPORT)
@resource.takes(ExportFilter, location="query")
def export_histories(wanted: Mapping[str, Any]) -> Response:
    """A ZIP file that proves itself; or an event log for process mining, sent as it is read."""
    actor = require_actor()
    if wanted["format"] == PROOF:
        ids = wanted["process_instance_id_in"]
        return exported(ids, actor=actor, with_documents=wanted["with_documents"])
    asked = WantedLog(
        definition_key=wanted.get("process_definition_key"),
        office=wanted.get("office"),
        started_after=wanted.get("started_after"),
        started_before=wanted.get("started_before"),
        passages_only=wanted["passages_only"],
    )
    name = f"log-{asked.definition_key or 'alur'}"
    form = LOGS[wanted["format"]]
    return event_log(asked, form, actor=actor, name=name, is_packed=wanted["gzip"])


# --------------------------------------------------------- activities and tasks


def _visits(wish: VisitWish, page: Page, actor: Actor) -> Sequence[Visit]:
    found = current_engine().history.activities(wish.query, page, actor=actor)
    if not wish.with_flows:
        return [Visit(each) for each in found]
    flows = _records().flows(found)
    return [
        Visit(each, flows.get((each.instance_id, each.activity_instance_id), Flows()))
        for each in found
    ]


add_listing(
    resource,
    "/activity-instance",
    "historic activity instances",
    filters=HistoricActivityFilter,
    answer=HistoricActivityAnswer,
    find=_visits,
    total=lambda wish, actor: current_engine().history.count_activities(wish.query, actor=actor),
    with_post=True,
    placed=lambda row: row.visit,
)


@resource.on("GET", "/activity-instance/<visit_id>", "One visit of an element, with its flows")
@resource.gives(HistoricActivityAnswer)
def get_historic_activity(visit_id: str) -> Visit:
    """Running or ended."""
    wish = VisitWish(ActivityQuery(activity_instance_id=visit_id), with_flows=True)
    found = _visits(wish, Page(), require_actor())
    if not found:
        raise NotFound("historic activity instance", visit_id)
    return found[0]


add_listing(
    resource,
    "/task",
    "historic tasks",
    filters=HistoricTaskFilter,
    answer=HistoricTaskAnswer,
    find=lambda query, page, actor: current_engine().tasks.tasks(query, page, actor=actor),
    total=lambda query, actor: current_engine().tasks.count_tasks(query, actor=actor),
    with_post=True,
)

add_listing(
    resource,
    "/incident",
    "historic incidents",
    filters=HistoricIncidentFilter,
    answer=HistoricIncidentAnswer,
    find=lambda query, page, actor: _records().incidents(query, page, actor=actor),
    total=lambda query, actor: _records().count_incidents(query, actor=actor),
)

add_listing(
    resource,
    "/identity-link-log",
    "identity links",
    filters=IdentityLinkFilter,
    answer=IdentityLinkAnswer,
    find=lambda query, page, actor: _records().identity_links(query, page, actor=actor),
    total=lambda query, actor: _records().count_identity_links(query, actor=actor),
    with_post=True,
)

# ------------------------------------------------------- operations and details


def _with_instances(events: Sequence[HistoryEvent], actor: Actor) -> list[HistoricEvent]:
    ids = sorted({event.instance_id for event in events})
    instances = {
        each.instance_id: each
        for first in range(0, len(ids), _AT_ONCE)
        for each in current_engine().instances.instances(
            InstanceQuery(instance_ids=tuple(ids[first : first + _AT_ONCE])), actor=actor
        )
    }
    return [HistoricEvent(event, instances.get(event.instance_id)) for event in events]


def _operations(query: EventQuery, page: Page, actor: Actor) -> Sequence[HistoricEvent]:
    return _with_instances(current_engine().history.find_events(query, page, actor=actor), actor)


add_listing(
    resource,
    "/user-operation",
    "user operations",
    filters=OperationFilter,
    answer=OperationAnswer,
    find=_operations,
    total=lambda query, actor: current_engine().history.count_events(query, actor=actor),
    placed=lambda row: row.event,
)


# ------------------------------------------------------------------- variables


def _records() -> HistoricRecords:
    return current_engine().historic_records


add_listing(
    resource,
    "/variable-instance",
    "variable instances",
    filters=VariableInstanceFilter,
    answer=VariableInstanceAnswer,
    find=lambda query, page, actor: _records().variables(query, page, actor=actor),
    total=lambda query, actor: _records().count_variables(query, actor=actor),
    with_post=True,
)

add_listing(
    resource,
    "/detail",
    "changes of variables",
    filters=DetailFilter,
    answer=DetailAnswer,
    find=lambda query, page, actor: _records().variable_updates(query, page, actor=actor),
    total=lambda query, actor: _records().count_variable_updates(query, actor=actor),
    with_post=True,
)


@resource.on("GET", "/variable-instance/<variable_id>", "One variable")
@resource.gives(VariableInstanceAnswer)
def get_variable_instance(variable_id: str) -> VariableInstance:
    """As it is, or was at the end of its instance."""
    return _variable(variable_id)


@resource.on("GET", "/variable-instance/<variable_id>/data", "The bytes of a file", notes=FILE)
def get_variable_instance_data(variable_id: str) -> Response:
    """Of a variable that is a file."""
    variable = _variable(variable_id)
    document = document_of(variable.value)
    if document is None:
        raise InvalidInput(f"variable {variable.name!r} is no file")
    return download(
        current_engine().documents.content(
            variable.instance_id, document.document_id, actor=require_actor()
        )
    )


@resource.on("GET", "/detail/<detail_id>", "One change of a variable")
@resource.gives(DetailAnswer)
def get_detail(detail_id: str) -> VariableUpdate:
    """With the value that it got then."""
    place = place_of(detail_id)
    query = VariableQuery(**place) if place else None
    found = _records().variable_updates(query, actor=require_actor()) if query else []
    if not found:
        raise NotFound("historic detail", detail_id)
    return found[0]


def _variable(variable_id: str) -> VariableInstance:
    place = place_of(variable_id)
    query = VariableQuery(**place) if place else None
    found = _records().variables(query, actor=require_actor()) if query else []
    if not found:
        raise NotFound("variable instance", variable_id)
    return found[0]
