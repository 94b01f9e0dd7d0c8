"""The body of a message to the gateway: to whom, a short text, the way to the task."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext

from engine.model import AnnouncementKind, Contact, Delivery
from webhooks.language import Phrases, phrase
from webhooks.outgoing.envelope import as_utc
from webhooks.outgoing.ways import Way
from webhooks.pages.dates import moment_in
from webhooks.schemas.forms import FieldAnswer

_OPENINGS: Mapping[AnnouncementKind, str] = Phrases(
    {
        AnnouncementKind.TASK_OPENED: phrase("Tugas baru menunggu Anda"),
        AnnouncementKind.TASK_DUE_SOON: phrase("Tugas Anda mendekati tenggat"),
        AnnouncementKind.TASK_OVERDUE: phrase("Tugas Anda melewati tenggat"),
        AnnouncementKind.TASK_ESCALATED: phrase("Tugas yang terlambat diteruskan kepada Anda"),
        AnnouncementKind.SUBSCRIPTION_DISABLED: phrase("Langganan web hook dinonaktifkan"),
    }
)
#: What a bot must know to ask for a field; no default and nothing that was filled in before.
_FIELDS = FieldAnswer(
    many=True, only=("id", "label", "type", "required", "required_if", "list", "options")
)


def gateway_message(delivery: Delivery, contact: Contact, way: Way, *, zone: ZoneInfo) -> str:
    """The JSON text (Standard Webhooks: `type`, `timestamp`, `data`)."""
    facts = delivery.facts
    data = {
        "to": contact.value,
        "text": _text(delivery, way, zone),
        "url": way.link.url if way.link else way.page,
        "taskId": facts.get("task_id"),
        "activityName": facts.get("activity_name"),
        "dueAt": as_utc(facts.get("due_at")),
        "form": _form(way),
    }
    happened_at = facts.get("at") or delivery.created_at.isoformat()
    whole = {"type": str(delivery.kind), "timestamp": as_utc(happened_at), "data": data}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))


def _text(delivery: Delivery, way: Way, zone: ZoneInfo) -> str:
    """Words of the diagram and moments; nobody's name, and nothing of a form."""
    facts = delivery.facts
    about = facts.get("activity_name") or facts.get("name")
    sentences = [_OPENINGS[delivery.kind] + (f": {about}." if about else ".")]
    if due_at := facts.get("due_at"):
        sentences.append(
            gettext("Tenggat: %(at)s.", at=moment_in(datetime.fromisoformat(due_at), zone))
        )
    if way.link is not None:
        until = moment_in(way.link.shown.link.expires_at, zone)
        sentences.append(
            gettext(
                "Tautannya untuk Anda sendiri, berlaku sekali, sampai %(until)s; "
                "jangan diteruskan.",
                until=until,
            )
        )
    elif way.page is None:
        sentences.append(gettext("Buka Alur untuk melanjutkan."))
    return " ".join(sentences)


def _form(way: Way) -> list[dict[str, Any]] | None:
    """The fields that the link takes; None when the way is only the page."""
    if way.link is None:
        return None
    dumped: list[dict[str, Any]] = _FIELDS.dump(
        [field for field in way.link.shown.form.fields if not field.is_readonly]
    )
    return dumped
