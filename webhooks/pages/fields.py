"""Form fields of a diagram as HTML inputs, and what the browser sends back as typed values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from engine.forms import form_values_from_text
from engine.model import FieldType, FormField, Json
from webhooks.language import told
from webhooks.pages.messages import FILES_SEVERAL, largest_file, missing_because, required_if
from webhooks.pages.uploads import PENDING, REMOVED, ShownFile
from webhooks.pages.values import number_text, value_text
from webhooks.rest.context import current_settings

#: Names of inputs begin with this, so that no field of a diagram can pose as one of the page's own.
PREFIX = "isian-"
#: An enum of so many options is shown whole.
_FEW_OPTIONS = 5
#: What was decided in the last round is decided anew, not confirmed by a hasty click.
_DECIDED_ANEW = re.compile(r"(^|_)(keputusan|catatan_perbaikan)$")
_NUMERIC = {FieldType.LONG: "numeric", FieldType.DOUBLE: "decimal"}

Faults = Mapping[str, Sequence[str]]
Files = Mapping[str, Sequence[ShownFile]]


@dataclass(frozen=True, slots=True)
class Widget:
    """One input as the template draws it. `text`: what stands in it now."""

    id: str
    label: str
    kind: str
    text: str
    hints: tuple[str, ...]
    faults: tuple[str, ...]
    is_required: bool
    options: tuple[tuple[str, str], ...] = ()
    input_mode: str | None = None
    max_length: int | None = None
    rows: int | None = None
    #: Files that stand at the field already; one more replaces or joins them.
    files: tuple[ShownFile, ...] = ()
    is_multiple: bool = False

    @property
    def pending_name(self) -> str:
        """The name of the input with the ids of files that wait for the form."""
        return PENDING + self.id

    @property
    def pending_ids(self) -> str:
        """Ids of files that a refused form has left."""
        return ",".join(each.id for each in self.files if each.href is None)

    @property
    def removing_name(self) -> str:
        """The name of the inputs that take a file out."""
        return REMOVED + self.id

    @property
    def name(self) -> str:
        """The name of the input; its id too."""
        return PREFIX + self.id

    @property
    def described_by(self) -> str:
        """Ids of the texts that a screen reader says with the input."""
        parts = [f"{self.name}-petunjuk"] if self.hints else []
        parts += [f"{self.name}-salah"] if self.faults else []
        return " ".join(parts)


@dataclass(frozen=True, slots=True)
class Group:
    """Widgets under one heading; None for those without one."""

    heading: str | None
    widgets: tuple[Widget, ...]


def widget_groups(
    form: Sequence[FormField],
    values: Mapping[str, Json],
    *,
    typed: Mapping[str, str] | None = None,
    faults: Faults | None = None,
    files: Files | None = None,
) -> tuple[Group, ...]:
    """The form as groups of inputs.

    typed: what the browser sent, when the form is shown again; else the values stand in the inputs.
    files: what stands at the file fields.
    """
    labels = {field.id: field for field in form}
    widgets = [
        (
            field.group,
            _widget(
                field,
                _shown(field, values) if typed is None else typed.get(field.id, ""),
                labels,
                (faults or {}).get(field.id, ()),
                tuple((files or {}).get(field.id, ())),
            ),
        )
        for field in form
    ]
    return tuple(
        Group(heading, tuple(widget for _, widget in group))
        for heading, group in groupby(widgets, key=lambda pair: pair[0])
    )


def has_files(groups: Sequence[Group]) -> bool:
    """Whether a file can be chosen, so that the form must be sent in parts."""
    return any(widget.kind == "file" for widget in all_widgets(groups))


def all_widgets(groups: Sequence[Group]) -> Iterator[Widget]:
    """The widgets of all groups in order."""
    for group in groups:
        yield from group.widgets


# -------------------------------------------------------------------- drawing


def _widget(
    field: FormField,
    text: str,
    fields: Mapping[str, FormField],
    faults: Sequence[str],
    files: tuple[ShownFile, ...],
) -> Widget:
    return Widget(
        id=field.id,
        label=field.label,
        kind=_kind(field),
        text=text,
        hints=tuple(_hints(field, fields)),
        faults=tuple(_said(fault, field, fields) for fault in faults),
        is_required=field.is_required and field.type is not FieldType.BOOLEAN,
        options=_options(field),
        input_mode=_NUMERIC.get(field.type),
        max_length=field.max_length,
        rows=field.rows or (5 if field.is_list else None),
        files=files,
        is_multiple=field.is_list,
    )


def _kind(field: FormField) -> str:
    if field.is_readonly:
        return "readonly"
    if field.type is FieldType.FILE:
        return "file"
    if field.is_list or (field.type is FieldType.STRING and field.rows):
        return "textarea"
    if field.type is FieldType.ENUM:
        return "radio" if len(field.options) <= _FEW_OPTIONS else "select"
    return {FieldType.BOOLEAN: "checkbox", FieldType.DATE: "date"}.get(field.type, "text")


def _options(field: FormField) -> tuple[tuple[str, str], ...]:
    """An optional radio needs a way back to nothing; a select begins with one anyway."""
    is_optional_radio = _kind(field) == "radio" and not field.is_required
    return (*field.options, ("", gettext("Tidak diisi"))) if is_optional_radio else field.options


def _hints(field: FormField, fields: Mapping[str, FormField]) -> Iterator[str]:
    if field.is_readonly:
        return
    if field.is_personal:
        yield gettext("Data pribadi: disimpan tersegel dan dapat dihapus.")
    if field.type is FieldType.FILE:
        yield largest_file(current_settings().max_file_mb)
        if field.is_list:
            yield gettext(FILES_SEVERAL)
    elif field.is_list:
        yield gettext("Tuliskan satu per baris.")
    if field.type is FieldType.LONG:
        yield _in_range(gettext("Bilangan bulat"), field)
    if field.type is FieldType.DOUBLE:
        yield _in_range(gettext("Bilangan, dengan koma desimal"), field)
    if field.required_if is not None:
        yield required_if(*_condition(field.required_if, fields))


def _in_range(number: str, field: FormField) -> str:
    """What kind of number the field takes, and between which."""
    low = None if field.minimum is None else number_text(field.minimum)
    high = None if field.maximum is None else number_text(field.maximum)
    if low is not None and high is not None:
        return gettext("%(number)s, %(low)s sampai %(high)s.", number=number, low=low, high=high)
    if low is not None:
        return gettext("%(number)s, paling kecil %(low)s.", number=number, low=low)
    if high is not None:
        return gettext("%(number)s, paling besar %(high)s.", number=number, high=high)
    return f"{number}."


def _condition(condition: tuple[str, str], fields: Mapping[str, FormField]) -> tuple[str, str]:
    """The condition with labels instead of ids."""
    other, expected = condition
    field = fields.get(other)
    if field is None:
        return other, expected
    if field.type is FieldType.BOOLEAN:
        return field.label, value_text(expected == "true", other, fields)
    return field.label, value_text(expected, other, fields)


def _said(fault: str, field: FormField, fields: Mapping[str, FormField]) -> str:
    """The engine's sentence, with labels where it has ids."""
    if field.required_if is not None and "apabila" in fault:
        return missing_because(*_condition(field.required_if, fields))
    if field.type is FieldType.ENUM and fault.startswith("Harus salah satu dari"):
        options = ", ".join(label for _, label in field.options)
        return gettext("Pilih salah satu: %(options)s.", options=options)
    return told(fault)


