"""Files of forms that were refused."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
#: Milliseconds since 1970, UTC.
_MOMENT = sa.BigInteger()


def upgrade() -> None:
    op.create_table(
        "pending_upload",
        sa.Column("upload_id", _WORDS, primary_key=True),
        sa.Column("account", _WORDS, sa.ForeignKey("account.name"), nullable=False),
        sa.Column("name", _WORDS, nullable=False),
        sa.Column("mime_type", _WORDS, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("kept_at", _MOMENT, nullable=False),
        sa.Index("ix_pending_upload_account", "account", "kept_at"),
        sa.Index("ix_pending_upload_kept_at", "kept_at"),
    )
