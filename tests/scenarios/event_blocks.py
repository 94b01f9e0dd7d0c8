"""Random diagrams of nested blocks with events, repeats and scopes, and how each is drawn."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from tests.diagrams import (
    boundary,
    catch,
    coded,
    declared,
    each,
    end,
    event_gateway,
    exclusive,
    flow,
    inclusive,
    message,
    named,
    parallel,
    process,
    receive,
    start,
    subprocess,
    throw,
    timer,
    triggered,
    user,
)

CODES = declared("GAGAL") + declared("NAIK", kind="escalation")
_TERMINATE = "<bpmn:terminateEventDefinition/>"
#: What a person, a program, a sender or time does in it; and what holds other blocks.
LEAVES = ("task", "service", "receive", "wait")
NESTED = ("seq", "xor", "and", "or", "loop", "race", "sub", "guard", "repeat")


@dataclass(frozen=True)
class Event:
    """What may happen at a block, and the block that it leads to. trigger: timer, message, error,
    escalation. seconds: of a timer.
    """

    name: str
    trigger: str
    interrupts: bool
    part: Block
    seconds: int = 0


@dataclass(frozen=True)
class Block:
    """A part of a diagram; kinds of LEAVES and NESTED, and fail, terminate, escalate.

    number, until: of a repeat, how often, and after how many it ends; 0: after all.
    """

    kind: str
    name: str
    parts: tuple[Block, ...] = ()
    events: tuple[Event, ...] = ()
    seconds: int = 0
    number: int = 0
    until: int = 0
    is_sequential: bool = False


@dataclass
class Maker:
    """Makes blocks. No two timers last equally long, so that none are due at once."""

    rng: random.Random
    names: Iterator[int]
    #: What is thrown in the sub-process under way may be caught there.
    throws: list[str] = field(default_factory=list)
    is_repeated: bool = False

    def name(self) -> str:
        return f"n{next(self.names)}"

    def seconds(self) -> int:
        return 3600 * self.rng.randint(1, 9) + 7 * next(self.names)

    def block(self, depth: int) -> Block:
        kinds = (*NESTED, "task") if depth else LEAVES
        if self.is_repeated:  # whose token it is must be seen from outside
            kinds = ("seq", "and", "sub", "guard", "task") if depth else ("task",)
        kind = self.rng.choice(kinds)
        if kind in LEAVES:
            return Block(kind, self.name(), seconds=self.seconds() if kind == "wait" else 0)
        if kind in {"race", "sub", "guard", "repeat"}:
            return getattr(self, kind)(depth)
        number = 1 if kind == "loop" else self.rng.randint(2, 3)
        parts = [self.block(depth - 1) for _ in range(number)]
        if kind == "xor" and self.throws and self.rng.random() < 0.8:
            parts.append(self.dead_end())
        if kind == "seq" and "escalation" in self.throws:
            parts.insert(self.rng.randrange(len(parts) + 1), Block("escalate", self.name()))
        return Block(kind, self.name(), tuple(parts))

    def dead_end(self) -> Block:
        kind = self.rng.choice(["terminate", *(["fail"] if "error" in self.throws else [])])
        return Block(kind, self.name())

    def race(self, depth: int) -> Block:
        triggers = ["message", self.rng.choice(["message", "timer"])]
        return Block("race", self.name(), events=tuple(self.event(t, depth) for t in triggers))

    def sub(self, depth: int) -> Block:
        """A sub-process, at times with an event sub-process."""
        name, before = self.name(), self.throws
        trigger = self.rng.choice([None, "timer", "message", "error", "escalation"])
        self.throws = [*before, "scope", *([trigger] if trigger else [])]
        part = self.block(depth - 1)
        self.throws = before
        events = (self.event(trigger, depth),) if trigger else ()
        return Block("sub", name, (self.seq(part),), events)

    def guard(self, depth: int) -> Block:
        """An activity with events on its edge."""
        triggers = self.rng.sample(["timer", "message", "error", "escalation"], k=2)
        before, self.throws = self.throws, [*self.throws, *triggers]
        host = self.sub(depth) if self.rng.random() < 0.7 else Block("task", self.name())
        self.throws = before
        if host.kind != "sub":
            triggers = [each for each in triggers if each in {"timer", "message"}] or ["timer"]
        events = tuple(self.event(trigger, depth) for trigger in triggers)
        return Block("guard", self.name(), (host,), events)

    def repeat(self, depth: int) -> Block:
        """A task or sub-process that is repeated."""
        self.is_repeated, before, self.throws = True, self.throws, []
        what = self.sub(depth) if self.rng.random() < 0.5 else Block("task", self.name())
        self.is_repeated, self.throws = False, before
        number, is_sequential = self.rng.randint(1, 3), self.rng.random() < 0.5
        until = self.rng.randint(0, number)
        name = self.name()
        return Block(
            "repeat", name, (what,), number=number, until=until, is_sequential=is_sequential
        )

    def event(self, trigger: str, depth: int) -> Event:
        interrupts = trigger == "error" or self.rng.random() < 0.5
        seconds = self.seconds() if trigger == "timer" else 0
        throws, self.throws = self.throws, []
        part = self.seq(self.block(max(depth - 2, 0)))
        self.throws = throws
        return Event(self.name(), trigger, interrupts, part, seconds)

    def seq(self, part: Block) -> Block:
        """The block behind a task: it begins by waiting."""
        return Block("seq", self.name(), (Block("task", self.name()), part))


def blocks_of(rng: random.Random, depth: int) -> Block:
    """A process; its decisions are those of `decisions_of`."""
    numbers = iter(range(1, 10_000))
    return Block("sub", "akar", (Maker(rng, numbers).block(depth),))


def all_of(block: Block) -> Iterator[Block]:
    yield block
    for part in (*block.parts, *(event.part for event in block.events)):
        yield from all_of(part)


def decisions_of(block: Block) -> list[Block]:
    return [each for each in all_of(block) if each.kind in {"xor", "or", "loop"}]


def random_values(rng: random.Random, decisions: list[Block]) -> dict[str, object]:
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


# ----------------------------------------------------------------- the diagram


def drawn(block: Block) -> str:
    scope = Drawing()
    scope.body(block)
    receives = {each.name: each.name for each in all_of(block) if each.kind == "receive"}
    events = [event for each in all_of(block) for event in each.events]
    names = receives | {event.name: event.name for event in events if event.trigger == "message"}
    messages = named("message", **{f"m_{name}": f"M_{name}" for name in names})
    lanes = {"Perencana": scope.ids}
    return process(*scope.nodes, *scope.flows, lanes=lanes, before=CODES + messages)


def definition_of(event: Event) -> str:
    if event.trigger == "timer":
        return timer(f"PT{event.seconds}S")
    if event.trigger == "message":
        return message(f"m_{event.name}")
    return coded("GAGAL") if event.trigger == "error" else coded("NAIK", "escalation")


class Drawing:
    """The nodes and flows of one process or sub-process."""

    def __init__(self) -> None:
        self.nodes: list[str] = []
        self.flows: list[str] = []
        self.ids: list[str] = []

    def put(self, node: str, name: str) -> str:
        self.nodes.append(node)
        self.ids.append(name)
        return name

    def join(self, source: str | None, target: str, condition: str | None = None) -> None:
        if source is not None:
            self.flows.append(flow(source, target, condition))

    def body(self, block: Block) -> None:
        """All of a scope: its way from start to end, and its event sub-processes."""
        begin = self.put(start(f"{block.name}_s"), f"{block.name}_s")
        self.way(begin, block.parts[0])
        for event in block.events:
            inner = Drawing()
            inner.way(f"{event.name}_s", event.part)
            parts = (*inner.nodes, *inner.flows)
            trigger = definition_of(event)
            node = triggered(event.name, trigger, *parts, interrupts=event.interrupts)
            self.put(node, event.name)

    def way(self, source: str, block: Block) -> None:
        """From there through the block to an end of its own."""
        first, last = self.draw(block)
        self.join(source, first)
        if last is not None:
            self.join(last, self.put(end(f"{block.name}_e"), f"{block.name}_e"))

    def draw(self, block: Block, repeats: str = "") -> tuple[str, str | None]:
        """The nodes by which it is entered and left; None: by none."""
        name = block.name
        leaf = {
            "task": lambda: user(name, repeats),
            "service": lambda: (
                f'<bpmn:serviceTask id="{name}" name="{name}" camunda:type="external" '
                f'camunda:topic="layanan"/>'
            ),
            "receive": lambda: receive(name, f"m_{name}"),
            "wait": lambda: catch(name, timer(f"PT{block.seconds}S")),
            "escalate": lambda: throw(name, coded("NAIK", "escalation")),
        }.get(block.kind)
        if leaf is not None:
            self.put(leaf(), name)
            return name, name
        if block.kind in {"fail", "terminate"}:
            inner = coded("GAGAL") if block.kind == "fail" else _TERMINATE
            return self.put(end(name, inner), name), None
        if block.kind == "sub":
            scope = Drawing()
            scope.body(block)
            self.put(subprocess(name, repeats, *scope.nodes, *scope.flows), name)
            return name, name
        if block.kind == "repeat":
            until = f"${{nrOfCompletedInstances &gt;= {block.until}}}" if block.until else None
            number = str(block.number)
            marks = each(cardinality=number, sequential=block.is_sequential, until=until)
            return self.draw(block.parts[0], marks)
        return getattr(self, f"_{block.kind}")(block)

    def _seq(self, block: Block) -> tuple[str, str | None]:
        inner = [self.draw(part) for part in block.parts]
        for (_, last), (first, _) in pairwise(inner):
            self.join(last, first)
        return inner[0][0], inner[-1][1]

    def _xor(self, block: Block) -> tuple[str, str | None]:
        gateway = {"and": parallel, "or": inclusive}.get(block.kind, exclusive)
        first = self.put(gateway(f"{block.name}_masuk"), f"{block.name}_masuk")
        last = self.put(gateway(f"{block.name}_keluar"), f"{block.name}_keluar")
        for number, part in enumerate(block.parts):
            begin, leave = self.draw(part)
            self.join(first, begin, _condition(block, number))
            self.join(leave, last)
        return first, last

    _and = _or = _xor

    def _loop(self, block: Block) -> tuple[str, str | None]:
        first, last, out = (f"{block.name}_{each}" for each in ("masuk", "keluar", "selesai"))
        for each_ in (first, last, out):
            self.put(exclusive(each_), each_)
        begin, leave = self.draw(block.parts[0])
        self.join(first, begin)
        self.join(leave, last)
        self.join(last, first, f"${{{block.name}}}")
        self.join(last, out, f"${{!{block.name}}}")
        return first, out

    def _race(self, block: Block) -> tuple[str, str | None]:
        first, last = f"{block.name}_masuk", f"{block.name}_keluar"
        self.put(event_gateway(first), first)
        self.put(exclusive(last), last)
        for event in block.events:
            self.put(catch(event.name, definition_of(event)), event.name)
            self.join(first, event.name)
            begin, leave = self.draw(event.part)
            self.join(event.name, begin)
            self.join(leave, last)
        return first, last

    def _guard(self, block: Block) -> tuple[str, str | None]:
        host, leave = self.draw(block.parts[0])
        out = self.put(exclusive(f"{block.name}_keluar"), f"{block.name}_keluar")
        self.join(leave, out)
        for event in block.events:
            trigger = definition_of(event)
            self.put(boundary(event.name, host, trigger, interrupts=event.interrupts), event.name)
            if not event.interrupts:
                self.way(event.name, event.part)
                continue
            begin, last = self.draw(event.part)
            self.join(event.name, begin)
            self.join(last, out)
        return host, out


def _condition(block: Block, number: int) -> str | None:
    if block.kind == "xor":
        return f"${{{block.name} == {number}}}"
    if block.kind == "or":
        masks = [m for m in range(1, 2 ** len(block.parts)) if m >> number & 1]
        return "${" + " || ".join(f"{block.name} == {mask}" for mask in masks) + "}"
    return None
