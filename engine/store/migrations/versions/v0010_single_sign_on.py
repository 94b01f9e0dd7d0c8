"""Accounts can be proved by the office's single sign-on."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_MOMENT = sa.BigInteger()


def upgrade() -> None:
    op.create_table(
        "identity",
        sa.Column("issuer", _WORDS, nullable=False),
        sa.Column("subject", _WORDS, nullable=False),
        sa.Column("account", _WORDS, sa.ForeignKey("account.name"), nullable=False),
        sa.Column("linked_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("issuer", "subject"),
        sa.Index("ix_identity_account", "account"),
    )
    op.create_table(
        "sign_on",
        sa.Column("state_hash", _WORDS, primary_key=True),
        sa.Column("nonce", _WORDS, nullable=False),
        sa.Column("code_verifier", _WORDS, nullable=False),
        sa.Column("next_path", _WORDS, nullable=False),
        sa.Column("account", _WORDS),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Index("ix_sign_on_created_at", "created_at"),
    )
