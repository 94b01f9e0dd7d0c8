"""Process variables as Camunda writes them, {"value", "type", "valueInfo"}, to plain JSON and back.

What the engine keeps is JSON without Camunda's types, so that the type of an answer follows from
the value: a list or an object is of type "Json", and its value is the JSON text, as in Camunda. A
file comes as base64 and becomes an Upload; its reference is answered as "File", without its bytes.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from typing import Any

from engine.errors import InvalidVariables
from engine.model import Document, FieldType, FormField, Json, Upload, Variables, document_of
from webhooks.rest.moments import read_moment
from webhooks.rest.requests import strict_json

_JSON_FORMAT = "application/json"
_INTEGERS = {"short": 2**15, "integer": 2**31, "long": 2**63}
#: Types of Camunda whose values Alur does not keep.
_UNSUPPORTED = ("xml",)
#: What a file of type Bytes is called, which has no name of its own.
_NAMELESS = "data.bin"

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
    if value is None and kind != "file":
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


def _as_file(value: Any, variable: Mapping[str, Any]) -> Json | Upload | list[Any]:
    """An Upload; a document that was answered before, without its bytes, stays that document.

    A list of such is our own addition, for fields that take several files.
    """
    if isinstance(value, list):
        if not all(isinstance(each, dict) for each in value):
            raise ValueError('expected a list of files, each {"value": …, "valueInfo": …}')
        return [_as_file(each.get("value"), each) for each in value]
    info = variable.get("valueInfo")
    said: Mapping[str, Any] = info if isinstance(info, dict) else {}
    name = said.get("filename")
    # The client for JavaScript writes mimetype.
    mime_type = said.get("mimeType", said.get("mimetype"))
    if value is None:
        return _document_again(said, name, mime_type)
    if not isinstance(name, str) or not name:
        raise ValueError("a File needs valueInfo.filename")
    return Upload(name, _decoded(value), mime_type if isinstance(mime_type, str) else None)


def _document_again(said: Mapping[str, Any], name: Any, mime_type: Any) -> Json:
    if "document" not in said:
        return None
    reference = {key: said.get(key) for key in ("document", "size", "sha256")}
    reference |= {"name": name, "mimeType": mime_type}
    if document_of(reference) is None:
        raise ValueError("valueInfo does not name a document as it was answered")
    return reference


def _as_bytes(value: Any, variable: Mapping[str, Any]) -> Upload:
    info = variable.get("valueInfo")
    name = info.get("filename") if isinstance(info, dict) else None
    return Upload(name if isinstance(name, str) and name else _NAMELESS, _decoded(value))


def _decoded(value: Any) -> bytes:
    if not isinstance(value, str):
        raise ValueError("the value must be base64 text")
    try:
        # RFC 4648 as mail writes it has line ends.
        return base64.b64decode(value.replace("\r", "").replace("\n", ""), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"the value is not base64: {error}") from error


def _mismatch(kind: str, value: Any) -> str:
    return f"expected a value of type {kind}, found {json.dumps(value)[:100]}"


_READERS: Mapping[str, Callable[[Any, Mapping[str, Any]], Any]] = {
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
    "file": _as_file,
    "bytes": _as_bytes,
}
_TYPES = [name.capitalize() for name in _READERS]


# ------------------------------------------------------------------------ writing


def write_variables(values: Variables) -> dict[str, dict[str, Any]]:
    """Every value with its type."""
    return {name: write_variable(value) for name, value in values.items()}


def write_variable(value: Json) -> dict[str, Any]:
    """One value with the type that follows from it."""
    document = document_of(value)
    if document is not None:
        return {"value": None, "type": "File", "valueInfo": _file_info(document)}
    kind = type_of(value)
    return {"value": json_text(value) if kind == "Json" else value, "type": kind, "valueInfo": {}}


def _file_info(document: Document) -> dict[str, Any]:
    """Camunda's keys, and what proves the bytes."""
    return {
        "filename": document.name,
        "mimeType": document.mime_type,
        "document": document.document_id,
        "size": document.size,
        "sha256": document.sha256,
    }


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
