"""What a listing of process definitions and deployments may be asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class DefinitionQuery:
    """Filters of a listing of process definitions; None means "any"."""

    definition_id: str | None = None
    key: str | None = None
    key_like: str | None = None
    keys_in: tuple[str, ...] | None = None
    name: str | None = None
    name_like: str | None = None
    version: int | None = None
    version_tag: str | None = None
    deployment_id: str | None = None
    resource_name: str | None = None
    is_latest: bool = False
    #: Only definitions in which one of these lanes takes part (visibility).
    visible_to_lanes: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class DeploymentQuery:
    """Filters of a listing of deployments."""

    deployment_id: str | None = None
    name: str | None = None
    name_like: str | None = None
    source: str | None = None
    after: datetime | None = None
    before: datetime | None = None
