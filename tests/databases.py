"""Fixtures for the databases of the store: SQLite files, and a PostgreSQL if one is there.

`ALUR_TEST_POSTGRESQL_URL` names a server whose user may create databases. Without it a private
cluster is started and thrown away. Without PostgreSQL's programs the tests that need it are
skipped, except in CI, where they fail.
"""

from __future__ import annotations

import itertools
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url

from engine.store import Store
from tests.needs import unavailable

BOTH = ("sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql))


@dataclass
class PostgresqlServer:
    """A server on which databases are made for one test each, copied from one that is migrated."""

    url: str
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self._template = self.create(template="template0")
        store = Store.open(self._template)
        store.migrate()
        store.close()

    def create(self, *, template: str) -> str:
        name = f"alur_test_{os.getpid()}_{next(self._numbers)}"
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def create_once(self, name: str) -> str:
        """The database of that name, which may be there from a run before."""
        url = make_url(self.url).set(database=name).render_as_string(hide_password=False)
        with suppress(psycopg.errors.DuplicateDatabase):
            self._execute(f'CREATE DATABASE "{name}" TEMPLATE "template0"')
        return url

    def create_migrated(self) -> str:
        return self.create(template=str(make_url(self._template).database))

    def drop(self, url: str) -> None:
        self._execute(f'DROP DATABASE "{make_url(url).database}" WITH (FORCE)')

    def close(self) -> None:
        self.drop(self._template)

    def _execute(self, statement: str) -> None:
        url = make_url(self.url).set(drivername="postgresql")
        text = url.render_as_string(hide_password=False)
        with psycopg.connect(text, autocommit=True) as connection:
            connection.execute(statement)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlServer]:
    with open_server() as server:
        yield server


@contextmanager
def open_server(*, is_durable: bool = False) -> Iterator[PostgresqlServer]:
    """The server that the environment names, or a private one that is thrown away in the end.

    is_durable: the private one waits for the disk, as one that is worked with does.
    """
    url = os.environ.get("ALUR_TEST_POSTGRESQL_URL")
    # It need not outlive the machine, and each database that is dropped would wait for the disk.
    # Six contestants of a benchmark keep the connections that they have made.
    options = "-c max_connections=300" if is_durable else "-c fsync=off"
    cluster = None if url else _start_cluster(options)
    if url is None and cluster is None:
        reason = "no PostgreSQL: set ALUR_TEST_POSTGRESQL_URL, or install its server programs"
        unavailable(reason)
    server = PostgresqlServer(url or cluster.url)
    try:
        yield server
        server.close()
    finally:
        if cluster:
            cluster.stop()


@contextmanager
def open_cluster() -> Iterator[Cluster]:
    """A private server that a test may stop and start."""
    cluster = _start_cluster()
    if cluster is None:
        unavailable("no PostgreSQL: install its server programs")
    try:
        yield cluster
    finally:
        cluster.stop()


@contextmanager
def standby_of(primary: Cluster) -> Iterator[Cluster]:
    """A server that follows the other one, and may be promoted."""
    standby = Cluster(_folder_of_server(), primary.programs, free_port())
    standby.follow(primary)
    standby.start()
    try:
        yield standby
    finally:
        standby.stop()


def store_in_memory() -> Store:
    """An open SQLite in memory with the newest schema and nothing in it; whoever asks closes it."""
    store = Store.open("sqlite://")
    with _connection(_migrated_in_memory()) as migrated, _connection(store) as empty:
        migrated.backup(empty)
    return store


@cache
def _migrated_in_memory() -> Store:
    """Made once: all migrations take longer than most tests."""
    store = Store.open("sqlite://")
    store.migrate()
    return store


@contextmanager
def _connection(store: Store) -> Iterator[Any]:
    """The driver's own connection."""
    with store._engine.connect() as connection:
        yield connection.connection.driver_connection


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "alur.db"
    store = Store.open(f"sqlite:///{path}")
    store.migrate()
    store.close()
    return path


