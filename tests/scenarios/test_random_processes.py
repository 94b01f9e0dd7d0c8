"""Random diagrams of nested blocks, worked through by a random person.

After each completion the open tasks are those of a reference: a token game over the blocks that
knows nothing of SpiffWorkflow, gateways or flows. In the end history replays to the same.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.model import InstanceState
from tests.databases import store_in_memory
from tests.diagrams import end, exclusive, flow, inclusive, parallel, process, start, user
from tests.office import ADMIN, Office, staff

CLERK = staff("Perencana")
#: Completions at most: who always goes back never ends.
MOST = 40
Values = Mapping[str, object]

# ---------------------------------------------------------------------- blocks


@dataclass(frozen=True)
class Block:
    """A part with one way in and one way out. kind: task, seq, xor, and, or, loop."""

    kind: str
    name: str
    parts: tuple[Block, ...] = ()
    #: Its token is in it; `parts` are then those that are not over.
    is_begun: bool = field(default=False, compare=False)


def random_block(rng: random.Random, depth: int, names: Iterator[int]) -> Block:
    name = f"n{next(names)}"
    kind = rng.choice(["task", "seq", "xor", "and", "or", "loop"]) if depth else "task"
    if kind == "task":
        return Block(kind, name)
    number = 1 if kind == "loop" else rng.randint(2, 3)
    return Block(kind, name, tuple(random_block(rng, depth - 1, names) for _ in range(number)))


def decisions_of(block: Block) -> list[Block]:
    own = [block] if block.kind in {"xor", "or", "loop"} else []
    return own + [each for part in block.parts for each in decisions_of(part)]


def random_values(rng: random.Random, decisions: Sequence[Block]) -> dict[str, object]:
    """What a person decides at a step, for every decision that may come after it."""
    values: dict[str, object] = {}
    for block in decisions:
        if block.kind == "xor":
            values[block.name] = rng.randrange(len(block.parts))
        elif block.kind == "loop":
            values[block.name] = rng.random() < 0.3
        else:
            # At least one of them.
            values[block.name] = rng.randrange(1, 2 ** len(block.parts))
    return values


# --------------------------------------------------------------- the reference


def begin(block: Block, values: Values) -> Block | None:
    """The block as it is when its token has come in; what is over is None."""
    if block.kind == "task":
        return replace(block, is_begun=True)
    if block.kind == "seq":
        return _in_turn(block, block.parts, values)
    if block.kind == "xor":
        chosen = int(str(values[block.name]))
        return replace(block, parts=(_begun(block.parts[chosen], values),), is_begun=True)
    if block.kind == "or":
        mask = int(str(values[block.name]))
        taken = [part for n, part in enumerate(block.parts) if mask >> n & 1]
        return replace(block, parts=tuple(_begun(p, values) for p in taken), is_begun=True)
    if block.kind == "and":
        return replace(block, parts=tuple(_begun(p, values) for p in block.parts), is_begun=True)
    # A loop: what is going on, and what it is when it begins again.
    return replace(block, parts=(_begun(block.parts[0], values), block.parts[0]), is_begun=True)


def _begun(block: Block, values: Values) -> Block:
    found = begin(block, values)
    assert found is not None  # every block has a task on every way through it
    return found


def _in_turn(block: Block, left: Sequence[Block], values: Values) -> Block | None:
    if not left:
        return None
    return replace(block, parts=(_begun(left[0], values), *left[1:]), is_begun=True)


def enabled(block: Block) -> Counter[str]:
    if not block.is_begun:
        return Counter()
    if block.kind == "task":
        return Counter([block.name])
    going_on = block.parts[:1] if block.kind in {"seq", "loop", "xor"} else block.parts
    return sum((enabled(part) for part in going_on), Counter())


def complete(block: Block, task: str, values: Values) -> Block | None:
    """The block after the task in it, which is enabled, is completed."""
    if block.kind == "task":
        return None
    place = next(n for n, part in enumerate(block.parts) if enabled(part)[task])
    after = complete(block.parts[place], task, values)
    if after is not None:
        parts = (*block.parts[:place], after, *block.parts[place + 1 :])
        return replace(block, parts=parts)
    if block.kind == "seq":
        return _in_turn(block, block.parts[1:], values)
    if block.kind == "loop":
        if not values[block.name]:
            return None
        return replace(block, parts=(_begun(block.parts[1], values), block.parts[1]))
    left = block.parts[:place] + block.parts[place + 1 :]
    return replace(block, parts=left) if left else None


# ----------------------------------------------------------------- the diagram


def drawn(block: Block) -> str:
    nodes: list[str] = []
    flows: list[str] = []
    first, last = _draw(block, nodes, flows)
    flows += [flow("s", first), flow(last, "e")]
    return process(start(), *nodes, end(), *flows, lanes={"Perencana": ["s", "e", *_ids(nodes)]})


def _ids(nodes: Sequence[str]) -> list[str]:
    return [node.split('id="')[1].split('"')[0] for node in nodes]


def _draw(block: Block, nodes: list[str], flows: list[str]) -> tuple[str, str]:
    """Adds the block's nodes and flows; the nodes by which it is entered and left."""
    if block.kind == "task":
        nodes.append(user(block.name))
        return block.name, block.name
    inner = [_draw(part, nodes, flows) for part in block.parts]
    if block.kind == "seq":
        flows += [flow(a[1], b[0]) for a, b in pairwise(inner)]
        return inner[0][0], inner[-1][1]
    first, last = f"{block.name}_masuk", f"{block.name}_keluar"
    gateway = {"and": parallel, "or": inclusive}.get(block.kind, exclusive)
    nodes += [gateway(first), gateway(last)]
    if block.kind == "loop":
        [(begin_, end_)] = inner
        flows += [flow(first, begin_), flow(end_, last)]
        flows.append(flow(last, first, f"${{{block.name}}}"))
        return first, _exit(block, last, nodes, flows)
    for number, (begin_, end_) in enumerate(inner):
        flows += [flow(first, begin_, _condition(block, number)), flow(end_, last)]
    return first, last


