"""The second wall: walks the finished Python text of an expression and lets known shapes through.

It trusts nothing about who wrote the text, the translator of this package included.
"""

from __future__ import annotations

import ast

from engine.bpmn.quantifiers import free_names, is_quantified
from engine.bpmn.refusals import Refusal

_ALLOWED = (
    ast.Expression,
    ast.BoolOp,
    ast.And,
    ast.Or,
    ast.UnaryOp,
    ast.Not,
    ast.USub,
    ast.Compare,
    ast.Eq,
    ast.NotEq,
    ast.Lt,
    ast.LtE,
    ast.Gt,
    ast.GtE,
    ast.In,
    ast.NotIn,
    ast.Is,
    ast.IsNot,
    ast.Name,
    ast.Load,
    ast.Subscript,
    ast.Constant,
    ast.IfExp,
    ast.List,
    ast.Tuple,
    ast.Dict,
    ast.Call,
    ast.BinOp,
    ast.Add,
    ast.Sub,
    ast.Mult,
    ast.Div,
    ast.ListComp,
    ast.comprehension,
    ast.Store,
)
_TEXTS_AND_LISTS = (ast.List, ast.Tuple)


def names_of(python: str) -> frozenset[str]:
    """The variables that the expression reads. Raises Refusal on any shape not listed here."""
    try:
        tree = ast.parse(python, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Refusal(
            python, f"it is not an expression: {error}", f"ini bukan ungkapan: {error}"
        ) from error
    repeats: set[int] = set()
    for node in ast.walk(tree):
        # A call is walked before what is in it.
        if isinstance(node, ast.expr) and is_quantified(node):
            repeats.update(map(id, ast.iter_child_nodes(node)))
        _check(python, node, is_repeat=id(node) in repeats)
    return free_names(tree)


def _check(python: str, node: ast.AST, *, is_repeat: bool) -> None:
    is_stray = isinstance(node, ast.ListComp) and not is_repeat
    if is_stray or not isinstance(node, _ALLOWED) or not _is_plain(node):
        kind = type(node).__name__
        raise Refusal(python, f"{kind} is not run here", f"{kind} tidak dijalankan di sini")


def _is_plain(node: ast.AST) -> bool:
    """Whether a node of a listed kind has the shape that is let through."""
    match node:
        case ast.Name() | ast.Constant() | ast.Dict():
            return _is_plain_value(node)
        case ast.Call():
            return _is_length(node) or is_quantified(node)
        case ast.Subscript(slice=index):
            return _is_plain_index(index)
        case ast.BinOp(op=ast.Mult(), left=left, right=right):
            # 'a' * 10**9 would ask for the memory of the whole server.
            return not (_is_sequence(left) or _is_sequence(right))
        case ast.Compare(ops=operators, comparators=values):
            return all(map(_is_plain_identity, operators, values))
    return True


def _is_plain_value(node: ast.Name | ast.Constant | ast.Dict) -> bool:
    if isinstance(node, ast.Name):
        return "__" not in node.id
    if isinstance(node, ast.Dict):
        return not node.keys
    return node.value is None or isinstance(node.value, str | bool | int | float)


def _is_length(node: ast.Call) -> bool:
    is_len = isinstance(node.func, ast.Name) and node.func.id == "len"
    is_bare = len(node.args) == 1 and not isinstance(node.args[0], ast.Starred)
    return is_len and is_bare and not node.keywords


def _is_plain_index(index: ast.expr) -> bool:
    if isinstance(index, ast.UnaryOp):
        index = index.operand
    if isinstance(index, ast.Constant):
        is_position = isinstance(index.value, int) and not isinstance(index.value, bool)
        return is_position or (isinstance(index.value, str) and "__" not in index.value)
    return isinstance(index, ast.Name)


def _is_sequence(node: ast.expr) -> bool:
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return is_text or isinstance(node, _TEXTS_AND_LISTS)


def _is_plain_identity(operator: ast.cmpop, value: ast.expr) -> bool:
    if not isinstance(operator, ast.Is | ast.IsNot):
        return True
    return isinstance(value, ast.Constant) and (value.value is None or value.value in (True, False))
