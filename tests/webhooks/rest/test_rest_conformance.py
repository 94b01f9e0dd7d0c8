"""Whatever the OpenAPI document allows, and some that it does not: no fault of ours, and answers
as it says.

Each operation is asked as an admin and as staff, with made-up values and with the ids of what is
there. Random but the same in every run.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from engine.process_engine import build_engine
from engine.settings import Settings
from engine.sources import RandomIds, SystemClock
from engine.store import Store
from tests.databases import store_in_memory
from tests.diagrams import end, line, process, start
from tests.office import SOP_FILES
from tests.webhooks.rest.hall import LETTER, PASSWORD, STUCK, Hall
from webhooks import create_app

_SERVICE = process(
    start(),
    '<bpmn:serviceTask id="kirim" name="kirim" camunda:type="external" camunda:topic="kirim"/>',
    end(),
    line("s", "kirim", "e"),
    key="layanan",
)
_CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
_EXAMPLES = 5


def _document() -> Any:
    """The document of an app that is asked nothing else."""
    store = Store.open("sqlite://")
    app = create_app(build_engine(store, SystemClock(), RandomIds(), Settings()), Settings())
    return schemathesis.openapi.from_wsgi("/engine-rest/openapi.json", app)


OPERATIONS = [each.ok() for each in _document().get_all_operations() if isinstance(each, Ok)]


class Town:
    """A hall with something of each kind, and the ids of it."""

    def __init__(self, store: Store) -> None:
        self.hall = Hall(store, Settings(writes_per_minute=0))
        for content in (LETTER, STUCK, _SERVICE):
            self.hall.deployed(content)
        for stem in SOP_FILES:
            self.hall.office.start_sop(self.hall.office.deploy_sop(stem))
        self.hall.finished()
        self.fill()

    def fill(self) -> None:
        """Another letter, another incident, another external task: an operation may end them."""
        self.hall.started()
        self.hall.post("/process-definition/key/layanan/start")
        stuck = self.hall.post("/process-definition/key/macet/start", who="siti").json["id"]
        self.hall.complete(self.hall.open_task(stuck)["id"], "siti")

    def ids(self) -> dict[str, list[str]]:
        """Name of a path's parameter -> what it may be."""
        places = {
            "instance_id": "/history/process-instance",
            "execution_id": "/process-instance",
            "task_id": "/task",
            "definition_id": "/process-definition",
            "deployment_id": "/deployment",
            "incident_id": "/incident",
            "external_task_id": "/external-task",
        }
        found = {
            name: [each["id"] for each in self.hall.get(path, who="admin", maxResults=5).json]
            for name, path in places.items()
        }
        assert all(found.values()), found
        return {**found, "key": ["surat", "macet", "layanan"], "name": ["nomor", "isi_surat"]}


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    store = store_in_memory()
    yield Town(store)
    store.close()


@pytest.mark.parametrize("who", ["admin", "siti"])
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_operation_answers_as_its_document_says(town: Town, operation: Any, who: str) -> None:
    if operation.method.upper() != "GET":
        town.fill()
    ids = town.ids()

    @seed(20261121)
    @settings(
        max_examples=_EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=_cases(operation), chosen=st.data())
    def ask(case: Case, chosen: st.DataObject) -> None:
        for name in case.path_parameters:
            if name in ids and chosen.draw(st.integers(0, 3)):
                case.path_parameters[name] = chosen.draw(st.sampled_from(ids[name]))
        if isinstance(case.body, dict) and "asyncResponseTimeout" in case.body:
            case.body["asyncResponseTimeout"] = 0  # nobody waits in a test
        case.call_and_validate(app=town.hall.app, auth=(who, PASSWORD), checks=_CHECKS)

    ask()


def _cases(operation: Any) -> st.SearchStrategy[Case]:
    """What the document allows, and what it does not."""
    allowed = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    if not (operation.query or operation.body):
        return allowed
    return allowed | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)


def test_every_operation_of_the_document_is_asked() -> None:
    paths = _document().raw_schema["paths"]

    verbs = {"get", "post", "put", "delete", "patch"}
    written = {f"{verb.upper()} {path}" for path in paths for verb in paths[path] if verb in verbs}
    assert {operation.label for operation in OPERATIONS} == written