def _exit(block: Block, last: str, nodes: list[str], flows: list[str]) -> str:
    """The way out of a loop has a condition, which stands on a flow to a node of its own."""
    out = f"{block.name}_selesai"
    nodes.append(exclusive(out))
    flows.append(flow(last, out, f"${{!{block.name}}}"))
    return out


def _condition(block: Block, number: int) -> str | None:
    if block.kind == "xor":
        return f"${{{block.name} == {number}}}"
    if block.kind == "or":
        masks = [m for m in range(1, 2 ** len(block.parts)) if m >> number & 1]
        return "${" + " || ".join(f"{block.name} == {mask}" for mask in masks) + "}"
    return None


# ------------------------------------------------------------------------ tests


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
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
    definition = office.deploy(drawn(block))
    values = random_values(rng, decisions)
    instance = office.engine.instances.start(definition, values, actor=CLERK).instance
    left = begin(block, values)
    for _ in range(MOST):
        expected = enabled(left) if left else Counter()
        open_tasks = office.open_tasks(instance.instance_id)
        assert Counter(task.activity_id for task in open_tasks) == expected
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

    assert both is not None
    assert one is not None
    assert enabled(both) == Counter(["a", "b"])
    assert enabled(one) == Counter(["b"])
    assert complete(one, "b", {}) is None
    assert complete(both, "b", {}) is not None


@pytest.mark.parametrize("again", [True, False])
def test_a_loop_begins_anew_or_ends(again: bool) -> None:
    loop = begin(Block("loop", "g", (Block("task", "a"),)), {})

    assert loop is not None
    after = complete(loop, "a", {"g": again})
    assert (after is not None and enabled(after) == Counter(["a"])) is again
