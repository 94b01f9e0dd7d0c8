"""The list of all instances by their start, of which a page is read and not all."""

from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    op.create_index("ix_process_instance_started_at", "process_instance", ["started_at"])
