"""Contestants that are reached through HTTP: programs and browsers, in a process of their own."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from queue import Empty, SimpleQueue
from typing import Protocol
from urllib.parse import urlencode, urlsplit

from tests.benchmarks import workload

API = "/engine-rest"
_PAGE_ROWS = 20
_STEPS = len(workload.step_names(10))


@dataclass(frozen=True)
class Proofs:
    """How people prove who they are. `tokens`: lane -> access token; "" is an admin's."""

    tokens: Mapping[str, str]
    #: Lane -> the browser's cookies, and the token of its forms.
    visits: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Errand:
    """One completion that is to be done: of the step counted from 0, at that server."""

    server: int
    name: str
    step: int
    #: The address of the link in a message to who does it.
    link: str = ""

    @property
    def lane(self) -> str:
        return workload.lane_of(self.step)

    @property
    def values(self) -> dict[str, str]:
        return workload.submission(f"langkah_{self.step + 1}")


class Line:
    """One open connection to each server, as a client that comes often keeps it."""

    def __init__(self, origins: Sequence[str]) -> None:
        self._connections = [HTTPConnection(urlsplit(each).netloc, timeout=60) for each in origins]

    def ask(
        self,
        server: int,
        request: str,
        *,
        expected: int,
        body: str | None = None,
        headers: Mapping[str, str],
    ) -> tuple[bytes, str]:
        """What the server answers to "METHOD /path", and the place that it leads to."""
        method, path = request.split(" ", 1)
        connection = self._connections[server]
        connection.request(method, path, body.encode() if body else None, dict(headers))
        answer = connection.getresponse()
        content = answer.read()
        if answer.status != expected:
            message = f"{request}: expected {expected}, found {answer.status}: {content[:300]!r}"
            raise RuntimeError(message)
        return content, answer.headers.get("Location", "")


Deed = Callable[[Line, Errand, Proofs], object]


# ------------------------------------------------------------------------------ deeds


def by_token(line: Line, errand: Errand, proofs: Proofs) -> None:
    """A program completes the task with the access token of its person."""
    body = json.dumps({"variables": {n: {"value": value} for n, value in errand.values.items()}})
    headers = {**_bearer(proofs, errand.lane), "Content-Type": "application/json"}
    request = f"POST {API}/task/{errand.name}/complete"
    line.ask(errand.server, request, expected=204, body=body, headers=headers)


def by_token_from_inbox(line: Line, errand: Errand, proofs: Proofs) -> None:
    """It looks what waits for its lane before."""
    path = f"{API}/task?candidateGroup={errand.lane}&maxResults={_PAGE_ROWS}"
    line.ask(errand.server, f"GET {path}", expected=200, headers=_bearer(proofs, errand.lane))
    by_token(line, errand, proofs)


def by_form(line: Line, errand: Errand, proofs: Proofs) -> str:
    """A browser sends the task's form; where it is led to."""
    cookies, token = proofs.visits[errand.lane]
    # Each form that is shown has a key of its own: see `submission_key` of the page.
    typed = {"csrf_token": token, "kunci_kirim": f"kirim-{errand.name}"}
    typed |= {f"isian-{name}": value for name, value in errand.values.items()}
    request = f"POST /tugas/{errand.name}/selesai"
    _, place = _send(line, errand, request, typed, {"Cookie": cookies}, expected=303)
    return place


def by_form_and_on(line: Line, errand: Errand, proofs: Proofs) -> None:
    """It opens the page that it is led to, too."""
    place = by_form(line, errand, proofs)
    cookies, _ = proofs.visits[errand.lane]
    line.ask(errand.server, f"GET {place}", expected=200, headers={"Cookie": cookies})


def by_link(line: Line, errand: Errand, _proofs: Proofs) -> None:
    """Somebody without a login sends the form behind the link in a message."""
    typed = {f"isian-{name}": value for name, value in errand.values.items()}
    _send(line, errand, f"POST {errand.link}", typed, {"Accept": "text/html"}, expected=200)


