"""Random processes of nested blocks, sound by construction, and the defects that unbalance them."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from tests.diagrams import end, exclusive, flow, inclusive, parallel, process, start, user

GATEWAYS = {"xor": exclusive, "and": parallel, "or": inclusive}


@dataclass
class Blocks:
    """Nodes and flows as they grow. `pairs`: (kind, split, join); of a loop, choice and merge."""

    rng: random.Random
    nodes: dict[str, str] = field(default_factory=dict)
    flows: list[tuple[str, str]] = field(default_factory=list)
    pairs: list[tuple[str, str, str]] = field(default_factory=list)
    inner: dict[str, Blocks] = field(default_factory=dict)

    def node(self, kind: str) -> str:
        name = f"{kind}_{len(self.nodes) + 1}"
        self.nodes[name] = kind
        return name

    def chain(self, depth: int) -> tuple[str, str]:
        """A sequence of blocks between two user tasks; its first and its last node."""
        first = last = self.node("user")
        for _ in range(self.rng.randint(1, 2)):
            entry, leave = self.block(depth)
            self.flows.append((last, entry))
            last = self.node("user")
            self.flows.append((leave, last))
        return first, last

    def block(self, depth: int) -> tuple[str, str]:
        kind = self.rng.choice(["xor", "and", "or", "loop", "sub", "user"]) if depth else "user"
        if kind == "user":
            task = self.node("user")
            return task, task
        if kind == "sub":
            return self.sub_process(depth)
        return self.loop(depth) if kind == "loop" else self.branches(kind, depth)

    def branches(self, kind: str, depth: int) -> tuple[str, str]:
        split, join = self.node(kind), self.node(kind)
        self.pairs.append((kind, split, join))
        for _ in range(self.rng.randint(2, 3)):
            entry, leave = self.chain(depth - 1)
            self.flows += [(split, entry), (leave, join)]
        return split, join

    def loop(self, depth: int) -> tuple[str, str]:
        merge, choice = self.node("xor"), self.node("xor")
        self.pairs.append(("loop", choice, merge))
        entry, leave = self.chain(depth - 1)
        self.flows += [(merge, entry), (leave, choice)]
        again = self.node("user")
        self.flows += [(choice, again), (again, merge)]
        return merge, choice

    def sub_process(self, depth: int) -> tuple[str, str]:
        name = self.node("sub")
        blocks = Blocks(self.rng)
        blocks.chain(depth - 1)
        self.inner[name] = blocks
        return name, name

    def body(self, prefix: str = "") -> str:
        """The XML between a start event and an end event of its own."""
        first, last = next(iter(self.nodes)), self.last()
        parts = [start(f"{prefix}s"), end(f"{prefix}e")]
        parts += [self._xml(prefix, name, kind) for name, kind in self.nodes.items()]
        parts += [flow(f"{prefix}s", prefix + first), flow(prefix + last, f"{prefix}e")]
        choosing = {a for a, _ in self.flows if self.nodes[a] in {"xor", "or"}}
        choosing = {a for a in choosing if sum(a == b for b, _ in self.flows) > 1}
        parts += [
            flow(prefix + a, prefix + b, "x" if a in choosing else None) for a, b in self.flows
        ]
        return "".join(parts)

    def last(self) -> str:
        leaving = {source for source, _ in self.flows}
        return next(name for name in self.nodes if name not in leaving)

    def _xml(self, prefix: str, name: str, kind: str) -> str:
        if kind == "sub":
            inner = self.inner[name].body(f"{prefix}{name}_")
            return f'<bpmn:subProcess id="{prefix}{name}">{inner}</bpmn:subProcess>'
        return GATEWAYS.get(kind, user)(prefix + name)


def blocks_of(seed: int, depth: int = 3) -> Blocks:
    """The same process for the same seed."""
    blocks = Blocks(random.Random(seed))
    blocks.chain(depth)
    return blocks


def file_of(blocks: Blocks) -> bytes:
    return process(blocks.body()).encode()
