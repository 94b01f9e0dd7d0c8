"""A replay remembers what an expression gave, and mixes nothing up."""

from __future__ import annotations

import pytest

from engine.spiff import scripts
from engine.spiff.scripts import SANDBOX, SandboxError, _run_again


@pytest.mark.parametrize(
    ("one", "other"), [(1, True), (0, False), (1, 1.0), (0.0, -0.0), ("1", 1), (None, "None")]
)
def test_values_that_are_alike_are_told_apart(one: object, other: object) -> None:
    for value in (one, other, one):
        assert repr(_run_again("(x)", {"x": value})) == repr(value)


def test_the_sandbox_is_asked_once_for_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    run = SANDBOX.run

    class Counting:
        def run(self, source: str, inputs: dict[str, object], *, seconds: float) -> object:
            asked.append(source)
            return run(source, inputs, seconds=seconds)

    monkeypatch.setattr(scripts, "SANDBOX", Counting())
    for _ in range(3):
        assert _run_again("([sekali, 2])", {"sekali": 1}) == [1, 2]
        _run_again("([sekali, 2])", {"sekali": 1}).append(3)
        assert _run_again("(len(daftar))", {"daftar": [1]}) == 1

    assert asked.count("([sekali, 2])") == 1
    assert asked.count("(len(daftar))") == 3


def test_a_failure_is_not_remembered() -> None:
    for _ in range(2):
        with pytest.raises(SandboxError):
            _run_again("(1 / nol)", {"nol": 0})
