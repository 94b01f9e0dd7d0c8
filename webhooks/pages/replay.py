"""Putar Ulang: an instance step by step, by links alone or by a small script, as of any time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from engine.errors import InvalidInput
from engine.playback.durations import Spent
from engine.playback.standing import standing_after
from engine.playback.story import Step, Story
from engine.playback.visits import Visit
from webhooks.language import told
from webhooks.pages import messages
from webhooks.pages.blueprint import blueprint
from webhooks.pages.drawings import Shown, shown_image
from webhooks.pages.instance_steps import version_of
from webhooks.pages.logins import current_actor
from webhooks.pages.people import person
from webhooks.pages.remaining import passed_text
from webhooks.pages.replay_details import Details, details_of
from webhooks.pages.replay_rows import Row, item_text, row_of
from webhooks.pages.values import NOTHING, Section, fields_of, sections
from webhooks.rest.context import current_engine, current_settings

#: Rows of the table on one page; steps that the script fetches at a time.
TABLE_ROWS, BATCH = 100, 10
#: What ids in the picture begin with.
_KEY = "putar"
_FIRST_YEAR, _LAST_YEAR = 1900, 9000


@dataclass(frozen=True, slots=True)
class Waiting:
    """One activity that was open, as a row of the state."""

    activity: str
    item: str
    lane: str
    since: datetime
    holder: str
    waiting: str
    working: str
    due_at: datetime | None
    is_late: bool


@dataclass(frozen=True, slots=True)
class State:
    """Where the instance stood: after a step, or at a moment after it."""

    waiting: list[Waiting]
    sections: list[Section]
    has_ended: bool


@dataclass(frozen=True, slots=True)
class Shot:
    """What the page shows of one step. `said`: the step as one reads it out."""

    said: str
    details: Details
    state: State


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address asks for. `step` 0: before the first. `fault`: (field, why)."""

    step: int
    moment: datetime | None = None
    fault: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """One page of the table. `first` and `last` are numbers of steps."""

    rows: list[Row]
    first: int
    last: int
    previous: str | None
    next: str | None


@blueprint.get("/putar-ulang/<instance_id>")
def show_replay(instance_id: str) -> ResponseReturnValue:
    """One step of an instance: its picture, all that it was, the state after it; and the table."""
    engine, actor = current_engine(), current_actor()
    story = engine.playback.story(instance_id, actor=actor, is_fresh="uji" in request.args)
    wanted = _wanted(story)
    image = engine.playback.image(story, wanted.step, key=_KEY, actor=actor, say=told)
    definition_id = story.instance.definition_id
    page = render_template(
        "replay.html",
        story=story,
        instance=story.instance,
        definition=engine.definitions.definition(definition_id, actor=actor),
        faults=[(each, messages.fault_text(each)) for each in story.verification.faults],
        step=wanted.step,
        moment=wanted.moment,
        fault=wanted.fault,
        shot=_shot(story, wanted),
        drawing=shown_image(image, ""),
        turn=_turn(story, wanted.step),
        version=_version(story, wanted.step),
        table=_table(story, wanted.step),
        addresses=_addresses(story, wanted.step),
        batch=BATCH,
    )
    return page, 400 if wanted.fault else 200


@blueprint.get("/putar-ulang/<instance_id>/bingkai")
def list_frames(instance_id: str) -> ResponseReturnValue:
    """Steps for the script of the page: what is said of each, and the parts of its picture.

    The first has all parts, each other only those that differ from the one before.
    """
    engine, actor = current_engine(), current_actor()
    story = engine.playback.story(instance_id, actor=actor)
    first = request.args.get("dari", 1, type=int)
    if not 1 <= first <= len(story.steps):
        raise InvalidInput(f"dari: expected 1 to {len(story.steps)}, found {first}")
    steps = range(first, min(first + BATCH, len(story.steps) + 1))
    painted = _differing(engine.playback.parts(story, steps, key=_KEY, actor=actor, say=told))
    return jsonify(
        [_frame(story, number, parts) for number, parts in zip(steps, painted, strict=True)]
    )


def _frame(story: Story, number: int, parts: Mapping[str, str]) -> Mapping[str, object]:
    shot = _shot(story, Wanted(number))
    return {
        "langkah": number,
        "kata": shot.said if shot else "",
        "rincian": render_template("replay_step.html", story=story, shot=shot, step=number),
        "versi": _version(story, number),
        "alur": [taken.flow_id for taken in story.steps[number - 1].taken],
        "bagian": parts,
    }


@dataclass(frozen=True, slots=True)
class Turn:
    """A step in which the instance went to another version, and the picture of the former one."""

    old_version: str
    new_version: str
    drawing: Shown


def _turn(story: Story, step: int) -> Turn | None:
    """The change of the diagram in that step; None for nearly all."""
    if step < 2 or story.at(step).first != step:
        return None
    image = current_engine().playback.image(
        story, step - 1, key="sebelum", actor=current_actor(), say=told
    )
    old, new = (story.at(each).definition_id for each in (step - 1, step))
    return Turn(version_of(old), version_of(new), shown_image(image, ""))


