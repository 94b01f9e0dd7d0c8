"""What staff does: starts, takes, fills in, completes, sends back, comments, attaches."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.office import SOP_FILES
from tests.soak import diagrams
from tests.soak.caller import Answer, Caller
from tests.soak.ledger import Deed, Outcome

KEYS = ("pdk_bandar_lampung", "pdk_balangan", "pdk_bakesbangpol", "pdk_luwu_timur", diagrams.KEY)
assert len(KEYS) == len(SOP_FILES) + 1

#: Chooses a value of an enum field: (its id, the values).
Choice = Callable[[str, Sequence[str]], str]
#: How many instances run at the same time.
MOST_RUNNING = 120
#: Fields whose "ya" sends back; the others' "tidak" does.
_RETURNING = {"langkah_5_keputusan", "langkah_10_keputusan"}


@dataclass
class Staff:
    """Somebody of a lane at his desk."""

    caller: Caller
    #: It starts nothing when so many instances run.
    most_running: int = MOST_RUNNING

    @property
    def rng(self) -> random.Random:
        return self.caller.rng

    def turn(self) -> None:
        """One thing, of whatever kind."""
        luck = self.rng.random()
        if luck < 0.12 and self.most_running:
            self.start()
        elif task := self.some_task():
            {0: self.remark, 1: self.attach, 2: self.let_go, 3: self.by_link}.get(
                self.rng.randrange(16), self.work_on
            )(task)
        else:
            self.caller.stopped.wait(0.2)

    def start(self) -> None:
        running = self.caller.get("/process-instance/count")
        if running is None or running["count"] >= self.most_running:
            return
        key = self.rng.choice(KEYS)
        fields = self.caller.get(f"/process-definition/key/{key}/start-form-fields")
        if fields is not None:
            mark = self.caller.ledger.mark("m")
            variables = filled(fields["fields"], mark, self.choose)
            body = {"businessKey": mark, "variables": variables}
            path = f"/process-definition/key/{key}/start"
            self.caller.do_once("start", mark, key, path, body, tries=self._patience())

    def some_task(self) -> dict[str, Any] | None:
        """One of those that are offered to this person, or in his hands."""
        first = self.rng.choice([0, 0, 10])
        found = self.caller.get("/task", firstResult=first, maxResults=20) or []
        mine = [each for each in found if each["assignee"] in (None, self.caller.account)]
        return self.rng.choice(mine) if mine else None

    def work_on(self, task: dict[str, Any]) -> None:
        """Take it, mostly, and complete it."""
        if task["assignee"] is None and self.rng.random() < 0.8:
            self.claim(task)
        self.complete(task, tries=self._patience())

    def claim(self, task: dict[str, Any]) -> None:
        path, body = f"/task/{task['id']}/claim", {"userId": self.caller.account}
        self.caller.do("claim", "", task["id"], "POST", path, json=body)

    def let_go(self, task: dict[str, Any]) -> None:
        self.claim(task)
        self.caller.do("unclaim", "", task["id"], "POST", f"/task/{task['id']}/unclaim", json={})

    def complete(self, task: dict[str, Any], *, tries: int = 0) -> bool:
        """Fill in its form and send it until there is an answer, or `tries` times."""
        form = self.caller.get(f"/task/{task['id']}/form-fields")
        if form is None:
            return False
        mark = self.caller.ledger.mark("s")
        body = {"variables": filled(form["fields"], mark, self.choose)}
        path = f"/task/{task['id']}/complete"
        return self.caller.do_once("complete", mark, task["id"], path, body, tries=tries).is_good

    def by_link(self, task: dict[str, Any]) -> None:
        """Complete it by a link, which counts once."""
        made = self.caller.ask("POST", f"/task/{task['id']}/link", json={})
        form = self.caller.get(f"/task/{task['id']}/form-fields")
        if not made.is_good or form is None:
            return
        path = "/hook/" + str(made.json()["url"]).rpartition("/hook/")[2]
        mark = self.caller.ledger.mark("t")
        body = {"variables": filled(form["fields"], mark, self.choose)}
        answers: list[Answer] = []
        while not answers or (answers[-1].status in (0, 503) and len(answers) < self._patience()):
            answers.append(self.caller.send("POST", path, json=body))
        outcome = answers[-1].outcome
        if answers[-1].problem == "LinkUsedException":
            # By an attempt of which nothing was told; nobody else has the link.
            outcome = Outcome.DONE
        elif outcome is Outcome.NOTHING and any(a.outcome is Outcome.UNKNOWN for a in answers):
            outcome = Outcome.UNKNOWN
        deed = Deed("link", mark, outcome, task["id"], self.caller.account)
        self.caller.ledger.add(deed)

    def remark(self, task: dict[str, Any]) -> None:
        mark = self.caller.ledger.mark("k")
        path = f"/task/{task['id']}/comment/create"
        self.caller.do("comment", mark, task["id"], "POST", path, json={"message": mark})

    def attach(self, task: dict[str, Any]) -> None:
        mark = self.caller.ledger.mark("l")
        size = self.rng.choice([10, 5_000, 200_000])
        content = mark.encode() + self.rng.randbytes(size)
        self.caller.do(
            "attach",
            mark,
            task["id"],
            "POST",
            f"/task/{task['id']}/attachment/create",
            data={"attachment-name": mark},
            files={"content": (f"{mark}.bin", content, "application/octet-stream")},
        )

    def choose(self, name: str, values: Sequence[str]) -> str:
        """Onward three times of four."""
        return onward(name, values) if self.rng.random() < 0.75 else self.rng.choice(values)

    def _patience(self) -> int:
        return self.rng.choice([1, 3, 50, 50, 50])


def onward(name: str, values: Sequence[str]) -> str:
    """The choice that does not send back."""
    if "setujui" in values:
        return "setujui"
    if set(values) == {"ya", "tidak"}:
        return "tidak" if name in _RETURNING else "ya"
    return values[0]


def filled(fields: Sequence[dict[str, Any]], mark: str, choose: Choice) -> dict[str, Any]:
    """A value for every field, as a request has them; the mark is in every text."""
    samples = {"boolean": True, "long": 2026, "double": 98.5, "date": "2026-01-05", "string": mark}
    found: dict[str, Any] = {}
    for each in fields:
        if each["type"] == "file":
            continue
        if each["type"] == "enum":
            value = choose(each["id"], [option["value"] for option in each["options"]])
            found[each["id"]] = {"value": value}
        elif each["list"]:
            found[each["id"]] = {"value": ["Bidang A", mark], "type": "Json"}
        else:
            found[each["id"]] = {"value": samples[each["type"]]}
    return found
