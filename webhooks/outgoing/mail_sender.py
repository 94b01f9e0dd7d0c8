"""Sends a letter over SMTP, once, within a deadline."""

from __future__ import annotations

import smtplib
import ssl
import time
from contextlib import suppress
from dataclasses import replace
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from engine.model import Contact, Delivery, DeliveryFailure, Sent
from engine.process_engine import ProcessEngine
from engine.setting_values import SmtpServer
from engine.settings import Settings
from webhooks.language import speaking
from webhooks.outgoing.answers import printable
from webhooks.outgoing.deadline import Deadline
from webhooks.outgoing.letters import letter_of, subject_of
from webhooks.outgoing.ways import way_of

DEADLINE_S = 15.0
CONNECT_S = 5.0


class MailSender:
    """Hands letters to the office's mail server.

    trust: whose certificates the mail server may show; the system's by default.
    """

    def __init__(
        self,
        engine: ProcessEngine,
        settings: Settings,
        *,
        deadline_s: float = DEADLINE_S,
        connect_s: float = CONNECT_S,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._deadline_s = deadline_s
        self._connect_s = connect_s
        self._trust = trust

    def send(self, delivery: Delivery) -> Sent:
        """What became of it; dropped when nobody waits for the letter any more."""
        contact = self._engine.deliveries.contact_of(delivery)
        if contact is None:
            return Sent(is_delivered=False, is_dropped=True)
        server = self._settings.smtp_url
        if server is None:
            return Sent(is_delivered=False, failure=DeliveryFailure.NO_MAIL)
        with speaking(self._engine.deliveries.language_of(delivery)):
            message = self._message(delivery, contact)
        began = time.monotonic()
        with Deadline(self._deadline_s) as deadline:
            sent = self._hand_in(server, message, deadline)
        return replace(sent, duration_ms=round((time.monotonic() - began) * 1000))

    def _message(self, delivery: Delivery, contact: Contact) -> EmailMessage:
        sender = self._settings.mail_from or ""
        message = EmailMessage()
        message["From"] = f"Alur <{sender}>"
        message["To"] = contact.value
        message["Subject"] = subject_of(delivery)
        message["Date"] = format_datetime(self._engine.clock.now())
        # The same for every attempt, so that a letter that came twice can be told.
        message["Message-ID"] = f"<{delivery.delivery_id}@{sender.partition('@')[2]}>"
        # RFC 3834: no answering machine replies.
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(
            letter_of(
                delivery,
                way_of(self._engine, delivery, base_url=self._settings.base_url),
                sop=self._engine.deliveries.sop_of(delivery),
                zone=self._settings.time_zone,
            )
        )
        return message

    def _hand_in(self, server: SmtpServer, message: EmailMessage, deadline: Deadline) -> Sent:
        sent = self._exchange(server, message, deadline)
        if deadline.is_over and not sent.is_delivered:
            # What was cut off reads like all kinds of answers.
            return Sent(is_delivered=False, failure=DeliveryFailure.TIMEOUT)
        return sent

    def _exchange(self, server: SmtpServer, message: EmailMessage, deadline: Deadline) -> Sent:
        try:
            smtp = self._connection(server, deadline)
            try:
                self._prove(smtp, server)
                smtp.send_message(message)
                # What the farewell says changes nothing: the letter is theirs.
                with suppress(smtplib.SMTPException, OSError):
                    smtp.quit()
            finally:
                smtp.close()
        except smtplib.SMTPRecipientsRefused as error:
            status, answer = next(iter(error.recipients.values()))
            # RFC 5321 §4.2.1: 5xx is for ever. Of the login or the sender it may be mended.
            return replace(_refused(status, answer), is_gone=500 <= status < 600)
        except smtplib.SMTPResponseException as error:
            return _refused(error.smtp_code, error.smtp_error)
        except ssl.SSLError:
            failure = DeliveryFailure.TLS
        except TimeoutError:
            failure = DeliveryFailure.TIMEOUT
        except (smtplib.SMTPException, OSError):
            failure = DeliveryFailure.CONNECTION
        else:
            return Sent(is_delivered=True, status=250)
        return Sent(is_delivered=False, failure=failure)

    def _connection(self, server: SmtpServer, deadline: Deadline) -> smtplib.SMTP:
        # Or else it asks the resolver for a name of this machine, which may take long.
        own_name = (self._settings.mail_from or "").partition("@")[2]
        if server.security == "tls":
            return _WatchedTls(server, deadline, self._trusted(), own_name, self._connect_s)
        return _Watched(server, deadline, own_name, self._connect_s)

    def _prove(self, smtp: smtplib.SMTP, server: SmtpServer) -> None:
        if server.security == "starttls":
            smtp.starttls(context=self._trusted())
        if server.user is not None:
            smtp.login(server.user, server.password or "")

    def _trusted(self) -> ssl.SSLContext:
        return self._trust or ssl.create_default_context()


class _Watched(smtplib.SMTP):
    """A connection that the deadline watches from its first byte on."""

    def __init__(
        self, server: SmtpServer, deadline: Deadline, own_name: str, timeout: float
    ) -> None:
        self._deadline = deadline
        super().__init__(server.host, server.port, own_name, timeout)

    def _get_socket(self, host: str, port: int, timeout: float) -> Any:
        sock = super()._get_socket(host, port, timeout)  # type: ignore[misc]
        self._deadline.watch(sock)
        return sock


class _WatchedTls(smtplib.SMTP_SSL):
    """The same, encrypted from the beginning."""

    def __init__(
        self,
        server: SmtpServer,
        deadline: Deadline,
        trust: ssl.SSLContext,
        own_name: str,
        timeout: float,
    ) -> None:
        self._deadline = deadline
        super().__init__(server.host, server.port, own_name, timeout=timeout, context=trust)

    def _get_socket(self, host: str, port: int, timeout: float) -> Any:
        sock = super()._get_socket(host, port, timeout)  # type: ignore[misc]
        self._deadline.watch(sock)
        return sock


def _refused(status: int, answer: bytes | str) -> Sent:
    text = answer if isinstance(answer, str) else answer.decode("utf-8", "replace")
    return Sent(
        is_delivered=False,
        status=status,
        failure=DeliveryFailure.MAIL_REFUSED,
        answer=printable(text),
    )