def _shown(field: FormField, values: Mapping[str, Json]) -> str:
    """What stands in the input before anybody typed."""
    value = values.get(field.id)
    if value is None or _DECIDED_ANEW.search(field.id):
        return ""
    if field.is_readonly or field.type is FieldType.FILE:
        return value_text(value, field.id, {field.id: field})
    if isinstance(value, bool):
        return "true" if value else ""
    if isinstance(value, int | float):
        return number_text(value)
    if isinstance(value, list):
        return "\n".join(str(line) for line in value)
    return str(value)[:10] if field.type is FieldType.DATE else str(value)


# -------------------------------------------------------------------- reading


def typed_texts(form: Sequence[FormField], sent: MultiDict[str, str]) -> dict[str, str]:
    """What the browser sent for the form's own inputs; read-only ones are not asked."""
    return {
        # A browser ends lines with CR LF, which would count double against a maximum length.
        field.id: sent[PREFIX + field.id].replace("\r\n", "\n")
        for field in form
        if PREFIX + field.id in sent and not field.is_readonly and field.type is not FieldType.FILE
    }


def submitted_values(
    form: Sequence[FormField], texts: Mapping[str, str], before: Mapping[str, Json]
) -> dict[str, Json]:
    """Typed values for the engine to judge. What was there before and is blank now is cleared."""
    values = form_values_from_text(form, texts, absent_is_unticked=True)
    for name, text in texts.items():
        if not text.strip() and before.get(name) not in (None, "", []):
            values[name] = None
    return values