def _version(story: Story, step: int) -> str:
    """Which picture the page of the step holds: its script loads the page of another one anew."""
    version = version_of(story.at(step).definition_id)
    is_turn = step > 1 and story.at(step).first == step
    return f"{version}, {step}" if is_turn else version


def _differing(parts: Sequence[Mapping[str, str]]) -> Iterator[Mapping[str, str]]:
    before: Mapping[str, str] = {}
    for each in parts:
        yield {name: part for name, part in each.items() if before.get(name) != part}
        before = each


# ---------------------------------------------------------------------- what is asked


def _wanted(story: Story) -> Wanted:
    """The step that the address names, or the last at the moment that it names; else the first."""
    first = min(1, len(story.steps))
    said = request.args.get("pada", "").strip()
    if said:
        moment = _moment(said)
        if moment is None:
            why = gettext("Isi tanggal dan jam, misalnya 2026-01-31T09:30.")
            return Wanted(first, fault=("pada", why))
        return Wanted(story.step_at(moment), moment)
    number = request.args.get("langkah", "").strip()
    if not number:
        return Wanted(first)
    if not (number.isascii() and number.isdigit() and 1 <= int(number[:9]) <= len(story.steps)):
        why = gettext("Isi angka 1 sampai %(last)s.", last=len(story.steps))
        return Wanted(first, fault=("langkah", why))
    return Wanted(int(number))


def _moment(text: str) -> datetime | None:
    """A day and time of the office, unless the text names another offset."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    # A moment at either end of the calendar has no name in every time zone.
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        return None
    return found if found.tzinfo else found.replace(tzinfo=current_settings().time_zone)


def _addresses(story: Story, step: int) -> Mapping[str, str | None]:
    """Where the links around a step lead; None at the ends."""
    last = len(story.steps)

    def address(number: int, *, is_there: bool) -> str | None:
        instance_id = story.instance.instance_id
        return (
            url_for("pages.show_replay", instance_id=instance_id, langkah=number)
            if is_there
            else None
        )

    return {
        "first": address(1, is_there=step > 1),
        "previous": address(step - 1, is_there=step > 1),
        "next": address(step + 1, is_there=step < last),
        "last": address(last, is_there=step < last),
    }


# ------------------------------------------------------------------------ what is shown


def _shot(story: Story, wanted: Wanted) -> Shot | None:
    """Everything about the step; None before the first."""
    if not wanted.step:
        return None
    step = story.steps[wanted.step - 1]
    spent = current_engine().playback.spent_in(story, [step])
    row = row_of(story, step, spent.get(wanted.step))
    return Shot(
        gettext(
            "Langkah %(number)s dari %(total)s. %(what)s",
            number=wanted.step,
            total=len(story.steps),
            what=row.sentence,
        ),
        details_of(story, step, row, fields_of(story.at(wanted.step).model)),
        _state(story, wanted.step, wanted.moment or step.frame.at),
    )


def _state(story: Story, step: int, at: datetime) -> State:
    standing = standing_after(story, step)
    spent = current_engine().playback.spent(story, standing.open_visits, step, at)
    return State(
        [_waiting(each, spent.get(each.visit_id), step) for each in standing.open_visits],
        sections(standing.variables, story.at(step).model),
        standing.has_ended,
    )


def _waiting(visit: Visit, spent: Spent | None, step: int) -> Waiting:
    hand = visit.hand_after(step)
    return Waiting(
        activity=visit.name,
        item=item_text(visit.local_variables),
        lane=" › ".join(visit.lane_path),
        since=visit.entered_at,
        holder=person(hand.account) if hand else "",
        waiting=passed_text(spent.waiting) if spent and spent.waiting else NOTHING,
        working=passed_text(spent.working) if spent and spent.working else NOTHING,
        due_at=spent.due_at if spent else None,
        is_late=bool(spent and spent.is_late),
    )


def _table(story: Story, step: int) -> Table:
    """The page of the table that the address names, or the one with the step."""
    pages = max(1, -(-len(story.steps) // TABLE_ROWS))
    page = request.args.get("hal", -(-step // TABLE_ROWS), type=int)
    page = max(1, min(page, pages))
    shown = story.steps[(page - 1) * TABLE_ROWS : page * TABLE_ROWS]

    def address(number: int) -> str:
        return url_for(
            "pages.show_replay",
            instance_id=story.instance.instance_id,
            langkah=step or None,
            hal=number,
            _anchor="tabel",
        )

    return Table(
        _rows(story, shown),
        first=(page - 1) * TABLE_ROWS + 1,
        last=(page - 1) * TABLE_ROWS + len(shown),
        previous=address(page - 1) if page > 1 else None,
        next=address(page + 1) if page < pages else None,
    )


def _rows(story: Story, steps: Sequence[Step]) -> list[Row]:
    spent = current_engine().playback.spent_in(story, steps)
    return [row_of(story, each, spent.get(each.frame.number)) for each in steps]
