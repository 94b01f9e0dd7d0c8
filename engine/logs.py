"""How log lines look: text for people, JSON for programs; one event is one line in either.

What comes from outside cannot begin a line of its own: control characters are escaped.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from engine.model import WrittenSteps
from engine.settings import Settings

_steps = logging.getLogger("alur.steps")

#: C0 and C1 control characters, and what Unicode takes for the end of a line.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
#: What a value needs quotes for in `name=value`.
_NEEDS_QUOTES = re.compile(r'[\s"=]|^$')


def start_logging(settings: Settings) -> None:
    """This process logs to stderr as the settings say."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if settings.log_format == "json" else TextLines())
    logging.basicConfig(level=settings.log_level, handlers=[handler])
    # Alembic tells at INFO that it looked at the schema.
    logging.getLogger("alembic").setLevel(max(logging.WARNING, logging.root.level))
    # Waitress tells of each request that waits for a thread: some thousand lines in a busy minute.
    logging.getLogger("waitress.queue").setLevel(max(logging.ERROR, logging.root.level))


def log_steps(written: WrittenSteps) -> None:
    """One line for each step of a transaction that was kept."""
    for kind, instance_id in written.steps:
        fields = {
            "instance": instance_id,
            "kind": str(kind),
            "duration_ms": round(written.seconds * 1000, 1),
            "statements": written.statements,
        }
        _steps.info("step", extra={"fields": fields})


class TextLines(logging.Formatter):
    """`time LEVEL logger: message name=value ...`; a traceback follows, indented."""

    def format(self, record: logging.LogRecord) -> str:
        """See logging.Formatter."""
        pairs = "".join(f" {name}={_quoted(value)}" for name, value in _fields(record).items())
        line = f"{_moment(record)} {record.levelname} {record.name}: {escaped(_message(record))}"
        return "\n    ".join([line + pairs, *_traceback(self, record)])


class JsonLines(logging.Formatter):
    """One JSON object for each event: `at level logger message`, its fields, `traceback`."""

    def format(self, record: logging.LogRecord) -> str:
        """See logging.Formatter."""
        event: dict[str, Any] = {
            "at": _moment(record),
            "level": record.levelname,
            "logger": record.name,
            "message": _message(record),
            **_fields(record),
        }
        if record.exc_info:
            event["traceback"] = "\n".join(_traceback(self, record))
        return json.dumps(event, default=str)


def escaped(text: str) -> str:
    r"""The text with control characters as \x0a and the like."""
    return _CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)


def _message(record: logging.LogRecord) -> str:
    return record.getMessage()


def _fields(record: logging.LogRecord) -> Mapping[str, Any]:
    found: Mapping[str, Any] = getattr(record, "fields", {})
    return found


def _quoted(value: Any) -> str:
    text = "-" if value is None else escaped(str(value))
    return json.dumps(text, ensure_ascii=False) if _NEEDS_QUOTES.search(text) else text


def _moment(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _traceback(formatter: logging.Formatter, record: logging.LogRecord) -> list[str]:
    if not record.exc_info:
        return []
    return [escaped(line) for line in formatter.formatException(record.exc_info).splitlines()]
