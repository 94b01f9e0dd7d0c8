"""Messages from other systems find the instance that waits for them; what waits is listed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, jsonify

from engine.correlation import Message
from engine.model import Scope
from webhooks.auth import require_actor
from webhooks.rest.context import current_engine
from webhooks.rest.listing import add_listing
from webhooks.rest.repeating import REPEATABLE, idempotency_key, repeat_header
from webhooks.rest.resource import Resource
from webhooks.schemas.messages import (
    CorrelationAnswer,
    CorrelationWithVariables,
    EventSubscriptionAnswer,
    EventSubscriptionFilter,
    KeptMessageAnswer,
    SentMessage,
    SentSignal,
)

resource = Resource(
    "message",
    path="/message",
    description="Messages to waiting instances",
    scope=Scope.WORKER,
)
signals = Resource(
    "signal", path="/signal", description="Signals to all that wait", scope=Scope.WORKER
)
subscriptions = Resource(
    "event-subscription",
    path="/event-subscription",
    description="What waits for messages and signals",
)

add_listing(
    subscriptions,
    "",
    "event subscriptions",
    filters=EventSubscriptionFilter,
    answer=EventSubscriptionAnswer,
    find=lambda query, page, actor: current_engine().messages.subscriptions(
        query, page, actor=actor
    ),
    total=lambda query, actor: current_engine().messages.count_subscriptions(query, actor=actor),
)


@resource.on("POST", "", "Send a message", notes=REPEATABLE)
@resource.takes(SentMessage)
@resource.gives(status=204)
@resource.may_give(CorrelationWithVariables(many=True), 200, "resultEnabled")
@resource.may_give(KeptMessageAnswer, 202, "it is kept (keepUnmatched)")
def send_message(body: Mapping[str, Any]) -> Response:
    """To the one that waits for it, or it starts an instance; with `all` to all of them.

    204 without resultEnabled; 202 with the kept message when `keepUnmatched` (which is not
    Camunda's) kept it. Takes an Idempotency-Key header.
    """
    correlation = current_engine().messages.correlate(
        Message(
            body["message_name"],
            business_key=body["business_key"],
            instance_id=body["process_instance_id"],
            correlation=body["correlation_keys"] or {},
            local_correlation=body["local_correlation_keys"] or {},
            variables=body["process_variables"] or {},
        ),
        to_all=bool(body["all"]),
        keep_unmatched=bool(body["keep_unmatched"]),
        actor=require_actor(),
        idempotency_key=idempotency_key(),
    )
    answer = Response("", 204)
    if correlation.kept is not None:
        answer = jsonify(KeptMessageAnswer().dump(correlation.kept))
        answer.status_code = 202
    elif body["result_enabled"]:
        is_wide = body["variables_in_result_enabled"]
        schema = CorrelationWithVariables if is_wide else CorrelationAnswer
        answer = jsonify(schema(many=True).dump(correlation.results))
    answer.headers.update(repeat_header(is_repeat=correlation.is_repeat))
    return answer


@signals.on("POST", "", "Send a signal", notes=REPEATABLE)
@signals.takes(SentSignal)
@signals.gives(status=204)
def send_signal(body: Mapping[str, Any]) -> tuple[None, dict[str, str]]:
    """To all that wait for it, and it starts instances; with executionId to this one only.

    Takes an Idempotency-Key header.
    """
    thrown = current_engine().signals.send(
        body["name"],
        body["variables"] or {},
        instance_id=body["execution_id"],
        actor=require_actor(),
        idempotency_key=idempotency_key(),
    )
    return None, repeat_header(is_repeat=thrown.is_repeat)
