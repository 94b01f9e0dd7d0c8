"""The steps of a replay as rows of its table, and as the sentences that a screen reader says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from flask_babel import gettext

from engine.model import EventKind, Json
from engine.playback.durations import Spent
from engine.playback.story import Step, Story, Taken
from webhooks.language import Phrases, phrase
from webhooks.pages.dates import moment_text
from webhooks.pages.instance_places import node_name
from webhooks.pages.instance_steps import activity_name, deed_text, people_next
from webhooks.pages.people import person
from webhooks.pages.remaining import passed_text
from webhooks.pages.values import NOTHING

if TYPE_CHECKING:
    from engine.bpmn.elements import ProcessModel

_CAPACITIES: Mapping[str, str] = Phrases(
    {
        "definitif": phrase("definitif"),
        "command line": phrase("baris perintah"),
        "by link": phrase("lewat tautan"),
        "by signed message": phrase("lewat pesan bertanda tangan"),
    }
)


@dataclass(frozen=True, slots=True)
class Row:
    """One step as a row of the table."""

    number: int
    at: datetime
    activity: str
    #: Which passing through the activity it was; 0 when that says nothing.
    visit: int
    item: str
    deed: str
    by: str
    capacity: str
    waiting: str
    working: str
    term: str
    due_at: datetime | None
    is_late: bool
    next: tuple[str, ...]
    #: Names of the elements to which the step led back.
    returned: tuple[str, ...]
    has_incident: bool
    end: str

    @property
    def sentence(self) -> str:
        """The row as one reads it out."""
        parts = [
            gettext(
                "%(activity)s: %(deed)s oleh %(who)s, %(at)s.",
                activity=self._place,
                deed=self.deed,
                who=f"{self.by} ({self.capacity})" if self.capacity else self.by,
                at=moment_text(self.at),
            )
        ]
        if self.returned:
            parts.append(gettext("Kembali ke: %(names)s.", names="; ".join(self.returned)))
        if self.next:
            parts.append(gettext("Lanjut ke: %(names)s.", names="; ".join(self.next)))
        if self.is_late:
            parts.append(gettext("Terlambat."))
        if self.has_incident:
            parts.append(gettext("Langkah berikutnya gagal dijalankan."))
        return " ".join([*parts, self.end]).strip()

    @property
    def _place(self) -> str:
        if self.item:
            return f"{self.activity} ({self.item})"
        if self.visit > 1:
            return gettext(
                "%(activity)s, kunjungan ke-%(number)s", activity=self.activity, number=self.visit
            )
        return self.activity


def row_of(story: Story, step: Step, spent: Spent | None) -> Row:
    """The step as a row. spent: what the visit that it was about had taken then."""
    frame, visit = step.frame, step.visit
    model = story.at(frame.number).model
    node = model.nodes.get(frame.activity_id or "")
    return Row(
        number=frame.number,
        at=frame.at,
        activity=activity_name(frame, model) or gettext("Berkas proses"),
        visit=visit.ordinal if visit else 0,
        item=item_text(visit.local_variables) if visit else "",
        deed=deed_text(frame),
        by=person(frame.actor),
        capacity=capacity_text(frame.capacity),
        waiting=passed_text(spent.waiting) if spent and spent.waiting else NOTHING,
        working=passed_text(spent.working) if spent and spent.working else NOTHING,
        term=node.properties.get("sop:waktu", "") if node else "",
        due_at=spent.due_at if spent else None,
        is_late=bool(spent and spent.is_late),
        next=people_next(frame, model),
        returned=tuple(_target(model, taken) for taken in step.taken if taken.is_return),
        has_incident=bool(frame.incidents),
        end=_end_text(step),
    )


def capacity_text(capacity: str | None) -> str:
    """In which capacity somebody acted, and how he was proved; "" for nobody."""
    return ", ".join(_CAPACITIES.get(each, each) for each in (capacity or "").split(", "))


def item_text(local_variables: Mapping[str, Json]) -> str:
    """What tells a visit from its siblings in a multi-instance, when a text or number does."""
    told = {name: value for name, value in local_variables.items() if isinstance(value, str)}
    return ", ".join(told[name] for name in sorted(told))


def _target(model: ProcessModel, taken: Taken) -> str:
    flow = model.flows.get(taken.flow_id)
    return node_name(model, flow.target) if flow else taken.flow_id


def _end_text(step: Step) -> str:
    if not step.frame.ends_instance:
        return ""
    if step.frame.kind is EventKind.INSTANCE_CANCELLED:
        return gettext("Proses berakhir karena dibatalkan.")
    return gettext("Proses selesai.")
