"""Where the soak takes place: a database, its accounts with tokens, and what programs are told."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from engine.model import Actor, Role
from engine.process_engine import ProcessEngine, open_engine
from engine.settings import Settings, from_environ
from engine.store import Store
from engine.webhook_subscriptions import Wishes
from tests.databases import Cluster, open_cluster
from tests.office import LANES, PROCESSES, SOP_FILES
from tests.soak import child, diagrams

ADMIN = Actor("admin", frozenset({Role.ADMIN}))
PASSWORD = "kata-sandi-rendaman"
#: How many staff of each lane.
_PEOPLE = 2


@dataclass
class Premises:
    """A database with people in it. `tokens`: account -> its token."""

    folder: Path
    url: str
    #: A PostgreSQL that may be killed; None with SQLite.
    cluster: Cluster | None = None
    tokens: dict[str, str] = field(default_factory=dict)
    #: Of the system that sends signed messages.
    message_secret: str = ""

    def __post_init__(self) -> None:
        self.clock.write_text("0")
        self.key = secrets.token_urlsafe(32)

    @property
    def clock(self) -> Path:
        """The file with how many seconds the clock is wrong."""
        return self.folder / "clock"

    def set_clock(self, seconds: int) -> None:
        """Every program's clock is wrong by that from now on."""
        new = self.folder / "clock.new"
        new.write_text(str(seconds))
        new.replace(self.clock)

    @property
    def staff(self) -> list[str]:
        return [f"{lane.lower()}{n + 1}" for lane in LANES for n in range(_PEOPLE)]

    def environ(self, url: str = "") -> dict[str, str]:
        """What each program is started with."""
        ours = {key: value for key, value in os.environ.items() if not key.startswith("ALUR_")}
        return ours | {
            child.CLOCK: str(self.clock),
            "ALUR_DATABASE_URL": url or self.url,
            "ALUR_SECRET_KEY": self.key,
            "ALUR_CHECKPOINTS": str(self.folder / "checkpoints"),
            "ALUR_CHECKPOINT_KEY": str(self.folder / "checkpoint-key.pem"),
            "ALUR_WEBHOOK_ALLOW": "127.0.0.1",
            "ALUR_WRITES_PER_MINUTE": "0",
            "ALUR_LOG_LEVEL": "INFO",
        }

    @property
    def settings(self) -> Settings:
        return from_environ(self.environ())

    def prepare(self, receiver: str) -> None:
        """Migrate, deploy, and let everybody in. receiver: the address of web hooks."""
        store = Store.open(self.url)
        store.migrate()
        store.close()
        with self.engine() as engine:
            for stem in SOP_FILES:
                file = PROCESSES / f"{stem}.bpmn"
                engine.definitions.deploy(stem, {file.name: file.read_bytes()}, actor=ADMIN)
            engine.definitions.deploy("0", {"rendam.bpmn": diagrams.work("0")}, actor=ADMIN)
            self._let_in(engine)
            self._connect(engine, receiver)

    def _let_in(self, engine: ProcessEngine) -> None:
        roles = dict.fromkeys(self.staff, Role.STAFF)
        roles |= {"analis": Role.ANALYST, "auditor": Role.AUDITOR}
        roles |= {"admin": Role.ADMIN, "robot": Role.WORKER}
        for name, role in roles.items():
            lanes = [lane for lane in LANES if name.startswith(lane.lower())]
            engine.accounts.add(
                name,
                display_name=name,
                password=PASSWORD,
                roles=[role],
                lanes=lanes,
                actor=ADMIN,
            )
            _, self.tokens[name] = engine.access_tokens.create(name, "rendam", actor=ADMIN)

    def _connect(self, engine: ProcessEngine, receiver: str) -> None:
        engine.webhook_subscriptions.add(Wishes("rendam", receiver), actor=ADMIN)
        _, self.message_secret = engine.message_sources.add(
            "gerbang", [diagrams.MESSAGE], actor=ADMIN
        )

    @contextmanager
    def engine(self, url: str = "") -> Iterator[ProcessEngine]:
        """The engine over the database, on the right clock."""
        engine = open_engine(from_environ(self.environ(url)))
        yield engine
        engine.close()


@contextmanager
def premises(database: str, folder: Path) -> Iterator[Premises]:
    """An empty place in the folder. database: "sqlite" or "postgresql"."""
    if database == "sqlite":
        yield Premises(folder, f"sqlite:///{folder / 'alur.db'}")
        return
    with open_cluster() as cluster:
        yield Premises(folder, cluster.url, cluster)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
