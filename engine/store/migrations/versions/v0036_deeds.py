"""An index of what people and programs did, in the order of doing."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    op.create_index(
        "ix_history_event_deeds",
        "history_event",
        ["at", "instance_id", "sequence", "kind"],
        sqlite_where=sa.text("actor IS NOT NULL"),
        postgresql_where=sa.text("actor IS NOT NULL"),
    )
