"""FEEL's `some` and `every ... satisfies` as Python: the one shape of a comprehension that is run.

`some x in daftar satisfies x > 3` is `any([x > 3 for x in daftar])`. Every member is looked at, so
that a member that cannot be compared is an error wherever it stands.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

#: FEEL's word -> Python's function.
QUANTIFIERS = {"some": "any", "every": "all"}
FUNCTIONS = frozenset(QUANTIFIERS.values())


def quantified(
    function: str, condition: ast.expr, places: Sequence[tuple[str, ast.expr]]
) -> ast.Call:
    """`function([condition for name in list ...])`; places: (name, list) in their order."""
    each = [
        ast.comprehension(ast.Name(name, ast.Store()), members, [], 0) for name, members in places
    ]
    return ast.Call(ast.Name(function, ast.Load()), [ast.ListComp(condition, each)], [])


def is_quantified(node: ast.expr) -> bool:
    """Whether it has the shape that `quantified` gives, and no other."""
    match node:
        case ast.Call(func=ast.Name(id=name), args=[ast.ListComp(generators=each)], keywords=[]):
            return name in FUNCTIONS and all(map(_is_plain, each))
    return False


def _is_plain(each: ast.comprehension) -> bool:
    return isinstance(each.target, ast.Name) and not each.ifs and not each.is_async


def free_names(node: ast.AST, bound: frozenset[str] = frozenset()) -> frozenset[str]:
    """The variables that an expression reads from outside: not functions, not what it binds."""
    match node:
        case ast.Name(id=name):
            return frozenset({name}) - bound
        case ast.Call(func=ast.Name(), args=arguments):
            return _free_in(arguments, bound)
        case ast.ListComp(elt=condition, generators=each):
            names: frozenset[str] = frozenset()
            for one in each:
                names |= free_names(one.iter, bound)
                bound |= {target.id for target in [one.target] if isinstance(target, ast.Name)}
            return names | free_names(condition, bound)
    return _free_in(ast.iter_child_nodes(node), bound)


def _free_in(nodes: Iterable[ast.AST], bound: frozenset[str]) -> frozenset[str]:
    return frozenset().union(*(free_names(node, bound) for node in nodes))
