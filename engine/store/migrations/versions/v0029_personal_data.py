"""Keys of personal data, and what of them was destroyed."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_MOMENT = sa.BigInteger()


def upgrade() -> None:
    op.create_table(
        "erasure",
        sa.Column("erasure_id", _WORDS, primary_key=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("by", _WORDS, nullable=False),
        sa.Column("basis", _WORDS, nullable=False),
        sa.Column("basis_date", _WORDS, nullable=False),
        sa.Column("reason", _WORDS, nullable=False),
        sa.Column("key_count", sa.Integer, nullable=False),
        sa.Column("instance_count", sa.Integer, nullable=False),
        sa.Column("value_count", sa.Integer, nullable=False),
        sa.Column("account", _WORDS),
        sa.Column("by_retention", sa.Boolean, nullable=False),
    )
    op.create_index("ix_erasure_at", "erasure", ["at"])
    op.create_table(
        "personal_key",
        sa.Column(
            "instance_id",
            _WORDS,
            sa.ForeignKey("process_instance.instance_id", deferrable=True, initially="DEFERRED"),
            nullable=False,
        ),
        sa.Column("key_id", _WORDS, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("used_at", _MOMENT, nullable=False),
        sa.Column("value_count", sa.Integer, nullable=False),
        sa.Column("person", _WORDS),
        sa.Column("sealed_subject", _WORDS),
        sa.Column("sealed_key", _WORDS),
        sa.Column("erasure_id", _WORDS, sa.ForeignKey("erasure.erasure_id")),
        sa.PrimaryKeyConstraint("instance_id", "key_id"),
        sa.CheckConstraint(
            "(erasure_id IS NULL) = (person IS NOT NULL) "
            "AND (person IS NULL) = (sealed_key IS NULL) "
            "AND (person IS NULL) = (sealed_subject IS NULL)",
            name="erased",
        ),
    )
    op.create_index(
        "uq_personal_key_instance_id_person",
        "personal_key",
        ["instance_id", "person"],
        unique=True,
    )
    op.create_index("ix_personal_key_person", "personal_key", ["person"])
    op.create_index("ix_personal_key_erasure_id", "personal_key", ["erasure_id"])
