"""Random diagrams with events, scopes and repeats, worked through by people, programs and time.

After each thing that happens the engine waits for what a token game waits for, and for nothing
else; in the end history replays to the same.
"""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.correlation import Message
from engine.model import Actor, Role
from engine.queries import EventSubscriptionQuery, ExternalTaskQuery, TopicSubscription
from tests.databases import store_in_memory
from tests.office import ADMIN, AUDITOR, Office, staff
from tests.scenarios.event_blocks import Block, Event, blocks_of, decisions_of, drawn, random_values
from tests.scenarios.event_game import Chance, Game
from tests.scenarios.same_examples import same_examples

CLERK = staff("Perencana")
ROBOT = Actor("robot", frozenset({Role.WORKER}))
#: Things that happen at most: who always goes back never ends.
MOST = 25
#: How long people and programs take for each.
A_MOMENT = timedelta(seconds=1)


class Walk:
    """One process, in the engine and in the game."""

    def __init__(self, office: Office, block: Block, rng: random.Random) -> None:
        self.office, self.rng = office, rng
        self.decisions = decisions_of(block)
        definition = office.deploy(drawn(block))
        values = self.values()
        started = office.engine.instances.start(definition, values, actor=CLERK)
        self.instance_id = started.instance.instance_id
        self.game = Game(block, values, office.clock.now())

    def values(self) -> dict[str, object]:
        return random_values(self.rng, self.decisions)

    def go(self) -> None:
        self.compare()
        for _ in range(MOST):
            possible = self.possible()
            if not possible:
                break
            self.do(self.rng.choice(possible))
            self.compare()
        assert not self.office.engine.history.verify(self.instance_id, actor=ADMIN).faults

    def possible(self) -> list[Chance]:
        """Before the next timer is due, all but what several wait for under the same name."""
        chances = self.game.chances()
        counts = Counter((each.kind, each.name) for each in chances)
        due = min((each.due_at for each in chances if each.due_at), default=None)
        timers = [each for each in chances if each.due_at == due and due]
        if due and due <= self.game.now + A_MOMENT:
            return timers
        return timers + [
            each
            for each in chances
            if each.kind == "task"
            or (each.kind in {"message", "service"} and counts[each.kind, each.name] == 1)
        ]

    def do(self, chance: Chance) -> None:
        """It happens in the engine, then in the game."""
        if chance.kind == "timer":
            return self.let_time_pass(chance)
        values: dict[str, object] = {} if chance.kind == "message" else self.values()
        self.office.clock.advance(seconds=A_MOMENT.total_seconds())
        getattr(self, f"_{chance.kind}")(chance, values)
        self.game.now = self.office.clock.now()
        return self.game.take(chance, values)

    def let_time_pass(self, chance: Chance) -> None:
        assert chance.due_at is not None
        due_at = chance.due_at + timedelta(milliseconds=1)
        self.office.clock.advance(seconds=(due_at - self.office.clock.now()).total_seconds())
        assert self.office.engine.instances.fire_due(self.instance_id)
        self.game.now = self.office.clock.now()
        for each in [each for each in self.game.chances() if each.due_at]:
            if each.due_at == chance.due_at and each.at.is_alive:
                self.game.take(each)

    def _task(self, chance: Chance, values: dict[str, object]) -> None:
        [found] = [
            task
            for task in self.office.open_tasks(self.instance_id)
            if (task.activity_id, task.created_at) == (chance.name, chance.at.begun_at)
            and chance.copy == int(str(task.local_variables.get("loopCounter", -1))) + 1
        ]
        self.office.engine.tasks.complete(found.task_id, values, actor=CLERK)

    def _service(self, chance: Chance, values: dict[str, object]) -> None:
        topic = [TopicSubscription("layanan", 500)]  # free again at the next step
        room = self.office.engine.external_tasks
        [found] = [
            each.task
            for each in room.fetch_and_lock("robot", topic, max_tasks=50, actor=ROBOT)
            if each.task.activity_id == chance.name
        ]
        room.complete(found.external_task_id, "robot", values, actor=ROBOT)

    def _message(self, chance: Chance, values: dict[str, object]) -> None:
        letter = Message(f"M_{chance.name}", instance_id=self.instance_id, variables=values)
        self.office.engine.messages.correlate(letter, actor=ROBOT)

    def compare(self) -> None:
        """What the engine waits for is what the game waits for."""
        engine, chances = self.office.engine, self.game.chances()
        wanted = {
            kind: Counter(each.name for each in chances if each.kind == kind)
            for kind in ("task", "service", "message")
        }
        services = ExternalTaskQuery(instance_id=self.instance_id)
        waiting = EventSubscriptionQuery(instance_id=self.instance_id)
        messages = engine.messages.subscriptions(waiting, actor=AUDITOR)
        found = {
            "task": Counter(self.office.waiting_at(self.instance_id)),
            "service": Counter(
                each.activity_id for each in engine.external_tasks.tasks(services, actor=AUDITOR)
            ),
            "message": Counter(each.name.removeprefix("M_") for each in messages),
        }
        assert found == wanted
        instance = engine.instances.instance(self.instance_id, actor=ADMIN)
        due = min((each.due_at for each in chances if each.due_at), default=None)
        assert instance.next_due_at == due
        assert (instance.state == "COMPLETED") == self.game.is_over
        assert not self.office.incidents(self.instance_id)


def play(seed: int, depth: int = 3) -> None:
    """The same walk through the same diagram for the same seed."""
    rng = random.Random(seed)
    store = store_in_memory()
    Walk(Office(store), blocks_of(rng, depth), rng).go()
    store.close()


@same_examples(25)
@given(seed=st.integers(0, 10**9))
def test_engine_waits_for_what_the_token_game_waits_for(seed: int) -> None:
    play(seed)


@pytest.mark.parametrize("interrupts", [True, False])
def test_the_game_tells_an_interrupting_event_from_another(interrupts: bool) -> None:
    aside = Event("b", "message", interrupts, Block("task", "c"))
    guard = Block("guard", "g", (Block("task", "a"),), (aside,))
    game = Game(Block("sub", "akar", (guard,)), {}, datetime(2026, 1, 5, tzinfo=UTC))

    [event] = [each for each in game.chances() if each.kind == "message"]
    game.take(event)

    tasks = {each.name for each in game.chances() if each.kind == "task"}
    assert tasks == ({"c"} if interrupts else {"a", "c"})
    assert [each.name for each in game.chances() if each.kind == "message"] == (
        [] if interrupts else ["b"]
    )


@pytest.mark.parametrize(("steps", "chosen"), [(1, "e"), (2, "f")])
def test_the_game_keeps_what_an_event_sub_process_decides_until_its_end(
    steps: int, chosen: str
) -> None:
    aside = Event(
        "b", "message", False, Block("seq", "c", (Block("task", "c1"), Block("task", "c2")))
    )
    choice = Block("xor", "d", (Block("task", "e"), Block("task", "f")))
    around = Block("sub", "g", (Block("seq", "h", (Block("task", "a"), choice)),), (aside,))
    game = Game(Block("sub", "akar", (around,)), {"d": 0}, datetime(2026, 1, 5, tzinfo=UTC))

    game.take(chance(game, "b"))
    for name in ["c1", "c2"][:steps]:
        game.take(chance(game, name), {"d": 1})
    game.take(chance(game, "a"))

    assert chance(game, chosen).kind == "task"


def chance(game: Game, name: str) -> Chance:
    [found] = [each for each in game.chances() if each.name == name]
    return found
