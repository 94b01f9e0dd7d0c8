"""Many people at once at one server: each finds a task in the inbox, takes it, and completes it.

Afterwards history is compared with what they were told: nothing lost, nothing twice.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import requests

from engine.model import EventKind, FieldType, FormField, Role
from engine.process_engine import ProcessEngine, build_engine
from engine.queries import InstanceQuery, Page, TaskQuery
from engine.settings import Settings
from engine.sources import RandomIds, SystemClock
from engine.store import Store
from tests.benchmarks.figures import Series, table
from tests.benchmarks.serving import serving
from tests.benchmarks.visitor import Shown, Visitor
from tests.databases import PostgresqlServer
from tests.office import ADMIN, AUDITOR, Office, filled_in, quick_passwords, straight

PASSWORD = "prosedur-resmi-1"
_SOP = "bakesbangpol"
#: A text field of the SOP's forms takes who wrote it, so that history can be held against it.
_MARK = "oleh {name} pada {task_id}"
_FLOOR = "floor: a file of the same server"
_BEFORE = (_FLOOR, "login page", "login", "rush: inbox")
_WORK = ("inbox", "claim", "form", "complete", "next")


@dataclass
class Deeds:
    """What the people were told. Filled by many threads: each appends only."""

    #: (task, account) of each completion that was answered with success.
    completed: list[tuple[str, str]] = field(default_factory=list)
    #: How often a colleague was faster, and how often a form was sent twice at once.
    outrun: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Outcome:
    """Figures by page, what was done, and what history says of it."""

    taken: dict[str, Series]
    deeds: Deeds
    elapsed_s: float
    #: (task, account) of each completion in history, by these people.
    recorded: list[tuple[str, str]]
    unsound: list[str]
    #: Tasks whose recorded values are not those of who completed them.
    mixed_up: list[str]


def on_sqlite(people: int, window_s: float) -> str:
    """One `alur serve` on SQLite, as an office of one VM has it."""
    with tempfile.TemporaryDirectory(prefix="alur-people-") as name:
        outcome = work(f"sqlite:///{Path(name) / 'alur.db'}", people, window_s)
    return told(outcome, f"{people} people within {window_s:.0f} s, SQLite, 1 process")


def on_postgresql(server: PostgresqlServer, people: int, window_s: float, processes: int) -> str:
    """Several on one PostgreSQL."""
    url = server.create(template="template0")
    try:
        outcome = work(url, people, window_s, processes=processes)
    finally:
        server.drop(url)
    title = f"{people} people within {window_s:.0f} s, PostgreSQL, {processes} processes"
    return told(outcome, title)


def work(
    url: str, people: int, window_s: float, *, processes: int = 1, is_quick: bool = False
) -> Outcome:
    """Let them work at servers of their own. url: an empty database.

    Everybody logs in, opens the inbox in the same second, and then does one task at a moment of his
    own within the window. is_quick: passwords are hashed as weakly as can be.
    """
    names, fields = prepare(url, people, is_quick=is_quick)
    deeds = Deeds()
    with serving(url, processes=processes) as origins:
        visitors = [
            Visitor(origins[i % len(origins)], name, _address(i, len(names)))
            for i, name in enumerate(names)
        ]
        _at_once(visitors, lambda each, _: each.log_in(PASSWORD), window_s / 4)
        _at_once(visitors, lambda each, _: each.get("rush: inbox", "/"), 0)
        begun = time.perf_counter()
        _at_once(visitors, lambda each, number: _do_one(each, number, fields, deeds), window_s)
        elapsed_s = time.perf_counter() - begun
    taken: dict[str, Series] = {}
    for visitor in visitors:
        visitor.close()
        deeds.failures.extend(visitor.failures)
        for page, series in visitor.taken.items():
            taken.setdefault(page, Series()).add(series)
    return _compared(url, set(names), Outcome(taken, deeds, elapsed_s, [], [], []))


def told(outcome: Outcome, title: str) -> str:
    """The figures, and what became of the work, as people read it."""
    lowest = outcome.taken[_FLOOR].p50_ms
    rows = [
        [page, len(series.seconds), series.p50_ms, series.p99_ms, series.p50_ms / lowest]
        for page in (*_BEFORE, *_WORK)
        if (series := outcome.taken.get(page))
    ]
    within = sum(len(outcome.taken[page].seconds) for page in _WORK if page in outcome.taken)
    deeds = outcome.deeds
    lost = Counter(deeds.completed) - Counter(outcome.recorded)
    more = Counter(outcome.recorded) - Counter(deeds.completed)
    return "\n".join(
        [
            table(title, ("", "answers", "p50 ms", "p99 ms", "× floor p50"), rows),
            "",
            f"{within / outcome.elapsed_s:.1f} pages per second over {outcome.elapsed_s:.0f} s; "
            f"failures: {len(deeds.failures)}",
            f"completed: {len(deeds.completed)}, sent twice at once: {len(deeds.twice)}, "
            f"a colleague was faster: {len(deeds.outrun)}",
            f"history: {len(outcome.recorded)} completions, lost {lost.total()}, "
            f"more than were told {more.total()}, mixed up {len(outcome.mixed_up)}, "
            f"instances not sound {len(outcome.unsound)}",
            *deeds.failures[:5],
        ]
    )


# ------------------------------------------------------------------------- the office


def prepare(
    url: str, people: int, *, is_quick: bool = False
) -> tuple[list[str], dict[str, FormField]]:
    """An office with an instance for each, standing at every step, and people where work waits.

    Returns their names, and the fields of all forms by name of their inputs.
    """
    store = Store.open(url)
    store.migrate()
    office = Office(store)
    hasher = quick_passwords() if is_quick else None
    office.engine = build_engine(
        store, SystemClock(), RandomIds(), Settings(database_url=url), passwords=hasher
    )
    definition = office.deploy_sop(_SOP)
    for number in range(people):
        office.run_to_end(office.start_sop(definition), straight, limit=number % 16)
    open_tasks = office.engine.tasks.tasks(TaskQuery(), Page(max_results=people), actor=AUDITOR)
    names = [
        _person(office.engine, task.lane or "", number) for number, task in enumerate(open_tasks)
    ]
    model = office.engine.definitions.model(definition.definition_id, actor=AUDITOR)
    store.close()
    forms = [node.form or () for node in model.nodes.values()]
    fields = (each for form in forms for each in form if not each.is_readonly)
    return names, {f"isian-{each.id}": each for each in fields}


def _person(engine: ProcessEngine, lane: str, number: int) -> str:
    name = f"{lane.lower()}-{number}"
    engine.accounts.add(
        name,
        display_name=f"Pegawai {number} lajur {lane}",
        password=PASSWORD,
        roles=[Role.STAFF],
        lanes=[lane],
        actor=ADMIN,
    )
    return name


# ------------------------------------------------------------------------- the people


def _address(number: int, people: int) -> str:
    """A computer for each: from one address 120 may log in within a minute.

    Few share one, since not every system has more than one address of its own.
    """
    return f"127.1.{number // 250}.{number % 250 + 1}" if people > 100 else "127.0.0.1"


def _at_once(
    visitors: Sequence[Visitor], deed: Callable[[Visitor, int], object], within_s: float
) -> None:
    """Each does it in a thread of his own, begun at moments spread over the time."""
    waiting = threading.Event()

    def begin(number: int) -> None:
        waiting.wait(within_s * number / len(visitors))
        # The visitor has noted it.
        with suppress(requests.RequestException):
            deed(visitors[number], number)

    threads = [threading.Thread(target=begin, args=(i,)) for i in range(len(visitors))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _do_one(visitor: Visitor, number: int, fields: dict[str, FormField], deeds: Deeds) -> None:
    """One task from the inbox to its end, whoever else wants it; every tenth is impatient."""
    visitor.get(_FLOOR, "/static/alur.css")
    for attempt in range(20):
        claims = visitor.get("inbox", "/?lingkup=lajur").forms("/ambil")[:-1]
        if not claims:
            return
        # All colleagues see the same list, and begin near its top.
        answer = visitor.send("claim", claims[(number // 4 + attempt) % min(len(claims), 3)], {})
        if answer.status == 303:
            break
        deeds.outrun.append(visitor.name)
    else:
        return
    form = visitor.get("form", answer.url)
    _complete(visitor, form, fields, deeds, is_impatient=number % 10 == 0)


def _complete(
    visitor: Visitor, page: Shown, fields: dict[str, FormField], deeds: Deeds, *, is_impatient: bool
) -> None:
    [form] = page.forms("/selesai")
    task_id = str(form.action).split("/tugas/")[1].partition("/")[0]
    mine = tuple(each for name, each in fields.items() if name in form.fields)
    mark = _MARK.format(name=visitor.name, task_id=task_id)
    values = {f"isian-{name}": text for name, text in _typed(mine, mark).items()}
    answers: list[Shown] = []

    def send() -> None:
        answers.append(visitor.send("complete", form, values))

    if is_impatient:
        deeds.twice.append(task_id)
        second = threading.Thread(target=send)
        second.start()
        send()
        second.join()
    else:
        send()
    if any(answer.status == 303 for answer in answers):
        deeds.completed.append((task_id, visitor.name))
        visitor.get("next", answers[0].url)
    if strange := [answer.status for answer in answers if answer.status != 303]:
        deeds.failures.append(f"completion of {task_id} by {visitor.name}: {strange}")


def _typed(form: tuple[FormField, ...], mark: str) -> dict[str, str]:
    """As a person types it; what takes any text says who wrote it."""
    texts: dict[str, str] = {}
    for each, value in zip(form, filled_in(form, straight).values(), strict=True):
        if isinstance(value, list):
            texts[each.id] = "\n".join(value)
        elif each.type is FieldType.STRING:
            texts[each.id] = mark[: each.max_length]
        elif each.type is FieldType.BOOLEAN:
            texts[each.id] = "true"
        else:
            texts[each.id] = str(value).replace(".", ",")
    return texts


# ------------------------------------------------------------------------- afterwards


def _compared(url: str, names: set[str], outcome: Outcome) -> Outcome:
    """With what history says, which is verified."""
    store = Store.open(url)
    engine = build_engine(store, SystemClock(), RandomIds(), Settings(database_url=url))
    try:
        for instance_id in _instances(engine):
            if not engine.history.verify(instance_id, actor=AUDITOR).is_sound:
                outcome.unsound.append(instance_id)
            for event in engine.history.events(instance_id, actor=AUDITOR):
                if event.kind is not EventKind.TASK_COMPLETED or event.actor not in names:
                    continue
                task_id = event.activity_instance_id or ""
                outcome.recorded.append((task_id, event.actor))
                texts = [t for t in event.payload["variables"].values() if "oleh " in str(t)]
                mark = _MARK.format(name=event.actor, task_id=task_id)
                if any(not mark.startswith(str(text)) for text in texts):
                    outcome.mixed_up.append(task_id)
    finally:
        store.close()
    return outcome


def _instances(engine: ProcessEngine) -> list[str]:
    found = engine.instances.instances(InstanceQuery(), Page(max_results=10_000), actor=AUDITOR)
    return [each.instance_id for each in found]
