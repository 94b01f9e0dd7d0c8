"""Drafts of forms."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
#: Canonical JSON.
_JSON = sa.Text()
#: Milliseconds since 1970, UTC.
_MOMENT = sa.BigInteger()


def upgrade() -> None:
    op.create_table(
        "task_draft",
        sa.Column("account", _WORDS, nullable=False),
        sa.Column("instance_id", _WORDS, nullable=False),
        sa.Column("task_id", _WORDS, nullable=False),
        sa.Column("texts", _JSON, nullable=False),
        sa.Column("saved_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("account", "task_id", name="pk_task_draft"),
        sa.ForeignKeyConstraint(["account"], ["account.name"], name="fk_task_draft_account"),
        sa.ForeignKeyConstraint(
            ["instance_id", "task_id"],
            ["user_task.instance_id", "user_task.task_id"],
            name="fk_task_draft_instance_id",
        ),
        sa.Index("ix_task_draft_instance_id", "instance_id", "task_id"),
    )
