"""Random diagrams of nested blocks, worked through by a random person.

After each completion the open tasks are those of a reference: a token game over the blocks that
knows nothing of SpiffWorkflow, gateways or flows. In the end history replays to the same.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model import InstanceState
from tests.databases import store_in_memory
from tests.office import ADMIN, Office, staff
from tests.scenarios.event_blocks import Block, decisions_of, drawn, random_values
from tests.scenarios.same_examples import same_examples

CLERK = staff("Perencana")
#: Completions at most: who always goes back never ends.
MOST = 40
Values = Mapping[str, object]


def random_block(rng: random.Random, depth: int, names: Iterator[int]) -> Block:
    name = f"n{next(names)}"
    kind = rng.choice(["task", "seq", "xor", "and", "or", "loop"]) if depth else "task"
    if kind == "task":
        return Block(kind, name)
    number = 1 if kind == "loop" else rng.randint(2, 3)
    return Block(kind, name, tuple(random_block(rng, depth - 1, names) for _ in range(number)))


# --------------------------------------------------------------- the reference


@dataclass(frozen=True)
class Begun:
    """A block with its token in it: what of it is going on, and what is to come after that."""

    block: Block
    going_on: tuple[Begun, ...] = ()
    to_come: tuple[Block, ...] = ()


def begin(block: Block, values: Values) -> Begun:
    """The block as it is when its token has come in."""
    parts = block.parts
    if block.kind == "seq":
        return Begun(block, (begin(parts[0], values),), parts[1:])
    if block.kind == "xor":
        parts = (parts[int(str(values[block.name]))],)
    if block.kind == "or":
        mask = int(str(values[block.name]))
        parts = tuple(part for n, part in enumerate(parts) if mask >> n & 1)
    return Begun(block, tuple(begin(part, values) for part in parts))


def enabled(begun: Begun | None) -> Counter[str]:
    """The open tasks of it; of what is over, none."""
    if begun is None:
        return Counter()
    if begun.block.kind == "task":
        return Counter([begun.block.name])
    return sum(map(enabled, begun.going_on), Counter())


def complete(begun: Begun, task: str, values: Values) -> Begun | None:
    """What is left after the task in it, which is enabled, is completed; None when it is over."""
    block, going_on = begun.block, list(begun.going_on)
    if block.kind == "task":
        return None
    place = next(n for n, part in enumerate(going_on) if enabled(part)[task])
    after = complete(going_on.pop(place), task, values)
    if after is not None:
        going_on.insert(place, after)
    elif block.kind == "loop":
        return begin(block, values) if values[block.name] else None
    elif begun.to_come:
        return Begun(block, (begin(begun.to_come[0], values),), begun.to_come[1:])
    return replace(begun, going_on=tuple(going_on)) if going_on else None


# ------------------------------------------------------------------------ tests


@same_examples(40)
@given(seed=st.integers(0, 10**9))
def test_open_tasks_are_those_of_the_token_game(seed: int) -> None:
    rng = random.Random(seed)
    block = random_block(rng, 3, iter(range(1_000)))
    store = store_in_memory()
    office = Office(store)
    walk(office, block, rng)
    store.close()


def walk(office: Office, block: Block, rng: random.Random) -> None:
    decisions = decisions_of(block)
    definition = office.deploy(drawn(Block("sub", "akar", (block,))))
    values = random_values(rng, decisions)
    instance = office.engine.instances.start(definition, values, actor=CLERK).instance
    left: Begun | None = begin(block, values)
    for _ in range(MOST):
        open_tasks = office.open_tasks(instance.instance_id)
        assert Counter(task.activity_id for task in open_tasks) == enabled(left)
        if left is None:
            break
        task = rng.choice(sorted(open_tasks, key=lambda each: (each.activity_id, each.task_id)))
        values = random_values(rng, decisions)
        office.engine.tasks.complete(task.task_id, values, actor=CLERK)
        left = complete(left, task.activity_id, values)
    found = office.engine.instances.instance(instance.instance_id, actor=ADMIN)
    assert (found.state is InstanceState.COMPLETED) == (left is None)
    assert not office.engine.history.verify(instance.instance_id, actor=ADMIN).faults


def test_the_reference_finds_another_game() -> None:
    """A game in which a parallel block were an exclusive one would be told from it."""
    tasks = (Block("task", "a"), Block("task", "b"))
    both = begin(Block("and", "g", tasks), {})
    one = begin(Block("xor", "g", tasks), {"g": 1})

    assert enabled(both) == Counter(["a", "b"])
    assert enabled(one) == Counter(["b"])
    assert complete(one, "b", {}) is None
    assert complete(both, "b", {}) is not None


@pytest.mark.parametrize("again", [True, False])
def test_a_loop_begins_anew_or_ends(again: bool) -> None:
    loop = begin(Block("loop", "g", (Block("task", "a"),)), {})

    assert enabled(complete(loop, "a", {"g": again})) == Counter(["a"] * again)
