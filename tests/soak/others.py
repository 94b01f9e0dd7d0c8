"""What others than staff do: the program, the analyst, the admin, the reader, who makes backups."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from lxml.html import document_fromstring
from standardwebhooks.webhooks import Webhook

from tests.soak import diagrams
from tests.soak.caller import Caller
from tests.soak.ledger import Deed
from tests.soak.premises import PASSWORD, Premises

_ROOT = Path(__file__).resolve().parents[2]
_HOLD_MS = 5_000


@dataclass
class Robot:
    """A program: does external tasks, and sends messages by API and signed."""

    caller: Caller
    premises: Premises

    def turn(self) -> None:
        self.serve()
        self.send_message()
        self.caller.stopped.wait(0.3)

    def serve(self) -> None:
        topics = [{"topicName": diagrams.TOPIC, "lockDuration": _HOLD_MS}]
        body = {"workerId": "robot", "maxTasks": 3, "topics": topics}
        answer = self.caller.ask("POST", "/external-task/fetchAndLock", json=body)
        for task in answer.json() if answer.is_good else []:
            mark = self.caller.ledger.mark("x")
            path, variables = f"/external-task/{task['id']}/complete", {"nomor": {"value": mark}}
            told = {"workerId": "robot", "variables": variables}
            self.caller.do("external", mark, task["id"], "POST", path, json=told)

    def send_message(self) -> None:
        found = self.caller.get("/event-subscription", maxResults=10) or []
        for each in found[:3]:
            mark = self.caller.ledger.mark("p")
            if self.caller.rng.random() < 0.5:
                self._by_api(mark, each["processInstanceId"])
            else:
                self._signed(mark, each["processInstanceId"])

    def _by_api(self, mark: str, instance_id: str) -> None:
        body = {
            "messageName": diagrams.MESSAGE,
            "processInstanceId": instance_id,
            "processVariables": {"surat": {"value": mark}},
        }
        self.caller.do_once("message", mark, instance_id, "/message", body, tries=50)

    def _signed(self, mark: str, instance_id: str) -> None:
        """Once; when nothing waits any more it is kept, and that counts as unknown."""
        text = json.dumps(
            {"processInstanceId": instance_id, "variables": {"surat": {"value": mark}}}
        )
        wrong = int(self.premises.clock.read_text())
        at = datetime.fromtimestamp(time.time() + wrong, UTC)
        headers = {
            "Content-Type": "application/json",
            "webhook-id": mark,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(self.premises.message_secret).sign(mark, at, text),
        }
        path = f"/hook/message/{diagrams.MESSAGE}"
        answer = self.caller.send("POST", path, data=text, headers=headers)
        kind = "kept message" if answer.status == 202 else "message"
        deed = Deed(kind, mark, answer.outcome, instance_id, self.caller.account)
        self.caller.ledger.add(deed)


@dataclass
class Analyst:
    """Deploys new versions, and moves instances to them."""

    caller: Caller
    _versions: int = 0

    def turn(self) -> None:
        if self.caller.rng.random() < 0.3:
            self.deploy()
        else:
            self.move()
        self.caller.stopped.wait(3)

    def deploy(self) -> None:
        mark = self.caller.ledger.mark("d")
        file = ("rendam.bpmn", diagrams.work(mark), "text/xml")
        self.caller.do(
            "deploy",
            mark,
            diagrams.KEY,
            "POST",
            "/deployment/create",
            data={"deployment-name": mark},
            files={"data": file},
        )

    def move(self) -> None:
        """One instance of an older version, to the latest one."""
        latest = self.caller.get(f"/process-definition/key/{diagrams.KEY}")
        running = self.caller.get(
            "/process-instance", processDefinitionKey=diagrams.KEY, maxResults=50
        )
        if not latest or not running:
            return
        chosen = self.caller.rng.choice(running)
        source, target = chosen["definitionId"], latest["id"]
        ends = {"sourceProcessDefinitionId": source, "targetProcessDefinitionId": target}
        plan = self.caller.ask("POST", "/migration/generate", json=ends)
        if source == target or not plan.is_good:
            return
        mark = self.caller.ledger.mark("v")
        body = {
            "migrationPlan": plan.json(),
            "processInstanceIds": [chosen["id"]],
            "reason": mark,
            "basis": "SK 1/2026",
        }
        self.caller.do_once("migrate", mark, chosen["id"], "/migration/execute", body, tries=20)


@dataclass
class Admin:
    """Cancels, sets variables, erases personal data."""

    caller: Caller

    def turn(self) -> None:
        luck = self.caller.rng.random()
        if luck < 0.15:
            self.erase()
        elif chosen := self._some_instance():
            self.cancel(chosen) if luck < 0.35 else self.mend(chosen)
        self.caller.stopped.wait(1.5)

    def cancel(self, instance_id: str) -> None:
        mark = self.caller.ledger.mark("b")
        path = f"/process-instance/{instance_id}"
        self.caller.do("cancel", mark, instance_id, "DELETE", path, json={"deleteReason": mark})

    def mend(self, instance_id: str) -> None:
        mark = self.caller.ledger.mark("u")
        path = f"/process-instance/{instance_id}/variables"
        body = {"modifications": {"catatan_admin": {"value": mark}}}
        self.caller.do("variables", mark, instance_id, "POST", path, json=body)

    def erase(self) -> None:
        found = self.caller.get("/personal-data", maxResults=20)
        if found:
            mark = self.caller.ledger.mark("h")
            person = self.caller.rng.choice(found)["id"]
            body = {"basis": mark, "basisDate": "2026-01-05", "reason": "diminta"}
            path = f"/personal-data/{person}/erase"
            self.caller.do("erase", mark, person, "POST", path, json=body)

    def _some_instance(self) -> str | None:
        found = self.caller.get("/process-instance", maxResults=50)
        return self.caller.rng.choice(found)["id"] if found else None


@dataclass
class Reader:
    """Somebody at a browser: logs in, looks at pages, follows links, takes tasks by their forms."""

    caller: Caller
    #: Where to look when no page has led on.
    place: str = "/"
    _is_in: bool = False

    def turn(self) -> None:
        if not self._is_in:
            self._log_in()
            return
        answer = self.caller.send("GET", self.place)
        self.place = "/"
        if answer.status in (302, 303):
            self._is_in = "/masuk" not in answer.url
        elif answer.is_good and "<a " in answer.text:
            self._go_on(answer.text)
        self.caller.stopped.wait(0.1)

    def _log_in(self) -> None:
        page = self.caller.send("GET", "/masuk")
        if page.status != 200:
            self._is_in = page.status in (302, 303)
            return
        [form] = [f for f in document_fromstring(page.text).forms if f.action == "/masuk"]
        values = dict(form.form_values()) | {"nama": self.caller.account, "sandi": PASSWORD}
        answer = self.caller.send("POST", "/masuk", data=values)
        self._is_in = answer.status == 303

    def _go_on(self, text: str) -> None:
        """By a link of the page, or by a form that takes a task or keeps a draft."""
        tree = document_fromstring(text)
        paths = [each.get("href", "") for each in tree.iter("a")]
        inside = [each for each in paths if each.startswith("/") and each != "/keluar"]
        if inside:
            self.place = self.caller.rng.choice(inside)
        harmless = [f for f in tree.forms if (f.action or "").endswith(("/ambil", "/lepas"))]
        if harmless and self.caller.rng.random() < 0.3:
            form = self.caller.rng.choice(harmless)
            self.caller.send("POST", str(form.action), data=dict(form.form_values()))


@dataclass
class Keeper:
    """Makes backups while people work; some of them are killed."""

    caller: Caller
    premises: Premises
    folder: Path
    #: Files that were acknowledged.
    made: list[Path] = field(default_factory=list)
    killed: int = 0
    failed: list[str] = field(default_factory=list)

    def turn(self) -> None:
        self.caller.stopped.wait(self.caller.rng.uniform(10, 40))
        if self.caller.stopped.is_set():
            return
        file = self.folder / f"backup-{len(self.made) + self.killed + len(self.failed)}.zip"
        program = subprocess.Popen(
            [sys.executable, "-m", "tests.soak.child", "backup", str(file)],
            cwd=_ROOT,
            env=self.premises.environ(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        if self.caller.rng.random() < 0.4:
            self.caller.stopped.wait(self.caller.rng.uniform(1, 5))
            program.kill()
        _, said = program.communicate()
        if program.returncode == 0:
            self._keep_last(file)
        elif program.returncode < 0:
            self.killed += 1
        else:
            self.failed.append(said.strip()[-300:])

    def _keep_last(self, file: Path) -> None:
        """Only the last one stays: an hour has many."""
        for former in self.made:
            former.unlink(missing_ok=True)
        self.made.append(file)
