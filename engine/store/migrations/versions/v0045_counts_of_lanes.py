"""Whether somebody has a task stands in the indexes of lanes: an inbox is counted within them."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"

_TABLE, _OPEN = "user_task", sa.text("state = 'open'")
_BY_DUE_DATE = ["offered_lane", "state", "due_at", "created_at", "task_id", "assignee"]
_BY_AGE = ["offered_lane", "state", "created_at", "task_id", "assignee"]


def upgrade() -> None:
    op.drop_index("ix_user_task_offered_lane", _TABLE)
    op.create_index("ix_user_task_offered_lane", _TABLE, _BY_DUE_DATE)
    op.drop_index("ix_user_task_open_age", _TABLE)
    op.create_index(
        "ix_user_task_open_age", _TABLE, _BY_AGE, sqlite_where=_OPEN, postgresql_where=_OPEN
    )
