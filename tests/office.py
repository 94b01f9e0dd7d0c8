"""An office for tests: an engine with a clock that is moved by hand, and its people."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from engine.model import Actor, FormField, ProcessDefinition, Role, UserTask
from engine.passwords import Passwords
from engine.process_engine import ProcessEngine, build_engine
from engine.queries import TaskQuery
from engine.settings import Settings
from engine.sources import ManualClock, RandomIds, ordered_uuid
from engine.store import Store
from tests.databases import store_in_memory

LANES = ("Kadis", "Sekretaris", "Perencana", "Bidang")
ADMIN = Actor("admin", frozenset({Role.ADMIN}))
ANALYST = Actor("analis", frozenset({Role.ANALYST}))
AUDITOR = Actor("auditor", frozenset({Role.AUDITOR}))
PROCESSES = Path(__file__).parent.parent / "processes"
SOP_FILES = ("bandar-lampung", "balangan", "bakesbangpol", "luwu-timur")

#: Chooses a value of an enum field.
Chooser = Callable[[FormField], str]


class CountedIds:
    """Ids that are the same in every run of a test."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def new_id(self) -> str:
        return str(uuid.UUID(int=next(self._numbers), version=4))

    def new_instance_id(self) -> str:
        return ordered_uuid(bytes(6), next(self._numbers).to_bytes(10), version=7)

    def new_secret(self) -> str:
        return f"secret-{next(self._numbers)}"


def quick_passwords() -> Passwords:
    """Argon2 as weak as it can be: a test has no time for what OWASP asks."""
    return Passwords(PasswordHasher(memory_cost=8, time_cost=1, parallelism=1))


def staff(lane: str, name: str | None = None) -> Actor:
    return Actor(name or lane.lower(), frozenset({Role.STAFF}), frozenset({lane}))


class Office:
    """The engine, and short ways to say what a test does."""

    def __init__(self, store: Store, settings: Settings | None = None) -> None:
        self.store = store
        self.clock = ManualClock(datetime(2026, 1, 5, 0, 30, tzinfo=UTC))
        self.engine = self.engine_with(settings or Settings(), CountedIds())
        self.people = {lane: staff(lane) for lane in LANES}

    def engine_with(self, settings: Settings, ids: CountedIds | None = None) -> ProcessEngine:
        """An engine over this store and clock; its ids are random unless others are given."""
        return build_engine(
            self.store, self.clock, ids or RandomIds(), settings, passwords=quick_passwords()
        )

    def deploy(self, content: str | bytes, name: str = "test.bpmn") -> ProcessDefinition:
        data = content.encode() if isinstance(content, str) else content
        return self.engine.definitions.deploy(name, {name: data}, actor=ANALYST).definitions[0]

    def deploy_sop(self, stem: str) -> ProcessDefinition:
        return self.deploy((PROCESSES / f"{stem}.bpmn").read_bytes(), f"{stem}.bpmn")

    def start(self, definition: ProcessDefinition, actor: Actor = ADMIN, **variables: Any) -> str:
        started = self.engine.instances.start(definition, variables, actor=actor)
        return started.instance.instance_id

    def open_tasks(self, instance_id: str) -> list[UserTask]:
        return self.engine.tasks.tasks(TaskQuery(instance_id=instance_id), actor=AUDITOR)

    def waiting_at(self, instance_id: str) -> list[str]:
        return sorted(task.activity_id for task in self.open_tasks(instance_id))

    def task(self, instance_id: str, activity_id: str) -> UserTask:
        found = [t for t in self.open_tasks(instance_id) if t.activity_id == activity_id]
        assert found, f"{activity_id} is not open; open: {self.waiting_at(instance_id)}"
        return found[0]

    def complete(
        self, instance_id: str, activity_id: str, actor: Actor = ADMIN, **values: Any
    ) -> None:
        task = self.task(instance_id, activity_id)
        self.engine.tasks.complete(task.task_id, values, actor=actor)

    def state(self, instance_id: str) -> str:
        return str(self.engine.instances.instance(instance_id, actor=AUDITOR).state)

    def variables(self, instance_id: str) -> dict[str, Any]:
        return self.engine.instances.variables(instance_id, actor=AUDITOR)

    def kinds(self, instance_id: str, *kinds: str) -> list[tuple[str, str | None]]:
        """(kind, activity) of the events of these kinds, in order."""
        events = self.engine.history.events(instance_id, actor=AUDITOR)
        return [(str(e.kind), e.activity_id) for e in events if not kinds or e.kind in kinds]

    def incidents(self, instance_id: str) -> list[str]:
        found = self.engine.instances.incidents(actor=AUDITOR, instance_id=instance_id)
        return [incident.message for incident in found]

    def erase_snapshot(self, instance_id: str) -> None:
        with self.store.writing() as tx:
            tx.put_snapshot(instance_id, tx.instance(instance_id).revision, None)

    def assert_sound(self, instance_id: str) -> None:
        verification = self.engine.history.verify(instance_id, actor=AUDITOR)
        assert verification.is_sound, verification.faults

    # ------------------------------------------------------------------ whole SOPs

    def start_sop(self, definition: ProcessDefinition, **values: Any) -> str:
        form = self.engine.definitions.start_form(definition.definition_id, actor=AUDITOR)
        filled = filled_in(form, lambda form_field: form_field.options[0][0])
        return self.start(definition, self.people["Perencana"], **(filled | values))

    def run_to_end(
        self,
        instance_id: str,
        choose: Chooser,
        *,
        before_each: Callable[[], object] = lambda: None,
        limit: int = 200,
    ) -> list[str]:
        """Complete the oldest open task again and again; the activities in their order."""
        done: list[str] = []
        while (tasks := self.open_tasks(instance_id)) and len(done) < limit:
            task = min(tasks, key=lambda t: (t.created_at, t.activity_id, str(t.local_variables)))
            person = self.people[task.lane or ""]
            self.clock.advance(minutes=7)
            before_each()
            form = self.engine.tasks.form(task.task_id, actor=person)
            self.engine.tasks.complete(task.task_id, filled_in(form.fields, choose), actor=person)
            done.append(task.activity_id)
        return done


