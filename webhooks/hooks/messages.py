"""Messages of other systems: `/hook/message/<name>`, signed after Standard Webhooks.

The signature says which system sends; nothing in the body does.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from typing import Any

from flask import Blueprint, Request, Response, jsonify, request
from flask.typing import ResponseReturnValue
from standardwebhooks.webhooks import Webhook
from werkzeug.exceptions import RequestEntityTooLarge

from engine.correlation import Message
from engine.errors import NotAuthenticated
from engine.message_sources import MessageSources
from engine.messages import Correlation
from engine.model import Actor
from webhooks.hooks.tokens import PATH
from webhooks.problems import HANDLED, answer
from webhooks.rest.context import current_engine
from webhooks.rest.requests import RequestParser
from webhooks.schemas.hooks import HookedMessage

blueprint = Blueprint("hooked_messages", __name__, url_prefix=f"{PATH}/message")

#: Standard Webhooks, "Verifying webhook authenticity": older or later ones are refused.
TOLERANCE = timedelta(minutes=5)
MAX_BYTES = 256 * 1024
_MAX_ID = 200

for kind in HANDLED:
    blueprint.register_error_handler(kind, answer)


@blueprint.after_request
def _seal(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@blueprint.post("/<name>")
def receive(name: str) -> ResponseReturnValue:
    """The message starts or continues an instance, or is kept until something waits for it.

    The same `webhook-id` again gives the first one's answer.
    """
    engine = current_engine()
    actor, message_id = _proved(engine.message_sources, name, request, now=engine.clock.now())
    body = _PARSER.parse(HookedMessage(), request, location="json")
    done = engine.messages.correlate(
        _message(name, body), actor=actor, keep_unmatched=True, idempotency_key=message_id
    )
    # 202: it was taken, and has done nothing yet.
    return jsonify(_told(done)), 202 if done.kept else 200


_PARSER = RequestParser()


def _message(name: str, body: Mapping[str, Any]) -> Message:
    return Message(
        name=name,
        business_key=body["business_key"],
        instance_id=body["process_instance_id"],
        correlation=body["correlation_keys"],
        variables=body["variables"],
    )


def _told(done: Correlation) -> dict[str, Any]:
    """What became of the message, for the system that sent it."""
    results = [
        {
            "result": "started" if each.subscription_id is None else "continued",
            "processInstanceId": each.instance.instance_id,
            "businessKey": each.instance.business_key,
            "activityId": each.activity_id,
        }
        for each in done.results
    ]
    kept_id = done.kept.kept_id if done.kept else None
    return {"results": results, "keptMessageId": kept_id, "isRepeat": done.is_repeat}


# -------------------------------------------------------------------- signatures


def _proved(
    sources: MessageSources, name: str, sent: Request, *, now: datetime
) -> tuple[Actor, str]:
    """Who sends, and the id of the message. Raises NotAuthenticated, whatever is wrong with it."""
    if (sent.content_length or 0) > MAX_BYTES:
        raise RequestEntityTooLarge(f"a message has at most {MAX_BYTES} bytes")
    message_id, at, signatures = _headers(sent)
    if abs(now - at) > TOLERANCE:
        raise NotAuthenticated("webhook-timestamp is more than 5 minutes away from now")
    try:
        text = sent.get_data().decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotAuthenticated("the body is not UTF-8") from error
    for source, secrets in sources.for_message(name):
        expected = [Webhook(secret).sign(message_id, at, text) for secret in secrets]
        if any(compare_digest(a, b) for a in expected for b in signatures):
            return sources.proved(source), message_id
    raise NotAuthenticated("no system that may send this message has signed it so")


def _headers(sent: Request) -> tuple[str, datetime, list[str]]:
    """Id, time and signatures as the headers say. Raises NotAuthenticated."""
    message_id = sent.headers.get("webhook-id", "")
    seconds = sent.headers.get("webhook-timestamp", "")
    signatures = sent.headers.get("webhook-signature", "").split()
    is_id = 1 <= len(message_id) <= _MAX_ID and message_id.isascii() and message_id.isprintable()
    is_time = seconds.isascii() and seconds.isdigit() and len(seconds) <= 11
    if not (is_id and is_time and signatures):
        raise NotAuthenticated(
            "expected the headers webhook-id, webhook-timestamp (seconds since 1970) and "
            "webhook-signature (v1,...) of Standard Webhooks"
        )
    # Of another alphabet none can be equal, and comparing would fail.
    readable = [each for each in signatures[:20] if each.isascii()]
    return message_id, datetime.fromtimestamp(int(seconds), UTC), readable
