"""With what an instance begins that a call activity asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.definitions import Definitions
from engine.document_intake import adopted
from engine.errors import InvalidInput
from engine.json_values import check_variables
from engine.model import Json, ProcessDefinition, ProcessInstance
from engine.sealing import Sealing
from engine.store import StoreTransaction

#: Process instances that may call each other in a row.
MAX_CALL_DEPTH = 10


@dataclass(frozen=True, slots=True)
class CalledStart:
    """Which process begins, and the payload of its first input."""

    definition: ProcessDefinition
    business_key: str | None
    payload: Mapping[str, Json]


def start_of(
    tx: StoreTransaction,
    definitions: Definitions,
    sealing: Sealing,
    caller: ProcessInstance,
    request: Mapping[str, Json],
) -> CalledStart:
    """What a `call_requested` of the caller leads to. Raises NotFound, InvalidInput."""
    _require_shallow(tx, caller)
    definition = definitions.called(tx, caller.definition_id, request)
    start_event = definitions.machine(tx, definition.definition_id).model.start_event()
    given = check_variables(request["variables"])
    variables = sealing.checked(tx, start_event.form, given, giver=caller.instance_id)
    business_key = (
        caller.business_key if request.get("ownBusinessKey") else request.get("businessKey")
    )
    payload = {
        "definition": definition.definition_id,
        "digest": definition.digest,
        "businessKey": business_key,
        "variables": variables,
        "caller": caller.instance_id,
        **adopted(tx, variables, giver=caller.instance_id, taker=None),
    }
    return CalledStart(definition, business_key, payload)


def _require_shallow(tx: StoreTransaction, caller: ProcessInstance) -> None:
    """Raise InvalidInput when the callers above already stand MAX_CALL_DEPTH deep."""
    depth, current = 1, caller
    while current.super_instance_id is not None:
        depth, current = depth + 1, tx.instance(current.super_instance_id)
        if depth >= MAX_CALL_DEPTH:
            raise InvalidInput(
                f"more than {MAX_CALL_DEPTH} process instances call each other; "
                "does a process call itself?"
            )
