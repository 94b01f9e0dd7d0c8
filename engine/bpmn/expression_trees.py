"""Shapes of Python that operators and functions of JUEL and FEEL are translated to."""

from __future__ import annotations

import ast
from collections.abc import Callable


def between(value: ast.expr, lower: ast.expr, upper: ast.expr) -> ast.expr:
    """Lower <= value <= upper, both ends included (FEEL)."""
    return ast.Compare(lower, [ast.LtE(), ast.LtE()], [value, upper])


def length(value: ast.expr) -> ast.expr:
    """How many members or characters there are."""
    return ast.Call(ast.Name("len", ast.Load()), [value], [])


def is_empty(value: ast.expr) -> ast.expr:
    """JUEL: empty is null, "", and a collection without members; 0 and false are not."""
    nothing: list[ast.expr] = [
        ast.Constant(None),
        ast.Constant(""),
        ast.List([], ast.Load()),
        ast.Dict([], []),
    ]
    return ast.Compare(value, [ast.In()], [ast.Tuple(nothing, ast.Load())])


def equals(left: ast.expr, right: ast.expr) -> ast.expr:
    """Both are the same."""
    return ast.Compare(left, [ast.Eq()], [right])


def contains(container: ast.expr, member: ast.expr) -> ast.expr:
    """The container has the member."""
    return ast.Compare(member, [ast.In()], [container])


#: Method of JUEL and the number of its arguments -> what it is in Python.
METHODS: dict[tuple[str, int], Callable[..., ast.expr]] = {
    ("equals", 1): equals,
    ("contains", 1): contains,
    ("size", 0): length,
    ("length", 0): length,
    ("isEmpty", 0): lambda value: equals(length(value), ast.Constant(0)),
}
#: The same of functions, in any of the languages.
FUNCTIONS: dict[tuple[str, int], Callable[..., ast.expr]] = {
    ("len", 1): length,
    ("count", 1): length,
    ("string length", 1): length,
    ("contains", 2): contains,
    ("list contains", 2): contains,
}
