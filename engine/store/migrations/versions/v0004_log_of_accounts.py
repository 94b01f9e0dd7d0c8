"""What happens to accounts is recorded; logins know where they came from, tokens their scopes."""

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_MOMENT = sa.BigInteger()
_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    mark_temporary_passwords()
    scope_tokens()
    tell_logins_apart()
    create_log()
    make_log_append_only()


def mark_temporary_passwords() -> None:
    # Not in a batch: that would make the table anew on SQLite, to which tokens refer.
    op.add_column(
        "account",
        sa.Column("is_password_temporary", sa.Boolean, nullable=False, server_default=sa.false()),
    )


def scope_tokens() -> None:
    """Tokens that are there keep all that they could do."""
    every = '["deploy","read","tasks","worker"]'
    with op.batch_alter_table("access_token") as table:
        table.add_column(sa.Column("scopes", sa.Text, nullable=False, server_default=every))
    with op.batch_alter_table("access_token") as table:
        table.alter_column("scopes", server_default=None)


def tell_logins_apart() -> None:
    """Logins that are there end: nobody knows where they came from."""
    op.drop_table("login_session")
    op.create_table(
        "login_session",
        sa.Column("session_hash", _WORDS, primary_key=True),
        sa.Column("session_id", _WORDS, nullable=False),
        sa.Column("account", _WORDS, sa.ForeignKey("account.name"), nullable=False),
        sa.Column("csrf_token", _WORDS, nullable=False),
        sa.Column("method", _WORDS, nullable=False),
        sa.Column("source", _WORDS, nullable=False),
        sa.Column("device", _WORDS, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("last_seen_at", _MOMENT, nullable=False),
        sa.Index("ix_login_session_account", "account"),
        sa.Index("ix_login_session_last_seen_at", "last_seen_at"),
        sa.Index("ix_login_session_created_at", "created_at"),
    )
    op.drop_table("login_failure")
    op.create_table(
        "login_failure",
        sa.Column("failure_id", _BIG, primary_key=True, autoincrement=True),
        sa.Column("name", _WORDS, nullable=False),
        sa.Column("source", _WORDS, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Index("ix_login_failure_name", "name", "at"),
        sa.Index("ix_login_failure_source", "source", "at"),
        sa.Index("ix_login_failure_at", "at"),
    )


def create_log() -> None:
    op.create_table(
        "account_event",
        sa.Column("sequence", _BIG, primary_key=True, autoincrement=False),
        sa.Column("kind", _WORDS, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("account", _WORDS),
        sa.Column("actor", _WORDS),
        sa.Column("capacity", _WORDS),
        sa.Column("source", _WORDS),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("previous_hash", _WORDS, nullable=False),
        sa.Column("hash", _WORDS, nullable=False),
        sa.CheckConstraint("sequence >= 1", name="sequence"),
        sa.Index("ix_account_event_account", "account", "sequence"),
        sa.Index("ix_account_event_actor", "actor", "sequence"),
        sa.Index("ix_account_event_kind", "kind", "sequence"),
    )
    head = op.create_table(
        "account_log",
        sa.Column("log_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("last_sequence", _BIG, nullable=False),
        sa.Column("head_hash", _WORDS, nullable=False),
        sa.CheckConstraint("log_id = 1", name="single"),
    )
    genesis = hashlib.sha256(b"account-log").hexdigest()
    op.bulk_insert(head, [{"log_id": 1, "last_sequence": 0, "head_hash": genesis}])


def make_log_append_only() -> None:
    """Refuse to change or delete an event, whoever asks."""
    if op.get_bind().dialect.name == "sqlite":
        for deed in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER account_event_refuses_{deed.lower()} "
                f"BEFORE {deed} ON account_event "
                "BEGIN SELECT RAISE(ABORT, 'account_event is append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION refuse_change_of_account_log() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'account_event is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER account_event_refuses_change BEFORE UPDATE OR DELETE OR TRUNCATE "
        "ON account_event FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_account_log()"
    )
