"""Incidents of an instance in plain words: why a step failed, and what somebody may do about it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.forms import check_submission
from engine.incident_causes import Cause, CauseKind, cause_of
from engine.model import EventKind, FieldType, FormField, Incident, Json, Role
from engine.queries import EventQuery
from webhooks.language import Phrases, phrase
from webhooks.pages.fields import Faults, Group, all_widgets, submitted_values, widget_groups
from webhooks.pages.logins import current_actor
from webhooks.pages.values import fields_of
from webhooks.rest.context import current_engine

if TYPE_CHECKING:
    from engine.bpmn.elements import ProcessModel

RETRYING, MENDING = (Role.ANALYST, Role.ADMIN), (Role.ADMIN,)
_WHAT = Phrases(
    {
        CauseKind.MISSING_VARIABLE: phrase(
            "Langkah ini membutuhkan isian yang belum pernah diisi."
        ),
        CauseKind.NO_TRUE_FLOW: phrase(
            "Pada percabangan ini tidak ada jalur yang syaratnya terpenuhi, sehingga sistem tidak "
            "tahu harus meneruskan ke mana."
        ),
        CauseKind.CODE: phrase(
            "Perhitungan dalam gambar SOP berhenti karena kesalahan. Sering kali sebabnya isian "
            "yang jenisnya lain dari yang diharapkan, misalnya teks pada bilangan."
        ),
        CauseKind.WRONG_VALUE: phrase(
            "Isian yang dipakai langkah ini bukan yang dibutuhkan, misalnya bukan tanggal, lama "
            "waktu, bilangan, atau daftar."
        ),
        CauseKind.LIMIT: phrase(
            "Perhitungan dalam gambar SOP dihentikan karena melewati batas waktu atau memori."
        ),
        CauseKind.WORKER: phrase(
            "Program yang mengerjakan langkah ini melaporkan kegagalan dan tidak mencoba lagi."
        ),
        CauseKind.CALL: phrase(
            "Proses lain yang dipanggil langkah ini tidak dapat dimulai, atau telah dibatalkan."
        ),
        CauseKind.UNCAUGHT_ERROR: phrase(
            "Langkah ini melaporkan kesalahan yang tidak ditangani oleh gambar SOP."
        ),
        CauseKind.LOOP: phrase(
            "Gambar SOP berputar terus tanpa menunggu siapa pun, sehingga dihentikan."
        ),
        CauseKind.DEAD_END: phrase(
            "Langkah ini menunggu jalur lain yang tidak akan pernah sampai."
        ),
        CauseKind.UNKNOWN: phrase("Langkah ini gagal dijalankan."),
    }
)
_MEND_DATA = phrase(
    "Periksa isian yang dipakai langkah ini, perbaiki bila salah, lalu jalankan ulang. Bila "
    "isiannya sudah benar, gambar SOP yang perlu diperbaiki."
)
_MEND_DIAGRAM = phrase(
    "Menjalankan ulang tidak akan menolong selama gambar SOP seperti ini, dan berkas ini tetap "
    "memakai versi SOP saat dimulai: sesudah versi yang benar dipasang, batalkan berkas ini dengan "
    "alasan, lalu mulai yang baru."
)
_DEED = Phrases(
    {
        CauseKind.MISSING_VARIABLE: phrase("Isilah yang kurang, lalu jalankan ulang."),
        CauseKind.NO_TRUE_FLOW: _MEND_DATA,
        CauseKind.CODE: _MEND_DATA,
        CauseKind.WRONG_VALUE: _MEND_DATA,
        CauseKind.LIMIT: phrase(
            "Jalankan ulang satu kali. Bila terhenti lagi, perhitungan itu perlu disederhanakan "
            "dalam gambar SOP."
        ),
        CauseKind.WORKER: phrase(
            "Pastikan sistem lain itu sudah pulih, lalu jalankan ulang: pekerjaannya diminta "
            "sekali lagi."
        ),
        CauseKind.CALL: phrase(
            "Pastikan SOP yang dipanggil terpasang dan isian awalnya benar, lalu jalankan ulang: "
            "proses itu dimulai sekali lagi."
        ),
        CauseKind.UNCAUGHT_ERROR: phrase(
            "Bila sebabnya sudah diatasi, jalankan ulang: langkah itu diminta sekali lagi. Agar "
            "tidak berulang, kesalahan itu perlu ditangani dalam gambar SOP."
        ),
        CauseKind.LOOP: _MEND_DIAGRAM,
        CauseKind.DEAD_END: _MEND_DIAGRAM,
        CauseKind.UNKNOWN: phrase("Jalankan ulang. Bila gagal lagi, baca keterangan teknisnya."),
    }
)
_WHOLE = re.compile(r"[+-]?\d{1,15}", re.ASCII)
_DECIMAL = re.compile(r"[+-]?\d{1,15}[.,]\d{1,15}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ShownIncident:
    """An incident for people. `groups`: inputs for the data that the failed step reads."""

    incident: Incident
    step: str
    what: str
    missing: str | None
    deed: str
    can_retry: bool
    groups: tuple[Group, ...] = ()


@dataclass(frozen=True, slots=True)
class Mending:
    """What was sent to mend the data of an incident, and refused."""

    incident_id: str
    texts: Mapping[str, str]
    faults: Faults


def shown_incidents(
    instance_id: str,
    model: ProcessModel,
    variables: Mapping[str, Json],
    *,
    refused: Mending | None = None,
) -> list[ShownIncident]:
    """The open incidents of an instance that the visitor sees, the oldest first."""
    actor = current_actor()
    found = current_engine().instances.incidents(actor=actor, instance_id=instance_id)
    given = _given(instance_id) if found else {}
    return [
        _shown(
            each,
            cause_of(each.message, each.activity_id, model, given=given.get(each.incident_id)),
            model,
            variables,
            refused if refused and refused.incident_id == each.incident_id else None,
        )
        for each in found
    ]


def form_of(
    incident: Incident, model: ProcessModel, variables: Mapping[str, Json]
) -> tuple[FormField, ...]:
    """The inputs by which the data of the incident are mended; none when that would not help."""
    given = _given(incident.instance_id).get(incident.incident_id)
    cause = cause_of(incident.message, incident.activity_id, model, given=given)
    return _form(cause, model, variables)


def _given(instance_id: str) -> dict[str, EventKind]:
    """Incident -> the input in whose step it was raised."""
    told = frozenset({EventKind.INCIDENT_RAISED, EventKind.SERVICE_FAILED, EventKind.CALL_FAILED})
    query = EventQuery(instance_id=instance_id, kinds=told)
    events = current_engine().history.find_events(query, actor=current_actor())
    inputs = {each.revision: each.kind for each in events if each.is_input}
    return {
        str(each.payload["incident"]): inputs[each.revision]
        for each in events
        if not each.is_input and each.revision in inputs
    }


def _shown(
    incident: Incident,
    cause: Cause,
    model: ProcessModel,
    variables: Mapping[str, Json],
    refused: Mending | None,
) -> ShownIncident:
    actor, fields = current_actor(), fields_of(model)
    node = model.nodes.get(incident.activity_id)
    declared = fields.get(cause.missing or "")
    groups: tuple[Group, ...] = ()
    if actor.has(*MENDING):
        form = _form(cause, model, variables)
        groups = widget_groups(
            form,
            variables,
            typed=refused.texts if refused else None,
            faults=refused.faults if refused else None,
        )
    return ShownIncident(
        incident=incident,
        step=(node.name if node else None) or incident.activity_id,
        what=_WHAT[cause.kind],
        missing=declared.label if declared else cause.missing,
        deed=_DEED[cause.kind],
        can_retry=actor.has(*RETRYING),
        groups=groups,
    )


# --------------------------------------------------------------------- mending


def _form(
    cause: Cause, model: ProcessModel, variables: Mapping[str, Json]
) -> tuple[FormField, ...]:
    """An input for each variable that the failed code reads and that an input can hold."""
    fields = fields_of(model)
    return tuple(
        field
        for name in cause.variables
        if name in variables or name == cause.missing
        if (field := _field(name, fields.get(name), variables.get(name))) is not None
    )


def _field(name: str, declared: FormField | None, value: Json) -> FormField | None:
    if declared is not None:
        if declared.type is FieldType.FILE:
            return None
        # Whatever its form made of it: the step cannot go on without it.
        return replace(declared, is_required=True, is_readonly=False, required_if=None, group=None)
    if isinstance(value, bool):
        return FormField(name, name, FieldType.BOOLEAN)
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return FormField(name, name, is_required=True, is_list=True)
    if value is None or isinstance(value, str | int | float):
        has_lines = isinstance(value, str) and "\n" in value
        return FormField(name, name, is_required=True, rows=4 if has_lines else None)
    return None


def _typed_without_form(text: str) -> Json:
    """A text that no form gives a type: a number when it looks like one."""
    stripped = text.strip()
    if _WHOLE.fullmatch(stripped):
        return int(stripped)
    return float(stripped.replace(",", ".")) if _DECIMAL.fullmatch(stripped) else text


def mended_values(
    form: Sequence[FormField],
    texts: Mapping[str, str],
    model: ProcessModel,
    before: Mapping[str, Json],
) -> dict[str, Json]:
    """What was changed. Raises InvalidForm with the faults by field.

    What stands as it was shown stays as it is: read again, a text of digits would become a number.
    """
    values = check_submission(form, submitted_values(form, texts, {}))
    shown = {each.id: each.text for each in all_widgets(widget_groups(form, before))}
    declared = fields_of(model)
    typed = {
        name: _typed_without_form(value)
        if isinstance(value, str) and name not in declared
        else value
        for name, value in values.items()
        if texts.get(name, "") != shown[name]
    }
    return {n: v for n, v in typed.items() if n not in before or before[n] != v}
