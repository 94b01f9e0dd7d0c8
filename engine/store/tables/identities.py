"""Who accounts are at the office's single sign-on."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, PrimaryKeyConstraint, Table

from engine.store.tables.columns import Moment, Words, metadata

identity = Table(
    "identity",
    metadata,
    Column("issuer", Words, nullable=False),
    Column("subject", Words, nullable=False),
    Column("account", Words, ForeignKey("account.name"), nullable=False),
    Column("linked_at", Moment, nullable=False),
    PrimaryKeyConstraint("issuer", "subject"),
    Index("ix_identity_account", "account"),
)

#: Logins that are under way at the provider; each row is taken once.
sign_on = Table(
    "sign_on",
    metadata,
    Column("state_hash", Words, primary_key=True),
    Column("nonce", Words, nullable=False),
    Column("code_verifier", Words, nullable=False),
    Column("next_path", Words, nullable=False),
    Column("account", Words),
    Column("created_at", Moment, nullable=False),
    Index("ix_sign_on_created_at", "created_at"),
)
