"""Reads one `camunda:formField` into a FormField, and says what is wrong with it."""

from __future__ import annotations

import keyword
import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from engine.bpmn.names import Element, camunda, extension_elements, is_true, once_per_element
from engine.bpmn.patterns import fault_of_pattern
from engine.bpmn.sop_terms import WORDS
from engine.model import FieldType, FormField, Json

_NUMERIC = frozenset({FieldType.LONG, FieldType.DOUBLE})
#: Types of which a field may hold several values.
_LISTABLE = frozenset({FieldType.STRING, FieldType.FILE})
#: Properties of a field: that its value is personal, and the field that names whose it is.
PERSONAL, SUBJECT = "pribadi", "subjek"
_CONSTRAINTS = frozenset(
    {"required", "readonly", "min", "max", "minlength", "maxlength", "pattern"}
)


@dataclass(frozen=True, slots=True)
class FieldFault:
    """What is wrong with one field, in both languages; `is_unsupported`: right, but not run."""

    message_id: str
    message_en: str
    is_unsupported: bool = False


def form_of(element: Element) -> tuple[FormField, ...] | None:
    """The form of a flow node; None when it has no `camunda:formData` at all."""
    if not has_form(element):
        return None
    return tuple(read_field(field) for field in field_elements(element))


def has_form(element: Element) -> bool:
    """Whether the flow node has a `camunda:formData`."""
    return next(extension_elements(element, "formData"), None) is not None


def field_elements(element: Element) -> Iterator[Element]:
    """The `camunda:formField` elements of a flow node, in the diagram's order."""
    for form in extension_elements(element, "formData"):
        yield from form.findall(camunda("formField"))


@once_per_element
def read_field(element: Element) -> FormField:
    """The field as far as it can be understood; `faults_of` says what could not."""
    constraints = _constraints(element)
    properties = _properties(element)
    field_type = _type(element) or FieldType.STRING
    is_list = is_true(properties.get("daftar"))
    field_id = element.get("id", "")
    return FormField(
        id=field_id,
        label=element.get("label") or field_id,
        type=field_type,
        default=_default(element.get("defaultValue"), field_type, is_list=is_list),
        is_required=_is_set(constraints, "required"),
        is_readonly=_is_set(constraints, "readonly"),
        required_if=_required_if(properties.get("wajib_jika")),
        minimum=_number(constraints.get("min")),
        maximum=_number(constraints.get("max")),
        min_length=_count(constraints.get("minlength")),
        max_length=_count(constraints.get("maxlength")),
        pattern=constraints.get("pattern") or None,
        options=_options(element),
        is_list=is_list,
        group=properties.get("kelompok") or None,
        rows=_count(properties.get("baris")),
        is_personal=WORDS.get(properties.get(PERSONAL, "").lower(), False),
        subject=properties.get(SUBJECT) or None,
    )


def faults_of(element: Element) -> Iterator[FieldFault]:
    """Everything that is wrong with the field itself, apart from its neighbours."""
    yield from _id_faults(element.get("id", ""))
    if _type(element) is None:
        kind = element.get("type")
        yield FieldFault(
            f"jenis {kind!r} tidak dikenal; pakai {_known_types()}",
            f"the type {kind!r} is not known; use {_known_types()}",
            is_unsupported=True,
        )
        return
    yield from _option_faults(element)
    yield from _default_faults(element)
    yield from _constraint_faults(element)
    yield from _property_faults(element)


def _id_faults(field_id: str) -> Iterator[FieldFault]:
    if not field_id.isidentifier() or keyword.iskeyword(field_id):
        yield FieldFault(
            "id-nya harus berupa huruf, angka dan garis bawah, dan bukan kata kunci Python",
            "its id must consist of letters, digits and underscores, and be no Python keyword",
        )
    elif "__" in field_id or field_id == "typename":
        yield FieldFault("id itu dipakai oleh mesin", "that id belongs to the engine")


def _option_faults(element: Element) -> Iterator[FieldFault]:
    if _type(element) is not FieldType.ENUM:
        return
    values = [value for value, _ in _options(element)]
    if not values or not all(values):
        yield FieldFault(
            "jenis enum memerlukan nilai, masing-masing dengan id",
            "the type enum needs values, each with an id",
        )
    for value, count in Counter(values).items():
        if count > 1:
            yield FieldFault(f"nilai {value!r} berulang", f"the value {value!r} is repeated")


def _default_faults(element: Element) -> Iterator[FieldFault]:
    text = element.get("defaultValue")
    if not text:
        return
    field = read_field(element)
    values = [value for value, _ in field.options]
    is_known = field.type is not FieldType.ENUM or field.is_list or field.default in values
    if field.default is None or text.startswith(("${", "#{")) or not is_known:
        yield FieldFault(
            f"nilai bawaan {text!r} bukan nilai tetap dari jenis {field.type}",
            f"the default {text!r} is not a literal of type {field.type}",
        )


