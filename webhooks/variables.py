"""Process variables as Camunda writes them, {"value", "type", "valueInfo"}, to plain JSON and back.

What the engine keeps is JSON without Camunda's types, so that the type of an answer follows from
the value: a list or an object is of type "Json", and its value is the JSON text, as in Camunda.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from engine.errors import InvalidVariables
from engine.model import FieldType, FormField, Json, Variables
from webhooks.rest.moments import read_moment
from webhooks.rest.requests import strict_json

_JSON_FORMAT = "application/json"
_INTEGERS = {"short": 2**15, "integer": 2**31, "long": 2**63}
#: Types of Camunda whose values Alur does not keep.
_UNSUPPORTED = ("bytes", "file", "xml")

_FIELD_TYPES = {
    FieldType.LONG: "Long",
    FieldType.DOUBLE: "Double",
    FieldType.BOOLEAN: "Boolean",
    FieldType.FILE: "File",
}


# ------------------------------------------------------------------------ reading


def read_variables(typed: Mapping[str, Any] | None) -> dict[str, Json]:
    """The plain values. Raises InvalidVariables naming each variable that is not of its type."""
    values: dict[str, Json] = {}
    faults: dict[str, list[str]] = {}
    for name, variable in (typed or {}).items():
        try:
            values[name] = read_variable(variable)
        except ValueError as error:
            faults[name] = [str(error)]
    if faults:
        name, reasons = next(iter(faults.items()))
        raise InvalidVariables(f"variable {name!r}: {reasons[0]}", faults)
    return values


def read_variable(variable: Any) -> Json:
    """The plain value of one variable. Raises ValueError saying what was expected."""
    if not isinstance(variable, dict):
        raise ValueError('expected an object {"value": …, "type": …}')
    value, given = variable.get("value"), variable.get("type")
    if given is None:
        return value
    kind = given.lower() if isinstance(given, str) else ""
    if kind in _UNSUPPORTED:
        raise ValueError(f"the type {given!r} is not supported")
    if kind not in _READERS:
        raise ValueError(f"unknown type {given!r}; expected one of {', '.join(_TYPES)}")
    if value is None:
        return None
    return _READERS[kind](value, variable)


def _as_string(value: Any, _variable: Mapping[str, Any]) -> Json:
    if not isinstance(value, str):
        raise ValueError(_mismatch("String", value))
    return value


def _as_boolean(value: Any, _variable: Mapping[str, Any]) -> Json:
    if not isinstance(value, bool):
        raise ValueError(_mismatch("Boolean", value))
    return value


def _as_integer(value: Any, variable: Mapping[str, Any]) -> Json:
    bound = _INTEGERS[variable["type"].lower()]
    if isinstance(value, bool) or not isinstance(value, int) or not -bound <= value < bound:
        raise ValueError(_mismatch(variable["type"], value))
    return value


def _as_double(value: Any, _variable: Mapping[str, Any]) -> Json:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(_mismatch("Double", value))
    return value


def _as_date(value: Any, _variable: Mapping[str, Any]) -> Json:
    # Kept as written: a date is a string in JSON, and a form's date has no time of day.
    read_moment(value)
    return value


def _as_null(value: Any, _variable: Mapping[str, Any]) -> Json:
    raise ValueError(_mismatch("Null", value))


def _as_json(value: Any, _variable: Mapping[str, Any]) -> Json:
    if not isinstance(value, str):
        return value
    try:
        return strict_json(value)
    except ValueError as error:
        raise ValueError(f"the value is not JSON: {error}") from error


def _as_object(value: Any, variable: Mapping[str, Any]) -> Json:
    info = variable.get("valueInfo")
    written_as = info.get("serializationDataFormat") if isinstance(info, dict) else None
    if written_as != _JSON_FORMAT:
        raise ValueError(
            f"an Object is read only with valueInfo.serializationDataFormat {_JSON_FORMAT!r}, "
            f"found {written_as!r}"
        )
    return _as_json(value, variable)


def _mismatch(kind: str, value: Any) -> str:
    return f"expected a value of type {kind}, found {json.dumps(value)[:100]}"


_READERS: Mapping[str, Callable[[Any, Mapping[str, Any]], Json]] = {
    "string": _as_string,
    "boolean": _as_boolean,
    "short": _as_integer,
    "integer": _as_integer,
    "long": _as_integer,
    "double": _as_double,
    "date": _as_date,
    "null": _as_null,
    "json": _as_json,
    "object": _as_object,
}
_TYPES = [name.capitalize() for name in _READERS]


# ------------------------------------------------------------------------ writing


def write_variables(values: Variables) -> dict[str, dict[str, Any]]:
    """Every value with its type."""
    return {name: write_variable(value) for name, value in values.items()}


def write_variable(value: Json) -> dict[str, Any]:
    """One value with the type that follows from it."""
    kind = type_of(value)
    return {"value": json_text(value) if kind == "Json" else value, "type": kind, "valueInfo": {}}


def write_field_values(values: Variables, form: tuple[FormField, ...]) -> dict[str, dict[str, Any]]:
    """Every value with its type; that of a form's field is the field's, even without a value."""
    written = write_variables(values)
    for field in form:
        if field.id in written and not field.is_list:
            written[field.id]["type"] = _FIELD_TYPES.get(field.type, "String")
    return written


def type_of(value: Json) -> str:
    """Camunda's name for the type of a JSON value."""
    if value is None:
        return "Null"
    if isinstance(value, bool):
        return "Boolean"
    if isinstance(value, int):
        return "Integer" if -(2**31) <= value < 2**31 else "Long"
    if isinstance(value, float):
        return "Double"
    return "String" if isinstance(value, str) else "Json"


def json_text(value: Json) -> str:
    """The value as JSON text, without escapes that nobody needs."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
