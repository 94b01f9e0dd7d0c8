"""Contestants that are programs of their own, and are given orders line by line.

Each is built from what its registry has, in a folder that is kept for the next run; a machine that
lacks the tools for one gets `Unavailable`, and the benchmark says so in place of its figures.
"""

from __future__ import annotations

import json
import re
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
#: Completions after which the compilers of a JVM are done with the engines: until then each
#: thousand is faster than the one before.
WARM_UP = 3000
#: Which of Debian's packages bring a tool.
_DEBIAN = {
    "java": "default-jre-headless",
    "javac": "default-jdk-headless",
    "mvn": "maven",
    "node": "nodejs",
    "npm": "npm",
}
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
        tools = _tools("npm bpmn-engine", "node", "npm")
        _run([tools["npm"], "install", "--no-audit", "--no-fund", "--silent"], folder=peer)
        diagram = folder / "sop.bpmn"
        diagram.write_text(workload.peer_sop())
        states = folder / "states"
        states.mkdir()
        command = [tools["node"], peer / "peer.mjs", diagram, states]
        super().__init__("npm bpmn-engine, getState in a file", command, None)

    def round(self, *, instances: int, clients: int) -> Series:
        if clients != 1:
            message = "one process of bpmn-engine is one client"
            raise ValueError(message)
        order = {"instances": instances, "fields": workload.FIELDS}
        return Series(**json.loads(self._asked(json.dumps(order))))


class JvmEngine(Program):
    """Operaton or Flowable on PostgreSQL: one process, clients in threads, on all cores."""

    def __init__(self, name: str, url: str, folder: Path, *, warm_up: int = WARM_UP) -> None:
        """name: "Operaton" or "Flowable". url: an empty PostgreSQL database.

        warm_up: completions that are done before anything is measured.
        """
        tools = _tools(name, "java", "javac", "mvn")
        peer = _PEERS / "jvm"
        project = peer / f"{name.lower()}.xml"
        version = _version(project)
        built = _BUILT / f"{name.lower()}-{version}"
        jars = built / "jars"
        if not jars.exists():
            _fetch(tools["mvn"], project, jars)
        classes = built / "classes"
        sources = [peer / f"{each}.java" for each in ("Counting", "Rounds", f"{name}Peer")]
        _run([tools["javac"], "-d", classes, "-cp", f"{jars}/*", *sources], folder=peer)
        diagram = folder / f"{name.lower()}.bpmn"
        diagram.write_text(workload.peer_sop(_CANDIDATES[name]))
        parsed = make_url(url)
        jdbc = f"jdbc:postgresql://{parsed.host}:{parsed.port}/{parsed.database}"
        command = [
            tools["java"], "-cp", f"{classes}:{jars}/*", f"{name}Peer", jdbc,
            parsed.username or "", parsed.password or "", diagram, workload.KEY,
        ]  # fmt: skip
        super().__init__(f"{name} {version}, full history", command, url)
        if warm_up:
            self.round(instances=-(-warm_up // 10), clients=4)

    def round(self, *, instances: int, clients: int) -> Series:
        elapsed, *taken = map(int, self._asked(f"{instances} {clients}").split())
        return Series([each / 1e9 for each in taken], elapsed / 1e9)

    def statements(self) -> list[int]:
        """Of each completion of one more instance; a batch of one statement counts once."""
        return [int(word) for word in self._asked("statements").split()]


def _version(project: Path) -> str:
    """The engine's version, as its project for Maven says it first of all dependencies."""
    [version, *_] = re.findall(r"<version>([\w.]+)</version></dependency>", project.read_text())
    return version


def _fresh_copy(peer: str) -> Path:
    """The peer's files beside what is installed for it, out of the repository's own."""
    folder = _BUILT / peer
    folder.mkdir(parents=True, exist_ok=True)
    for each in (_PEERS / peer).iterdir():
        if each.is_file():
            shutil.copy(each, folder)
    return folder


def _tools(contestant: str, *names: str) -> dict[str, str]:
    """The path of each program. Raises Unavailable, which names all that are missing."""
    found = {name: shutil.which(name) for name in names}
    if missing := [name for name, path in found.items() if path is None]:
        packages = " ".join(_DEBIAN[name] for name in missing)
        lacking = ", ".join(missing)
        message = f"{contestant} needs {lacking} on PATH; on Debian: apt-get install {packages}"
        raise Unavailable(message)
    return {name: path for name, path in found.items() if path}


def _fetch(maven: str, project: Path, jars: Path) -> None:
    """Fetch the jars of the project, all or none."""
    part = jars.with_name("jars.part")
    shutil.rmtree(part, ignore_errors=True)
    command = [maven, "--quiet", "--file", project, "dependency:copy-dependencies"]
    _run([*command, f"-DoutputDirectory={part}"], folder=project.parent)
    part.rename(jars)


def _run(command: Sequence[str | Path], *, folder: Path) -> None:
    done = subprocess.run(
        list(map(str, command)), cwd=folder, capture_output=True, encoding="utf-8", check=False
    )
    if done.returncode != 0:
        message = f"{Path(str(command[0])).name} failed: {(done.stderr or done.stdout)[-500:]}"
        raise Unavailable(message)
