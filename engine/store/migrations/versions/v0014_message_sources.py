"""Other systems that send signed messages."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
#: Canonical JSON.
_JSON = sa.Text()
#: Milliseconds since 1970, UTC.
_MOMENT = sa.BigInteger()


def upgrade() -> None:
    op.create_table(
        "message_source",
        sa.Column("source_id", _WORDS, nullable=False),
        sa.Column("name", _WORDS, nullable=False),
        sa.Column("message_names", _JSON, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("created_by", _WORDS, nullable=False),
        sa.Column("secret", _WORDS, nullable=False),
        sa.Column("former_secret", _WORDS),
        sa.Column("former_until", _MOMENT),
        sa.Column("is_active", sa.Boolean, nullable=False),
        sa.Column("last_used_at", _MOMENT),
        sa.PrimaryKeyConstraint("source_id", name="pk_message_source"),
        sa.UniqueConstraint("name", name="uq_message_source_name"),
        sa.CheckConstraint("(former_secret IS NULL) = (former_until IS NULL)", name="former"),
    )