@pytest.fixture(params=BOTH)
def dialect(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def empty_database_url(
    dialect: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[str]:
    """A database without a schema."""
    with _empty_database(dialect, request, tmp_path / "empty.db") as url:
        yield url


@pytest.fixture
def second_empty_database_url(
    dialect: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[str]:
    """Another one of the same kind."""
    with _empty_database(dialect, request, tmp_path / "second.db") as url:
        yield url


@contextmanager
def _empty_database(dialect: str, request: pytest.FixtureRequest, file: Path) -> Iterator[str]:
    if dialect == "sqlite":
        yield f"sqlite:///{file}"
        return
    server = request.getfixturevalue("postgresql_server")
    url = server.create(template="template0")
    yield url
    server.drop(url)


@contextmanager
def migrated_database(dialect: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """A database with the newest schema, gone after the block; for fixtures of any scope."""
    if dialect == "sqlite":
        path = folder / "alur.db"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        yield f"sqlite:///{path}"
        return
    server = request.getfixturevalue("postgresql_server")
    url = server.create_migrated()
    yield url
    server.drop(url)


@contextmanager
def migrated_store(dialect: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[Store]:
    """An open store over such a database."""
    with migrated_database(dialect, request, folder) as url:
        store = Store.open(url)
        yield store
        store.close()


@pytest.fixture
def database_url(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with the newest schema and nothing in it."""
    with migrated_database(dialect, request, tmp_path) as url:
        yield url


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """An open store, once on SQLite and once on PostgreSQL."""
    opened = Store.open(database_url)
    yield opened
    opened.close()


# ------------------------------------------------------------ a private cluster


@dataclass
class Cluster:
    folder: Path
    programs: Path
    port: int
    #: More options of the server.
    options: str = ""

    @property
    def url(self) -> str:
        return f"postgresql://alur@127.0.0.1:{self.port}/postgres"

    def make(self) -> None:
        data = self.folder / "data"
        self._run(
            "initdb", "-D", data, "-U", "alur", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"
        )

    def follow(self, other: Cluster) -> None:
        """Become a standby of the other one, instead of `make`."""
        of_other = ("-h", "127.0.0.1", "-p", str(other.port), "-U", "alur")
        self._run("pg_basebackup", *of_other, "-D", self.folder / "data", "-R", "-c", "fast")

    def promote(self) -> None:
        """A standby that may be written from now on: the other one is gone."""
        self._run("pg_ctl", "-D", self.folder / "data", "-w", "promote")

    def start(self) -> None:
        data = self.folder / "data"
        options = f"-c listen_addresses=127.0.0.1 -p {self.port} -k {self.folder} {self.options}"
        log = self.folder / "log"
        self._run("pg_ctl", "-D", data, "-w", "-l", log, "-o", options, "start")

    def kill(self) -> None:
        """As in a crash: nobody is waited for, nothing is tidied up."""
        self._run("pg_ctl", "-D", self.folder / "data", "-w", "-m", "immediate", "stop")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", self.folder / "data", "-w", "-m", "fast", "stop")
        shutil.rmtree(self.folder)

    def _run(self, program: str, *arguments: str | Path) -> None:
        # PostgreSQL refuses to run as root.
        owner = _unprivileged_user()
        as_owner = {"user": owner, "group": _group_of(owner), "extra_groups": ()} if owner else {}
        subprocess.run(
            [self.programs / program, *arguments],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            cwd=self.folder,
            **as_owner,
        )


def _start_cluster(options: str = "") -> Cluster | None:
    programs = _programs()
    if programs is None:
        return None
    cluster = Cluster(_folder_of_server(), programs, free_port(), options)
    cluster.make()
    cluster.start()
    return cluster


def _folder_of_server() -> Path:
    # A short path: the name of a socket has at most 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="alur-postgresql-"))
    owner = _unprivileged_user()
    if owner:
        shutil.chown(folder, owner)
    return folder


def _programs() -> Path | None:
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    wanted = ("initdb", "postgres", "pg_ctl")
    return next((each for each in folders if all((each / name).exists() for name in wanted)), None)


def _unprivileged_user() -> str | None:
    """Who runs the server when root runs the tests."""
    if os.geteuid() != 0:
        return None
    import pwd

    known = {each.pw_name for each in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _group_of(user: str) -> int:
    import pwd

    return pwd.getpwnam(user).pw_gid


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
