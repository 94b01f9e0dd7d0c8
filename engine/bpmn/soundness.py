"""The token game of one scope: what can come about on its flows, and what first goes wrong."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from engine.bpmn.firings import Bits, Firing, Moves, firings_of
from engine.bpmn.nets import Join, Net, Node

#: How far a scope is searched before the answer is "too large to be proved".
MAX_MARKINGS = 20_000
MAX_FIRINGS = 200_000


class Kind(StrEnum):
    """What is wrong with a scope."""

    DEADLOCK = "deadlock"
    DOUBLED = "doubled"
    #: Two tokens, because a branch was started again before its first token had reached its end.
    OVERTAKEN = "overtaken"
    #: The same, and the scope cannot end rightly any more.
    RESTARTED = "restarted"
    ENDLESS = "endless"
    NEVER_FIRES = "never-fires"


@dataclass(frozen=True, slots=True)
class Fault:
    """`node` is the join or merge (or the split that goes round), `split` what caused it."""

    kind: Kind
    node: str
    split: str | None = None
    #: How the node would have to join, so that the search can go on behind it.
    mended: Join = Join.REST


@dataclass(frozen=True, slots=True)
class Verdict:
    """The first fault of a net, if any; `firings` is what finding it took."""

    fault: Fault | None
    is_complete: bool
    firings: int


# --------------------------------------------------------------------- search


class _Search:
    """All markings that can come about, breadth first, until the first doubled token."""

    def __init__(self, net: Net, max_firings: int) -> None:
        self.bits = Bits(net)
        self.max_firings = max_firings
        self.firings = 0
        #: What can come about -> what came before it, and by what it came; a start by nothing.
        self.came_from: dict[int, int | None] = dict.fromkeys(
            map(self.bits.of.__getitem__, net.starts)
        )
        self.came_by: dict[int, Firing] = {}
        #: Each step of the game. Two numbers, since 200,000 pairs would keep the collector busy.
        self._earlier, self._later = list[int](), list[int]()
        self.stuck: list[int] = []
        self.fired: set[str] = set()
        self.overtaken: Fault | None = None
        self.doubled: Fault | None = None
        self._judged: dict[tuple[str, int], Fault] = {}
        self.is_complete = self._run()

    def _run(self) -> bool:
        pending = deque(self.came_from)
        while pending and self.doubled is None:
            if len(self.came_from) > MAX_MARKINGS or self.firings > self.max_firings:
                return False
            marking = pending.popleft()
            firings = list(firings_of(self.bits, marking))
            if marking and not firings:
                self.stuck.append(marking)
            for firing in firings:
                following = self._fire(marking, firing)
                if following not in self.came_from:
                    self.came_from[following] = marking
                    self.came_by[following] = firing
                    pending.append(following)
                self._earlier.append(marking)
                self._later.append(following)
        return True

    def _fire(self, marking: int, firing: Firing) -> int:
        self.firings += 1
        self.fired.add(firing.node.id)
        rest = marking & ~firing.taken
        if firing.node.terminates:
            return 0
        if rest & firing.given:
            self._judge(marking, firing, rest & firing.given)
        # A second token is not counted, so that the number of markings stays finite.
        return rest | firing.given

    def _judge(self, marking: int, firing: Firing, twice: int) -> None:
        key = (firing.node.id, twice)
        if key not in self._judged:
            self._judged[key] = _Lineage(self, marking, firing).fault(twice & -twice)
        fault = self._judged[key]
        if fault.kind is Kind.OVERTAKEN:
            self.overtaken = self.overtaken or fault
        else:
            self.doubled = fault

    def path_to(self, marking: int) -> list[tuple[int, Firing]]:
        """The shortest way to the marking: what was marked, and what fired then."""
        path = []
        while (before := self.came_from[marking]) is not None:
            path.append((before, self.came_by[marking]))
            marking = before
        return path[::-1]

    def leading_to(self, markings: Iterable[int]) -> set[int]:
        """The markings and all from which one of them can come about."""
        before: dict[int, list[int]] = {}
        for earlier, later in zip(self._earlier, self._later, strict=True):
            before.setdefault(later, []).append(earlier)
        seen = set(markings)
        pending = list(seen)
        while pending:
            for earlier in before.get(pending.pop(), ()):
                if earlier not in seen:
                    seen.add(earlier)
                    pending.append(earlier)
        return seen


class _Lineage:
    """Which firing begot which token, up to the one that put a second token on a flow."""

    def __init__(self, search: _Search, marking: int, last: Firing) -> None:
        self.bits = search.bits
        self.events = [firing for _, firing in search.path_to(marking)] + [last]
        #: For each event, those from which its tokens come, itself included.
        self.ancestry: list[set[int]] = []
        self.born: dict[int, int] = {}
        for number, event in enumerate(self.events):
            parents = [self.born.pop(bit, -1) for bit in self.bits.split(event.taken)]
            self.ancestry.append({number}.union(*(self.ancestry[p] for p in parents if p >= 0)))
            if number < len(self.events) - 1:
                self.born.update(dict.fromkeys(self.bits.split(event.given), number))

    def fault(self, twice: int) -> Fault:
        first = self.ancestry[self.born[twice]] if self.born.get(twice, -1) >= 0 else set()
        second = self.ancestry[-1]
        split = max(first & second, default=-1)
        apart_first = {n for n in first - second if n > split}
        apart_second = {n for n in second - first if n > split}
        merged = self._meeting(apart_first, apart_second)
        if split < 0:
            return Fault(Kind.DOUBLED, merged)
        node = self.events[split].node
        if any(self.events[n].node is node for n in apart_first | apart_second):
            return Fault(Kind.OVERTAKEN, node.split_id, node.split_id)
        return Fault(Kind.DOUBLED, merged, self._name_of(split, apart_first | apart_second))

    def _meeting(self, one: set[int], other: set[int]) -> str:
        nodes = {self.events[n].node.id for n in other}
        met = (self.events[n].node.id for n in sorted(one) if self.events[n].node.id in nodes)
        return next(met, self.events[-1].node.id)

    def _name_of(self, split: int, followers: set[int]) -> str:
        """The node that divided the token; a boundary event when it left by one."""
        taken = 0
        for number in followers:
            taken |= self.events[number].taken
        given = self.bits.split(self.events[split].given & taken)
        left_by = [self.bits.flow[bit].via for bit in given]
        return next((via for via in left_by if via), self.events[split].node.split_id)


# -------------------------------------------------------------------- verdict


def judge(net: Net, *, max_firings: int = MAX_FIRINGS) -> Verdict:
    """The first fault of a reduced net: a doubled token, a deadlock, no way to an end."""
    search = _Search(net, max_firings)
    fault = search.doubled or _deadlock(search)
    if fault is None and search.is_complete:
        fault = _endless(search) or _never_fires(search)
    if search.overtaken is not None:
        # What else went wrong may have come from the second token.
        fault = search.overtaken if fault is None else _restarted(search.overtaken)
    return Verdict(fault, search.is_complete or fault is not None, search.firings)


def _restarted(overtaken: Fault) -> Fault:
    return Fault(Kind.RESTARTED, overtaken.node, overtaken.split)


def _deadlock(search: _Search) -> Fault | None:
    if not search.stuck:
        return None
    marking = search.stuck[0]
    waiting = [moves for moves in search.bits.moves if moves.takes & marking]
    joins = [moves for moves in waiting if moves.node.join is Join.ALL] or waiting
    # Of joins that wait for each other the one that is farthest from the rest began it.
    blamed = max(joins, key=lambda moves: _distance(search.bits, moves, marking))
    missing = next(search.bits.split(blamed.takes & ~marking), 0)
    # What never came before the join has fired comes from behind it: the way back of a loop.
    is_loop = not any(m & missing for m in search.came_from)
    return Fault(
        Kind.DEADLOCK,
        blamed.node.id,
        _cause(search, marking, missing, blamed.node),
        Join.EACH if is_loop else Join.REST,
    )


def _distance(bits: Bits, moves: Moves, marking: int) -> int:
    """How many nodes lie between the tokens elsewhere and what the join misses."""
    missing = moves.takes & ~marking
    edge = {bits.flow[bit].id for bit in bits.split(marking & ~moves.takes)}
    seen, distance = set(edge), 0
    while edge:
        if bits.mask(edge) & missing:
            return distance
        targets = {bits.flow[bits.of[flow]].target for flow in edge} - {moves.node.id}
        edge = {out for target in targets for out in bits.net.nodes[target].outs} - seen
        seen |= edge
        distance += 1
    return len(bits.flow) + 1


def _cause(search: _Search, marking: int, missing: int, join: Node) -> str | None:
    """The choice after which the missing token could not come any more."""
    hopeful = search.leading_to(m for m in search.came_from if m & missing)
    path = search.path_to(marking)
    after = [*(m for m, _ in path), marking][1:]
    for (earlier, firing), later in zip(path, after, strict=True):
        if earlier in hopeful and later not in hopeful:
            return _choice_of(search, firing)
    return _split_before(search.bits, missing, join)


def _choice_of(search: _Search, firing: Firing) -> str:
    given = search.bits.split(firing.given)
    left_by = [search.bits.flow[bit].via for bit in given]
    return next((via for via in left_by if via), firing.node.split_id)


def _split_before(bits: Bits, missing: int, join: Node) -> str | None:
    """The nearest node before the flow, or on the way to it, that divides or chooses."""
    if not missing:
        return None
    wanted, seen = bits.flow[missing].id, set[str]()
    while wanted not in seen:
        seen.add(wanted)
        source = next((n for n in bits.net.nodes.values() if wanted in n.outs), None)
        if source is None or source.divides:
            return source.split_id if source is not None else None
        if source is join or not source.ins:
            return None
        wanted = source.ins[0]
    return None


def _endless(search: _Search) -> Fault | None:
    ending = search.leading_to([0] if 0 in search.came_from else [])
    trapped = {marking for marking in search.came_from if marking not in ending}
    if not trapped:
        return None
    firings = [f for marking in sorted(trapped) for f in firings_of(search.bits, marking)]
    splits = [f.node.split_id for f in firings if _gives_several(f)]
    named = splits or [f.node.split_id for f in firings]
    return Fault(Kind.ENDLESS, named[0], named[0])


def _gives_several(firing: Firing) -> bool:
    is_choice = len(firing.node.outcomes) > 1
    return bool(firing.given & (firing.given - 1)) or (firing.node.is_split and not is_choice)


def _never_fires(search: _Search) -> Fault | None:
    for moves in search.bits.moves:
        if moves.node.join is Join.ALL and moves.takes and moves.node.id not in search.fired:
            return Fault(Kind.NEVER_FIRES, moves.node.id)
    return None
