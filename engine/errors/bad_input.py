"""What was sent is not what was expected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from engine.errors.base import EngineError

if TYPE_CHECKING:
    from engine.model import Finding


class InvalidInput(EngineError):
    """The input is not of the form that was expected; `fields` says where and why."""

    def __init__(self, message: str, fields: Mapping[str, Sequence[str]] | None = None) -> None:
        self.fields: dict[str, list[str]] = {k: list(v) for k, v in (fields or {}).items()}
        super().__init__(message)


class InvalidVariables(InvalidInput):
    """A value is not JSON, or is outside the limits of what an instance keeps."""


class InvalidForm(InvalidInput):
    """The submitted form has missing or wrong fields."""


class InvalidQuery(InvalidInput):
    """A filter or a page that the listing does not know."""


class MessageMismatch(InvalidInput):
    """A message must match exactly one that waits for it, or one start event."""

    def __init__(self, name: str, matches: int) -> None:
        self.name = name
        self.matches = matches
        found = "nothing waits for it, and it starts nothing"
        if matches:
            found = f"{matches} match; give a business key or correlation keys that only one has"
        super().__init__(f"message {name!r}: {found}")


class DeploymentRejected(EngineError):
    """A diagram was refused at deploy; `findings` names every place and reason."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        first = next((f for f in findings if f.severity != "warning"), None)
        summary = f"{first.file_name}: {first.message_en}" if first else "no finding given"
        super().__init__(f"the deployment was refused ({len(findings)} findings): {summary}")


class ExpressionRefused(EngineError):
    """An expression or script is outside the language that Alur runs."""

    def __init__(self, source: str, reason: str) -> None:
        self.source = source
        self.reason = reason
        super().__init__(f"{source!r}: {reason}")
