"""The expression language: JUEL, FEEL or Python in, whitelisted Python text out; nothing is run."""

from __future__ import annotations

import ast
import functools
from dataclasses import dataclass

from engine.bpmn.expression_parser import parse
from engine.bpmn.expression_reader import Dialect
from engine.bpmn.refusals import NotRun, Refusal
from engine.bpmn.scripts import Script, translate_script
from engine.bpmn.whitelist import names_of

__all__ = ["MAX_LENGTH", "Expression", "Script", "translate", "translate_script"]

MAX_LENGTH = 2000


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression as written, as Python text, and the variables that it reads."""

    source: str
    python: str
    names: frozenset[str]


@functools.lru_cache(maxsize=4096)
def translate(source: str, *, allow_bare: bool = True) -> Expression:
    """The Python text that means what `source` means. Its own translation is itself.

    `${...}` and `#{...}` are JUEL, a leading `=` is FEEL, and anything else is Python, which may be
    forbidden by `allow_bare=False`. Raises ExpressionRefused with a reason.
    """
    if len(source) > MAX_LENGTH:
        raise NotRun(
            source,
            f"it has {len(source)} characters; the limit is {MAX_LENGTH}",
            f"panjangnya {len(source)} karakter; batasnya {MAX_LENGTH}",
        )
    inner, dialect = _unwrap(source.strip())
    if not inner:
        raise Refusal(source, "the expression is empty", "ungkapannya kosong")
    if dialect is Dialect.PYTHON and not allow_bare:
        raise Refusal(source, "write it as ${...}", "tulislah sebagai ${...}")
    tree = ast.Expression(parse(inner, dialect))
    python = ast.unparse(ast.fix_missing_locations(tree))
    return Expression(source, python, names_of(python))


def _unwrap(text: str) -> tuple[str, Dialect]:
    if text.startswith(("${", "#{")) and text.endswith("}"):
        return text[2:-1].strip(), Dialect.JUEL
    if text.startswith("=") and not text.startswith("=="):
        return text[1:].strip(), Dialect.FEEL
    return text, Dialect.PYTHON
