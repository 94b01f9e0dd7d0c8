"""Which user tasks demand a login, so that a link in a message may not complete them."""

from __future__ import annotations

from dataclasses import dataclass

from engine.bpmn.elements import FlowNode
from engine.bpmn.expressions import Expression, translate
from engine.bpmn.sop_terms import WORDS

#: The property of a user task: `ya`, `tidak`, or the expression of a threshold such as
#: `${nilai_kontrak >= 100000000}` over the variables and what is being submitted.
PROPERTY = "sop:wajib_masuk"


@dataclass(frozen=True, slots=True)
class LoginRule:
    """Whether a login is demanded: always, never, or when `threshold` is true."""

    always: bool = False
    threshold: Expression | None = None


def login_rule(text: str | None) -> LoginRule:
    """What the property says; without it no login is demanded.

    Raises ExpressionRefused when it is neither a word nor an expression that can be run.
    """
    said = (text or "").strip()
    if not said:
        return LoginRule()
    word = WORDS.get(said.lower())
    if word is not None:
        return LoginRule(always=word)
    return LoginRule(threshold=translate(said, allow_bare=False))


def rule_of(node: FlowNode) -> LoginRule:
    """The rule of a user task that may be deployed."""
    return login_rule(node.properties.get(PROPERTY))
