"""What is said of an instance, or of a task in it, that was moved to another version of its SOP."""

from __future__ import annotations

from datetime import datetime

from engine.errors import Forbidden
from engine.migration.room import Move
from webhooks.pages.logins import current_actor
from webhooks.rest.context import current_engine


def moves_of(instance_id: str, *, since: datetime | None = None) -> list[Move]:
    """The migrations of an instance since a moment; none for who may not see the instance."""
    try:
        found = current_engine().migrations.moves(instance_id, actor=current_actor())
    except Forbidden:
        return []
    return [move for move in found if since is None or move.event.at >= since]
