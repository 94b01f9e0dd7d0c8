"""Checks a Python script task for the sandbox: what it may not say, what it reads and assigns."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from engine.bpmn.refusals import Refusal

MAX_SCRIPT_LENGTH = 8192

#: Statement or expression -> what a message calls it.
_FORBIDDEN: dict[type[ast.AST], str] = {
    ast.Import: "import",
    ast.ImportFrom: "import",
    ast.Global: "global",
    ast.Nonlocal: "nonlocal",
    ast.AsyncFunctionDef: "async",
    ast.AsyncFor: "async",
    ast.AsyncWith: "async",
    ast.Await: "await",
    ast.Yield: "yield",
    ast.YieldFrom: "yield",
    ast.ClassDef: "class",
    ast.With: "with",
    # The sandbox does not know it, and would say so only when the script runs.
    ast.TryStar: "except*",
    getattr(ast, "TypeAlias", ast.TryStar): "except*" if sys.version_info < (3, 12) else "type",
}
_FORBIDDEN_NAMES = frozenset(
    {
        # The sandbox collects what a script assigned under this name.
        "alur_out",
        "breakpoint",
        "compile",
        "delattr",
        "eval",
        "exec",
        "exit",
        "getattr",
        "globals",
        "help",
        "input",
        "locals",
        "memoryview",
        "open",
        # It would write into the output of the server.
        "print",
        "quit",
        "setattr",
        "type",
        "typename",
        "vars",
    }
)


@dataclass(frozen=True, slots=True)
class Script:
    """A script that the sandbox may run.

    `assigns`: variables that it sets at its top level. `names`: what it reads, built-ins included.
    """

    source: str
    assigns: frozenset[str]
    names: frozenset[str]


def translate_script(source: str) -> Script:
    """The script with its names. Raises ExpressionRefused when the sandbox would not run it."""
    if len(source) > MAX_SCRIPT_LENGTH:
        raise Refusal(
            source,
            f"it has {len(source)} characters; the limit is {MAX_SCRIPT_LENGTH}",
            f"panjangnya {len(source)} karakter; batasnya {MAX_SCRIPT_LENGTH}",
        )
    if not source.strip():
        raise Refusal(source, "the script is empty", "skripnya kosong")
    try:
        tree = ast.parse(source)
        # Refuses what a tree may hold and no script may: return and break outside, and their like.
        compile(tree, "script", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Refusal(
            source, f"it is not a Python script: {error}", f"ini bukan skrip Python: {error}"
        ) from error
    for node in ast.walk(tree):
        _check(source, node)
    try:
        read = frozenset(_read(tree))
    except RecursionError as error:
        raise Refusal(source, "it is nested too deep", "bersarang terlalu dalam") from error
    return Script(source, frozenset(_assigned(tree)), read | _added_to(tree))


_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def _check(source: str, node: ast.AST) -> None:
    what = _FORBIDDEN.get(type(node)) or _odd_shape(node)
    if what:
        raise Refusal(
            source,
            f"{what} is not allowed (line {getattr(node, 'lineno', 1)})",
            f"{what} tidak diperbolehkan (baris {getattr(node, 'lineno', 1)})",
        )


def _odd_shape(node: ast.AST) -> str | None:
    for name in _names_in(node):
        if "__" in name or name in _FORBIDDEN_NAMES:
            return name
    match node:
        case ast.FunctionDef(decorator_list=[_, *_]):
            return "a decorator"
        case ast.Delete(targets=targets) if not all(isinstance(t, ast.Name) for t in targets):
            return "del of an attribute or an element"
        case ast.comprehension(is_async=1):
            return "async"
        case ast.MatchAs(name=str()) | ast.MatchStar(name=str()) | ast.MatchMapping(rest=str()):
            # The engine keeps what is assigned; it would lose what a pattern captures.
            return "a name captured by case"
    return None


def _names_in(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(id=name) | ast.FunctionDef(name=name) | ast.arg(arg=name):
            yield name
        case ast.Attribute(attr=name):
            # obj.format and obj.open are methods of plain values; only dunders reach further.
            yield name if "__" in name else ""
        case ast.keyword(arg=str(name)) | ast.ExceptHandler(name=str(name)):
            yield name
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name
        case ast.MatchMapping(rest=str(name)):
            yield name


def _assigned(tree: ast.AST) -> Iterator[str]:
    """Names bound at the top of the script.

    Read off the tree: symbol tables tell a comprehension's own names from Python 3.13 on as well.
    """
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, _COMPREHENSIONS):
            inside = (n.target for n in ast.walk(node) if isinstance(n, ast.NamedExpr))
            yield from (target.id for target in inside)
        elif not isinstance(node, (ast.FunctionDef, ast.Lambda)):
            if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
                yield node.id
            if isinstance(node, ast.ExceptHandler) and node.name:
                yield node.name
            pending.extend(ast.iter_child_nodes(node))


def _added_to(tree: ast.AST) -> frozenset[str]:
    """What `a += 1` reads; the symbol table counts it as assigned only."""
    targets = (node.target for node in ast.walk(tree) if isinstance(node, ast.AugAssign))
    return frozenset(target.id for target in targets if isinstance(target, ast.Name))


def _read(node: ast.AST, bound: frozenset[str] = frozenset()) -> Iterator[str]:
    """Names that are looked up outside of the function or comprehension that binds them."""
    if isinstance(node, ast.Name):
        if isinstance(node.ctx, ast.Load) and node.id not in bound:
            yield node.id
        return
    if isinstance(node, (*_COMPREHENSIONS, ast.FunctionDef, ast.Lambda)):
        bound |= _bound_in(node)
    for child in ast.iter_child_nodes(node):
        yield from _read(child, bound)


def _bound_in(node: ast.AST) -> frozenset[str]:
    """The names that a function or comprehension keeps to itself."""
    inside = list(ast.walk(node))
    arguments = {each.arg for each in inside if isinstance(each, ast.arg)}
    stored = {
        each.id
        for each in inside
        if isinstance(each, ast.Name) and isinstance(each.ctx, (ast.Store, ast.Del))
    }
    return frozenset(arguments | stored)
