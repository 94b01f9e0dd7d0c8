"""Packages of evidence."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_MOMENT = sa.BigInteger()


def upgrade() -> None:
    op.create_table(
        "evidence_package",
        sa.Column("package_id", _WORDS, primary_key=True),
        sa.Column("since", _MOMENT, nullable=False),
        sa.Column("until", _MOMENT, nullable=False),
        sa.Column("label", _WORDS, nullable=False),
        sa.Column("verifies", sa.Boolean, nullable=False),
        sa.Column("ordered_by", _WORDS, nullable=False),
        sa.Column("ordered_at", _MOMENT, nullable=False),
        sa.Column("state", _WORDS, nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("finished_at", _MOMENT),
        sa.Column("size", sa.Integer),
        sa.Column("sha256", _WORDS),
        sa.Column("fault", _WORDS),
        sa.Column("held_by", _WORDS),
        sa.Column("held_until", _MOMENT),
        sa.Column("content", sa.LargeBinary),
    )
    op.create_index("ix_evidence_package_ordered_at", "evidence_package", ["ordered_at"])
