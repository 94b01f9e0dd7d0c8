"""Judges what a person submitted against a form, and turns text from a page into typed values."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from engine.errors import InvalidForm
from engine.json_values import check_variables
from engine.model import FieldType, FormField, Json, Sentence, Variables, document_of

#: A pattern is tried on no longer text: a failing match may cost more than the square of it.
MAX_MATCHED_LENGTH = 500

_compiled = functools.lru_cache(maxsize=1024)(re.compile)


#: How the id of the field ends in which stands why work is sent back: see processes/README.md.
RETURN_NOTE = "catatan_perbaikan"


class _Unfit(Exception):
    def __init__(self, sentence: Sentence) -> None:
        self.sentence = sentence
        super().__init__(sentence)


def check_submission(
    form: Sequence[FormField] | None,
    submitted: Variables,
    *,
    owned_elsewhere: Collection[str] = (),
    is_json: bool = False,
) -> dict[str, Any]:
    """The accepted values: typed, defaults filled in, names outside the form as submitted.

    form: None accepts every name. owned_elsewhere: names that the forms of other steps declare.
    is_json: it is known already that the submission is JSON, by check_variables.
    Raises InvalidForm with every fault by field id, in Indonesian; InvalidVariables when it is
    not JSON at all.
    """
    values = dict(submitted) if is_json else check_variables(dict(submitted))
    if form is None:
        return values
    faults: dict[str, list[str]] = {}
    accepted = _strangers(form, values, owned_elsewhere, faults)
    typed = {field.id: _typed(field, values, faults) for field in form}
    for field in form:
        if field.id not in faults:
            faults_here: list[str] = list(_faults_of(field, typed))
            if faults_here:
                faults[field.id] = faults_here
        if field.id in values or typed[field.id] is not None:
            accepted[field.id] = typed[field.id]
    if faults:
        raise InvalidForm(f"isian belum benar: {', '.join(faults)}", faults)
    return accepted


def has_return_note(form: Sequence[FormField] | None) -> bool:
    """Whether a form may send work back."""
    return any(field.id.endswith(RETURN_NOTE) for field in form or ())


def return_note(form: Sequence[FormField] | None, values: Variables) -> str | None:
    """The note with which accepted values send work back ("" for none); None: they do not.

    The note belongs to a decision (`wajib_jika`), and counts only when that one sends back.
    """
    for field in form or ():
        if field.id.endswith(RETURN_NOTE):
            text = str(values.get(field.id) or "").strip()
            other, expected = field.required_if or (None, None)
            if text if other is None else values.get(other) == expected:
                return text
    return None


def _strangers(
    form: Sequence[FormField],
    values: Variables,
    owned_elsewhere: Collection[str],
    faults: dict[str, list[str]],
) -> dict[str, Any]:
    own = {field.id for field in form}
    strangers = {name: value for name, value in values.items() if name not in own}
    for name in strangers:
        if name in owned_elsewhere:
            faults[name] = [Sentence("Isian ini milik formulir langkah lain.")]
    return strangers


def _typed(field: FormField, values: Variables, faults: dict[str, list[str]]) -> Json:
    value = values.get(field.id)
    if field.id not in values or (field.is_readonly and value is None):
        value = field.default
    if value is None:
        return None
    try:
        if field.is_list:
            return _as_documents(value) if field.type is FieldType.FILE else _as_list(value)
        return _CONVERSIONS[field.type](field, value)
    except _Unfit as reason:
        faults[field.id] = [reason.sentence]
        return None


def _faults_of(field: FormField, typed: Variables) -> Iterator[Sentence]:
    value = typed[field.id]
    if field.is_readonly:
        if value != field.default:
            yield Sentence("Isian ini hanya dapat dibaca.")
        return
    if _is_missing(value):
        if field.is_required:
            yield Sentence("Isian ini wajib diisi.")
        elif field.required_if is not None and _says(typed, *field.required_if):
            other, expected = field.required_if
            yield Sentence(
                "Isian ini wajib diisi apabila %(other)s bernilai %(expected)s.",
                other=other,
                expected=expected,
            )
        return
    if field.type is FieldType.FILE:
        return
    if isinstance(value, list):
        for line in value:
            yield from _text_faults(field, line)
    elif isinstance(value, str) and field.type is FieldType.STRING:
        yield from _text_faults(field, value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _number_faults(field, value)


def _is_missing(value: Json) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return value is None or value == []


def _says(typed: Variables, name: str, expected: str) -> bool:
    value = typed.get(name)
    if isinstance(value, list):
        return expected in value
    if isinstance(value, bool):
        return ("true" if value else "false") == expected.lower()
    if isinstance(value, int | float):
        return bool(_read_double(expected) == value)
    return bool(value == expected)


def _text_faults(field: FormField, text: str) -> Iterator[Sentence]:
    if field.min_length is not None and len(text) < field.min_length:
        yield Sentence(
            "Paling sedikit %(least)s karakter; ini %(found)s.",
            least=field.min_length,
            found=len(text),
        )
    if field.max_length is not None and len(text) > field.max_length:
        yield Sentence(
            "Paling banyak %(most)s karakter; ini %(found)s.",
            most=field.max_length,
            found=len(text),
        )
    if field.pattern is None:
        return
    if len(text) > MAX_MATCHED_LENGTH:
        yield Sentence(
            "Paling banyak %(most)s karakter untuk isian berpola.", most=MAX_MATCHED_LENGTH
        )
    elif not _compiled(field.pattern).fullmatch(text):
        yield Sentence("Tidak sesuai dengan pola %(pattern)s.", pattern=field.pattern)


def _number_faults(field: FormField, number: float) -> Iterator[Sentence]:
    if field.minimum is not None and number < field.minimum:
        yield Sentence(
            "Paling kecil %(least)s; ini %(found)s.",
            least=f"{field.minimum:g}",
            found=f"{number:g}",
        )
    if field.maximum is not None and number > field.maximum:
        yield Sentence(
            "Paling besar %(most)s; ini %(found)s.", most=f"{field.maximum:g}", found=f"{number:g}"
        )


# ------------------------------------------------------------------- to types


def _as_list(value: Json) -> list[str]:
    lines = value.splitlines() if isinstance(value, str) else value
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise _Unfit(Sentence("Harus berupa daftar teks, satu per baris."))
    return [line.strip() for line in lines if line.strip()]


def _as_string(_field: FormField, value: Json) -> Json:
    if not isinstance(value, str):
        raise _Unfit(Sentence("Harus berupa teks."))
    return value


def _as_long(_field: FormField, value: Json) -> Json:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _Unfit(Sentence("Harus berupa bilangan bulat."))
    return value


def _as_double(_field: FormField, value: Json) -> Json:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _Unfit(Sentence("Harus berupa bilangan."))
    return value


def _as_boolean(_field: FormField, value: Json) -> Json:
    if not isinstance(value, bool):
        raise _Unfit(Sentence("Harus ya atau tidak (true atau false)."))
    return value


def _as_date(_field: FormField, value: Json) -> Json:
    if isinstance(value, str) and (not value.strip() or _is_iso(value)):
        return value.strip()
    raise _Unfit(Sentence("Harus berupa tanggal, misalnya 2026-01-31."))


def _as_option(field: FormField, value: Json) -> Json:
    known = [option for option, _ in field.options]
    if value == "" or (isinstance(value, str) and value in known):
        return value
    raise _Unfit(Sentence("Harus salah satu dari: %(options)s.", options=", ".join(known)))


def _as_document(_field: FormField, value: Json) -> Json:
    if document_of(value) is None:
        raise _Unfit(Sentence("Harus berupa berkas yang diunggah."))
    return value


def _as_documents(value: Json) -> list[Json]:
    """One file is several of one."""
    files = value if isinstance(value, list) else [value]
    if not all(document_of(each) for each in files):
        raise _Unfit(Sentence("Harus berupa berkas yang diunggah."))
    return files


def _is_iso(text: str) -> bool:
    # Only the extended forms: Python's parser would take 20260131 and 2026-W05-6 as well.
    if not re.match(r"\d{4}-\d{2}-\d{2}(?:[T ]|$)", text.strip(), re.ASCII):
        return False
    for parse in (date.fromisoformat, datetime.fromisoformat):
        try:
            parse(text.strip())
        except ValueError:
            continue
        return True
    return False


_CONVERSIONS: dict[FieldType, Callable[[FormField, Json], Json]] = {
    FieldType.STRING: _as_string,
    FieldType.LONG: _as_long,
    FieldType.DOUBLE: _as_double,
    FieldType.BOOLEAN: _as_boolean,
    FieldType.DATE: _as_date,
    FieldType.ENUM: _as_option,
    FieldType.FILE: _as_document,
}


# ------------------------------------------------------------------ from text


def form_values_from_text(
    form: Sequence[FormField] | None,
    texts: Mapping[str, str],
    *,
    absent_is_unticked: bool = False,
) -> dict[str, Json]:
    """Typed values of an HTML form or of `name=value` words, for `check_submission` to judge.

    A blank text is absent; what cannot be converted stays text, so that the fault is found at its
    field. absent_is_unticked: a browser sends nothing for an unticked checkbox, so that an absent
    boolean is false.
    """
    fields = {field.id: field for field in form or ()}
    values: dict[str, Json] = {
        name: _from_text(fields.get(name), text) for name, text in texts.items() if text.strip()
    }
    for field in fields.values():
        if absent_is_unticked and field.type is FieldType.BOOLEAN and not field.is_readonly:
            values.setdefault(field.id, False)
    return values


def _from_text(field: FormField | None, text: str) -> Json:
    if field is None:
        return text
    if field.is_list:
        return [line.strip() for line in text.splitlines() if line.strip()]
    return _READERS.get(field.type, str)(text)


def _read_boolean(text: str) -> Json:
    known = {"on": True, "true": True, "ya": True, "off": False, "false": False, "tidak": False}
    return known.get(text.strip().lower(), text)


def _read_long(text: str) -> Json:
    return int(text) if re.fullmatch(r"\s*[+-]?\d{1,18}\s*", text, re.ASCII) else text


def _read_double(text: str) -> Json:
    number = text.strip().replace(",", ".")
    return (
        float(number) if re.fullmatch(r"[+-]?\d{1,300}(\.\d{1,300})?", number, re.ASCII) else text
    )


_READERS: dict[FieldType, Callable[[str], Json]] = {
    FieldType.BOOLEAN: _read_boolean,
    FieldType.LONG: _read_long,
    FieldType.DOUBLE: _read_double,
    FieldType.DATE: str.strip,
    FieldType.ENUM: str.strip,
}
