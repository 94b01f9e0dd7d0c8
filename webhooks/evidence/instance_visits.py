"""The steps of an instance as a table: who did each, in which capacity, when, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping

from engine.forms import return_note
from engine.model import EventKind, Json
from engine.playback.durations import Spent
from engine.playback.story import Step, Story
from engine.playback.visits import Visit
from webhooks.evidence.sheets import Cell, Column, Table
from webhooks.pages.dates import iso_text, moment_text
from webhooks.pages.papers import endorsed_text
from webhooks.pages.people import person
from webhooks.pages.remaining import passed_text
from webhooks.pages.replay_rows import capacity_text, item_text
from webhooks.pages.values import NOTHING
from webhooks.rest.context import current_engine

#: What somebody does, in BPMN's words; a gateway or a script is nobody's work.
_WORK = {"userTask", "manualTask", "serviceTask", "sendTask", "receiveTask", "callActivity"}
_COLUMNS = (
    Column("No.", 0.5),
    Column("Langkah SOP", 3.1),
    Column("Pelaksana dan kapasitas", 2.6),
    Column("Tersedia, diambil, selesai", 2.9),
    Column("Waktu tunggu dan waktu kerja", 2.1),
    Column("Waktu Baku dan tenggat", 2.2),
    Column("Hasil", 3.1),
)


def visits_table(story: Story) -> Table:
    """One row for each time that a step was come to, in the order of coming."""
    visits = [each for each in story.visits if each.type in _WORK and not each.is_body]
    last = story.steps[-1] if story.steps else None
    spent: Mapping[str, Spent] = {}
    if last is not None:
        until = last.frame.at if story.instance.ended_at else story.checked_at
        spent = current_engine().playback.spent(story, visits, last.frame.number, until)
    return Table(
        _COLUMNS,
        tuple(
            _row(story, number, visit, spent.get(visit.visit_id))
            for number, visit in enumerate(visits, 1)
        ),
        "Belum ada langkah yang dijalankan.",
    )


def _row(story: Story, number: int, visit: Visit, spent: Spent | None) -> tuple[Cell, ...]:
    ending = story.steps[visit.ended_in - 1] if visit.ended_in else None
    return (
        Cell(str(number)),
        Cell(_activity(story, visit)),
        Cell(_performer(visit, ending)),
        Cell(_moments(visit)),
        Cell(f"Tunggu: {_span(spent, 'waiting')}\nKerja: {_span(spent, 'working')}"),
        Cell(_term(story, visit, spent)),
        Cell(_outcome(story, visit, ending)),
    )


def _activity(story: Story, visit: Visit) -> str:
    node = story.model.nodes.get(visit.activity_id)
    number = node.properties.get("sop:nomor", "").strip() if node else ""
    lines = [f"{number}. {visit.name}" if number else visit.name]
    if visit.lane_path:
        lines.append(f"Lajur: {' › '.join(visit.lane_path)}")
    if item := item_text(visit.local_variables):
        lines.append(f"Untuk: {item}")
    elif visit.ordinal > 1:
        lines.append(f"Kunjungan ke-{visit.ordinal}")
    return "\n".join(lines)


def _performer(visit: Visit, ending: Step | None) -> str:
    if visit.ended_by is None:
        hand = visit.hands[-1] if visit.hands else None
        if visit.ended_in is None and hand and hand.account:
            return f"{person(hand.account)}\n(sedang dikerjakan)"
        return NOTHING
    lines = [person(visit.ended_by), capacity_text(visit.ended_as)]
    if ending is not None and (basis := basis_text(ending.frame.payload)):
        lines.append(basis)
    return "\n".join(line for line in lines if line)


def basis_text(payload: Mapping[str, Json]) -> str:
    """On which letter somebody stood in when he gave this input; "" when he did not."""
    told = payload.get("substitution")
    if not isinstance(told, dict):
        return ""
    return f"{told['kind']} {told['lane']}, dasar: {told['basis']}, {iso_text(told['basisDate'])}"


def _moments(visit: Visit) -> str:
    taken = next((hand.at for hand in reversed(visit.hands) if hand.account), None)
    named = (
        ("Tersedia", visit.entered_at),
        ("Diambil", taken),
        ("Batal" if visit.is_cancelled else "Selesai", visit.ended_at),
    )
    return "\n".join(f"{name}: {moment_text(at) if at else NOTHING}" for name, at in named)


def _span(spent: Spent | None, name: str) -> str:
    span = getattr(spent, name, None)
    return passed_text(span) if span is not None else NOTHING


def _term(story: Story, visit: Visit, spent: Spent | None) -> str:
    node = story.model.nodes.get(visit.activity_id)
    lines = [(node.properties.get("sop:waktu", "").strip() if node else "") or NOTHING]
    if spent is not None and spent.due_at is not None:
        lines.append(f"Tenggat: {moment_text(spent.due_at)}")
        on_time = "Tepat waktu" if visit.ended_at else "Belum lewat tenggat"
        lines.append("TERLAMBAT" if spent.is_late else on_time)
    return "\n".join(lines)


def _outcome(story: Story, visit: Visit, ending: Step | None) -> str:
    if ending is None:
        return "Belum selesai"
    if visit.is_cancelled:
        return "Dibatalkan"
    frame, node = ending.frame, story.model.nodes.get(visit.activity_id)
    if frame.activity_instance_id != visit.visit_id:
        return "Selesai"
    lines = [endorsed_text(frame.payload) or "Selesai"]
    if frame.kind is EventKind.TASK_COMPLETED and node is not None:
        note = return_note(node.form, frame.payload.get("variables") or {})
        if note is not None:
            lines = [f"DIKEMBALIKAN untuk perbaikan: {note or 'tanpa catatan'}"]
    flows = [story.model.flows[f].name for f in frame.flows if f in story.model.flows]
    if chosen := [name for name in flows if name]:
        lines.append(f"Keputusan: {', '.join(chosen)}")
    return "\n".join(lines)
