"""Values in camunda attributes and parameters: literal text, expressions, or text around both."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.bpmn.elements import RawValue
from engine.bpmn.expressions import Expression, translate
from engine.bpmn.refusals import Refusal

MAX_PARTS = 50
_MARKED = re.compile(r"[$#]\{[^{}]*\}")


@dataclass(frozen=True, slots=True)
class Template:
    """A value as written. One expression alone gives its value; several parts give text."""

    source: str
    parts: tuple[str | Expression, ...]

    @property
    def is_literal(self) -> bool:
        """Whether no expression is in it."""
        return not any(isinstance(part, Expression) for part in self.parts)


#: What a RawValue becomes: templates where the texts were.
Value = Template | tuple["Value", ...] | dict[str, "Value"]


def template(source: str) -> Template:
    """The parts of a value: "Kepada ${nama}" is a text and an expression.

    Raises ExpressionRefused when one of its expressions cannot be translated.
    """
    text = source.strip()
    if text.startswith("=") and not text.startswith("=="):
        return Template(source, (translate(text),))
    parts: list[str | Expression] = []
    position = 0
    for marked in _MARKED.finditer(text):
        if marked.start() > position:
            parts.append(text[position : marked.start()])
        parts.append(translate(marked.group()))
        position = marked.end()
    if position < len(text):
        parts.append(text[position:])
    if len(parts) > MAX_PARTS:
        raise Refusal(
            source,
            f"it is put together from {len(parts)} parts; the limit is {MAX_PARTS}",
            f"tersusun dari {len(parts)} bagian; batasnya {MAX_PARTS}",
        )
    if any(isinstance(part, str) and ("${" in part or "#{" in part) for part in parts):
        raise Refusal(source, "a ${ is not closed", "ada ${ yang tidak ditutup")
    return Template(source, tuple(parts) or ("",))


def compiled(raw: RawValue) -> Value:
    """The value with its texts as templates. Raises ExpressionRefused."""
    if isinstance(raw, str):
        return template(raw)
    if isinstance(raw, dict):
        return {name: compiled(value) for name, value in raw.items()}
    return tuple(compiled(value) for value in raw)
