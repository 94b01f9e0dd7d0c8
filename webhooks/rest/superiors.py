"""The office's order of superiors: everybody may see it, admins change it."""

from __future__ import annotations

from typing import Any

from engine.model import Scope, SuperiorsRevision
from webhooks.auth import require_actor
from webhooks.rest.context import current_engine
from webhooks.rest.resource import Resource
from webhooks.schemas.superiors import SuperiorsAnswer, SuperiorsChange

resource = Resource(
    "superiors",
    path="/superiors",
    description="Which lane stands above which, and when overdue tasks go up",
    scope=Scope.TASKS,
)


@resource.on("GET", "", "The order of superiors as it is now", is_own=True)
@resource.gives(SuperiorsAnswer)
def get_superiors() -> SuperiorsRevision:
    """Revision 0 until it is first used or changed."""
    require_actor()
    return current_engine().superiors.current()


@resource.on("PUT", "", "Change the order of superiors", is_own=True)
@resource.takes(SuperiorsChange)
@resource.gives(SuperiorsAnswer)
def put_superiors(body: dict[str, Any]) -> SuperiorsRevision:
    """As a whole: a lane that is left out has no superior. `revision` is the one that was looked
    at; another one since is a 409. What is overdue is looked at again. For admins.
    """
    return current_engine().superiors.change(**body, actor=require_actor())
