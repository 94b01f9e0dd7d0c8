"""SpiffWorkflow as its documentation shows it: the whole workflow as JSON in one column.

No login, no lanes, no forms, no history, no proof. What it does for a completion is read the row,
make the workflow of it, complete the task, and write the row again.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import psycopg
from lxml import etree
from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.specs.mixins import UserTaskMixin
from SpiffWorkflow.camunda.parser import CamundaParser
from SpiffWorkflow.camunda.serializer import DEFAULT_CONFIG as CAMUNDA_CONFIG
from sqlalchemy.engine import make_url

from engine.store.connection import open_engine
from tests.benchmarks import workload
from tests.benchmarks.contestants.crowd import Crowd
from tests.benchmarks.sizes import plain_postgresql

_TABLE = "CREATE TABLE workflow (id VARCHAR(36) PRIMARY KEY, state TEXT NOT NULL)"

#: Runs one statement; the rows that it gives.
Execute = Callable[[str, tuple[object, ...]], Any]


def naive_spiff(url: str, *, processes: int = 1) -> Crowd:
    """url: an empty database."""
    pool = open_engine(url)
    with pool.begin() as connection:
        connection.exec_driver_sql(_TABLE)
    pool.dispose()
    name = "SpiffWorkflow, whole workflow in a column"
    return Crowd(name, url, partial(NaiveDoer, url), processes)


class NaiveDoer:
    """A parsed process, and a table of workflows."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._pool = open_engine(url)
        self._is_sqlite = make_url(url).get_backend_name() == "sqlite"
        parser = CamundaParser()
        parser.add_bpmn_xml(etree.fromstring(workload.sop().encode()), filename="sop.bpmn")
        self._spec = parser.get_spec(workload.KEY)
        registry = BpmnWorkflowSerializer.configure(CAMUNDA_CONFIG)
        self._serializer = BpmnWorkflowSerializer(registry)

    def start(self, instances: int) -> list[str]:
        with self._connection() as (execute, commit):
            return [self._start(execute, commit) for _ in range(instances)]

    def complete(self, begun: Sequence[str]) -> list[float]:
        seconds: list[float] = []
        with self._connection() as (execute, commit):
            for key in begun:
                for step in workload.step_names(10):
                    values = workload.submission(step)
                    since = time.perf_counter()
                    self._complete(key, values, execute, commit)
                    seconds.append(time.perf_counter() - since)
        return seconds

    def statements(self) -> list[int]:
        return [2] * 10

    def _start(self, execute: Execute, commit: Callable[[], object]) -> str:
        workflow = BpmnWorkflow(self._spec)
        workflow.do_engine_steps()
        key = str(uuid.uuid4())
        execute(
            self._marked("INSERT INTO workflow (id, state) VALUES (?, ?)"),
            (key, self._serializer.serialize_json(workflow)),
        )
        commit()
        return key

    def _complete(
        self, key: str, values: dict[str, str], execute: Execute, commit: Callable[[], object]
    ) -> None:
        if self._is_sqlite:
            execute("BEGIN IMMEDIATE", ())
        lock = "" if self._is_sqlite else " FOR UPDATE"
        found = execute(self._marked(f"SELECT state FROM workflow WHERE id = ?{lock}"), (key,))
        workflow = self._serializer.deserialize_json(found.fetchone()[0])
        task = workflow.get_next_task(state=TaskState.READY, spec_class=UserTaskMixin)
        task.data.update(values)
        task.run()
        workflow.do_engine_steps()
        execute(
            self._marked("UPDATE workflow SET state = ? WHERE id = ?"),
            (self._serializer.serialize_json(workflow), key),
        )
        commit()

    @contextmanager
    def _connection(self) -> Iterator[tuple[Execute, Callable[[], object]]]:
        if self._is_sqlite:
            raw = self._pool.raw_connection()
            try:
                driver = raw.driver_connection
                # Outside of BEGIN each statement is a transaction of its own.
                yield driver.execute, driver.commit
            finally:
                raw.close()
            return
        with psycopg.connect(plain_postgresql(self._url)) as connection:
            yield connection.execute, connection.commit

    def _marked(self, statement: str) -> str:
        """The statement with the driver's marks for parameters."""
        return statement if self._is_sqlite else statement.replace("?", "%s")
