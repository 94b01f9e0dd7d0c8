"""The log of accounts: every change of an account, and every login."""

from __future__ import annotations

from engine.model import Verification
from webhooks.auth import require_actor
from webhooks.rest.context import current_engine
from webhooks.rest.listing import add_listing
from webhooks.rest.resource import Resource
from webhooks.schemas.account_events import AccountEventAnswer, AccountEventFilter
from webhooks.schemas.proofs import VerificationAnswer

resource = Resource(
    "account_event", path="/account-event", description="What happened to accounts, and by whom"
)

add_listing(
    resource,
    "",
    "account events",
    filters=AccountEventFilter,
    answer=AccountEventAnswer,
    find=lambda query, page, actor: current_engine().account_log.events(query, page, actor=actor),
    total=lambda query, actor: current_engine().account_log.count(query, actor=actor),
    is_own=True,
)


@resource.on("GET", "/verify", "Prove the log of accounts", is_own=True)
@resource.gives(VerificationAnswer)
def verify_account_log() -> Verification:
    """Its chain of hashes. For auditors and admins."""
    return current_engine().account_log.verify(actor=require_actor())
