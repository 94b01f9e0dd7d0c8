"""The pages have a word for everything that the engine may tell them of."""

from __future__ import annotations

from typing import get_args

from engine.model import INPUT_KINDS, FaultKind, Role
from webhooks.pages import messages


def test_there_is_a_word_for_every_role_deed_and_fault_of_verify() -> None:
    assert set(messages.ROLES) == set(Role)
    assert set(messages.DEEDS) == INPUT_KINDS
    assert set(messages.CHECKS) == set(get_args(FaultKind))
