"""What an instance throws and does not catch: whether one that calls it does, and told there.

Nothing here begins or ends a transaction; a calling instance is locked after the one it calls.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from engine.document_intake import adopted
from engine.errors import InvalidInput
from engine.history import Input
from engine.json_values import check_variables
from engine.model import EventKind, InstanceState, Json, ProcessInstance, StoredInstance, Variables
from engine.spiff.machine import Run
from engine.spiff.throwing import Thrown
from engine.store import StoreTransaction as Transaction

#: Characters of the code of an error or escalation.
MAX_CODE = 255
_TOLD_AS = {"error": EventKind.CALL_ERROR, "escalation": EventKind.CALL_ESCALATION}


def check_code(field: str, code: str) -> None:
    """Raise InvalidInput unless `code` can be the code of an error or escalation."""
    check_variables({field: code})
    if not code.strip() or len(code) > MAX_CODE:
        reason = f"expected 1 to {MAX_CODE} characters, found {len(code.strip())}"
        raise InvalidInput(f"{field}: {reason}", {field: [reason]})


class Stepping(Protocol):
    """What of Steps is needed here."""

    def look(self, tx: Transaction, stored: StoredInstance) -> Run:
        """The run as it stands."""

    def take(
        self,
        tx: Transaction,
        stored: StoredInstance,
        given: Input,
        *,
        now: datetime,
    ) -> Any:
        """Give an input that moves the machine."""


def is_caught_above(
    steps: Stepping, tx: Transaction, called: ProcessInstance, kind: str, code: str
) -> bool:
    """Whether an instance that waits for `called`, or one that waits for that one, catches it."""
    caller = _waiting_caller(steps, tx, called)
    if caller is None:
        return False
    stored, run = caller
    if run.catches(called.instance_id, kind, code):
        return True
    return is_caught_above(steps, tx, stored.instance, kind, code)


def with_escape(
    steps: Stepping, tx: Transaction, stored: StoredInstance, given: Input, kind: str
) -> Input:
    """The input, which says whether a calling instance catches what nobody here does.

    Recorded with the input, because a replay sees one instance only.
    """
    instance, code = stored.instance, str(given.payload["code"])
    if instance.super_instance_id is None:
        return given
    place = given.activity_instance_id or ""
    is_caught = steps.look(tx, stored).catches(place, kind, code)
    if is_caught or not is_caught_above(steps, tx, instance, kind, code):
        return given
    return replace(given, payload={**given.payload, "escapes": True})


def tell_caller(
    steps: Stepping,
    tx: Transaction,
    called: ProcessInstance,
    thrown: Thrown,
    *,
    variables: Variables,
    now: datetime,
) -> None:
    """Tell the calling instance what `called` threw and did not catch.

    variables: those of the called instance. An escalation that nobody further up catches is not
    told: nothing would come of it.
    """
    caller = _waiting_caller(steps, tx, called)
    if caller is None:
        return
    stored, run = caller
    is_caught = run.catches(called.instance_id, thrown.kind, thrown.code)
    escapes = not is_caught and is_caught_above(
        steps, tx, stored.instance, thrown.kind, thrown.code
    )
    if thrown.kind == "escalation" and not (is_caught or escapes):
        return
    kind = _TOLD_AS[thrown.kind]
    payload: dict[str, Json] = {
        "call": called.instance_id,
        **thrown.facts,
        "variables": variables,
        **adopted(tx, variables, giver=called.instance_id, taker=stored.instance.instance_id),
        **({"escapes": True} if escapes else {}),
    }
    steps.take(tx, stored, Input(kind, None, payload), now=now)


def _waiting_caller(
    steps: Stepping, tx: Transaction, called: ProcessInstance
) -> tuple[StoredInstance, Run] | None:
    if called.super_instance_id is None:
        return None
    stored = tx.stored_instance(called.super_instance_id, for_step=True)
    if stored.instance.state is not InstanceState.ACTIVE:
        return None
    run = steps.look(tx, stored)
    return (stored, run) if called.instance_id in run.waits().calls else None
