"""Who stands in for whom, and what tasks know of it."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
#: Canonical JSON.
_JSON = sa.Text()
#: Milliseconds since 1970, UTC.
_MOMENT = sa.BigInteger()


def upgrade() -> None:
    op.create_table(
        "substitution",
        sa.Column("substitution_id", _WORDS, nullable=False),
        sa.Column("account", _WORDS, nullable=False),
        sa.Column("lane", _WORDS, nullable=False),
        sa.Column("kind", _WORDS, nullable=False),
        sa.Column("basis_number", _WORDS, nullable=False),
        sa.Column("basis_date", _WORDS, nullable=False),
        sa.Column("first_day", _WORDS, nullable=False),
        sa.Column("last_day", _WORDS, nullable=False),
        sa.Column("begins_at", _MOMENT, nullable=False),
        sa.Column("ends_at", _MOMENT, nullable=False),
        sa.Column("recorded_at", _MOMENT, nullable=False),
        sa.Column("recorded_by", _WORDS, nullable=False),
        sa.Column("replaces", _WORDS),
        sa.Column("ended_at", _MOMENT),
        sa.Column("ended_by", _WORDS),
        sa.Column("end_reason", _WORDS),
        sa.PrimaryKeyConstraint("substitution_id", name="pk_substitution"),
        sa.ForeignKeyConstraint(["account"], ["account.name"], name="fk_substitution_account"),
        sa.ForeignKeyConstraint(["replaces"], ["account.name"], name="fk_substitution_replaces"),
        sa.CheckConstraint("kind IN ('Plt.', 'Plh.', 'a.n.', 'u.b.')", name="kind"),
        sa.CheckConstraint("begins_at < ends_at", name="days"),
        sa.CheckConstraint("ended_at IS NULL OR ended_at <= ends_at", name="ended"),
        sa.CheckConstraint("(ended_by IS NULL) = (end_reason IS NULL)", name="reason"),
    )
    op.create_index("ix_substitution_account", "substitution", ["account", "begins_at"])
    op.create_index("ix_substitution_begins_at", "substitution", ["begins_at"])
    op.create_index("ix_substitution_replaces", "substitution", ["replaces"])
    op.create_index("ix_substitution_lane", "substitution", ["lane", "begins_at"])
    op.create_index(
        "ix_substitution_standing",
        "substitution",
        ["ends_at"],
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.add_column(
        "user_task",
        sa.Column("is_strategic", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.add_column("user_task", sa.Column("substitution_id", _WORDS))
    op.add_column(
        "user_task",
        sa.Column("preceded_by", _JSON, nullable=False, server_default=sa.text("'[]'")),
    )
