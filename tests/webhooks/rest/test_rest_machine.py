"""Anybody does anything in any order over HTTP; the API keeps to a model of ten lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)

from engine.settings import Settings
from tests.databases import store_in_memory
from tests.webhooks.rest.hall import Hall

STAFF = {"siti": "Petugas", "budi": "Petugas", "kepala": "Kepala", "tamu": "Lain"}
PEOPLE = st.sampled_from(sorted(STAFF))
#: What comes next, and whose it is.
STEPS = {"isi": ("Petugas", "setuju"), "setuju": ("Kepala", None)}


@dataclass
class Case:
    """One letter as it should be."""

    instance_id: str
    state: str = "ACTIVE"
    activity: str | None = "isi"
    assignee: str | None = None
    #: Of the open task, and of the one before it.
    task_id: str = ""
    former_task: str | None = None
    comments: int = 0


class Api(RuleBasedStateMachine):
    cases: Bundle[Case] = Bundle("cases")

    @initialize()
    def open_the_hall(self) -> None:
        self.store = store_in_memory()
        self.hall = Hall(self.store, Settings())
        self.hall.deployed()
        self.known: list[Case] = []
        self.keys = 0

    # ------------------------------------------------------------------ rules

    @rule(target=cases, who=PEOPLE, has_number=st.booleans(), is_repeated=st.booleans())
    def start(self, who: str, has_number: bool, is_repeated: bool) -> Any:
        body = {"variables": {"nomor": {"value": 7}} if has_number else {}}
        answers = self.posted("/process-definition/key/surat/start", body, who, is_repeated)
        if STAFF[who] not in {"Petugas", "Kepala"} or not has_number:
            assert {each.status_code for each in answers} <= {400, 403}
            return multiple()
        assert [each.status_code for each in answers] == [200] * len(answers)
        assert len({each.json["id"] for each in answers}) == 1
        case = Case(answers[0].json["id"])
        case.task_id = self.open_tasks(case)[0]["id"]
        self.known.append(case)
        return case

    @rule(case=cases, who=PEOPLE, is_former=st.booleans())
    def claim(self, case: Case, who: str, is_former: bool) -> None:
        task_id = case.former_task if is_former and case.former_task else case.task_id
        answer = self.hall.post(f"/task/{task_id}/claim", {"userId": who}, who)
        if self.may_work(case, who, task_id):
            assert answer.status_code == 204, answer.text
            case.assignee = who
        else:
            assert 400 <= answer.status_code < 500, answer.text

    @rule(case=cases, who=PEOPLE)
    def let_go(self, case: Case, who: str) -> None:
        answer = self.hall.post(f"/task/{case.task_id}/unclaim", {}, who)
        if case.activity and case.assignee == who:
            assert answer.status_code == 204, answer.text
            case.assignee = None
        elif case.assignee is not None or case.activity is None:
            assert 400 <= answer.status_code < 500, answer.text
        else:
            assert answer.status_code < 500, answer.text

    @rule(
        case=cases,
        who=PEOPLE,
        is_filled=st.booleans(),
        is_former=st.booleans(),
        is_repeated=st.booleans(),
    )
    def complete(
        self, case: Case, who: str, is_filled: bool, is_former: bool, is_repeated: bool
    ) -> None:
        task_id = case.former_task if is_former and case.former_task else case.task_id
        needs_values = case.activity == "isi"
        values = {"isi_surat": {"value": "halo"}} if is_filled and needs_values else {}
        answers = self.posted(f"/task/{task_id}/complete", {"variables": values}, who, is_repeated)
        if self.may_work(case, who, task_id) and (is_filled or not needs_values):
            assert [each.status_code for each in answers] == [204] * len(answers), answers[-1].text
            self.go_on(case)
        else:
            assert all(400 <= each.status_code < 500 for each in answers)

    @rule(case=cases, who=PEOPLE, is_former=st.booleans(), is_repeated=st.booleans())
    def comment(self, case: Case, who: str, is_former: bool, is_repeated: bool) -> None:
        task_id = case.former_task if is_former and case.former_task else case.task_id
        path, body = f"/task/{task_id}/comment/create", {"message": "Mohon dicek"}
        answers = self.posted(path, body, who, is_repeated)
        if self.may_work(case, who, task_id):
            assert [each.status_code for each in answers] == [200] * len(answers), answers[-1].text
            assert len({each.json["id"] for each in answers}) == 1
            case.comments += 1
        elif case.activity is None or task_id != case.task_id:
            assert all(400 <= each.status_code < 500 for each in answers)
        else:
            # A colleague may, too, while somebody else has it in hand.
            assert len({each.status_code for each in answers}) == 1
            case.comments += answers[0].status_code == 200

    @rule(case=consumes(cases), has_reason=st.booleans())
    def cancel(self, case: Case, has_reason: bool) -> None:
        reason = {"json": {"deleteReason": "salah berkas"}} if has_reason else {}
        answer = self.hall.delete(f"/process-instance/{case.instance_id}", "admin", **reason)
        if case.state == "ACTIVE" and has_reason:
            assert answer.status_code == 204, answer.text
            case.state, case.activity, case.assignee = "EXTERNALLY_TERMINATED", None, None
        else:
            assert 400 <= answer.status_code < 500, answer.text

    @rule(hours=st.integers(1, 100))
    def time_goes_by(self, hours: int) -> None:
        self.hall.office.clock.advance(hours=hours)

    # -------------------------------------------------------------- invariants

    @invariant()
    def api_tells_what_the_model_has(self) -> None:
        for case in getattr(self, "known", []):
            told = self.hall.get(f"/history/process-instance/{case.instance_id}").json
            assert told["state"] == case.state
            expected = [(case.activity, case.assignee)] if case.activity else []
            found = [(t["taskDefinitionKey"], t["assignee"]) for t in self.open_tasks(case)]
            assert found == expected
            path = f"/process-instance/{case.instance_id}"
            assert len(self.hall.get(f"{path}/comment").json) == case.comments
            assert self.hall.get(path, "tamu").status_code in {403, 404}

    def teardown(self) -> None:
        for case in getattr(self, "known", []):
            path = f"/history/process-instance/{case.instance_id}/verify"
            assert self.hall.get(path).json["sound"]
        if hasattr(self, "store"):
            self.store.close()

    # ------------------------------------------------------------------ helpers

    def may_work(self, case: Case, who: str, task_id: str) -> bool:
        if case.activity is None or task_id != case.task_id:
            return False
        return STAFF[who] == STEPS[case.activity][0] and case.assignee in {None, who}

    def go_on(self, case: Case) -> None:
        assert case.activity is not None
        case.activity = STEPS[case.activity][1]
        case.former_task, case.assignee = case.task_id, None
        if case.activity is None:
            case.state = "COMPLETED"
        else:
            case.task_id = self.open_tasks(case)[0]["id"]

    def open_tasks(self, case: Case) -> list[dict[str, Any]]:
        return list(self.hall.get("/task", processInstanceId=case.instance_id).json)

    def posted(self, path: str, body: Any, who: str, is_repeated: bool) -> list[Any]:
        """The answer, or both when a client that heard none sends the same once more."""
        self.keys += 1
        headers = {"Idempotency-Key": f"kunci-{self.keys}"}
        times = 2 if is_repeated else 1
        return [self.hall.post(path, body, who, headers=headers) for _ in range(times)]


TestApi = Api.TestCase
TestApi.settings = settings(
    max_examples=10,
    stateful_step_count=20,
    # What fails is told as it was done: to look for fewer steps takes minutes.
    phases=[Phase.generate],
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
