"""Columns: every node stands right of those that lead to it; what goes back is known as such."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

Arc = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Ranking:
    """Node -> column from 0; and the arcs onward, without those that close a loop."""

    columns: Mapping[str, int]
    onward: tuple[Arc, ...]
    #: The nodes, each after all that lead to it.
    order: tuple[str, ...]


def rank(nodes: Sequence[str], arcs: Sequence[Arc]) -> Ranking:
    """The columns of the nodes; `arcs` are pairs of them in the order of the file."""
    finished, onward = _walk(nodes, arcs)
    order = tuple(reversed(finished))
    columns = dict.fromkeys(nodes, 0)
    ways = _grouped(onward)
    for node in order:
        for target in ways.get(node, ()):
            columns[target] = max(columns[target], columns[node] + 1)
    _draw_near(columns, finished, ways, onward)
    return Ranking(columns, tuple(onward), order)


def _walk(nodes: Sequence[str], arcs: Sequence[Arc]) -> tuple[list[str], list[Arc]]:
    """(nodes in the order of being left, arcs that do not lead back), by depth-first search."""
    ways = _grouped(arcs)
    reached = {target for source, target in arcs if source != target}
    roots = [n for n in nodes if n not in reached] + [n for n in nodes if n in reached]
    seen: set[str] = set()
    under_way: set[str] = set()
    finished: list[str] = []
    onward: list[Arc] = []
    for root in roots:
        if root in seen:
            continue
        pending = [_open(root, ways, seen, under_way)]
        while pending:
            node, rest = pending[-1]
            target = next(rest, None)
            if target is None:
                pending.pop()
                under_way.discard(node)
                finished.append(node)
            elif target not in under_way:
                onward.append((node, target))
                if target not in seen:
                    pending.append(_open(target, ways, seen, under_way))
    return finished, onward


def _open(
    node: str, ways: Mapping[str, list[str]], seen: set[str], under_way: set[str]
) -> tuple[str, Iterator[str]]:
    seen.add(node)
    under_way.add(node)
    # The last way is walked first, so that the first one comes first when the order is turned.
    return node, reversed(ways.get(node, []))


def _draw_near(
    columns: dict[str, int],
    finished: Sequence[str],
    ways: Mapping[str, list[str]],
    onward: Sequence[Arc],
) -> None:
    """Whatever nothing leads to stands directly before what it leads to."""
    reached = {target for _, target in onward}
    for node in finished:
        if node not in reached and ways.get(node):
            columns[node] = max(0, min(columns[target] for target in ways[node]) - 1)


def _grouped(arcs: Sequence[Arc]) -> dict[str, list[str]]:
    ways: dict[str, list[str]] = {}
    for source, target in arcs:
        ways.setdefault(source, []).append(target)
    return ways
