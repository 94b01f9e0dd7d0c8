"""Who acts, and how an account is proved."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """What an account may do beside the work of its lanes."""

    STAFF = "staff"
    ANALYST = "analyst"
    AUDITOR = "auditor"
    ADMIN = "admin"
    #: A program that performs external tasks.
    WORKER = "worker"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, as proved by the border (HTTP, command line), never as claimed in a body.

    `capacity` is the standing in which the person acts: "definitif" for the holder of the post.
    """

    account: str
    roles: frozenset[Role] = frozenset()
    lanes: frozenset[str] = frozenset()
    capacity: str = "definitif"

    def has(self, *roles: Role) -> bool:
        """Whether the actor holds at least one of `roles`."""
        return not self.roles.isdisjoint(roles)


@dataclass(frozen=True, slots=True)
class Account:
    """A person or system that may log in. The password hash (argon2) never leaves the engine."""

    name: str
    display_name: str
    roles: frozenset[Role]
    lanes: frozenset[str]
    is_active: bool
    created_at: datetime
    password_hash: str | None = field(default=None, repr=False)

    def as_actor(self) -> Actor:
        """The actor that this account is when it acts for itself."""
        return Actor(self.name, self.roles, self.lanes)


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A personal access token; only its SHA-256 is stored."""

    token_id: str
    account: str
    name: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A browser login; the cookie's SHA-256 is the key."""

    session_hash: str
    account: str
    csrf_token: str
    created_at: datetime
    last_seen_at: datetime
