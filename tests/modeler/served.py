"""A town hall on a free port of this computer, and Camunda Modeler's buttons in front of it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.settings import Settings
from engine.store import Store
from tests.needs import program
from tests.serving import served
from tests.webhooks.rest.hall import PASSWORD, Hall

CLIENT = Path(__file__).parent / "modeler.mjs"


@contextlib.contextmanager
def served_hall(database: Path) -> Iterator[tuple[Hall, str]]:
    """A hall over a database file, and the address of its server."""
    store = Store.open(f"sqlite:///{database}")
    store.migrate()
    hall = Hall(store, Settings())
    with served(hall.app) as origin:
        yield hall, origin
    store.close()


def basic(name: str = "analis", password: str = PASSWORD) -> dict[str, str]:
    return {"authType": "basic", "username": name, "password": password}


def bearer(token: str) -> dict[str, str]:
    return {"authType": "bearer", "token": token}


def node() -> str:
    """The Node, 18 or later, that runs the client."""
    return program("node")


@dataclass(frozen=True)
class Modeler:
    """Camunda Modeler with an endpoint filled in."""

    origin: str
    path: str = "/engine-rest"

    def press(
        self, button: str, credentials: Mapping[str, str] | None = None, **asked: Any
    ) -> dict[str, Any]:
        """What a person sees after pressing the button, and which requests were made."""
        endpoint = {"url": f"{self.origin}{self.path}", **(credentials or {})}
        result = subprocess.run(
            [node(), "--no-warnings", str(CLIENT)],
            input=json.dumps({"button": button, "endpoint": endpoint, **asked}),
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
            env={**os.environ, "NO_PROXY": "127.0.0.1"},
        )
        assert result.returncode == 0, result.stderr
        seen: dict[str, Any] = json.loads(result.stdout)
        for request in seen["requests"]:
            assert not request.get("redirected"), request
            assert request.get("type") == "application/json", request
        return seen

    def deploy(
        self, contents: str, name: str = "surat.bpmn", credentials: Any = None, **deployment: Any
    ) -> dict[str, Any]:
        return self.press(
            "deploy",
            credentials or basic(),
            tab={"name": name, "contents": contents},
            deployment={"name": Path(name).stem, **deployment},
        )

    def start(self, contents: str, name: str = "surat.bpmn", **start: Any) -> dict[str, Any]:
        return self.press(
            "start",
            basic(),
            tab={"name": name, "contents": contents},
            deployment={"name": Path(name).stem},
            start=start,
        )
