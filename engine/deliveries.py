"""Deliveries: from the outbox to each receiver, again and again until it arrived or is given up.

Who sends is handed what is due and tells what became of it; nothing here opens a connection.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from engine.errors import Conflict, DamagedRow, NotFound
from engine.model import (
    PERSONAL,
    Account,
    Actor,
    Announcement,
    AnnouncementKind,
    Channel,
    Contact,
    Delivery,
    DeliveryAttempt,
    DeliveryFailure,
    DeliveryState,
    Disabling,
    Language,
    Role,
    Sent,
    TaskState,
    UserTask,
    WebhookSubscription,
)
from engine.permissions import is_offered, require_role
from engine.queries import DeliveryQuery, Page
from engine.retry_schedule import MAX_TRIES, PATIENCE, wait_after
from engine.sources import Clock, Ids
from engine.store import Store, StoreTransaction

#: For how long a worker holds a delivery; longer than any sending lasts. Of a worker that died
#: in it another one takes over after this.
LEASE = timedelta(minutes=2)
#: For how long the log is kept after a delivery ended.
KEPT = timedelta(days=90)
#: Announcements of one statement, when the outbox is emptied as a whole.
_PART = 500
_FIRST_PAGE = Page()
_log = logging.getLogger(__name__)


class Deliveries:
    """What is on its way, and the log of it. `channels`: those to people that this office has."""

    def __init__(
        self, store: Store, clock: Clock, ids: Ids, *, channels: Collection[Channel]
    ) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._channels = frozenset(channels)

    # ----------------------------------------------------------------------- log

    def deliveries(
        self, query: DeliveryQuery, page: Page = _FIRST_PAGE, *, actor: Actor
    ) -> list[Delivery]:
        """The log, the newest first. For analysts, admins and auditors."""
        _require_reader(actor)
        with self._store.reading() as tx:
            return tx.deliveries(query, page)

    def count_deliveries(self, query: DeliveryQuery, *, actor: Actor) -> int:
        """How many deliveries match."""
        _require_reader(actor)
        with self._store.reading() as tx:
            return tx.count_deliveries(query)

    def attempts(
        self, deliveries: Iterable[Delivery], *, actor: Actor
    ) -> dict[str, list[DeliveryAttempt]]:
        """Delivery id -> its attempts in their order."""
        _require_reader(actor)
        found: dict[str, list[DeliveryAttempt]] = {each.delivery_id: [] for each in deliveries}
        with self._store.reading() as tx:
            for attempt in tx.attempts(found):
                found[attempt.delivery_id].append(attempt)
        return found

    # -------------------------------------------------------------------- wishes

    def redeliver(self, delivery_id: str, *, actor: Actor) -> Delivery:
        """Send it once more, under the same id, from the beginning of the schedule.

        Raises NotFound, Forbidden; Conflict when it is on its way or its subscription is disabled.
        """
        require_role(actor, "send again", Role.ANALYST, Role.ADMIN)
        with self._store.writing() as tx:
            delivery = tx.delivery(delivery_id, for_change=True)
            if delivery.state is DeliveryState.PENDING:
                raise Conflict(f"delivery {delivery_id} is on its way already")
            if delivery.subscription_id is not None:
                _require_active(tx, delivery.subscription_id)
            again = replace(
                delivery,
                state=DeliveryState.PENDING,
                due_at=self._clock.now(),
                tries=0,
                locked_until=None,
                ended_at=None,
            )
            tx.update_delivery(again)
        return again

    def ping(self, subscription_id: str, *, actor: Actor) -> Delivery:
        """A trial is on its way to the subscription, active or not; it is tried once.

        Raises NotFound, Forbidden.
        """
        require_role(actor, "send a trial", Role.ANALYST, Role.ADMIN)
        with self._store.writing() as tx:
            subscription = tx.webhook_subscription(subscription_id)
            delivery = self._new(
                AnnouncementKind.PING, self._clock.now(), subscription=subscription
            )
            tx.add_deliveries([delivery])
        return delivery

    # -------------------------------------------------------------------- outbox

    def expand(self, limit: int = 100) -> int:
        """Turn announcements of the outbox into deliveries; how many announcements.

        All of it in one transaction, so that each announcement is expanded once.
        """
        with self._store.reading() as tx:
            if not tx.are_announcements_waiting():
                return 0
        with self._store.writing() as tx:
            return self._expand(tx, limit)

    def expand_all(self, tx: StoreTransaction) -> None:
        """All that waits now goes to those who listen now, in this transaction."""
        while self._expand(tx, _PART):
            pass

    def _expand(self, tx: StoreTransaction, limit: int) -> int:
        told = tx.take_announcements(limit)
        subscriptions = tx.webhook_subscriptions(active_only=True)
        listeners = self._listeners(tx)
        tx.add_deliveries(
            [
                delivery
                for announcement in told
                for delivery in (
                    *self._to_subscriptions(announcement, subscriptions),
                    *self._to_people(tx, announcement, listeners),
                )
            ]
        )
        return len(told)

    def forget_old(self) -> int:
        """The log of what ended KEPT ago is deleted; how many deliveries."""
        with self._store.writing() as tx:
            return tx.forget_deliveries(self._clock.now() - KEPT)

    def _to_subscriptions(
        self, announcement: Announcement, subscriptions: Iterable[WebhookSubscription]
    ) -> list[Delivery]:
        return [
            self._new(announcement.kind, announcement.at, announcement, subscription=each)
            for each in subscriptions
            if each.wants(announcement)
        ]

    def _to_people(
        self,
        tx: StoreTransaction,
        announcement: Announcement,
        listeners: Sequence[tuple[Account, Contact]],
    ) -> list[Delivery]:
        if announcement.kind not in PERSONAL or not listeners:
            return []
        try:
            task, now = tx.task(announcement.task_id or ""), self._clock.now()
        except DamagedRow:  # whose it is cannot be read; of the others people are told
            _log.exception("nobody can be told of task %s", announcement.task_id)
            return []
        return [
            self._new(announcement.kind, announcement.at, announcement, contact=contact)
            for account, contact in listeners
            if is_told_of(announcement.escalated_to, task, account, now)
        ]

    def _new(
        self,
        kind: AnnouncementKind,
        due_at: datetime,
        announcement: Announcement | None = None,
        *,
        subscription: WebhookSubscription | None = None,
        contact: Contact | None = None,
    ) -> Delivery:
        return Delivery(
            delivery_id=f"msg_{self._ids.new_id()}",
            channel=contact.channel if contact else Channel.WEBHOOK,
            subscription_id=subscription.subscription_id if subscription else None,
            account=contact.account if contact else None,
            kind=kind,
            instance_id=announcement.instance_id if announcement else None,
            sequence=announcement.sequence if announcement else None,
            facts=_facts(announcement) if announcement else {},
            created_at=self._clock.now(),
            state=DeliveryState.PENDING,
            due_at=due_at,
        )

    # ------------------------------------------------------------------- sending

    def due(self, limit: int, *, except_to: Collection[str] = ()) -> list[tuple[str, str]]:
        """(delivery id, receiver) of what may be sent now, one of each receiver."""
        with self._store.reading() as tx:
            return tx.due_deliveries(self._clock.now(), limit, except_to=except_to)

    def take(self, delivery_id: str) -> tuple[Delivery, DeliveryAttempt] | None:
        """Hold the delivery for LEASE; None when another worker was faster.

        One of which nobody could tell what became, as often as the schedule tries, is given up.
        """
        now = self._clock.now()
        with self._store.writing() as tx:
            taken = tx.take_delivery(delivery_id, now=now, until=now + LEASE)
        if taken is not None and taken[0].tries > MAX_TRIES:
            self.settle(*taken, Sent(is_delivered=False, failure=DeliveryFailure.INTERNAL))
            return None
        return taken

    def subscription_of(self, delivery: Delivery) -> WebhookSubscription | None:
        """Who is to be called; None when nobody is any more."""
        with self._store.reading() as tx:
            try:
                found = tx.webhook_subscription(delivery.subscription_id or "")
            except NotFound:
                return None
        is_wanted = found.is_active or delivery.kind is AnnouncementKind.PING
        return found if is_wanted else None

    def contact_of(self, delivery: Delivery) -> Contact | None:
        """Where the person is reached; None when he, or the task, does not wait any more."""
        with self._store.reading() as tx:
            contacts = tx.contacts(delivery.account or "", on_only=True)
            found = next((each for each in contacts if each.channel is delivery.channel), None)
            if found is None:
                return None
            if task_id := delivery.facts.get("task_id"):
                account = tx.account(delivery.account or "")
                above = delivery.facts.get("escalated_to")
                if not is_told_of(above, tx.task(task_id), account, self._clock.now()):
                    return None
        return found

    def language_of(self, delivery: Delivery) -> Language | None:
        """What the person chose to read; None when he chose nothing."""
        with self._store.reading() as tx:
            return tx.account(delivery.account).language if delivery.account else None

    def sop_of(self, delivery: Delivery) -> str:
        """The name of the SOP that it is about; nothing when it is about none."""
        definition_id = delivery.facts.get("definition_id")
        if not definition_id:
            return ""
        with self._store.reading() as tx:
            return tx.definition(definition_id).name

    def settle(self, taken: Delivery, attempt: DeliveryAttempt, sent: Sent) -> None:
        """Write what became of an attempt, and when the next one is due.

        When the lease is over and another worker holds the delivery, only the log is written.
        """
        now = self._clock.now()
        with self._store.writing() as tx:
            tx.update_attempt(_told(attempt, sent))
            try:
                current = tx.delivery(taken.delivery_id, for_change=True)
            except NotFound:
                return  # the subscription was removed meanwhile
            if current.state is not DeliveryState.PENDING or (
                current.locked_until != taken.locked_until
            ):
                return
            tx.update_delivery(_after(current, sent, now))
            is_theirs = not sent.is_dropped and sent.failure is not DeliveryFailure.INTERNAL
            if current.subscription_id is not None and is_theirs:
                self._note_health(tx, current.subscription_id, sent, now)

    def _note_health(
        self, tx: StoreTransaction, subscription_id: str, sent: Sent, now: datetime
    ) -> None:
        """How it goes at the subscription; it is given up when it is gone, or fails for days."""
        subscription = tx.webhook_subscription(subscription_id, for_change=True)
        if sent.is_delivered:
            well = replace(subscription, failing_since=None, last_success_at=now)
            tx.update_webhook_subscription(well)
            return
        since = subscription.failing_since or now
        ill = replace(subscription, failing_since=since)
        if subscription.is_active and (sent.is_gone or now - since >= PATIENCE):
            because = Disabling.GONE if sent.is_gone else Disabling.FAILING
            ill = replace(ill, is_active=False, disabled_at=now, disabled_because=because)
            tx.drop_deliveries_to(subscription_id, now)
            tx.add_deliveries(self._notices(tx, ill, now))
        tx.update_webhook_subscription(ill)

    def _notices(
        self, tx: StoreTransaction, subscription: WebhookSubscription, now: datetime
    ) -> list[Delivery]:
        """To every admin, wherever he can be reached: the subscription was given up."""
        facts = {
            "subscription_id": subscription.subscription_id,
            "name": subscription.name,
            "because": str(subscription.disabled_because),
        }
        return [
            replace(
                self._new(AnnouncementKind.SUBSCRIPTION_DISABLED, now, contact=contact),
                facts=facts,
            )
            for account, contact in self._listeners(tx)
            if Role.ADMIN in account.roles
        ]

    def _listeners(self, tx: StoreTransaction) -> list[tuple[Account, Contact]]:
        """Active accounts that want to be told, once for each of their channels."""
        if not self._channels:
            return []
        contacts = [each for each in tx.contacts(on_only=True) if each.channel in self._channels]
        if not contacts:
            return []
        accounts = {each.name: each for each in tx.accounts()}
        return [(accounts[each.account], each) for each in contacts if each.account in accounts]


def is_told_of(above: str | None, task: UserTask, account: Account, now: datetime) -> bool:
    """Whether the account is told of the task: it waits for it, or it went up to that lane of its.

    above: the superior lane that the message is about; None for those to whom the task waits.
    """
    if above is None:
        return is_awaited_of(task, account, now)
    is_overdue = task.state is TaskState.OPEN and above in {each.lane for each in task.escalations}
    return is_overdue and above in account.as_actor(now).working_lanes


def is_awaited_of(task: UserTask, account: Account, now: datetime) -> bool:
    """Whether the open task waits for this account: in its hands, or in nobody's and offered.

    What it took in hand as a substitute waits for it as long as it stands in.
    """
    if task.state is not TaskState.OPEN or task.assignee not in {None, account.name}:
        return False
    return is_offered(account.as_actor(now), task)


def _facts(announcement: Announcement) -> dict[str, str | None]:
    return {**announcement.facts(), "at": announcement.at.isoformat()}


def _told(attempt: DeliveryAttempt, sent: Sent) -> DeliveryAttempt:
    return replace(
        attempt,
        is_delivered=sent.is_delivered,
        status=sent.status,
        duration_ms=sent.duration_ms,
        failure=sent.failure,
        answer=sent.answer,
    )


def _after(delivery: Delivery, sent: Sent, now: datetime) -> Delivery:
    """The delivery after an attempt."""
    freed = replace(delivery, locked_until=None)
    if sent.is_delivered or sent.is_dropped:
        state = DeliveryState.DELIVERED if sent.is_delivered else DeliveryState.DROPPED
        return replace(freed, state=state, ended_at=now)
    wait = wait_after(delivery.tries, delivery.delivery_id, sent.retry_after_s)
    if wait is None or sent.is_gone or delivery.kind is AnnouncementKind.PING:
        return replace(freed, state=DeliveryState.FAILED, ended_at=now)
    return replace(freed, due_at=now + wait)


def _require_active(tx: StoreTransaction, subscription_id: str) -> None:
    if not tx.webhook_subscription(subscription_id).is_active:
        raise Conflict(
            f"webhook subscription {subscription_id} is disabled; enable it before sending again"
        )


def _require_reader(actor: Actor) -> None:
    require_role(actor, "see deliveries", Role.ANALYST, Role.ADMIN, Role.AUDITOR)
