"""Uji Keutuhan of every instance: as many as one request allows, then the next ones."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic

from flask import render_template, request
from flask.typing import ResponseReturnValue

from engine.errors import DamagedRow, NotFound
from engine.model import Fault, Listed, Role, Verification
from engine.queries import InstanceQuery
from webhooks.pages.blueprint import blueprint
from webhooks.pages.logins import current_actor, require_page_role
from webhooks.pages.messages import CHECKS
from webhooks.rest.context import current_engine

_READERS = (Role.AUDITOR, Role.ADMIN)
#: Instances in one transaction, and seconds after which a request checks no further ones.
_TOGETHER = 50
_SECONDS = 1.5
#: So many are named with what is wrong with them; the rest are counted.
_MOST_NAMED = 200
_CURSOR = re.compile(r"(-?[0-9]{1,19})/([!-~]{1,64})")
_FOUND = re.compile(rf"[!-~]{{1,64}} ([0-9]{{1,9}}|-) ({'|'.join(CHECKS)})")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a check of everything has come. `found`: id, sequence and check of each fault."""

    last: Listed | None = None
    checked: int = 0
    unsound: int = 0
    found: tuple[str, ...] = ()
    is_done: bool = False

    @property
    def cursor(self) -> str:
        """Where the next request goes on; read again by `_sent`."""
        return f"{self.last.began}/{self.last.instance_id}" if self.last else ""


@dataclass(frozen=True, slots=True)
class Unsound:
    """An instance whose history is not what happened. `has_page`: its own check can be opened."""

    fault: Fault
    business_key: str | None
    has_page: bool


@blueprint.get("/keutuhan")
def show_integrity() -> ResponseReturnValue:
    """What is checked, and the button that begins."""
    require_page_role("verify everything", *_READERS)
    return _page(None)


@blueprint.post("/keutuhan")
def verify_next() -> ResponseReturnValue:
    """The next instances are checked anew; the page goes on with the rest."""
    require_page_role("verify everything", *_READERS)
    progress, until = _sent(), monotonic() + _SECONDS
    while not progress.is_done:
        progress = _further(progress)
        if monotonic() >= until:
            break
    return _page(progress)


def _further(progress: Progress) -> Progress:
    history, actor = current_engine().history, current_actor()
    results, last = history.verify_behind(progress.last, _TOGETHER, actor=actor)
    if last is not None:
        return _with(progress, results, last=last)
    lost = list(history.verify_lost(actor=actor))
    done = _with(progress, lost, last=progress.last)
    return Progress(done.last, progress.checked, done.unsound, done.found, is_done=True)


def _with(progress: Progress, results: Sequence[Verification], *, last: Listed | None) -> Progress:
    unsound = [each for each in results if not each.is_sound]
    found = [
        f"{each.instance_id} {each.faults[0].sequence or '-'} {each.faults[0].check}"
        for each in unsound
    ]
    return Progress(
        last,
        progress.checked + len(results),
        progress.unsound + len(unsound),
        (*progress.found, *found)[:_MOST_NAMED],
    )


def _sent() -> Progress:
    """What the form of the page before says; the beginning when it says nothing that is ours."""
    place = _CURSOR.fullmatch(request.form.get("setelah", ""))
    checked, unsound = (request.form.get(name, "") for name in ("diperiksa", "rusak"))
    if not place or not _is_number(checked) or not _is_number(unsound):
        return Progress()
    last = Listed(place[2], events=0, began=int(place[1]))
    found = [each for each in request.form.get("temuan", "").split(",") if _FOUND.fullmatch(each)]
    return Progress(last, int(checked), int(unsound), tuple(found[:_MOST_NAMED]))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def _page(progress: Progress | None) -> str:
    instances, actor = current_engine().instances, current_actor()
    total = instances.count_instances(InstanceQuery(), actor=actor)
    return render_template(
        "integrity.html",
        progress=progress,
        total=max(total, progress.checked) if progress else total,
        rows=[_row(each) for each in progress.found] if progress else (),
    )


def _row(found: str) -> Unsound:
    instance_id, sequence, check = found.split(" ", 2)
    kind = next(each for each in CHECKS if each == check)
    fault = Fault(instance_id, int(sequence) if sequence != "-" else None, kind, message="")
    try:
        instance = current_engine().instances.instance(instance_id, actor=current_actor())
    except (NotFound, DamagedRow):
        return Unsound(fault, None, has_page=False)
    return Unsound(fault, instance.business_key, has_page=True)
