"""What a script may read from the exit code of a command; the one table from error to code."""

from __future__ import annotations

from engine.errors import (
    EngineError,
    Forbidden,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    StorageError,
)

OK, REFUSED, BAD_INPUT, NOT_FOUND, FORBIDDEN, STORAGE = range(6)
#: What shells give to a command that was stopped with Ctrl-C.
INTERRUPTED = 130

MEANINGS = {
    OK: "done",
    REFUSED: "refused or failed: faults found, deployment rejected, conflict",
    BAD_INPUT: "usage or bad input",
    NOT_FOUND: "there is no such thing",
    FORBIDDEN: "forbidden, or not known who acts",
    STORAGE: "storage trouble: the database is missing, outdated, busy or full",
}

_CODES: tuple[tuple[type[EngineError], int], ...] = (
    (InvalidInput, BAD_INPUT),
    (NotFound, NOT_FOUND),
    (Forbidden, FORBIDDEN),
    (NotAuthenticated, FORBIDDEN),
    (StorageError, STORAGE),
)


def exit_code_of(error: EngineError) -> int:
    """The code under which a command ends that was refused with `error`."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), REFUSED)
