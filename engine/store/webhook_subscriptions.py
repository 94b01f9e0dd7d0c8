"""Subscriptions of web hooks: who is called, and how it goes there."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update

from engine.errors import NotFound
from engine.model import AnnouncementKind, Disabling, WebhookSubscription
from engine.store.kept_rows import of_table
from engine.store.tables import delivery, delivery_attempt, webhook_subscription
from engine.store.transaction import Transaction

_C = webhook_subscription.c


class WebhookSubscriptions(Transaction):
    """Questions about subscriptions of web hooks."""

    def webhook_subscription(
        self, subscription_id: str, *, for_change: bool = False
    ) -> WebhookSubscription:
        """The subscription of that id, or NotFound.

        for_change: other changes of it wait until this transaction ends.
        """
        statement = select(webhook_subscription).where(_C.subscription_id == subscription_id)
        if for_change:
            self._must_write()
            statement = statement.with_for_update()
        row = self._first(statement)
        if row is None:
            raise NotFound("webhook subscription", subscription_id)
        return _subscription(row)

    def webhook_subscriptions(self, *, active_only: bool = False) -> list[WebhookSubscription]:
        """All subscriptions, the oldest first."""
        statement = select(webhook_subscription).order_by(_C.created_at, _C.subscription_id)
        if active_only:
            statement = statement.where(_C.is_active)
        return self._listed(statement, _subscription, _C.subscription_id)

    def count_webhook_subscriptions(self) -> int:
        """How many subscriptions there are."""
        return self._number(select(func.count()).select_from(webhook_subscription))

    def add_webhook_subscription(self, new: WebhookSubscription) -> None:
        """Keep a new subscription."""
        self._write(insert(webhook_subscription), [_values(new)])

    def update_webhook_subscription(self, changed: WebhookSubscription) -> None:
        """Keep the subscription as it is now, or NotFound."""
        of_id = _C.subscription_id == changed.subscription_id
        if not self._write(update(webhook_subscription).where(of_id).values(**_values(changed))):
            raise NotFound("webhook subscription", changed.subscription_id)

    def delete_webhook_subscription(self, subscription_id: str) -> bool:
        """Forget the subscription and its deliveries; whether there was one."""
        its = select(delivery.c.delivery_id).where(delivery.c.subscription_id == subscription_id)
        self._write(delete(delivery_attempt).where(delivery_attempt.c.delivery_id.in_(its)))
        self._write(delete(delivery).where(delivery.c.subscription_id == subscription_id))
        of_id = _C.subscription_id == subscription_id
        return self._write(delete(webhook_subscription).where(of_id)) == 1


@of_table(webhook_subscription)
def _subscription(row: Row[Any]) -> WebhookSubscription:
    values, because = dict(row._mapping), row.disabled_because
    return WebhookSubscription(
        **{
            **values,
            "kinds": frozenset(AnnouncementKind(kind) for kind in row.kinds),
            "definition_keys": frozenset(row.definition_keys),
            "lanes": frozenset(row.lanes),
            "disabled_because": None if because is None else Disabling(because),
        }
    )


def _values(subscription: WebhookSubscription) -> dict[str, Any]:
    values = {column.name: getattr(subscription, column.name) for column in _C}
    sets = ("kinds", "definition_keys", "lanes")
    return {**values, **{name: sorted(str(each) for each in values[name]) for name in sets}}
