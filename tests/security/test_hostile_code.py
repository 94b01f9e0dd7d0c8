"""Hostile expressions and scripts end where they stand, whichever of the two walls they meet."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from engine.bpmn.expressions import translate, translate_script
from engine.errors import ExpressionRefused
from engine.spiff.scripts import SANDBOX, SandboxError
from tests.office import Office
from tests.security.hostile import (
    EXPRESSIONS,
    GIVEN,
    SCRIPTS,
    SECONDS,
    Verdict,
    as_cardinality,
    as_collection,
    as_completion,
    as_condition,
    as_script,
    as_timer,
    assert_office_works,
    verdict_of,
)

PLACES = {
    "condition": as_condition,
    "collection": as_collection,
    "cardinality": as_cardinality,
    "completion": as_completion,
    "timer": as_timer,
}

#: Expressions that the deploy whitelist lets through, because only their values are wrong.
WELL_FORMED = {
    "text of nine billion",
    "divide by zero",
    "wrong kinds",
    "text times text",
    "no such name",
}
#: Scripts that the deploy check refuses. The sandbox runs the last five, which harm nobody there.
REFUSED_SCRIPTS = {
    "import",
    "import from",
    "dunder import",
    "open",
    "write",
    "attribute walk",
    "exec",
    "eval",
    "getattr",
    "traceback",
    "patch the engine",
    "subclasses",
    "output without an end",
    "return at the top",
    "the collecting name",
    "a captured name",
    "not Python",
}
HARMLESS_IN_THE_SANDBOX = {
    "exec",
    "eval",
    "return at the top",
    "the collecting name",
    "a captured name",
    # What comes out is refused by the check of variables, not by the sandbox.
    "NaN",
    "infinity",
    "a number beyond JSON",
    "NUL",
    "a set",
    "a tuple",
    "bytes",
    "a key that is a number",
    "a key that the engine keeps",
    "a dunder key",
    "too deep",
    "too large",
    "an exception as a value",
}

_slowest: dict[str, float] = {}


@pytest.fixture(scope="module", autouse=True)
def slowest() -> Iterator[None]:
    """Print how long the slowest took, for whoever asks with -s."""
    yield
    for name, seconds in sorted(_slowest.items(), key=lambda item: -item[1])[:3]:
        print(f"\n{seconds:.2f} s {name}")  # noqa: T201


def note(name: str, verdict: Verdict) -> None:
    _slowest[name] = verdict.seconds
    assert verdict.seconds < SECONDS


# ------------------------------------------------------------------------- end to end


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", EXPRESSIONS)
def test_a_hostile_expression_changes_nothing(office: Office, name: str, place: str) -> None:
    verdict = verdict_of(office, *PLACES[place](EXPRESSIONS[name]))

    note(f"{name} as {place}", verdict)
    assert_office_works(office)


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_hostile_script_changes_nothing(office: Office, name: str) -> None:
    verdict = verdict_of(office, *as_script(SCRIPTS[name]))

    note(name, verdict)
    assert_office_works(office)


def test_a_script_writes_nothing_into_the_output_of_the_server(
    office: Office, capfd: pytest.CaptureFixture[str]
) -> None:
    verdict_of(office, *as_script("print('halo dari skrip')"))

    assert "halo dari skrip" not in capfd.readouterr().out


# ------------------------------------------------------------- the first wall: at deploy


@pytest.mark.parametrize("name", sorted(EXPRESSIONS.keys() - WELL_FORMED))
def test_the_whitelist_refuses_the_expression(name: str) -> None:
    with pytest.raises(ExpressionRefused):
        translate(EXPRESSIONS[name])


@pytest.mark.parametrize("name", sorted(REFUSED_SCRIPTS))
def test_the_deploy_check_refuses_the_script(name: str) -> None:
    with pytest.raises(ExpressionRefused):
        translate_script(SCRIPTS[name])


# --------------------------------------------------- the second wall: the first left out


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_the_sandbox_alone_stops_the_expression(name: str) -> None:
    _assert_stopped(f"({EXPRESSIONS[name]})")


@pytest.mark.parametrize("name", sorted(SCRIPTS.keys() - HARMLESS_IN_THE_SANDBOX))
def test_the_sandbox_alone_stops_the_script(name: str) -> None:
    _assert_stopped(SCRIPTS[name])


@pytest.mark.parametrize("name", sorted(HARMLESS_IN_THE_SANDBOX))
def test_what_the_sandbox_runs_stays_in_it(name: str) -> None:
    before = dict(GIVEN)

    SANDBOX.run(SCRIPTS[name], GIVEN)

    assert before == GIVEN
    with pytest.raises(SandboxError, match="x"):
        SANDBOX.run("x", {})


def _assert_stopped(source: str) -> None:
    began = time.perf_counter()
    with pytest.raises(SandboxError):
        SANDBOX.run(source, GIVEN)
    assert time.perf_counter() - began < SECONDS
    assert SANDBOX.run("1 + 1", {}) == 2


# ------------------------------------------------------------------------ what may pass


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("${n == 1 && teks == 'abc'}", True),
        ("= n > 0 and not(n > 5)", True),
        ("n + 1 if n > 0 else 0", 2),
        ("${empty daftar}", False),
        ("${kamus.a == 1}", True),
        # Text that looks like an attack is text.
        ("""${teks != "__import__('os').system('true')"}""", True),
    ],
)
def test_the_walls_let_honest_expressions_through(source: str, value: object) -> None:
    assert SANDBOX.run(f"({translate(source).python})", GIVEN) == value
