"""Who calls is not proved, may not do that, or must wait."""

from __future__ import annotations

from datetime import datetime

from engine.errors.base import EngineError


class NotAuthenticated(EngineError):
    """Nobody has proved who is calling."""


class TooManyLogins(NotAuthenticated):
    """Too many logins failed under this name, or from this address."""

    def __init__(self, wait_minutes: int) -> None:
        self.wait_minutes = wait_minutes
        super().__init__(f"too many failed logins; wait {wait_minutes} minutes")


class CodeMissing(NotAuthenticated):
    """The password is right, and a one-time code is asked for too."""


class SignOnRefused(NotAuthenticated):
    """A login at the single sign-on proves no account here.

    reason: "stale", "provider", "issuer", "token", "unknown", "name", "taken", "inactive",
    "no group" or "linked". account: whose it would have been, where that is known.
    """

    def __init__(self, reason: str, account: str | None = None) -> None:
        self.reason = reason
        self.account = account
        super().__init__(f"the single sign-on proves no account: {reason}")


class SignOnUnavailable(EngineError):
    """The provider of the single sign-on cannot be reached, or is not what it should be."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        super().__init__(f"the single sign-on {issuer} cannot be used; the log has the cause")


class TooManyHashes(EngineError):
    """Too many passwords are being checked at this moment; nothing was done, try again."""


class TooManySimulations(EngineError):
    """Too many simulations run at this moment; nothing was tried, ask again in a few seconds."""


class Forbidden(EngineError):
    """This account may not do that."""

    def __init__(self, account: str, deed: str, reason: str) -> None:
        self.account = account
        self.deed = deed
        self.reason = reason
        super().__init__(f"{account} may not {deed}: {reason}")


class StrategicStep(Forbidden):
    """The step is closed to who only stands in for its lane."""

    def __init__(self, account: str, deed: str, title: str) -> None:
        self.title = title
        reason = f"the step is strategic, which {title} may not decide: it waits for the holder"
        super().__init__(account, deed, reason)


class SubstitutionOver(Forbidden):
    """The account stood in for the lane, and does so no longer."""

    def __init__(self, account: str, deed: str, title: str, ended_at: datetime | None) -> None:
        self.title = title
        self.ended_at = ended_at
        when = f"ended at {ended_at.isoformat()}" if ended_at else "is being ended"
        super().__init__(account, deed, f"its substitution as {title} {when}")


class LoginDemanded(EngineError):
    """This task may not be completed by a link; its diagram demands a login."""

    def __init__(self, task_id: str) -> None:
        self.task_id = task_id
        super().__init__(f"task {task_id} demands a login; a link may not complete it")
