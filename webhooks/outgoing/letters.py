"""The letters that people get by e-mail. The subject names no person and no SOP."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext

from engine.model import AnnouncementKind, Delivery, Disabling
from webhooks.language import Phrases, phrase
from webhooks.outgoing.ways import Way
from webhooks.pages.dates import moment_in

_SUBJECTS: Mapping[AnnouncementKind, str] = Phrases(
    {
        AnnouncementKind.TASK_OPENED: phrase("[Alur] Tugas baru menunggu"),
        AnnouncementKind.TASK_DUE_SOON: phrase("[Alur] Tugas mendekati tenggat"),
        AnnouncementKind.TASK_OVERDUE: phrase("[Alur] Tugas melewati tenggat"),
        AnnouncementKind.TASK_ESCALATED: phrase(
            "[Alur] Tugas yang terlambat diteruskan kepada Anda"
        ),
        AnnouncementKind.SUBSCRIPTION_DISABLED: phrase("[Alur] Langganan web hook dinonaktifkan"),
    }
)
_OPENINGS: Mapping[AnnouncementKind, str] = Phrases(
    {
        AnnouncementKind.TASK_OPENED: phrase("Sebuah tugas baru menunggu Anda atau lajur Anda."),
        AnnouncementKind.TASK_DUE_SOON: phrase(
            "Sebuah tugas yang menunggu Anda mendekati tenggatnya."
        ),
        AnnouncementKind.TASK_OVERDUE: phrase(
            "Sebuah tugas yang menunggu Anda telah melewati tenggatnya."
        ),
        AnnouncementKind.TASK_ESCALATED: phrase(
            "Sebuah tugas telah lama melewati tenggatnya dan diteruskan kepada Anda sebagai "
            "atasan. Anda dapat melihatnya, memberi komentar, dan menugaskannya kepada orang lain "
            "di lajurnya."
        ),
    }
)
_BECAUSE: Mapping[str, str] = Phrases(
    {
        Disabling.GONE: phrase("Penerimanya menjawab 410: ia tidak mau dikirimi lagi."),
        Disabling.FAILING: phrase("Selama lima hari tidak ada kiriman yang sampai."),
    }
)
_FAREWELL = (
    phrase("Surat ini dikirim secara otomatis; mohon tidak dibalas."),
    phrase("Pemberitahuan dapat dimatikan pada halaman akun Anda di Alur."),
)


def subject_of(delivery: Delivery) -> str:
    """The subject: nothing that a stranger who looks at a screen should not see."""
    return _SUBJECTS[delivery.kind]


def letter_of(delivery: Delivery, way: Way, *, sop: str, zone: ZoneInfo) -> str:
    """The text of the letter. way: where it leads; sop: the name of the SOP."""
    if delivery.kind is AnnouncementKind.SUBSCRIPTION_DISABLED:
        lines = _about_subscription(delivery, way)
    else:
        lines = _about_task(delivery, way, sop, zone)
    return "\n".join([*lines, "", "-- ", *map(gettext, _FAREWELL), ""])


def _about_task(delivery: Delivery, way: Way, sop: str, zone: ZoneInfo) -> list[str]:
    facts = delivery.facts
    due_at = facts.get("due_at")
    rows = {
        gettext("SOP"): sop,
        gettext("Kegiatan"): facts.get("activity_name"),
        gettext("Lajur"): facts.get("lane"),
        gettext("Atasan"): facts.get("escalated_to"),
        gettext("Tenggat"): moment_in(datetime.fromisoformat(due_at), zone) if due_at else None,
    }
    return [
        _OPENINGS[delivery.kind],
        "",
        *(f"{label:<9}: {value}" for label, value in rows.items() if value),
        "",
        *_by_link(way, zone),
        *_by_page(way),
    ]


def _about_subscription(delivery: Delivery, way: Way) -> list[str]:
    facts = delivery.facts
    return [
        gettext("Langganan web hook “%(name)s” telah dinonaktifkan.", name=facts.get("name")),
        _BECAUSE.get(facts.get("because") or "", ""),
        "",
        gettext("Perbaiki penerimanya, lalu aktifkan kembali langganannya."),
        *_by_page(way),
    ]


def _by_link(way: Way, zone: ZoneInfo) -> list[str]:
    """The link that completes the task, and what its receiver must know of it."""
    if way.link is None:
        return []
    until = moment_in(way.link.shown.link.expires_at, zone)
    return [
        gettext("Kerjakan langsung, tanpa masuk ke Alur:"),
        way.link.url,
        "",
        gettext("Tautan ini untuk Anda sendiri, berlaku sekali, sampai %(until)s.", until=until),
        gettext("Jangan diteruskan: yang dikerjakan lewat tautan ini tercatat atas nama Anda."),
        "",
    ]


def _by_page(way: Way) -> list[str]:
    if way.page is None:
        return [gettext("Buka Alur untuk melanjutkan.")]
    return [gettext("Buka di Alur:"), way.page]