def filled_in(form: tuple[FormField, ...], choose: Chooser) -> dict[str, Any]:
    """A value for every field, as a diligent official would give it."""
    samples: Mapping[str, Any] = {
        "boolean": True,
        "long": 2026,
        "double": 98.5,
        "date": "2026-01-05",
        "string": "contoh isian",
    }
    filled: dict[str, Any] = {}
    for form_field in form:
        if form_field.type == "enum":
            filled[form_field.id] = choose(form_field)
        elif form_field.is_list:
            filled[form_field.id] = ["Bidang A", "Bidang B"]
        else:
            filled[form_field.id] = samples[form_field.type]
    return filled


#: Where "Ya" or "Tidak" sends a case back instead of onward.
_RETURNS = {"langkah_5_keputusan": "ya", "langkah_10_keputusan": "ya"}


def straight(form_field: FormField) -> str:
    """The choice that goes onward."""
    values = [value for value, _ in form_field.options]
    if "setujui" in values:
        return "setujui"
    if set(values) == {"ya", "tidak"}:
        return "tidak" if returning(form_field) == "ya" else "ya"
    return values[0]


def returning(form_field: FormField) -> str:
    """The choice that sends back."""
    values = [value for value, _ in form_field.options]
    if "kembalikan" in values:
        return "kembalikan"
    if set(values) == {"ya", "tidak"}:
        return _RETURNS.get(form_field.id, "tidak")
    return values[0]


def every_return_once() -> Chooser:
    """Sends back the first time that a decision is asked for, and goes onward after."""
    asked: set[str] = set()

    def choose(form_field: FormField) -> str:
        if form_field.id in asked:
            return straight(form_field)
        asked.add(form_field.id)
        return returning(form_field)

    return choose


@pytest.fixture
def office() -> Iterator[Office]:
    """An office on SQLite in memory."""
    store = store_in_memory()
    yield Office(store)
    store.close()


@pytest.fixture
def office_on_both(store: Store) -> Office:
    """An office on SQLite, and again on PostgreSQL."""
    return Office(store)
