"""Subscriptions of web hooks: who is called for what, and the secrets that sign the calls.

What is on its way to them, and how it went, is the matter of deliveries.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

from engine.errors import InvalidInput, NotFound
from engine.model import (
    SUBSCRIBABLE,
    Actor,
    AnnouncementKind,
    Disabling,
    Role,
    WebhookSubscription,
)
from engine.permissions import require_role
from engine.queries import DefinitionQuery
from engine.receivers import AllowedReceivers, check_url
from engine.secret_key import SecretKey, webhook_secret
from engine.sources import Clock, Ids
from engine.store import Store, StoreTransaction

#: How long the former secret signs beside the new one.
OVERLAP = timedelta(hours=24)
#: Each one is asked about each event, and is called by itself.
MAX_SUBSCRIPTIONS = 100
_MAX_TEXT = 255
_MAX_CHOICES = 100
PURPOSE = "webhook secret"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a subscription asks for. Nothing chosen means all."""

    name: str
    url: str
    kinds: frozenset[str] = frozenset()
    definition_keys: frozenset[str] = frozenset()
    lanes: frozenset[str] = frozenset()


class WebhookSubscriptions:
    """The subscriptions of one office. Analysts and admins look after them; auditors read."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        ids: Ids,
        key: SecretKey,
        *,
        allowed: AllowedReceivers,
        expand_all: Callable[[StoreTransaction], None],
    ) -> None:
        """expand_all: lets all that waits in the outbox go to those who listen so far."""
        self._store = store
        self._clock = clock
        self._ids = ids
        self._key = key
        self._allowed = allowed
        self._expand_all = expand_all

    # ------------------------------------------------------------------- questions

    def list(self, *, actor: Actor) -> list[WebhookSubscription]:
        """All subscriptions, the oldest first."""
        _require_reader(actor)
        with self._store.reading() as tx:
            return tx.webhook_subscriptions()

    def subscription(self, subscription_id: str, *, actor: Actor) -> WebhookSubscription:
        """One of them. Raises NotFound, Forbidden."""
        _require_reader(actor)
        with self._store.reading() as tx:
            return tx.webhook_subscription(subscription_id)

    def signing_secrets(self, subscription: WebhookSubscription) -> tuple[str, ...]:
        """The secrets that sign now, the newest first. For the sender, who asks for no role.

        Raises SecretKeyUnusable.
        """
        sealed = [subscription.secret]
        if subscription.former_until and self._clock.now() < subscription.former_until:
            sealed.append(subscription.former_secret or "")
        return tuple(self._key.unseal(PURPOSE, each) for each in sealed)

    # --------------------------------------------------------------------- changes

    def add(self, wishes: Wishes, *, actor: Actor) -> tuple[WebhookSubscription, str]:
        """A new active subscription, and its secret, which can be shown this once.

        Raises InvalidInput naming the field, Forbidden, SecretKeyUnusable.
        """
        _require_keeper(actor, "add a web hook")
        secret = webhook_secret(self._ids)
        with self._store.writing() as tx:
            checked = self._checked(tx, wishes)
            if tx.count_webhook_subscriptions() >= MAX_SUBSCRIPTIONS:
                raise _invalid("url", f"there are {MAX_SUBSCRIPTIONS} subscriptions already")
            subscription = WebhookSubscription(
                subscription_id=self._ids.new_id(),
                name=checked.name,
                url=checked.url,
                kinds=frozenset(AnnouncementKind(kind) for kind in checked.kinds),
                definition_keys=checked.definition_keys,
                lanes=checked.lanes,
                created_at=self._clock.now(),
                created_by=actor.account,
                secret=self._key.seal(PURPOSE, secret),
            )
            # What is new to it is not told by comparing moments: a clock that was set back would
            # say of everything that it was before, until it has caught up.
            self._expand_all(tx)
            tx.add_webhook_subscription(subscription)
        return subscription, secret

    def change(self, subscription_id: str, wishes: Wishes, *, actor: Actor) -> WebhookSubscription:
        """The subscription asks for this from now on. What is on its way goes to the new address.

        Raises NotFound, InvalidInput, Forbidden.
        """
        _require_keeper(actor, "change a web hook")
        with self._store.writing() as tx:
            subscription = tx.webhook_subscription(subscription_id, for_change=True)
            checked = self._checked(tx, wishes)
            changed = replace(
                subscription,
                name=checked.name,
                url=checked.url,
                kinds=frozenset(AnnouncementKind(kind) for kind in checked.kinds),
                definition_keys=checked.definition_keys,
                lanes=checked.lanes,
            )
            tx.update_webhook_subscription(changed)
        return changed

    def rotate_secret(
        self, subscription_id: str, *, actor: Actor
    ) -> tuple[WebhookSubscription, str]:
        """A new secret, shown this once. The one before signs beside it for OVERLAP longer.

        Raises NotFound, Forbidden, SecretKeyUnusable.
        """
        _require_keeper(actor, "change the secret of a web hook")
        secret = webhook_secret(self._ids)
        sealed = self._key.seal(PURPOSE, secret)
        with self._store.writing() as tx:
            subscription = tx.webhook_subscription(subscription_id, for_change=True)
            changed = replace(
                subscription,
                secret=sealed,
                former_secret=subscription.secret,
                former_until=self._clock.now() + OVERLAP,
            )
            tx.update_webhook_subscription(changed)
        return changed, secret

    def disable(self, subscription_id: str, *, actor: Actor) -> WebhookSubscription:
        """It is told nothing any more; what is on its way is dropped. Again changes nothing."""
        _require_keeper(actor, "disable a web hook")
        with self._store.writing() as tx:
            subscription = tx.webhook_subscription(subscription_id, for_change=True)
            if not subscription.is_active:
                return subscription
            now = self._clock.now()
            changed = replace(
                subscription,
                is_active=False,
                disabled_at=now,
                disabled_because=Disabling.SWITCHED_OFF,
            )
            tx.update_webhook_subscription(changed)
            tx.drop_deliveries_to(subscription_id, now)
        return changed

    def enable(self, subscription_id: str, *, actor: Actor) -> WebhookSubscription:
        """It is told again of what happens from now on."""
        _require_keeper(actor, "enable a web hook")
        with self._store.writing() as tx:
            subscription = tx.webhook_subscription(subscription_id, for_change=True)
            changed = replace(
                subscription,
                is_active=True,
                failing_since=None,
                disabled_at=None,
                disabled_because=None,
            )
            tx.update_webhook_subscription(changed)
        return changed

    def remove(self, subscription_id: str, *, actor: Actor) -> None:
        """The subscription is gone, and the log of its deliveries. Raises NotFound, Forbidden."""
        _require_keeper(actor, "remove a web hook")
        with self._store.writing() as tx:
            if not tx.delete_webhook_subscription(subscription_id):
                raise NotFound("webhook subscription", subscription_id)

    # ---------------------------------------------------------------------- checks

    def _checked(self, tx: StoreTransaction, wishes: Wishes) -> Wishes:
        name = wishes.name.strip()
        if not name or len(name) > _MAX_TEXT or not name.isprintable():
            raise _invalid("name", f"expected 1 to {_MAX_TEXT} printable characters")
        check_url(wishes.url, self._allowed)
        _require_known("kinds", wishes.kinds, [str(kind) for kind in SUBSCRIBABLE])
        _require_texts("definition_keys", wishes.definition_keys)
        for key in sorted(wishes.definition_keys):
            if not tx.definitions(DefinitionQuery(key=key, is_latest=True)):
                raise _invalid("definition_keys", f"there is no SOP {key!r}")
        _require_texts("lanes", wishes.lanes)
        return replace(wishes, name=name)


def _require_reader(actor: Actor) -> None:
    require_role(actor, "see web hooks", Role.ANALYST, Role.ADMIN, Role.AUDITOR)


def _require_keeper(actor: Actor, deed: str) -> None:
    require_role(actor, deed, Role.ANALYST, Role.ADMIN)


def _require_known(field: str, found: Iterable[str], known: Iterable[str]) -> None:
    unknown = sorted(set(found) - set(known))
    if unknown:
        raise _invalid(field, f"expected some of {', '.join(known)}; found {unknown[0]!r}")


def _require_texts(field: str, found: frozenset[str]) -> None:
    if len(found) > _MAX_CHOICES:
        raise _invalid(field, f"expected at most {_MAX_CHOICES}, found {len(found)}")
    for text in found:
        if not text.strip() or len(text) > _MAX_TEXT or not text.isprintable():
            raise _invalid(field, f"expected 1 to {_MAX_TEXT} printable characters each")


def _invalid(field: str, message: str) -> InvalidInput:
    return InvalidInput(f"{field}: {message}", {field: [message]})
