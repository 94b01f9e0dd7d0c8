"""Which incidents are those of external tasks, and the visits that failed."""

import sqlalchemy as sa
from alembic import op

from engine.store.driver import texts_as_far_as_they_are
from engine.store.migrations.damages import are, object_in, tell_left_out

revision = "0030"
down_revision = "0029"

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
#: The incident of each event that raised one, and whether a worker's input was about that visit.
_RAISED = sa.text("""
    SELECT raised.instance_id, raised.activity_instance_id, raised.payload, EXISTS (
        SELECT 1 FROM history_event told
        WHERE told.instance_id = raised.instance_id
        AND told.activity_instance_id = raised.activity_instance_id
        AND told.revision = raised.revision
        AND told.kind IN ('service_failed', 'service_error')
    ) AS is_external
    FROM history_event raised WHERE raised.kind = 'incident_raised'
""")
_FILL = sa.text("""
    UPDATE incident SET kind = :kind, activity_instance_id = :visit
    WHERE instance_id = :instance AND incident_id = :incident
""")


def upgrade() -> None:
    kind = sa.Column("kind", _WORDS, nullable=False, server_default=sa.text("'failedJob'"))
    op.add_column("incident", kind)
    op.add_column("incident", sa.Column("activity_instance_id", _WORDS))
    op.create_index("ix_incident_raised_at", "incident", ["raised_at", "incident_id"])
    op.create_index("ix_incident_incident_id", "incident", ["incident_id"])
    op.create_index(
        "ix_incident_definition_id", "incident", ["definition_id", "activity_id", "raised_at"]
    )
    with texts_as_far_as_they_are(op.get_bind()):
        raised = op.get_bind().execute(_RAISED).all()
    left_out = 0
    for row in raised:
        incident = (object_in(row.payload) or {}).get("incident")
        if not are(str, row.instance_id, row.activity_instance_id, incident):
            left_out += 1
            continue
        op.get_bind().execute(
            _FILL,
            {
                "kind": "failedExternalTask" if row.is_external else "failedJob",
                "visit": row.activity_instance_id,
                "instance": row.instance_id,
                "incident": incident,
            },
        )
    tell_left_out("history_event", left_out)
