"""Who acts, and how an account is proved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from engine.model.substitutions import Substitution

#: The capacity of who holds the post.
DEFINITIVE = "definitif"


class Role(StrEnum):
    """What an account may do beside the work of its lanes."""

    STAFF = "staff"
    ANALYST = "analyst"
    AUDITOR = "auditor"
    ADMIN = "admin"
    #: A program that performs external tasks and sends messages.
    WORKER = "worker"


class Language(StrEnum):
    """What pages and messages can be in, by its ISO 639-1 code."""

    INDONESIAN = "id"
    ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, as proved by the border (HTTP, command line), never as claimed in a body.

    `capacity` is the standing in which the person acts: "definitif" for the holder of the post,
    "Plt. Kadis" for who stands in for it.
    """

    account: str
    roles: frozenset[Role] = frozenset()
    #: The lanes that the account holds itself.
    lanes: frozenset[str] = frozenset()
    capacity: str = DEFINITIVE
    #: The substitutions that were in force when the actor was proved, the latest begun first.
    substitutions: tuple[Substitution, ...] = ()
    #: The one in which the actor acts; None: for itself.
    acting: Substitution | None = None

    @property
    def working_lanes(self) -> frozenset[str]:
        """The lanes whose work the actor may do: its own, and those it stands in for."""
        return self.lanes.union(each.lane for each in self.substitutions)

    def by_itself(self) -> Actor:
        """The actor with nothing but its own roles and lanes."""
        return replace(self, substitutions=(), acting=None) if self.substitutions else self

    def acting_as(self, substitution: Substitution) -> Actor:
        """The actor in that capacity; how it was proved is still told ("Plt. Kadis, by link")."""
        title = substitution.title
        told = title if self.capacity == DEFINITIVE else f"{title}, {self.capacity}"
        return replace(self, capacity=told, acting=substitution)

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
    #: Whether somebody else chose the password: then it is good for choosing another, no more.
    is_password_temporary: bool = False
    #: Whether a login by password takes a one-time code too.
    has_second_factor: bool = False
    #: What its owner chose to read; None: Indonesian, or what is chosen in the browser.
    language: Language | None = None
    #: Those that nobody has ended yet, whether they have begun or not; kept in rows of their own.
    substitutions: tuple[Substitution, ...] = ()

    def as_actor(self, at: datetime | None = None) -> Actor:
        """The actor that this account is at that moment; without one, when it acts for itself."""
        if at is None or not self.substitutions:
            return Actor(self.name, self.roles, self.lanes)
        in_force = (each for each in self.substitutions if each.is_in_force(at))
        return Actor(self.name, self.roles, self.lanes, substitutions=tuple(in_force))


class Scope(StrEnum):
    """What an access token may be used for, at most; its account may still be allowed less."""

    #: Read what the account may read.
    READ = "read"
    #: Start instances, do tasks, and change instances in other ways.
    TASKS = "tasks"
    #: Check, simulate, deploy and take back diagrams.
    DEPLOY = "deploy"
    #: External tasks and messages.
    WORKER = "worker"


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A personal access token; only its SHA-256 is stored."""

    token_id: str
    account: str
    name: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None = None
    scopes: frozenset[Scope] = frozenset(Scope)


class LoginMethod(StrEnum):
    """How a browser login was proved."""

    PASSWORD = "password"  # noqa: S105 - a kind of proof
    SINGLE_SIGN_ON = "single sign-on"


@dataclass(frozen=True, slots=True)
class Session:
    """A browser login; the cookie's SHA-256 is the key, and `session_id` what people may see."""

    session_hash: str
    session_id: str
    account: str
    csrf_token: str
    method: LoginMethod
    #: Where the login came from: an address, and what the browser calls itself. May be empty.
    source: str
    device: str
    created_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the provider of a single sign-on calls an account; (issuer, subject) never changes."""

    issuer: str
    subject: str
    account: str
    linked_at: datetime


@dataclass(frozen=True, slots=True)
class SignOn:
    """A login that is under way at the provider; found by the hash of its secret state."""

    state_hash: str
    nonce: str = field(repr=False)
    code_verifier: str = field(repr=False)
    next_path: str
    #: The account that asks to be linked; None to log in.
    account: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """The secret of an account's app, sealed; `last_step`: that of the last code that counted."""

    account: str
    sealed_secret: str = field(repr=False)
    is_confirmed: bool
    last_step: int | None


class AccountEventKind(StrEnum):
    """What can happen to an account."""

    ACCOUNT_ADDED = "account_added"
    ROLES_CHANGED = "roles_changed"
    PASSWORD_SET = "password_set"  # noqa: S105 - a kind of event
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a kind of event
    DEACTIVATED = "deactivated"
    ACTIVATED = "activated"
    TOKEN_CREATED = "token_created"  # noqa: S105 - a kind of event
    TOKEN_REVOKED = "token_revoked"  # noqa: S105 - a kind of event
    LOGIN_SUCCEEDED = "login_succeeded"
    LOGIN_FAILED = "login_failed"
    LOGIN_LOCKED = "login_locked"
    LOGIN_UNLOCKED = "login_unlocked"
    LOGGED_OUT = "logged_out"
    SESSIONS_REVOKED = "sessions_revoked"
    IDENTITY_LINKED = "identity_linked"
    IDENTITY_UNLINKED = "identity_unlinked"
    SECOND_FACTOR_ENABLED = "second_factor_enabled"
    SECOND_FACTOR_REMOVED = "second_factor_removed"
    RECOVERY_CODE_USED = "recovery_code_used"
    HISTORY_READ = "history_read"
    DOCUMENT_READ = "document_read"
    HISTORY_EXPORTED = "history_exported"
    EVIDENCE_MADE = "evidence_made"
    PERSONAL_DATA_READ = "personal_data_read"
    PERSONAL_DATA_ERASED = "personal_data_erased"
    SUBSTITUTION_BEGUN = "substitution_begun"
    SUBSTITUTION_CHANGED = "substitution_changed"
    SUBSTITUTION_ENDED = "substitution_ended"


#: What auditors and admins read of histories.
ACCESS_KINDS = (
    AccountEventKind.HISTORY_READ,
    AccountEventKind.DOCUMENT_READ,
    AccountEventKind.HISTORY_EXPORTED,
    AccountEventKind.EVIDENCE_MADE,
    AccountEventKind.PERSONAL_DATA_READ,
)


@dataclass(frozen=True, slots=True)
class AccountEvent:
    """One row of the log of accounts, chained to the row before it."""

    sequence: int
    kind: AccountEventKind
    at: datetime
    #: Whom it happened to; None when a login failed under a name that nobody has.
    account: str | None
    #: Who did it, as the border proved it; None when nobody was proved.
    actor: str | None
    capacity: str | None
    #: The address that it came from, as the border saw it.
    source: str | None
    payload: Mapping[str, Any]
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class LogHead:
    """Where the log of accounts ends."""

    sequence: int
    hash: str
