"""Who is told of what: announcements, subscriptions of web hooks, contacts, deliveries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class AnnouncementKind(StrEnum):
    """What others may be told of."""

    TASK_OPENED = "task_opened"
    #: Taken, or given by an admin.
    TASK_CLAIMED = "task_claimed"
    #: Another priority, follow-up date or due date, by hand.
    TASK_CHANGED = "task_changed"
    TASK_COMPLETED = "task_completed"
    TASK_CANCELLED = "task_cancelled"
    TASK_DUE_SOON = "task_due_soon"
    TASK_OVERDUE = "task_overdue"
    #: Overdue, it went up to a superior lane.
    TASK_ESCALATED = "task_escalated"
    INSTANCE_STARTED = "instance_started"
    INSTANCE_COMPLETED = "instance_completed"
    INSTANCE_CANCELLED = "instance_cancelled"
    INCIDENT_RAISED = "incident_raised"
    INCIDENT_RESOLVED = "incident_resolved"
    #: A trial that somebody asked for; of no instance.
    PING = "ping"
    #: Told to admins who can be reached: a subscription was given up.
    SUBSCRIPTION_DISABLED = "subscription_disabled"


#: What a subscription may choose among; a ping comes when it is asked for.
SUBSCRIBABLE = tuple(
    kind
    for kind in AnnouncementKind
    if kind not in (AnnouncementKind.PING, AnnouncementKind.SUBSCRIPTION_DISABLED)
)
#: What a person is told of, by whichever channel.
PERSONAL = frozenset(
    {
        AnnouncementKind.TASK_OPENED,
        AnnouncementKind.TASK_DUE_SOON,
        AnnouncementKind.TASK_OVERDUE,
        AnnouncementKind.TASK_ESCALATED,
    }
)


@dataclass(frozen=True, slots=True)
class Announcement:
    """Something that happened, in ids and words of the diagram: nothing of persons, no values.

    `sequence` is that of the history event that it is about, or of the last one before it: within
    an instance it says the order.
    """

    kind: AnnouncementKind
    at: datetime
    instance_id: str
    sequence: int
    definition_id: str
    definition_key: str
    task_id: str | None = None
    incident_id: str | None = None
    activity_id: str | None = None
    activity_name: str | None = None
    #: The top-level lane of a task.
    lane: str | None = None
    due_at: datetime | None = None
    #: The superior lane that an overdue task went up to.
    escalated_to: str | None = None

    def facts(self) -> dict[str, str | None]:
        """All but the kind, the time and the place in history, as JSON can keep it."""
        due_at = self.due_at.isoformat() if self.due_at else None
        return {name: getattr(self, name) for name in _FACTS} | {"due_at": due_at}


_FACTS = (
    *("definition_id", "definition_key", "task_id", "incident_id"),
    *("activity_id", "activity_name", "lane", "escalated_to"),
)


def announcement_from(
    kind: AnnouncementKind,
    at: datetime,
    instance_id: str,
    sequence: int,
    facts: Mapping[str, str | None],
) -> Announcement:
    """The announcement whose `facts()` these are."""
    due_at = facts.get("due_at")
    return Announcement(
        kind,
        at,
        instance_id,
        sequence,
        **{name: facts.get(name) for name in _FACTS},  # type: ignore[arg-type]
        due_at=datetime.fromisoformat(due_at) if due_at else None,
    )


class Disabling(StrEnum):
    """Why a subscription is not active."""

    SWITCHED_OFF = "switched_off"
    #: The receiver answered 410 Gone.
    GONE = "gone"
    #: Nothing has arrived for days.
    FAILING = "failing"


@dataclass(frozen=True, slots=True)
class WebhookSubscription:
    """Who is called for which announcements. An empty set means all.

    Secrets are sealed with the office's secret key. While `former_secret` is there and
    `former_until` has not come, both sign.
    """

    subscription_id: str
    name: str
    url: str
    kinds: frozenset[AnnouncementKind]
    definition_keys: frozenset[str]
    lanes: frozenset[str]
    created_at: datetime
    created_by: str
    secret: str = field(repr=False)
    former_secret: str | None = field(default=None, repr=False)
    former_until: datetime | None = None
    is_active: bool = True
    #: Since when nothing has arrived; None when the last attempt succeeded.
    failing_since: datetime | None = None
    last_success_at: datetime | None = None
    disabled_at: datetime | None = None
    disabled_because: Disabling | None = None

    def wants(self, announcement: Announcement) -> bool:
        """Whether it is called for this one.

        With lanes: only for what is of one of them, or went up to one.
        """
        lanes = {announcement.lane, announcement.escalated_to}
        return (
            self.is_active
            and (not self.kinds or announcement.kind in self.kinds)
            and (not self.definition_keys or announcement.definition_key in self.definition_keys)
            and (not self.lanes or not self.lanes.isdisjoint(lanes))
        )


class Channel(StrEnum):
    """How somebody is told."""

    WEBHOOK = "webhook"
    EMAIL = "email"
    #: The office's own gateway to WhatsApp, Telegram or SMS.
    GATEWAY = "gateway"


@dataclass(frozen=True, slots=True)
class Contact:
    """Where an account is reached over a channel, and whether it wants to be.

    `value`: a mail address; of the gateway a handle, that is a phone number or the id of a chat.
    """

    account: str
    channel: Channel
    value: str
    is_on: bool
    changed_at: datetime


class DeliveryState(StrEnum):
    """What has become of a delivery."""

    PENDING = "pending"
    DELIVERED = "delivered"
    #: Given up after the last attempt of the schedule.
    FAILED = "failed"
    #: Nobody waits for it any more.
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One announcement on its way to one receiver: a subscription, or an account's contact.

    `attempts` counts all; `tries` those since it was last put on its way. It is in the hands of a
    worker until `locked_until`.
    """

    delivery_id: str
    channel: Channel
    subscription_id: str | None
    account: str | None
    kind: AnnouncementKind
    instance_id: str | None
    sequence: int | None
    #: The announcement, or what a ping or a notice says instead.
    facts: Mapping[str, str | None]
    created_at: datetime
    state: DeliveryState
    due_at: datetime
    attempts: int = 0
    tries: int = 0
    locked_until: datetime | None = None
    ended_at: datetime | None = None


