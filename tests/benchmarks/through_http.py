"""One completion through HTTP, as programs and browsers reach `alur serve`, beside its floor."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from engine.model import Role
from engine.process_engine import ProcessEngine
from tests.benchmarks import workload
from tests.benchmarks.contestants import callers
from tests.benchmarks.contestants.alur import deployed, prepared
from tests.benchmarks.contestants.callers import AlurServed, CallingDoer, FloorServed, Proofs
from tests.benchmarks.contestants.crowd import Crowd
from tests.benchmarks.contestants.floor_server import floor_serving
from tests.benchmarks.figures import Series, table
from tests.benchmarks.serving import serving
from tests.benchmarks.visitor import Visitor
from tests.databases import PostgresqlServer

_PASSWORD = "prosedur-resmi-1"
_HEAD = ("", "p50 ms", "p99 ms", "per second", "× floor p50")
_STEPS = 10
#: Four people do the work of many here.
_UNLIMITED = {"ALUR_WRITES_PER_MINUTE": "0"}
_DEEDS = (
    ("API, access token", AlurServed(), callers.by_token),
    ("API, inbox before it", AlurServed(), callers.by_token_from_inbox),
    ("form of the page, login", AlurServed(), callers.by_form),
    ("form, and the page after it", AlurServed(), callers.by_form_and_on),
    ("form behind a link in a message", AlurServed(with_links=True), callers.by_link),
)


def on_sqlite(rounds: int, instances: int, *, clients: Sequence[int]) -> str:
    """One `alur serve` on SQLite (WAL, synchronous=FULL), as an office of one VM has it."""
    with tempfile.TemporaryDirectory(prefix="alur-bench-") as name:
        urls = [f"sqlite:///{Path(name) / each}.db" for each in ("floor", "alur")]
        return _measured("SQLite", urls, rounds * instances * _STEPS, instances, clients)


def on_postgresql(
    server: PostgresqlServer, rounds: int, instances: int, *, clients: Sequence[int], processes: int
) -> str:
    """That many processes of each on one PostgreSQL."""
    urls = [server.create(template="template0") for _ in ("floor", "alur")]
    wanted = rounds * instances * _STEPS
    try:
        return _measured("PostgreSQL", urls, wanted, instances, clients, processes=processes)
    finally:
        for url in urls:
            server.drop(url)


def _measured(
    database: str,
    urls: Sequence[str],
    completions: int,
    instances: int,
    clients: Sequence[int],
    *,
    processes: int = 1,
) -> str:
    with ExitStack() as open_ones:
        contestants = _contestants(open_ones, *urls, processes=processes)
        tables = []
        for count in clients:
            # Several for each client: who comes last in a step lets the others wait.
            size = instances if count == 1 else max(instances, 4 * count)
            # Whole instances: the next number of clients begins new ones.
            rounds = -(-completions // (size * _STEPS)) * _STEPS
            taken = _race(contestants, rounds=rounds, size=size, clients=count)
            lowest = taken[0].p50_ms
            rows = [
                [each.name, s.p50_ms, s.p99_ms, round(s.per_second), s.p50_ms / lowest]
                for each, s in zip(contestants, taken, strict=True)
            ]
            title = (
                f"One completion through HTTP, {database}, {processes} processes, {count} clients"
            )
            tables.append(table(title, _HEAD, rows))
    return "\n".join(tables)


def _race(contestants: Sequence[Crowd], *, rounds: int, size: int, clients: int) -> list[Series]:
    """They take turns at every step of so many instances; the first ones warm caches."""
    taken = [Series() for _ in contestants]
    for number in range(_STEPS + rounds):
        for each, series in zip(contestants, taken, strict=True):
            found = each.round(instances=size, clients=clients)
            if number >= _STEPS:
                series.add(found)
    return taken


def _contestants(open_ones: ExitStack, floor_url: str, url: str, *, processes: int) -> list[Crowd]:
    """The floor first."""
    floors = open_ones.enter_context(floor_serving(floor_url, processes=processes))
    floor = partial(CallingDoer, floors, Proofs({}), FloorServed(), callers.to_floor)
    openers = [("floor: the same rows, a constant answer", floor)]
    engine = prepared(url)
    deployed(engine)
    tokens = _peopled(engine)
    origins = open_ones.enter_context(serving(url, processes=processes, settings=_UNLIMITED))
    proofs = Proofs(tokens, {lane: _visit(origins[0], lane.lower()) for lane in workload.LANES})
    openers += [
        (name, partial(CallingDoer, origins, proofs, served, deed)) for name, served, deed in _DEEDS
    ]
    found = [Crowd(name, url, opener) for name, opener in openers]
    for each in found:
        open_ones.callback(each.close)
    return found


def _peopled(engine: ProcessEngine) -> dict[str, str]:
    """Somebody for each lane, with a password and an access token; under "" an admin."""
    people = {lane: (lane.lower(), Role.STAFF, [lane]) for lane in workload.LANES}
    people[""] = (workload.ADMIN.account, Role.ADMIN, [])
    tokens = {}
    for lane, (name, role, lanes) in people.items():
        engine.accounts.add(
            name,
            display_name=name.title(),
            password=_PASSWORD,
            roles=[role],
            lanes=lanes,
            actor=workload.ADMIN,
        )
        _, tokens[lane] = engine.access_tokens.create(name, "bench", actor=workload.ADMIN)
    return tokens


def _visit(origin: str, name: str) -> tuple[str, str]:
    """The cookies of a browser in which that person has logged in, and its forms' token."""
    visitor = Visitor(origin, name)
    try:
        visitor.log_in(_PASSWORD)
        [form] = visitor.get("inbox", "/").forms("/keluar")
        return visitor.cookies, str(form.fields["csrf_token"])
    finally:
        visitor.close()
