"""One signed POST (Standard Webhooks): once, within a deadline, behind the walls."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime
from email.utils import parsedate_to_datetime

import requests
from standardwebhooks.webhooks import Webhook
from urllib3.exceptions import HTTPError

from engine import __version__
from engine.model import DeliveryFailure, Sent
from engine.receivers import allowed_receivers
from engine.settings import Settings
from engine.sources import Clock
from webhooks.outgoing.answers import printable
from webhooks.outgoing.deadline import Deadline
from webhooks.outgoing.walls import InvalidIPAddress, walled_session

#: Standard Webhooks: 15 to 30 seconds.
DEADLINE_S = 15.0
#: For the connection, and again for the handshake of TLS.
CONNECT_S = 5.0
#: How much of an answer is read, in bytes.
MOST_READ = 4096
_GONE = 410


class Posting:
    """Posts where it is allowed. It takes no proxy, follows no redirect, keeps no connection."""

    def __init__(
        self,
        clock: Clock,
        settings: Settings,
        *,
        deadline_s: float = DEADLINE_S,
        connect_s: float = CONNECT_S,
    ) -> None:
        self._clock = clock
        self._allowed = allowed_receivers(settings.webhook_allow)
        self._verify: bool | str = settings.webhook_ca_file or True
        self._deadline_s = deadline_s
        self._connect_s = connect_s

    def post(self, url: str, body: str, *, message_id: str, secrets: tuple[str, ...]) -> Sent:
        """What became of it. secrets: whsec_...; each of them signs."""
        headers = signed(message_id, self._clock.now(), body, secrets)
        began = time.monotonic()
        with Deadline(self._deadline_s) as deadline:
            sent = self._exchange(deadline, url, body.encode(), headers)
        return replace(sent, duration_ms=round((time.monotonic() - began) * 1000))

    def _exchange(self, deadline: Deadline, url: str, body: bytes, headers: dict[str, str]) -> Sent:
        limits = {"connect_s": self._connect_s, "read_s": self._deadline_s}
        try:
            with (
                walled_session(self._allowed, deadline, **limits) as session,
                session.post(
                    url, data=body, headers=headers, stream=True, verify=self._verify
                ) as response,
            ):
                # To http.client the end of a broken head is the end of the head.
                if not deadline.is_over:
                    return self._told(response)
                failure = DeliveryFailure.TIMEOUT
        except InvalidIPAddress:
            failure = DeliveryFailure.ADDRESS
        except requests.exceptions.SSLError:
            failure = DeliveryFailure.TLS
        except requests.Timeout:
            failure = DeliveryFailure.TIMEOUT
        except (requests.RequestException, HTTPError, OSError):
            failure = DeliveryFailure.CONNECTION
        if deadline.is_over:
            failure = DeliveryFailure.TIMEOUT
        return Sent(is_delivered=False, failure=failure)

    def _told(self, response: requests.Response) -> Sent:
        status = response.status_code
        failure = None
        if not 200 <= status < 300:
            is_redirect = 300 <= status < 400
            failure = DeliveryFailure.REDIRECT if is_redirect else DeliveryFailure.STATUS
        return Sent(
            is_delivered=failure is None,
            status=status,
            failure=failure,
            answer=_beginning(response),
            retry_after_s=self._retry_after(response.headers.get("Retry-After")),
            is_gone=status == _GONE,
        )

    def _retry_after(self, value: str | None) -> float | None:
        """RFC 9110 §10.2.3: seconds, or a date. What is neither says nothing."""
        if value is None:
            return None
        if value.isascii() and value.isdigit():
            return float(value[:9])
        try:
            return (parsedate_to_datetime(value) - self._clock.now()).total_seconds()
        except (ValueError, TypeError):
            return None


def signed(delivery_id: str, at: datetime, body: str, secrets: tuple[str, ...]) -> dict[str, str]:
    """The headers: id, time of this attempt, and a signature by each secret.

    at: in UTC; the library takes any other zone's clock for UTC's.
    """
    signatures = [Webhook(secret).sign(delivery_id, at, body) for secret in secrets]
    return {
        "Content-Type": "application/json",
        "User-Agent": f"Alur/{__version__}",
        # What is not packed cannot unfold.
        "Accept-Encoding": "identity",
        "Connection": "close",
        "webhook-id": delivery_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _beginning(response: requests.Response) -> str:
    """The first words of the answer, as far as they came at once; the status has said the rest."""
    try:
        content = response.raw.read1(MOST_READ, decode_content=False)
    except (HTTPError, OSError):
        return ""
    return printable(content.decode("utf-8", "replace"))