class DeliveryFailure(StrEnum):
    """Why one sending failed."""

    #: Another status than 2xx; the status says which.
    STATUS = "status"
    #: 3xx: a redirect is never followed.
    REDIRECT = "redirect"
    TIMEOUT = "timeout"
    #: The name cannot be resolved, or nobody listens, or the connection broke.
    CONNECTION = "connection"
    #: The certificate is not one that is trusted for this name.
    TLS = "tls"
    #: The address is an inside one, or http, and is not allowed.
    ADDRESS = "address"
    #: The signing secret cannot be read: the secret key is another one.
    SECRET = "secret"  # noqa: S105 - a reason
    #: The mail server refused the message or its receiver.
    MAIL_REFUSED = "mail_refused"
    #: Mail is not set up in this process.
    NO_MAIL = "no_mail"
    #: The gateway is not set up in this process.
    NO_GATEWAY = "no_gateway"
    #: Alur itself failed at it; the worker's log has more.
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class DeliveryAttempt:
    """One sending. `outcome` None: the worker has not told, or died before it could."""

    delivery_id: str
    number: int
    at: datetime
    is_delivered: bool | None = None
    #: The status of HTTP or SMTP, when there was an answer.
    status: int | None = None
    duration_ms: int | None = None
    failure: DeliveryFailure | None = None
    #: How the answer begins.
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """What a sender tells of one attempt.

    is_gone: the receiver wants nothing any more. retry_after_s: when it asks to come back.
    is_dropped: nobody waits for it any more, so that nothing was sent.
    """

    is_delivered: bool
    duration_ms: int = 0
    status: int | None = None
    failure: DeliveryFailure | None = None
    answer: str | None = None
    retry_after_s: float | None = None
    is_gone: bool = False
    is_dropped: bool = False
