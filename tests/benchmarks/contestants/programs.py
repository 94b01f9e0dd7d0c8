"""Contestants that are programs of their own, and are given orders line by line.

Each is built from what its registry has, in a folder that is kept for the next run; a machine that
lacks the tools for one gets `Unavailable`, and the benchmark says so in place of its figures.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.engine import make_url

from tests.benchmarks import workload
from tests.benchmarks.figures import Series
from tests.benchmarks.sizes import database_bytes

_PEERS = Path(__file__).parent.parent / "peers"
_BUILT = Path(__file__).parent / ".built"
_CANDIDATES = {
    "Operaton": "http://camunda.org/schema/1.0/bpmn",
    "Flowable": "http://flowable.org/bpmn",
}


class Unavailable(Exception):
    """This machine cannot build or run the contestant; the message says what is missing."""


class Program:
    """A program that answers each order with one line."""

    def __init__(self, name: str, command: Sequence[str | Path], url: str | None) -> None:
        """url: its database, if it has one of its own."""
        self.name = name
        self._url = url
        self._process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        self._line()

    def statements(self) -> list[int]:
        """Not counted."""
        return []

    def bytes_used(self) -> int | None:
        return database_bytes(self._url) if self._url else None

    def close(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def _asked(self, order: str) -> str:
        assert self._process.stdin
        self._process.stdin.write(order + "\n")
        self._process.stdin.flush()
        return self._line()

    def _line(self) -> str:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            message = f"{self.name} ended; what it wrote above says why"
            raise RuntimeError(message)
        return line


class NodeEngine(Program):
    """npm's bpmn-engine: one process, one client, its state in files."""

    def __init__(self, folder: Path) -> None:
        peer = _fresh_copy("node")
        _run([_tool("npm"), "install", "--no-audit", "--no-fund", "--silent"], folder=peer)
        diagram = folder / "sop.bpmn"
        diagram.write_text(workload.peer_sop())
        states = folder / "states"
        states.mkdir()
        command = [_tool("node"), peer / "peer.mjs", diagram, states]
        super().__init__("npm bpmn-engine, getState in a file", command, None)

    def round(self, *, instances: int, clients: int) -> Series:
        if clients != 1:
            message = "one process of bpmn-engine is one client"
            raise ValueError(message)
        order = {"instances": instances, "fields": workload.FIELDS}
        return Series(**json.loads(self._asked(json.dumps(order))))


class JvmEngine(Program):
    """Operaton or Flowable on PostgreSQL: one process, clients in threads, on all cores."""

    def __init__(self, name: str, url: str, folder: Path) -> None:
        """name: "Operaton" or "Flowable". url: an empty PostgreSQL database."""
        built = _BUILT / name.lower()
        peer = _PEERS / "jvm"
        jars = built / "jars"
        if not jars.exists():
            _run(
                [
                    _tool("mvn"),
                    "--quiet",
                    "--file",
                    peer / f"{name.lower()}.xml",
                    "dependency:copy-dependencies",
                    f"-DoutputDirectory={jars}",
                ],
                folder=peer,
            )
        classes, sources = built / "classes", [peer / "Rounds.java", peer / f"{name}Peer.java"]
        _run([_tool("javac"), "-d", classes, "-cp", f"{jars}/*", *sources], folder=peer)
        diagram = folder / f"{name.lower()}.bpmn"
        diagram.write_text(workload.peer_sop(_CANDIDATES[name]))
        parsed = make_url(url)
        jdbc = f"jdbc:postgresql://{parsed.host}:{parsed.port}/{parsed.database}"
        command = [
            _tool("java"), "-cp", f"{classes}:{jars}/*", f"{name}Peer", jdbc,
            parsed.username or "", diagram, workload.KEY,
        ]  # fmt: skip
        super().__init__(f"{name}, full history", command, url)

    def round(self, *, instances: int, clients: int) -> Series:
        elapsed, *taken = map(int, self._asked(f"{instances} {clients}").split())
        return Series([each / 1e9 for each in taken], elapsed / 1e9)


def _fresh_copy(peer: str) -> Path:
    """The peer's files beside what is installed for it, out of the repository's own."""
    folder = _BUILT / peer
    folder.mkdir(parents=True, exist_ok=True)
    for each in (_PEERS / peer).iterdir():
        if each.is_file():
            shutil.copy(each, folder)
    return folder


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        message = f"needs {name} on PATH"
        raise Unavailable(message)
    return found


def _run(command: Sequence[str | Path], *, folder: Path) -> None:
    done = subprocess.run(
        list(map(str, command)), cwd=folder, capture_output=True, encoding="utf-8", check=False
    )
    if done.returncode != 0:
        message = f"{Path(str(command[0])).name} failed: {(done.stderr or done.stdout)[-500:]}"
        raise Unavailable(message)
