"""The pulse of duties, and an index for counting open tasks."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
#: Milliseconds since 1970, UTC.
_MOMENT = sa.BigInteger()


def upgrade() -> None:
    op.create_table(
        "duty_pulse",
        sa.Column("duty", _WORDS, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("duty", name="pk_duty_pulse"),
    )
    op.create_index(
        "ix_user_task_open_lane",
        "user_task",
        ["state", "lane", "due_at"],
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
