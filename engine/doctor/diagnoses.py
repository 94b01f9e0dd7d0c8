"""How a look at something becomes a diagnosis, whatever it meets."""

from __future__ import annotations

from collections.abc import Callable

from engine.errors import EngineError
from engine.model import Check, Diagnosis, Verdict


def ok(name: str, message: str) -> Diagnosis:
    """It is in order."""
    return Diagnosis(name, Verdict.OK, message)


def attention(name: str, message: str, advice: str) -> Diagnosis:
    """It works; somebody should see to it."""
    return Diagnosis(name, Verdict.ATTENTION, message, advice)


def broken(name: str, message: str, advice: str) -> Diagnosis:
    """It does not work, or not for long."""
    return Diagnosis(name, Verdict.BROKEN, message, advice)


def of_check(check: Check, advice: str) -> Diagnosis:
    """What /health says of it."""
    if check.is_well:
        return ok(check.name, check.message)
    return broken(check.name, check.message, advice)


def looked(name: str, look: Callable[[], Diagnosis], *, advice: str) -> Diagnosis:
    """What the look found; what it raises is a diagnosis, too."""
    try:
        return look()
    except (EngineError, OSError) as error:
        return broken(name, str(error), advice)
