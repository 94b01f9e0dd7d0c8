"""Instances that were moved to another version lost the words by which they were found before."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"


def upgrade() -> None:
    # `alur migrate` indexes what has no place in the index, from history.
    op.execute(
        sa.text(
            "DELETE FROM search_entry WHERE instance_id IN "
            "(SELECT instance_id FROM history_event WHERE kind = 'instance_migrated')"
        )
    )
