"""Documents: the files that instances hold."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_TABLES = ("document_content", "document")


def upgrade() -> None:
    create_documents()
    make_documents_append_only()


def create_documents() -> None:
    op.create_table(
        "document_content",
        sa.Column("sha256", _WORDS, primary_key=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.CheckConstraint("size >= 1", name="size"),
    )
    op.create_table(
        "document",
        sa.Column(
            "instance_id", _WORDS, sa.ForeignKey("process_instance.instance_id"), nullable=False
        ),
        sa.Column("document_id", _WORDS, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("name", _WORDS, nullable=False),
        sa.Column("mime_type", _WORDS, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("sha256", _WORDS, sa.ForeignKey("document_content.sha256"), nullable=False),
        sa.PrimaryKeyConstraint("instance_id", "document_id"),
        sa.Index("ix_document_sha256", "sha256"),
    )


def make_documents_append_only() -> None:
    """Refuse to change or delete what history refers to, as history itself is guarded."""
    if op.get_bind().dialect.name == "sqlite":
        for table in _TABLES:
            for deed in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_refuses_{deed.lower()} BEFORE {deed} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
        return
    op.execute(
        "CREATE FUNCTION refuse_change_of_documents() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in _TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_refuses_change BEFORE UPDATE OR DELETE OR TRUNCATE "
            f"ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_documents()"
        )
