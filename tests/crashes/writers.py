"""Who writes: read in the source, so that nothing that writes is forgotten.

A place is where a function opens a writing transaction. A room's writers are its methods that reach
one. What routes and commands reach of them is followed by name through the modules of their border.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

from engine.process_engine import ProcessEngine

ROOT = Path(__file__).parent.parent.parent
#: A function by its module and name.
Where = tuple[str, str]
_OPENS = "writing"


def _rooms() -> Mapping[str, type]:
    hints = get_type_hints(ProcessEngine)
    names = [each.name for each in fields(ProcessEngine)]
    return {name: hints[name] for name in names if name not in {"store", "clock"}}


ROOMS = _rooms()


# -------------------------------------------------------------------------- places


def places() -> set[str]:
    """Every function of the engine that opens a writing transaction: "tasks.Tasks.complete"."""
    found = set()
    for file in sorted((ROOT / "engine").rglob("*.py")):
        if file.relative_to(ROOT).parts[1] == "store":
            continue
        module = ".".join(file.relative_to(ROOT).with_suffix("").parts)
        found |= {f"{module}.{name}" for name in _opening(ast.parse(file.read_text()), ())}
    return found


def _opening(node: ast.AST, within: tuple[str, ...]) -> Iterator[str]:
    for each in ast.iter_child_nodes(node):
        if isinstance(each, ast.FunctionDef | ast.ClassDef):
            yield from _opening(each, (*within, each.name))
        else:
            if isinstance(each, ast.Attribute) and each.attr == _OPENS:
                yield ".".join(within)
            yield from _opening(each, within)


# --------------------------------------------------------------------------- rooms


@cache
def writers(room: str) -> frozenset[str]:
    """The public methods of a room that write."""
    methods = _methods(ROOMS[room])
    found = {name for name, method in methods.items() if _names(method, _OPENS)}
    while more := {
        name
        for name, method in methods.items()
        if name not in found and any(_names(method, other) for other in found)
    }:
        found |= more
    return frozenset(name for name in found if not name.startswith("_"))


def _methods(of: type) -> dict[str, ast.FunctionDef]:
    found = {}
    for each in reversed(of.__mro__[:-1]):
        tree = ast.parse(textwrap.dedent(inspect.getsource(each))).body[0]
        assert isinstance(tree, ast.ClassDef)
        found.update({n.name: n for n in tree.body if isinstance(n, ast.FunctionDef)})
    return found


def _names(node: ast.AST, name: str) -> bool:
    """Whether it speaks of `self.name`, or of `self._store.writing`."""
    return any(
        isinstance(each, ast.Attribute)
        and each.attr == name
        and (name == _OPENS or (isinstance(each.value, ast.Name) and each.value.id == "self"))
        for each in ast.walk(node)
    )


# ------------------------------------------------------------------------- borders


@dataclass
class Border:
    """Functions of some packages: what of each other, and of the rooms, they speak of."""

    names: dict[str, dict[str, Where]] = field(default_factory=dict)
    functions: dict[Where, ast.AST] = field(default_factory=dict)

    @classmethod
    def of(cls, *packages: str) -> Border:
        """The border that these folders are."""
        border = cls()
        for package in packages:
            for file in sorted((ROOT / package).rglob("*.py")):
                parts = file.relative_to(ROOT).with_suffix("").parts
                module = ".".join(parts).removesuffix(".__init__")
                border._read(module, ast.parse(file.read_text()))
        return border

    def _read(self, module: str, tree: ast.Module) -> None:
        names = self.names.setdefault(module, {})
        for each in tree.body:
            if isinstance(each, ast.ImportFrom) and each.module:
                for alias in each.names:
                    names[alias.asname or alias.name] = (each.module, alias.name)
            elif isinstance(each, ast.FunctionDef | ast.ClassDef):
                names[each.name] = (module, each.name)
                self.functions[module, each.name] = each

    def reached(self, function: Any) -> set[str]:
        """The writers that a view or command reaches: "tasks.complete"."""
        found = inspect.unwrap(function)
        seen: set[Where] = set()
        ahead: list[Where] = [(found.__module__, found.__qualname__)]
        reached: set[str] = set()
        while ahead:
            where = ahead.pop()
            if where in seen or where not in self.functions:
                continue
            seen.add(where)
            others, uses = self._spoken_of(where)
            ahead += others
            reached |= uses
        return reached

    def _spoken_of(self, where: Where) -> tuple[list[Where], set[str]]:
        names, tree = self.names[where[0]], self.functions[where]
        rooms = dict(self._aliases(tree, where))
        others, uses = [], set()
        for each in ast.walk(tree):
            if isinstance(each, ast.Name) and each.id in names:
                others.append(names[each.id])
            if isinstance(each, ast.Attribute):
                if isinstance(each.value, ast.Name) and each.value.id in names:
                    others.append((".".join(names[each.value.id]), each.attr))
                room = self._room(each.value, rooms, where)
                if room in ROOMS and each.attr in writers(room):
                    uses.add(f"{room}.{each.attr}")
        return others, uses

    def _room(self, value: ast.AST, rooms: Mapping[str, str], where: Where) -> str:
        """Which room that is: `engine.tasks`, a name for it, or what a function gives."""
        if isinstance(value, ast.Attribute):
            return value.attr
        if isinstance(value, ast.Name):
            return rooms.get(value.id, "")
        return self._given(value, where)

    def _given(self, value: ast.AST, where: Where) -> str:
        """The room that a call of a function gives, by its annotation."""
        if not (isinstance(value, ast.Call) and isinstance(value.func, ast.Name)):
            return ""
        giver = self.functions.get(self.names[where[0]].get(value.func.id, ("", "")))
        kind = giver.returns if isinstance(giver, ast.FunctionDef) else None
        if isinstance(kind, ast.Subscript):  # Iterator[Tasks], of a context manager
            kind = kind.slice
        return _room_of(kind.id) if isinstance(kind, ast.Name) else ""

    def _aliases(self, tree: ast.AST, where: Where) -> Iterator[tuple[str, str]]:
        """What a function calls rooms: `tasks = engine.tasks`, `with given() as tasks`."""
        for each in ast.walk(tree):
            if isinstance(each, ast.arg) and isinstance(each.annotation, ast.Name):
                yield each.arg, _room_of(each.annotation.id)
            if isinstance(each, ast.withitem) and isinstance(each.optional_vars, ast.Name):
                yield each.optional_vars.id, self._given(each.context_expr, where)
            if isinstance(each, ast.Assign):
                yield from _assigned(each.targets[0], each.value)


def _assigned(target: ast.AST, value: ast.AST) -> Iterator[tuple[str, str]]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for one, of in zip(target.elts, value.elts, strict=True):
            yield from _assigned(one, of)
    elif isinstance(target, ast.Name) and isinstance(value, ast.Attribute) and value.attr in ROOMS:
        yield target.id, value.attr


def _room_of(name: str) -> str:
    return next((room for room, kind in ROOMS.items() if kind.__name__ == name), "")
