"""Canonical JSON: the short way gives the very bytes of the library that knows the whole rule."""

from __future__ import annotations

from typing import Any

import pytest
import rfc8785
from hypothesis import example, given

from engine.canonical_json import CanonicalizationError, canonical_json
from tests.engine.json_examples import JSON


@given(JSON)
@example({"\ufb33": 1, "\U0001f600": 2, "\u20ac": 3})
@example({"a": -0.0, "b": 1e21, "c": 1.5, "d": 2**53, "e": 2**53 - 1})
@example(['\x7f\x1f\b\f\n\r\t"\\/\u2028'])
@example({"\ud83d": "\ud83d\ude00"})
@example([float("nan")])
def test_bytes_are_those_of_the_library(value: Any) -> None:
    assert _outcome(canonical_json, value) == _outcome(rfc8785.dumps, value)


@pytest.mark.parametrize("value", [{1: "a"}, {None: 1}, {True: 1}, [object()], {"a": {2: 1}}])
def test_what_is_no_json_is_refused(value: Any) -> None:
    with pytest.raises(CanonicalizationError):
        canonical_json(value)


def _outcome(write: Any, value: Any) -> bytes | None:
    try:
        written: bytes = write(value)
    except (CanonicalizationError, UnicodeEncodeError):
        return None
    return written
