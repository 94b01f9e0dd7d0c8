"""Messages and signals: which activities wait for them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, select

from engine.model import EventSubscription, InstanceState
from engine.queries import EventSubscriptionQuery, Page
from engine.store.tables import event_subscription, process_instance
from engine.store.transaction import Conditions, Transaction, equal

_FIRST_PAGE = Page()
_COLUMNS = event_subscription.c
_SORTING = {"created_at": _COLUMNS.created_at}


class Messages(Transaction):
    """Questions about what waits for messages and signals."""

    def subscriptions(
        self, query: EventSubscriptionQuery, page: Page = _FIRST_PAGE
    ) -> list[EventSubscription]:
        """The subscriptions that match."""
        rows = self._page(
            _of_instances(select(event_subscription), query),
            page,
            _SORTING,
            _COLUMNS.created_at,
            _COLUMNS.subscription_id,
        )
        return [EventSubscription(**row._mapping) for row in rows]

    def count_subscriptions(self, query: EventSubscriptionQuery) -> int:
        """How many subscriptions match."""
        counting = select(func.count()).select_from(event_subscription)
        return self._number(_of_instances(counting, query))


def _of_instances(statement: Select[Any], query: EventSubscriptionQuery) -> Select[Any]:
    if query.business_key is not None:
        statement = statement.join(
            process_instance, process_instance.c.instance_id == _COLUMNS.instance_id
        ).where(
            process_instance.c.business_key == query.business_key,
            process_instance.c.state == InstanceState.ACTIVE,
        )
    return statement.where(*_conditions(query))


def _conditions(query: EventSubscriptionQuery) -> Conditions:
    return [
        *equal(_COLUMNS.subscription_id, query.subscription_id),
        *equal(_COLUMNS.kind, query.kind),
        *equal(_COLUMNS.name, query.name),
        *equal(_COLUMNS.instance_id, query.instance_id),
        *equal(_COLUMNS.activity_id, query.activity_id),
    ]
