"""A token game over blocks with events, after BPMN 2.0.2: it knows neither flows nor the engine.

§13.3.4 sub-processes, §13.3.7 repeats, §13.5.3 boundary events, §13.5.4 event sub-processes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.scenarios.event_blocks import LEAVES, Block, Event


@dataclass(frozen=True)
class Chance:
    """What can happen next. kind: task, service, message, timer; copy: which of a repeat, or 0."""

    kind: str
    name: str
    at: Token
    event: Event | None = None
    due_at: datetime | None = None
    copy: int = 0


class Game:
    """One process with the tokens in it."""

    def __init__(self, block: Block, values: dict[str, object], now: datetime) -> None:
        self.now = now
        self.root = Token(self, block, None)
        self.root.values = dict(values)
        self.root.begin()

    @property
    def is_over(self) -> bool:
        return not self.root.is_alive

    def chances(self) -> list[Chance]:
        return list(self.root.chances()) if self.root.is_alive else []

    def take(self, chance: Chance, values: dict[str, object] | None = None) -> None:
        """It happens; values: what comes with it."""
        if values:
            chance.at.scope.values.update(values)
        if chance.event is None:
            chance.at.ended()
        else:
            chance.at.happened(chance.event)


class Token:
    """A block with a token in it. `values`: of a scope, a process, sub-process or copy."""

    def __init__(self, game: Game, block: Block, above: Token | None, copy: int = 0) -> None:
        self.game, self.block, self.above, self.copy = game, block, above, copy
        self.parts: list[Token] = []
        self.values: dict[str, object] = {}
        self.is_alive, self.done, self.begun_at = True, 0, game.now
        #: Events that can still happen.
        self.armed: list[Event] = []

    @property
    def is_scope(self) -> bool:
        return self.block.kind == "sub" or self.copy > 0

    @property
    def scope(self) -> Token:
        """The one around it, or itself when it is a copy."""
        found = self if self.copy else self.above
        while found is not None and not found.is_scope:
            found = found.above
        assert found is not None
        return found

    def value(self, name: str) -> object:
        token: Token | None = self
        while token is not None:
            if name in token.values:
                return token.values[name]
            token = token.above
        raise KeyError(name)

    # ------------------------------------------------------------------ tokens move

    def begin(self) -> None:
        kind, parts = self.block.kind, self.block.parts
        self.armed = list(self.block.events)
        if kind in {"seq", "loop", "sub", "guard"}:
            self.enter(parts[0])
        elif kind == "xor":
            self.enter(parts[int(str(self.value(self.block.name)))])
        elif kind == "and":
            self.enter(*parts)
        elif kind == "or":
            mask = int(str(self.value(self.block.name)))
            self.enter(*(part for n, part in enumerate(parts) if mask >> n & 1))
        elif kind == "repeat":
            self.copies()
        elif kind in {"fail", "escalate"}:
            self.throw("error" if kind == "fail" else "escalation")
        elif kind == "terminate":
            scope = self.scope
            scope.stop_parts()
            scope.scope_over()

    def enter(self, *blocks: Block) -> None:
        """All of them, before any goes on: what is thrown in one must find the others."""
        new = [Token(self.game, block, self) for block in blocks]
        self.parts += new
        for each in new:
            if each.is_alive:
                each.begin()

    def copies(self) -> None:
        most = 1 if self.block.is_sequential else self.block.number
        first = self.done + 1
        new = [Token(self.game, self.block.parts[0], self, n) for n in range(first, first + most)]
        self.parts += new
        for each in new:
            if each.is_alive:
                each.begin()

    def ended(self) -> None:
        self.is_alive = False
        if self.above is not None and self.above.is_alive:
            self.above.parts.remove(self)
            self.above.part_over(self.block)

    def part_over(self, part: Block) -> None:
        kind = self.block.kind
        if kind == "seq":
            left = self.block.parts[self.block.parts.index(part) + 1 :]
            self.enter(left[0]) if left else self.ended()
        elif kind == "loop":
            self.enter(part) if self.value(self.block.name) else self.ended()
        elif kind == "repeat":
            self.copy_over()
        elif kind == "sub":
            if not self.parts:
                self.scope_over()
        elif not self.parts:
            self.ended()

    def copy_over(self) -> None:
        self.done += 1
        if self.done == self.block.number or self.done == self.block.until:
            self.stop_parts()
            self.ended()
        elif self.block.is_sequential:
            self.copies()

    def scope_over(self) -> None:
        """A sub-process gives what was set in it to the scope around it."""
        self.give()
        self.ended()

    def give(self) -> None:
        # That of a copy stays there.
        if self.above is not None and not self.copy and self.block.kind == "sub":
            self.scope.values.update(self.values)

    def stop_parts(self) -> None:
        for part in self.parts:
            part.is_alive = False
            part.stop_parts()
        self.parts = []

    # ----------------------------------------------------------------------- events

    def happened(self, event: Event) -> None:
        if event.trigger == "timer":
            self.armed.remove(event)
        is_own = self.block.kind == "sub"
        # An event sub-process has variables of its own.
        part = Block("sub", event.name, (event.part,)) if is_own else event.part
        if self.block.kind == "race" or event.interrupts:
            self.armed = []
            self.stop_parts()
            self.enter(part)
        else:
            # A way of its own beside the flow: of the sub-process, or of that around the activity.
            (self if is_own else self.scope).enter(part)

    def throw(self, trigger: str) -> None:
        """To the nearest that catches it; the scopes on the way give what was set in them."""
        below, token = self, self.above
        passed: list[Token] = []
        while token is not None:
            caught = [each for each in token.armed if each.trigger == trigger]
            # What an event sub-process throws is not for itself.
            if caught and below.block.name not in {each.name for each in token.block.events}:
                event = caught[0]
                if event.interrupts:
                    for each in passed:
                        each.give()
                token.happened(event)
                break
            if token.block.kind == "sub":
                passed.append(token)
            below, token = token, token.above
        else:
            if trigger == "error":
                self.game.root.stop_parts()
                self.game.root.is_alive = False
        if self.is_alive and trigger == "escalation":
            self.ended()

    # ---------------------------------------------------------------------- chances

    def chances(self) -> Iterator[Chance]:
        kind = {"receive": "message", "wait": "timer"}.get(self.block.kind, self.block.kind)
        if self.block.kind in LEAVES:
            due_at = self.due(self.block.seconds) if kind == "timer" else None
            yield Chance(kind, self.block.name, self, None, due_at, self.copy_number())
        for event in self.armed:
            if event.trigger in {"timer", "message"}:
                due_at = self.due(event.seconds) if event.trigger == "timer" else None
                yield Chance(event.trigger, event.name, self, event, due_at)
        for part in self.parts:
            yield from part.chances()

    def due(self, seconds: int) -> datetime:
        return self.begun_at + timedelta(seconds=seconds)

    def copy_number(self) -> int:
        token: Token | None = self
        while token is not None:
            if token.copy:
                return token.copy
            token = token.above
        return 0