def _send(
    line: Line,
    errand: Errand,
    request: str,
    typed: Mapping[str, str],
    headers: Mapping[str, str],
    *,
    expected: int,
) -> tuple[bytes, str]:
    headers = {**headers, "Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode(typed)
    return line.ask(errand.server, request, expected=expected, body=body, headers=headers)


def to_floor(line: Line, errand: Errand, _proofs: Proofs) -> None:
    """The rows of the completion are written, and nothing else."""
    request = f"POST /complete/{errand.name}/{errand.step}"
    line.ask(errand.server, request, expected=200, body=json.dumps(errand.values), headers={})


def _bearer(proofs: Proofs, lane: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {proofs.tokens[lane]}"}


# ------------------------------------------------------------------------------ servers


class Served(Protocol):
    """What a kind of server is asked for beside what is timed."""

    def begin(self, line: Line, server: int, proofs: Proofs) -> str:
        """A new instance, by its name."""
        ...

    def errand(self, line: Line, server: int, name: str, step: int, proofs: Proofs) -> Errand:
        """What is to be done next in the instance."""
        ...


class AlurServed:
    """Alur. with_links: who does the next task has a link to it."""

    def __init__(self, *, with_links: bool = False) -> None:
        self._with_links = with_links

    def begin(self, line: Line, server: int, proofs: Proofs) -> str:
        request = f"POST {API}/process-definition/key/{workload.KEY}/start"
        answer, _ = line.ask(server, request, expected=200, headers=_bearer(proofs, ""))
        return str(json.loads(answer)["id"])

    def errand(self, line: Line, server: int, name: str, step: int, proofs: Proofs) -> Errand:
        request = f"GET {API}/task?processInstanceId={name}"
        answer, _ = line.ask(server, request, expected=200, headers=_bearer(proofs, ""))
        [task] = json.loads(answer)
        found = Errand(server, task["id"], step)
        return Errand(server, task["id"], step, self._link(line, found, proofs))

    def _link(self, line: Line, errand: Errand, proofs: Proofs) -> str:
        if not self._with_links:
            return ""
        headers = {**_bearer(proofs, errand.lane), "Content-Type": "application/json"}
        request = f"POST {API}/task/{errand.name}/link"
        answer, _ = line.ask(errand.server, request, expected=200, body="{}", headers=headers)
        return urlsplit(json.loads(answer)["url"]).path


class FloorServed:
    """A server of `floor_server.py`."""

    def begin(self, line: Line, server: int, _proofs: Proofs) -> str:
        answer, _ = line.ask(server, "POST /start", expected=200, headers={})
        return str(json.loads(answer)["name"])

    def errand(self, _line: Line, server: int, name: str, step: int, _proofs: Proofs) -> Errand:
        return Errand(server, name, step)


# ------------------------------------------------------------------------------ clients


class CallingDoer:
    """Clients of running servers. Each round is one step of all instances, begun anew after ten."""

    def __init__(self, origins: Sequence[str], proofs: Proofs, served: Served, deed: Deed) -> None:
        self._origins = origins
        self._proofs = proofs
        self._served = served
        self._deed = deed
        self._step = 0
        self._running: list[tuple[int, str]] = []
        self._lines: SimpleQueue[Line] = SimpleQueue()

    def start(self, instances: int) -> list[Errand]:
        """What is to be done now."""
        with self._line() as line:
            if self._step == 0:
                servers = [number % len(self._origins) for number in range(instances)]
                self._running = [(n, self._served.begin(line, n, self._proofs)) for n in servers]
            step, self._step = self._step, (self._step + 1) % _STEPS
            return [
                self._served.errand(line, server, name, step, self._proofs)
                for server, name in self._running
            ]

    def complete(self, begun: Sequence[Errand]) -> list[float]:
        """Do them; the seconds until each was answered."""
        seconds = []
        with self._line() as line:
            for errand in begun:
                since = time.perf_counter()
                self._deed(line, errand, self._proofs)
                seconds.append(time.perf_counter() - since)
        return seconds

    def statements(self) -> list[int]:
        """Not counted: the server is another process."""
        return []

    @contextmanager
    def _line(self) -> Iterator[Line]:
        try:
            line = self._lines.get_nowait()
        except Empty:
            line = Line(self._origins)
        yield line
        self._lines.put(line)
