"""Substitutions: who stands in for which lane. Admins record, auditors read, others their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.model import Scope, Substitution
from engine.substitutions import Recorded, Wishes
from webhooks.auth import require_actor
from webhooks.rest.context import current_engine
from webhooks.rest.listing import add_listing
from webhooks.rest.resource import Resource
from webhooks.schemas.substitutions import (
    RecordedSubstitutionAnswer,
    SubstitutionAnswer,
    SubstitutionChange,
    SubstitutionEnd,
    SubstitutionFilter,
    SubstitutionWish,
)

resource = Resource(
    "substitution",
    path="/substitution",
    description="Who stands in for which lane, on which letter",
    scope=Scope.TASKS,
)

add_listing(
    resource,
    "",
    "substitutions",
    filters=SubstitutionFilter,
    answer=SubstitutionAnswer,
    find=lambda query, page, actor: current_engine().substitutions.find(query, page, actor=actor),
    total=lambda query, actor: current_engine().substitutions.count(query, actor=actor),
    is_own=True,
)


@resource.on("POST", "", "Record a substitution", is_own=True)
@resource.takes(SubstitutionWish)
@resource.gives(RecordedSubstitutionAnswer)
def add_substitution(wishes: Wishes) -> Recorded:
    """From its first day on the account does the work of the lane. For admins."""
    return current_engine().substitutions.add(wishes, actor=require_actor())


@resource.on("GET", "/<substitution_id>", "Get one substitution", is_own=True)
@resource.gives(SubstitutionAnswer)
def get_substitution(substitution_id: str) -> Substitution:
    """Past ones too."""
    return current_engine().substitutions.substitution(substitution_id, actor=require_actor())


@resource.on("PUT", "/<substitution_id>", "Prolong or shorten it", is_own=True)
@resource.takes(SubstitutionChange)
@resource.gives(RecordedSubstitutionAnswer)
def change_substitution(body: Mapping[str, Any], substitution_id: str) -> Recorded:
    """By the letter that says so. For admins."""
    return current_engine().substitutions.change(substitution_id, **body, actor=require_actor())


@resource.on("POST", "/<substitution_id>/end", "End it now", is_own=True)
@resource.takes(SubstitutionEnd)
@resource.gives(SubstitutionAnswer)
def end_substitution(body: Mapping[str, str], substitution_id: str) -> Substitution:
    """What the account took by it is back with the lane. For admins; it stays to be read."""
    return current_engine().substitutions.end(
        substitution_id, reason=body["reason"], actor=require_actor()
    )
