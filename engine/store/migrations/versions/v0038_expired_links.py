"""An index by which links to tasks that expired long ago are found and dropped."""

from alembic import op

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    op.create_index("ix_task_link_expires_at", "task_link", ["expires_at"])