def _constraint_faults(element: Element) -> Iterator[FieldFault]:
    constraints = _constraints(element)
    field = read_field(element)
    for name in constraints.keys() - _CONSTRAINTS:
        yield FieldFault(
            f"batasan {name!r} belum dijalankan", f"constraint {name!r} is not run", True
        )
    for name in ("min", "max"):
        if name in constraints and (
            field.type not in _NUMERIC or _number(constraints[name]) is None
        ):
            yield _bad_constraint(name, constraints[name])
    is_text = field.type is FieldType.STRING
    for name in ("minlength", "maxlength"):
        if name in constraints and (not is_text or _count(constraints[name]) is None):
            yield _bad_constraint(name, constraints[name])
    if "pattern" in constraints:
        not_text = ("it is for the type string only", "hanya untuk jenis string")
        reason = fault_of_pattern(constraints["pattern"]) if is_text else not_text
        if reason:
            yield FieldFault(
                f"pola {constraints['pattern']!r} ditolak: {reason[1]}",
                f"the pattern {constraints['pattern']!r} is refused: {reason[0]}",
            )
    yield from _empty_range_faults(field)


def _empty_range_faults(field: FormField) -> Iterator[FieldFault]:
    for least, most in ((field.minimum, field.maximum), (field.min_length, field.max_length)):
        if least is not None and most is not None and least > most:
            yield FieldFault(
                f"batas bawah {least} melebihi batas atas {most}",
                f"the lower bound {least} is above the upper bound {most}",
            )


def _property_faults(element: Element) -> Iterator[FieldFault]:
    properties = _properties(element)
    if "wajib_jika" in properties and _required_if(properties["wajib_jika"]) is None:
        yield FieldFault(
            f"wajib_jika harus berbentuk isian=nilai, bukan {properties['wajib_jika']!r}",
            f"wajib_jika must read field=value, not {properties['wajib_jika']!r}",
        )
    if "baris" in properties and not _count(properties["baris"]):
        yield FieldFault(
            f"baris harus berupa bilangan bulat positif, bukan {properties['baris']!r}",
            f"baris must be a positive whole number, not {properties['baris']!r}",
        )
    if is_true(properties.get("daftar")) and _type(element) not in _LISTABLE:
        yield FieldFault(
            "daftar hanya untuk jenis string dan file",
            "daftar is for the types string and file only",
        )
    yield from _personal_faults(properties)
    if "baris" in properties and _type(element) is FieldType.FILE:
        yield FieldFault("baris bukan untuk jenis file", "baris is not for the type file")


def _personal_faults(properties: dict[str, str]) -> Iterator[FieldFault]:
    said = properties.get(PERSONAL, "")
    if PERSONAL in properties and said.lower() not in WORDS:
        yield FieldFault(
            f"{PERSONAL} harus true atau false, bukan {said!r}",
            f"{PERSONAL} must be true or false, not {said!r}",
        )
    elif SUBJECT in properties and not WORDS.get(said.lower(), False):
        yield FieldFault(
            f"{SUBJECT} hanya untuk isian dengan {PERSONAL}=true",
            f"{SUBJECT} is for fields with {PERSONAL}=true only",
        )


def _bad_constraint(name: str, config: str) -> FieldFault:
    return FieldFault(
        f"batasan {name} tidak berlaku di sini atau nilainya salah: {config}",
        f"the constraint {name} does not apply here or its value is wrong: {config}",
    )


def _known_types() -> str:
    return ", ".join(FieldType)


def _type(element: Element) -> FieldType | None:
    try:
        return FieldType(element.get("type", ""))
    except ValueError:
        return None


def _constraints(element: Element) -> dict[str, str]:
    return {
        constraint.get("name", ""): constraint.get("config", "")
        for validation in element.findall(camunda("validation"))
        for constraint in validation.findall(camunda("constraint"))
    }


def _properties(element: Element) -> dict[str, str]:
    return {
        prop.get("id", ""): prop.get("value", "").strip()
        for group in element.findall(camunda("properties"))
        for prop in group.findall(camunda("property"))
    }


def _options(element: Element) -> tuple[tuple[str, str], ...]:
    return tuple(
        (value.get("id", ""), str(value.get("name") or value.get("id", "")))
        for value in element.findall(camunda("value"))
    )


def _is_set(constraints: dict[str, str], name: str) -> bool:
    return name in constraints and constraints[name].strip().lower() != "false"


def _required_if(text: str | None) -> tuple[str, str] | None:
    name, equals, value = (text or "").partition("=")
    if not equals or not name.strip() or not value.strip():
        return None
    return name.strip(), value.strip()


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _count(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


def _default(text: str | None, field_type: FieldType, *, is_list: bool) -> Json:
    if not text:
        return None
    if is_list and field_type is FieldType.STRING:
        return [line.strip() for line in text.splitlines() if line.strip()] or None
    return _LITERALS[field_type](text)


def _whole(text: str) -> int | None:
    digits = text.strip().removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) < 16 else None


def _truth(text: str) -> bool | None:
    return {"true": True, "false": False}.get(text.strip().lower())


def _iso_date(text: str) -> str | None:
    for parse in (date.fromisoformat, datetime.fromisoformat):
        try:
            parse(text)
        except ValueError:
            continue
        return text
    return None


_LITERALS: dict[FieldType, Callable[[str], Json]] = {
    FieldType.STRING: str,
    FieldType.ENUM: str,
    FieldType.BOOLEAN: _truth,
    FieldType.LONG: _whole,
    FieldType.DOUBLE: _number,
    FieldType.DATE: _iso_date,
    # A diagram holds no files.
    FieldType.FILE: lambda _text: None,
}
