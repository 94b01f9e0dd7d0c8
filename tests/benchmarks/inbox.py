"""The inbox and the search with very many open tasks, over HTTP, beside few of them."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.contestants.alur import StatementCounter
from tests.benchmarks.figures import Series, table
from tests.benchmarks.many_tasks import PASSWORD, busy_office
from tests.benchmarks.serving import in_this_process
from tests.benchmarks.visitor import Visitor
from tests.databases import PostgresqlServer

_FLOOR = "floor: a file of the same server"
#: What is asked for, as whom, and where.
_PAGES = (
    (_FLOOR, "perencana", "/static/alur.css"),
    ("in hand, first page", "perencana", "/"),
    ("my lane, first page", "perencana", "/?lingkup=lajur"),
    ("my lane, next page", "perencana", "/?lingkup=lajur&hal=2"),
    ("my lane, 10th page", "perencana", "/?lingkup=lajur&hal=10"),
    ("my lane, by priority", "perencana", "/?lingkup=lajur&urut=prioritas"),
    ("my lane, one SOP", "perencana", "/?lingkup=lajur&sop=pdk_balangan"),
    ("my lane, due today", "perencana", "/?lingkup=lajur&tenggat=hari-ini"),
    ("my lane, name has a word", "perencana", "/?lingkup=lajur&kegiatan=telaah"),
    ("my lane, key has a text", "perencana", "/?lingkup=lajur&kunci=LKJ-77"),
    ("all that an admin sees", "admin", "/?lingkup=semua"),
    ("search, one found", "perencana", "/cari?q=lkj+777"),
    ("search, very many found", "perencana", "/cari?q=lkj"),
)


@dataclass
class _Size:
    """One of the databases, and its visitors."""

    tasks: int
    visitors: dict[str, Visitor]
    taken: dict[str, Series] = field(default_factory=dict)
    statements: dict[str, int] = field(default_factory=dict)


def on_sqlite(rounds: int, sizes: Sequence[int]) -> str:
    with tempfile.TemporaryDirectory(prefix="alur-inbox-") as name:
        urls = [f"sqlite:///{Path(name) / str(size)}.db" for size in sizes]
        return _measured("SQLite", urls, rounds, sizes)


def on_postgresql(server: PostgresqlServer, rounds: int, sizes: Sequence[int]) -> str:
    urls = [server.create(template="template0") for _ in sizes]
    try:
        return _measured("PostgreSQL", urls, rounds, sizes)
    finally:
        for url in urls:
            server.drop(url)


def _measured(database: str, urls: Sequence[str], rounds: int, sizes: Sequence[int]) -> str:
    """A row for each page; the sizes take turns."""
    with ExitStack() as open_ones:
        found = [_opened(url, size, open_ones) for url, size in zip(urls, sizes, strict=True)]
        for number in range(rounds + 1):
            for each in found:
                _one_round(each, is_warm=number > 0)
    heads = [f"{what} {each.tasks:,}" for each in found for what in ("p50 ms", "p99 ms", "SQL")]
    rows = [
        [page, *(cell for each in found for cell in _cells(each, page))] for page, _, _ in _PAGES
    ]
    return table(f"Pages with open tasks on {database}, 1 visitor", ("", *heads), rows)


def _opened(url: str, size: int, open_ones: ExitStack) -> _Size:
    origin = open_ones.enter_context(in_this_process(busy_office(url, size)))
    visitors = {name: Visitor(origin, name) for name in ("perencana", "admin")}
    for visitor in visitors.values():
        visitor.log_in(PASSWORD)
        open_ones.callback(visitor.close)
    return _Size(size, visitors)


def _one_round(size: _Size, *, is_warm: bool) -> None:
    for page, who, path in _PAGES:
        visitor = size.visitors[who]
        with StatementCounter() as counter:
            answer = visitor.get(page, path)
        if answer.status != 200:
            message = f"{path} answered {answer.status}"
            raise RuntimeError(message)
        if is_warm:
            seconds = visitor.taken[page].seconds[-1]
            size.taken.setdefault(page, Series()).seconds.append(seconds)
            size.statements[page] = counter.count


def _cells(size: _Size, page: str) -> list[object]:
    series = size.taken[page]
    return [series.p50_ms, series.p99_ms, size.statements[page]]
