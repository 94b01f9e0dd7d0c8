"""Event logs in pm4py: it reads each format, and instances fit the deployed diagram exactly."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.event_logs.selections import LogFormat
from engine.model import FormField, MigrationPlan
from tests.databases import store_in_memory
from tests.diagrams import (
    each,
    end,
    exclusive,
    field,
    flow,
    form,
    line,
    parallel,
    process,
    start,
    user,
)
from tests.mining import completed, events_of, export, fitness, fitness_by_name, objects_of
from tests.office import ADMIN, PROCESSES, SOP_FILES, Chooser, Office, every_return_once, straight

#: What pm4py does with its own libraries is no fault of ours.
pytestmark = pytest.mark.filterwarnings(r"ignore:::pm4py\..*", r"ignore:::pandas\..*")

#: Tasks after which a random way goes straight on to its end.
TURNS = 15


def random_chooser(numbers: random.Random) -> Chooser:
    chosen: list[str] = []

    def choose(form_field: FormField) -> str:
        if len(chosen) > TURNS:
            return straight(form_field)
        chosen.append(numbers.choice(form_field.options)[0])
        return chosen[-1]

    return choose


def walk(office: Office, stem: str, *choosers: Chooser) -> None:
    """An instance for each, gone to its end; and one that still runs."""
    definition = office.deploy_sop(stem)
    for choose in choosers:
        office.run_to_end(office.start_sop(definition), choose)
    office.start_sop(definition)


@pytest.fixture(scope="module", params=SOP_FILES)
def walked(request: pytest.FixtureRequest) -> Iterator[tuple[Office, str]]:
    """An office in which one SOP was gone through straight and with every return."""
    store = store_in_memory()
    office = Office(store)
    walk(office, request.param, straight, every_return_once())
    yield office, request.param
    store.close()


@pytest.mark.parametrize("log_format", [LogFormat.XES, LogFormat.CSV])
def test_instances_fit_the_deployed_diagram(
    walked: tuple[Office, str], log_format: LogFormat, tmp_path: Path
) -> None:
    office, stem = walked
    events = events_of(office, tmp_path, log_format)

    assert events["case:concept:name"].nunique() == 3
    diagram = (PROCESSES / f"{stem}.bpmn").read_bytes()
    assert fitness(completed(events), diagram, tmp_path) == [1.0, 1.0]


def test_a_log_of_passages_needs_no_filter_and_fits_by_name(
    walked: tuple[Office, str], tmp_path: Path
) -> None:
    office, stem = walked
    events = events_of(office, tmp_path, LogFormat.XES, passages_only=True)
    ended = events[events["case:sop:state"] == "COMPLETED"]

    assert fitness_by_name(ended, PROCESSES / f"{stem}.bpmn") == [1.0, 1.0]


def test_the_lines_of_the_readme_judge_a_log(office: Office, tmp_path: Path) -> None:
    walk(office, "balangan", straight)
    (tmp_path / "log.xes").write_bytes(export(office, LogFormat.XES, passages_only=True))
    shutil.copy(PROCESSES / "balangan.bpmn", tmp_path)
    readme = (PROCESSES.parent / "engine" / "README.md").read_text(encoding="utf-8")
    [lines] = re.findall(r"```python\n(import pm4py\n.*?)```", readme, re.DOTALL)

    told = subprocess.run(
        [sys.executable, "-c", lines], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert told.stdout.splitlines()[-1] == "100.0"


def test_a_running_instance_is_marked_and_has_not_come_to_the_end(
    walked: tuple[Office, str], tmp_path: Path
) -> None:
    office, _ = walked
    events = events_of(office, tmp_path, LogFormat.XES)
    running = events[events["case:sop:state"] == "ACTIVE"]

    assert running["lifecycle:transition"].iloc[-1] == "schedule"
    assert "sop:late" not in running.dropna(axis="columns", how="all").columns


def test_an_event_that_is_missing_does_not_fit(walked: tuple[Office, str], tmp_path: Path) -> None:
    office, stem = walked
    events = completed(events_of(office, tmp_path, LogFormat.XES))
    second = events[events["case:concept:name"] == events["case:concept:name"].iloc[0]].index[1]

    diagram = (PROCESSES / f"{stem}.bpmn").read_bytes()
    first, other = fitness(events.drop(second), diagram, tmp_path)

    assert first < 1.0
    assert other == 1.0


def test_a_migrated_instance_is_marked_and_does_not_fit(office: Office, tmp_path: Path) -> None:
    first = process(start(), user("a"), user("b"), end(), line("s", "a", "b", "e"))
    second = process(
        start(), user("a"), user("tambahan"), user("c"), end(), line("s", "a", "tambahan", "c", "e")
    )
    before = office.deploy(first)
    moved, other = office.start(before), office.start(before)
    for instance in (moved, other):
        office.complete(instance, "a")
    after = office.deploy(second)
    plan = MigrationPlan(before.definition_id, after.definition_id, (("b", "c"),))
    office.engine.migrations.migrate(moved, plan, reason="SOP baru", basis="SK 1/2026", actor=ADMIN)
    office.complete(moved, "c")
    office.complete(other, "b")

    events = events_of(office, tmp_path, LogFormat.XES)

    told = events[events["case:concept:name"] == moved]
    assert set(told["case:sop:migrated"]) == {True}
    assert list(told["sop:element"]) == ["a", "a", "a", "b", "c", "c"]
    assert list(told["sop:version"]) == [1, 1, 1, 1, 2, 2]
    counted = completed(events)
    by_old, by_new = (fitness(counted, each.encode(), tmp_path) for each in (first, second))
    assert by_old[0] < 1.0
    assert by_new[0] < 1.0
    assert by_old[1] == 1.0


def test_ocel_is_read_with_its_objects(walked: tuple[Office, str], tmp_path: Path) -> None:
    office, _ = walked

    log = objects_of(office, tmp_path)

    assert set(log.objects["ocel:type"]) == {"instance", "task", "person", "lane"}
    tasks = log.relations[log.relations["ocel:type"] == "task"]
    assert set(tasks["ocel:qualifier"]) == {"task"}
    passages = events_of(office, tmp_path, LogFormat.CSV, passages_only=True)
    assert log.events["passage"].sum() == len(passages)


@pytest.mark.parametrize("stem", SOP_FILES)
def test_random_ways_fit(office: Office, stem: str, tmp_path: Path) -> None:
    walk(office, stem, *(random_chooser(random.Random(seed)) for seed in range(3)))

    events = completed(events_of(office, tmp_path, LogFormat.XES))

    diagram = (PROCESSES / f"{stem}.bpmn").read_bytes()
    assert fitness(events, diagram, tmp_path) == [1.0] * 3


# ------------------------------------------------------------- generated diagrams


class Blocks:
    """A random process of nested blocks; every choice is a number that a task asks for."""

    def __init__(self, numbers: random.Random) -> None:
        self._numbers = numbers
        self._parts: list[str] = []
        self._count = 0

    def diagram(self) -> str:
        first, last = self._chain(2)
        return process(*self._parts, start(), end(), flow("s", first), flow(last, "e"))

    def _named(self, kind: str) -> str:
        self._count += 1
        return f"{kind}{self._count}"

    def _task(self, inner: str = "") -> tuple[str, str]:
        name = self._named("t")
        self._parts.append(user(name, inner))
        return name, name

    def _chain(self, depth: int) -> tuple[str, str]:
        first, last = self._task()
        for _ in range(self._numbers.randint(1, 3)):
            enter, leave = self._block(depth)
            self._parts.append(flow(last, enter))
            last = leave
        return first, last

    def _block(self, depth: int) -> tuple[str, str]:
        if not depth:
            return self._task()
        makers = (self._repeated, self._choice, self._fork, self._loop)
        return self._numbers.choice(makers)(depth)

    def _repeated(self, depth: int) -> tuple[str, str]:
        items = str(self._numbers.randint(1, 3))
        return self._task(each(cardinality=items, sequential=self._numbers.random() < 0.5))

    def _asked(self) -> tuple[str, str]:
        """A task that asks for a number, and the number's name."""
        name = self._named("n")
        return self._task(form(field(name, "long", required=True)))[0], name

    def _choice(self, depth: int) -> tuple[str, str]:
        (task, number), split, join = self._asked(), self._named("x"), self._named("x")
        self._parts += [exclusive(split), exclusive(join), flow(task, split)]
        for way in range(2):
            enter, leave = self._chain(depth - 1)
            way_in = flow(split, enter, f"${{{number} {'>' if way else '&lt;='} 5}}")
            self._parts += [way_in, flow(leave, join)]
        return task, join

    def _fork(self, depth: int) -> tuple[str, str]:
        split, join = self._named("p"), self._named("p")
        self._parts += [parallel(split), parallel(join)]
        for _ in range(self._numbers.randint(2, 3)):
            enter, leave = self._chain(depth - 1)
            self._parts += [flow(split, enter), flow(leave, join)]
        return split, join

    def _loop(self, depth: int) -> tuple[str, str]:
        merge, choice = self._named("x"), self._named("x")
        enter, leave = self._chain(depth - 1)
        task, number = self._asked()
        self._parts += [exclusive(merge), exclusive(choice), line(merge, enter)]
        self._parts += [line(leave, task, choice), flow(choice, merge, f"${{{number} &lt;= 3}}")]
        after, _ = self._task()
        self._parts.append(flow(choice, after, f"${{{number} > 3}}"))
        return merge, after


@pytest.mark.parametrize("seed", range(8))
def test_generated_diagrams_fit(office: Office, seed: int, tmp_path: Path) -> None:
    """Choices, forks, loops and repeated steps, some within others."""
    numbers = random.Random(seed)
    diagram = Blocks(numbers).diagram()
    definition = office.deploy(diagram)
    for _ in range(2):
        instance = office.start(definition)
        while tasks := office.open_tasks(instance):
            task = numbers.choice(tasks)
            fields = office.engine.tasks.form(task.task_id, actor=ADMIN).fields
            values = {each.id: numbers.randint(1, 9) for each in fields}
            office.engine.tasks.complete(task.task_id, values, actor=ADMIN)

    events = completed(events_of(office, tmp_path, LogFormat.XES))

    assert fitness(events, diagram.encode(), tmp_path) == [1.0, 1.0]
