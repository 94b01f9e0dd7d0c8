"""Values of a form from the words of a command, and the form shown to whoever left one out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from mimetypes import guess_type
from typing import Any

from engine.cli.files import read_file, read_text
from engine.cli.invocation import Invocation
from engine.errors import InvalidForm, InvalidInput
from engine.forms import form_values_from_text
from engine.model import FieldType, FormField, Upload

#: How the members of a list are given: as texts, or as files.
_LISTS = ("list, repeat --set", "list, repeat --file")
_FORM = ("field", "type", "required", "label…", "values…")


def submitted(call: Invocation, fields: Sequence[FormField]) -> dict[str, Any]:
    """What --values and --set say; --set wins. Its texts get the types of their fields."""
    values = values_from_file(call.words.values) if call.words.values else {}
    return {**values, **form_values_from_text(fields, _texts(call.words.set, fields))}


def handed_in(call: Invocation, fields: Sequence[FormField]) -> dict[str, Any]:
    """What --values, --set and --file say; the latter win."""
    return {**submitted(call, fields), **_uploads(call.words.file, fields)}


def _uploads(words: Sequence[str], fields: Sequence[FormField]) -> dict[str, Upload | list[Upload]]:
    """The files of name=path words; those of a field that takes several are a list."""
    lists = {field.id for field in fields if field.is_list}
    found: dict[str, list[Upload]] = {}
    for word in words:
        name, equals, path = word.partition("=")
        if not equals or not name or not path:
            raise InvalidInput(f"--file {word}: expected NAME=PATH")
        if name in found and name not in lists:
            raise InvalidInput(f"--file {word}: {name} was given twice, and takes one file")
        mime_type, _ = guess_type(path)
        found.setdefault(name, []).append(Upload(path, read_file(path), mime_type))
    return {name: files if name in lists else files[0] for name, files in found.items()}


def values_from_file(path: str) -> dict[str, Any]:
    """The JSON object in a file; - reads standard input. Raises InvalidInput."""
    try:
        values = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{path}: expected a JSON object: {error}") from error
    if not isinstance(values, dict):
        raise InvalidInput(f"{path}: expected a JSON object, found {type(values).__name__}")
    return values


def _texts(words: Sequence[str], fields: Sequence[FormField]) -> dict[str, str]:
    """name=value words by name; a name that comes again adds a line to its list."""
    lists = {field.id for field in fields if field.is_list}
    texts: dict[str, str] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not name:
            raise InvalidInput(f"--set {word}: expected NAME=VALUE")
        if name in texts and name not in lists:
            raise InvalidInput(f"--set {word}: {name} was given twice, and takes one value")
        texts[name] = f"{texts[name]}\n{text}" if name in texts else text
    return texts


def show_form(call: Invocation, fields: Sequence[FormField]) -> None:
    """The form's fields, for --form."""
    call.printer.json(fields)
    if fields:
        call.printer.table(_FORM, [_row(field) for field in fields])
    else:
        call.printer.say("there is no form: any --set NAME=VALUE is accepted as text")


def show_faults(call: Invocation, fields: Sequence[FormField], error: InvalidForm) -> None:
    """The form on stderr with what is wrong at each field; names outside the form come last."""
    rows = [(*_row(field), _fault(error.fields, field.id)) for field in fields]
    known = {field.id for field in fields}
    rows += [
        (name, None, None, None, None, _fault(error.fields, name))
        for name in error.fields
        if name not in known
    ]
    call.printer.error_table((*_FORM, "fault…"), rows)


def _row(field: FormField) -> tuple[object, ...]:
    return field.id, field.type, _when_required(field), field.label, _allowed(field)


def _when_required(field: FormField) -> str:
    if field.is_required:
        return "yes"
    return f"if {'='.join(field.required_if)}" if field.required_if else "no"


def _allowed(field: FormField) -> str:
    said = [" | ".join(value for value, _ in field.options)] if field.options else []
    said += [_LISTS[field.type is FieldType.FILE]] if field.is_list else []
    said += ["--file"] if field.type is FieldType.FILE and not field.is_list else []
    said += [f"from {field.minimum:g}"] if field.minimum is not None else []
    said += [f"to {field.maximum:g}"] if field.maximum is not None else []
    said += [f"at most {field.max_length} characters"] if field.max_length is not None else []
    said += [f"pattern {field.pattern}"] if field.pattern else []
    said += ["read only"] if field.is_readonly else []
    said += [f"default {field.default}"] if field.default is not None else []
    return ", ".join(said)


def _fault(faults: Mapping[str, Sequence[str]], name: str) -> str:
    return " ".join(faults.get(name, ()))
