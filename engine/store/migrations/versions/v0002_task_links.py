"""Links to tasks."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
#: Milliseconds since 1970, UTC.
_MOMENT = sa.BigInteger()


def upgrade() -> None:
    op.create_table(
        "task_link",
        sa.Column("instance_id", _WORDS, nullable=False),
        sa.Column("link_id", _WORDS, nullable=False),
        sa.Column("task_id", _WORDS, nullable=False),
        sa.Column("account", _WORDS, nullable=False),
        sa.Column("secret_hash", _WORDS, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("created_by", _WORDS),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("used_at", _MOMENT),
        sa.PrimaryKeyConstraint("instance_id", "link_id", name="pk_task_link"),
        sa.ForeignKeyConstraint(
            ["instance_id"],
            ["process_instance.instance_id"],
            name="fk_task_link_instance_id",
        ),
        sa.ForeignKeyConstraint(["account"], ["account.name"], name="fk_task_link_account"),
        sa.Index("ix_task_link_secret_hash", "secret_hash"),
        sa.Index("ix_task_link_account", "account"),
    )
