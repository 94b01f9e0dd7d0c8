"""Bandingkan: two instances of one SOP side by side, or one and the SOP's straight path."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from engine.errors import NotFound
from engine.model import ProcessInstance
from engine.playback.comparison import Pair, Round, RoundKey
from engine.playback.story import Story
from engine.queries import InstanceQuery, Page, SortOrder
from engine.worktime import Span
from webhooks.pages.blueprint import blueprint
from webhooks.pages.listings import argument
from webhooks.pages.logins import current_actor
from webhooks.pages.people import person
from webhooks.pages.remaining import passed_text
from webhooks.pages.replay_rows import item_text
from webhooks.rest.context import current_engine

#: Other instances offered to choose from, the newest first.
OFFERED = 50


@dataclass(frozen=True, slots=True)
class Cell:
    """What one course has of a round. `href` leads to the step in which it began."""

    people: tuple[str, ...]
    items: tuple[str, ...]
    started_at: datetime | None
    ended_at: datetime | None
    #: How long it lasted, in working time; "" when nobody knows.
    length: str
    step: int | None
    href: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """One round of both courses."""

    activity: str
    ordinal: int
    left: Cell | None
    right: Cell | None
    difference: str


@dataclass(frozen=True, slots=True)
class Course:
    """What stands above a column."""

    name: str
    href: str | None
    started_at: datetime | None
    ended_at: datetime | None
    steps: int
    returns: int
    is_sound: bool
    is_whole: bool


@blueprint.get("/bandingkan")
def compare_instances() -> ResponseReturnValue:
    """Instance `a` beside `b`, or the one with the business key `kunci`, or the straight path."""
    engine, actor = current_engine(), current_actor()
    first_id = argument("a") or ""
    first = engine.instances.instance(first_id, actor=actor)
    other_id, fault = _other(first)
    story, other, pairs = engine.playback.compare(first_id, other_id, actor=actor)
    lengths = [engine.playback.lengths(each) if each else {} for each in (story, other)]
    page = render_template(
        "comparison.html",
        instance=first,
        other_id=other_id,
        offered=_offered(first),
        most=OFFERED,
        fault=fault,
        courses=(_course(story), _course(other) if other else _straight()),
        lines=[_line(pair, (story, other), lengths) for pair in pairs],
        differing=sum(pair.differs for pair in pairs),
    )
    return page, 400 if fault else 200


def _other(first: ProcessInstance) -> tuple[str | None, str | None]:
    """(the instance to compare with, or None for the straight path; what was asked wrongly)."""
    key, other_id = argument("kunci"), argument("b")
    if key:
        return _by_key(first, key)
    return _by_id(first, other_id) if other_id else (None, None)


def _by_key(first: ProcessInstance, key: str) -> tuple[str | None, str | None]:
    query = InstanceQuery(definition_key=first.definition_key, business_key=key)
    found = current_engine().instances.instances(query, Page(max_results=2), actor=current_actor())
    if len(found) == 1:
        return found[0].instance_id, None
    if found:
        return None, gettext("Lebih dari satu berkas SOP ini berkunci demikian.")
    return None, gettext("Tidak ada berkas SOP ini yang berkunci demikian.")


def _by_id(first: ProcessInstance, other_id: str) -> tuple[str | None, str | None]:
    try:
        other = current_engine().instances.instance(other_id, actor=current_actor())
    except NotFound:
        return None, gettext("Berkas pembanding tidak ada.")
    if other.definition_key != first.definition_key:
        return None, gettext("Berkas pembanding bukan dari SOP yang sama.")
    return other_id, None


def _offered(first: ProcessInstance) -> list[ProcessInstance]:
    query = InstanceQuery(definition_key=first.definition_key)
    page = Page(max_results=OFFERED + 1, sorting=(("started_at", SortOrder.DESC),))
    found = current_engine().instances.instances(query, page, actor=current_actor())
    return [each for each in found if each.instance_id != first.instance_id][:OFFERED]


def _course(story: Story) -> Course:
    instance = story.instance
    return Course(
        name=instance.business_key or gettext("Berkas tanpa kunci"),
        href=url_for("pages.show_replay", instance_id=instance.instance_id),
        started_at=instance.started_at,
        ended_at=instance.ended_at,
        steps=len(story.steps),
        returns=sum(taken.is_return for taken in story.taken),
        is_sound=story.verification.is_sound,
        is_whole=story.is_whole,
    )


def _straight() -> Course:
    name = gettext("Jalur lurus menurut diagram")
    return Course(name, None, None, None, 0, 0, is_sound=True, is_whole=True)


def _line(
    pair: Pair, stories: tuple[Story, Story | None], lengths: Sequence[Mapping[RoundKey, Span]]
) -> Line:
    return Line(
        activity=pair.round.name,
        ordinal=pair.round.ordinal,
        left=_cell(pair.left, stories[0], lengths[0]),
        right=_cell(pair.right, stories[1], lengths[1]),
        difference=_difference(pair, is_straight=stories[1] is None),
    )


def _cell(
    found: Round | None, story: Story | None, lengths: Mapping[RoundKey, Span]
) -> Cell | None:
    if found is None:
        return None
    items = (item_text(visit.local_variables) for visit in found.visits)
    step, length = found.first_step, lengths.get(found.key)
    instance_id = story.instance.instance_id if story else ""
    return Cell(
        people=tuple(person(each) for each in found.people),
        items=_distinct(items),
        started_at=found.started_at,
        ended_at=found.ended_at,
        length=passed_text(length) if length else "",
        step=step,
        href=url_for("pages.show_replay", instance_id=instance_id, langkah=step) if step else None,
    )


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))


def _difference(pair: Pair, *, is_straight: bool) -> str:
    """In words what differs; "" for nothing."""
    if pair.is_repeat:
        return gettext("Diulang pada A") if pair.left is not None else gettext("Diulang pada B")
    if pair.left is None:
        return gettext("Dilewati pada A")
    if pair.right is None:
        return gettext("Di luar jalur lurus") if is_straight else gettext("Dilewati pada B")
    said: Sequence[str] = (
        gettext("Urutan lain") if pair.is_moved else "",
        gettext("Orang lain") if pair.is_by_others else "",
    )
    return "; ".join(text for text in said if text)
