"""What many instances cost: the same work in databases that differ in nothing but their number."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from engine.model import Role
from engine.process_engine import ProcessEngine, build_engine
from engine.queries import Page, TaskQuery
from engine.settings import Settings
from engine.sources import RandomIds, SystemClock
from engine.store import Store
from tests.benchmarks import workload
from tests.benchmarks.contestants.alur import AlurDoer
from tests.benchmarks.figures import percentile, table
from tests.benchmarks.questions import Addresses, Asked, pages, questions
from tests.benchmarks.seeding import Population
from tests.benchmarks.serving import in_this_process
from tests.benchmarks.sizes import database_bytes
from tests.benchmarks.visitor import Visitor
from tests.databases import PostgresqlServer
from tests.office import quick_passwords

PASSWORD = "prosedur-resmi-1"
#: Of each question, at all sizes together: what takes long is asked less often.
_MOST_S = 6.0
_LEAST_TURNS = 3
_COMPLETION = "completion"
_LANE = workload.LANES[1]
_IN_HAND = 12
_PEOPLE: dict[str, tuple[Role, list[str]]] = {
    _LANE.lower(): (Role.STAFF, [_LANE]),
    "admin": (Role.ADMIN, []),
}


@dataclass
class _Size:
    """One of the databases. `taken`: what was done -> the seconds of each time."""

    number: int
    url: str
    engine: ProcessEngine
    doer: AlurDoer
    filled_s: float
    addresses: Addresses
    taken: dict[str, list[float]] = field(default_factory=dict)

    def time(self, name: str, deed: Callable[[], object]) -> float:
        begun = time.perf_counter()
        deed()
        took = time.perf_counter() - begun
        self.taken.setdefault(name, []).append(took)
        return took


def on_sqlite(sizes: Sequence[int], rounds: int, *, keep: Path | None = None) -> str:
    """keep: the folder in which filled databases stay, and are found again."""
    with tempfile.TemporaryDirectory(prefix="alur-bench-") as name:
        folder = keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        urls = [f"sqlite:///{folder / f'population-{size}.db'}" for size in sizes]
        return _measured("SQLite", dict(zip(sizes, urls, strict=True)), rounds)


def on_postgresql(
    server: PostgresqlServer, sizes: Sequence[int], rounds: int, *, is_kept: bool = False
) -> str:
    """is_kept: filled databases stay on the server, and are found again."""
    urls = {size: server.create_once(f"alur_population_{size}") for size in sizes}
    try:
        return _measured("PostgreSQL", urls, rounds)
    finally:
        for url in () if is_kept else urls.values():
            server.drop(url)


def _measured(database: str, urls: dict[int, str], rounds: int) -> str:
    """The sizes take turns at each question."""
    with ExitStack() as open_ones:
        sizes = [_opened(size, url, open_ones) for size, url in urls.items()]
        for number in range(-(-rounds // 10) + 1):
            for each in sizes:
                _complete(each, is_warm=number > 0)
        asked = [questions(each.engine, each.number, each.addresses) for each in sizes]
        for name in asked[0]:
            _take_turns(sizes, name, [each[name] for each in asked], rounds)
        seen = [_visits(each, open_ones) for each in sizes]
        for name in seen[0]:
            _take_turns(sizes, name, [each[name] for each in seen], rounds)
        return "\n".join(
            [
                _told(f"Completions on {database}, p50 ms", sizes, [_COMPLETION]),
                _told("The same, p99 ms", sizes, [_COMPLETION], percent=99),
                _told("What the engine is asked, p50 ms", sizes, asked[0]),
                _told("Pages and requests over HTTP, p50 ms", sizes, seen[0]),
                _kept(sizes),
            ]
        )


def _opened(size: int, url: str, open_ones: ExitStack) -> _Size:
    store = Store.open(url)
    open_ones.callback(store.close)
    store.migrate()
    engine = build_engine(
        store,
        SystemClock(),
        RandomIds(),
        Settings(database_url=url),
        passwords=quick_passwords(),
    )
    begun = time.perf_counter()
    population = Population(engine, url)
    open_ones.callback(population.close)
    population.grow(size)
    filled_s = time.perf_counter() - begun
    _people(engine)
    doer = AlurDoer(url)
    return _Size(size, url, engine, doer, filled_s, _begun(engine, doer))


def _complete(size: _Size, *, is_warm: bool) -> None:
    """One instance from its start to its end."""
    taken = size.doer.complete(size.doer.start(1))
    if is_warm:
        size.taken.setdefault(_COMPLETION, []).extend(taken)


def _take_turns(
    sizes: Sequence[_Size], name: str, deeds: Sequence[Callable[[], object]], rounds: int
) -> None:
    for deed in deeds:
        deed()
    spent_s = 0.0
    for number in range(rounds):
        if spent_s > _MOST_S and number >= _LEAST_TURNS:
            return
        for size, deed in zip(sizes, deeds, strict=True):
            spent_s += size.time(name, deed)


def _visits(size: _Size, open_ones: ExitStack) -> Asked:
    """Each page and request by its name, of somebody who has logged in."""
    origin = open_ones.enter_context(in_this_process(size.engine))
    visitors = {name: _visitor(size.engine, origin, name) for name in _PEOPLE}
    for visitor in visitors.values():
        open_ones.callback(visitor.close)
    # A number of its own in each database, and one row of the table.
    return {
        f"{who} {_named(path, size)}": lambda who=who, path=path: _seen(visitors[who], path)
        for who, path in pages(size.number, size.addresses)
    }


def _named(path: str, size: _Size) -> str:
    addresses = size.addresses
    for found, word in (
        (addresses.instance_id, "…"),
        (addresses.task_id, "…"),
        (str(size.number - 2), "N"),
    ):
        path = path.replace(found, word)
    return path


def _seen(visitor: Visitor, path: str) -> None:
    answer = visitor.get(path, path)
    # A database of copies has no checkpoint, and `/health` says so.
    if answer.status != 200 and path != "/health":
        message = f"{path} answered {answer.status}"
        raise RuntimeError(message)


def _visitor(engine: ProcessEngine, origin: str, name: str) -> Visitor:
    label = f"pengukuran {engine.clock.now().isoformat()}"
    _, secret = engine.access_tokens.create(name, label, actor=workload.ADMIN)
    visitor = Visitor(origin, name, token=secret)
    visitor.log_in(PASSWORD)
    return visitor


# --------------------------------------------------------------------- people


def _people(engine: ProcessEngine) -> None:
    """Who looks at pages, unless they are there; the one of a lane has some tasks in hand."""
    known = {each.name for each in engine.accounts.list(actor=workload.ADMIN)}
    for name, (role, lanes) in _PEOPLE.items():
        if name not in known:
            engine.accounts.add(
                name,
                display_name=name,
                password=PASSWORD,
                roles=[role],
                lanes=lanes,
                actor=workload.ADMIN,
            )
    actor = workload.person(_LANE)
    mine, free = TaskQuery(assignee=actor.account), TaskQuery(candidate_groups=(_LANE,))
    wanted = _IN_HAND - len(engine.tasks.tasks(mine, Page(0, _IN_HAND), actor=actor))
    for task in engine.tasks.tasks(free, Page(0, wanted), actor=actor):
        engine.tasks.claim(task.task_id, actor=actor)


def _begun(engine: ProcessEngine, doer: AlurDoer) -> Addresses:
    """A real instance: the open task of a copy is none of its snapshot's."""
    [(instance_id, first)] = doer.start(1)
    person = workload.person(workload.lane_of(0))
    done = engine.tasks.complete(first, workload.submission("langkah_1"), actor=person)
    return Addresses(instance_id, done.opened[0].task_id)


# --------------------------------------------------------------------- tables


def _told(title: str, sizes: Sequence[_Size], names: Iterable[str], percent: int = 50) -> str:
    rows: list[list[object]] = []
    for name in names:
        found = [percentile(each.taken[name], percent) * 1e3 for each in sizes]
        rows.append([name, *found, found[-1] / found[0]])
    head = ("", *(f"{each.number:,}" for each in sizes), "× first")
    return table(title, head, rows)


def _kept(sizes: Sequence[_Size]) -> str:
    rows: list[list[object]] = [
        [f"{each.number:,}", each.filled_s, round(database_bytes(each.url) / each.number)]
        for each in sizes
    ]
    return table("The databases", ("instances", "s to fill", "bytes of an instance"), rows)
