"""History: what happened, who did it, step by step; and whether the record is true."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from flask import Response

from engine.errors import NotFound
from engine.model import Actor, HistoryEvent, ProcessInstance, Verification
from engine.queries import DefinitionQuery, EventQuery, InstanceQuery, Page
from webhooks.auth import require_actor
from webhooks.downloads import exported
from webhooks.rest.context import current_engine
from webhooks.rest.listing import add_listing
from webhooks.rest.resource import FILE, Resource
from webhooks.schemas.exports import ExportFilter
from webhooks.schemas.historic_deeds import (
    DetailAnswer,
    DetailFilter,
    HistoricEvent,
    OperationAnswer,
    OperationFilter,
    VariableUpdate,
)
from webhooks.schemas.historic_instances import (
    HistoricInstance,
    HistoricInstanceAnswer,
    HistoricInstanceFilter,
)
from webhooks.schemas.historic_work import (
    HistoricActivityAnswer,
    HistoricActivityFilter,
    HistoricTaskAnswer,
    HistoricTaskFilter,
)
from webhooks.schemas.incidents import HistoricIncidentAnswer, HistoricIncidentFilter
from webhooks.schemas.proofs import CodeAnswer, VerificationAnswer

resource = Resource("history", path="/history", description="What happened, and who did it")

#: Events read at a time to list the changes of variables.
_BATCH = 500

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


@resource.on("GET", "/export", "Histories as a file", is_own=True, notes=FILE)
@resource.takes(ExportFilter, location="query")
def export_histories(wanted: Mapping[str, Any]) -> Response:
    """A ZIP file that proves itself: events, diagrams, checkpoints, and a script that verifies."""
    return exported(
        wanted["process_instance_id_in"],
        actor=require_actor(),
        with_documents=wanted["with_documents"],
    )


# --------------------------------------------------------- activities and tasks

add_listing(
    resource,
    "/activity-instance",
    "historic activity instances",
    filters=HistoricActivityFilter,
    answer=HistoricActivityAnswer,
    find=lambda query, page, actor: current_engine().history.activities(query, page, actor=actor),
    total=lambda query, actor: current_engine().history.count_activities(query, actor=actor),
    with_post=True,
)

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
    find=lambda query, page, actor: current_engine().historic_records.incidents(
        query, page, actor=actor
    ),
    total=lambda query, actor: current_engine().historic_records.count_incidents(
        query, actor=actor
    ),
)

# ------------------------------------------------------- operations and details


def _with_instances(events: Sequence[HistoryEvent], actor: Actor) -> list[HistoricEvent]:
    ids = tuple({event.instance_id for event in events})
    query = InstanceQuery(instance_ids=ids)
    found = current_engine().instances.instances(query, actor=actor) if ids else []
    instances = {each.instance_id: each for each in found}
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


def _updates(query: EventQuery, page: Page, actor: Actor) -> Iterator[VariableUpdate]:
    """One row per variable that an event set; an event may set none, or many."""
    batch = replace(page, first_result=0, max_results=_BATCH)
    while True:
        events = current_engine().history.find_events(query, batch, actor=actor)
        for row in _with_instances(events, actor):
            for name, value in sorted(_values_set(row.event).items()):
                yield VariableUpdate(row, name, value)
        if len(events) < _BATCH:
            return
        batch = replace(batch, first_result=batch.first_result + _BATCH)


def _values_set(event: HistoryEvent) -> Mapping[str, Any]:
    found: Mapping[str, Any] = event.payload.get("values") or event.payload.get("variables") or {}
    return found


def _details(query: EventQuery, page: Page, actor: Actor) -> Sequence[VariableUpdate]:
    last = None if page.max_results is None else page.first_result + page.max_results
    return list(islice(_updates(query, page, actor), page.first_result, last))


add_listing(
    resource,
    "/detail",
    "changes of variables",
    filters=DetailFilter,
    answer=DetailAnswer,
    find=_details,
    total=lambda query, actor: sum(1 for _ in _updates(query, Page(), actor)),
)
