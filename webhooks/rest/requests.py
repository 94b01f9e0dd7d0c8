"""Reads requests: strict JSON, query strings without surprises, faults as errors of the engine."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from flask import Request
from marshmallow import Schema, ValidationError
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from engine.errors import InvalidInput


class RequestParser(FlaskParser):
    """webargs, but every fault becomes InvalidInput, and the schema decides what is unknown."""

    DEFAULT_UNKNOWN_BY_LOCATION: Mapping[str, str | None] = {}  # type: ignore[assignment]
    DEFAULT_VALIDATION_STATUS = 400

    def load_querystring(self, req: Request, schema: Schema) -> Any:  # noqa: ARG002
        """The query string; a name that comes several times is a list."""
        return {
            name: values[0] if len(values) == 1 else values for name, values in req.args.lists()
        }

    def load_json(self, req: Request, schema: Schema) -> Any:  # noqa: ARG002
        """The body; none at all is an empty object."""
        return json_body(req)

    def handle_error(self, error: ValidationError, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Say what is wrong with which name."""
        # webargs says first where it looked ("json", "query"), and a schema says the rest.
        messages = next(iter(error.messages_dict.values()))
        fields = dict(_flat(messages))
        first = next(iter(fields.items()), ("", ["invalid"]))
        place = f"{first[0]}: " if first[0] else ""
        raise InvalidInput(f"{place}{first[1][0]}", fields) from error


def _flat(messages: Any, path: str = "") -> Iterable[tuple[str, list[str]]]:
    """Nested messages of a schema as path -> reasons."""
    if isinstance(messages, dict):
        for name, inner in messages.items():
            below = "" if name == "_schema" else str(name)
            yield from _flat(inner, f"{path}.{below}" if path and below else path or below)
    else:
        yield path, [str(each) for each in messages]


# ------------------------------------------------------------------------- JSON


def json_body(req: Request) -> dict[str, Any]:
    """The JSON object in the body. Raises BadRequest, UnsupportedMediaType."""
    content = req.get_data()
    if not content.strip():
        return {}
    if not req.is_json:
        raise UnsupportedMediaType("the body must be JSON (Content-Type: application/json)")
    try:
        found = strict_json(content.decode("utf-8"))
    except ValueError as error:
        raise BadRequest(f"the body is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise BadRequest(f"the body must be a JSON object, not {type(found).__name__}")
    if not all(is_text(each) for each in _texts(found)):
        raise BadRequest("a text in the body has a NUL or half a character")
    return found


def is_text(text: str) -> bool:
    """Whether every database can keep it: no NUL, no lone surrogate."""
    if "\0" in text:
        return False
    # A file in base64 is long, and ASCII.
    return text.isascii() or not any("\ud800" <= each <= "\udfff" for each in text)


def _texts(value: Any) -> Iterable[str]:
    """Every string in a JSON value, names included, without recursion."""
    pending = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            pending += [*each.keys(), *each.values()]
        elif isinstance(each, list):
            pending += each


def strict_json(text: str) -> Any:
    """The value of a JSON text (RFC 8259, each name once). Raises ValueError."""
    try:
        return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_named_once)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the name {twice!r} comes twice in one object")
    return found
