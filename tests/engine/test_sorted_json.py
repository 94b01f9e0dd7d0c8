"""Sorted JSON: whichever writes it, the text is the one that the standard library writes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.sorted_json import json_of, plain_json, sorted_json
from tests.engine.json_examples import JSON, TEXT


@given(JSON)
@example({"\ufb33": 1, "\U0001f600": 2, "\u20ac": 3})
@example({"a": 1e-7, "b": 1e16, "c": 2**64, "d": -(2**63), "e": 2**53})
@example(['\x7f\x1f\b\f\n\r\t"\\/\u2028'])
@example({"\ud83d": "\ud83d\ude00"})
@example([float("nan")])
def test_text_is_that_of_the_standard_library(value: Any) -> None:
    assert _outcome(sorted_json, value) == _outcome(_by_standard_library, value)


@given(JSON)
def test_what_is_plain_is_written_the_same(value: Any) -> None:
    text = plain_json(value)
    assert text is None or text == _by_standard_library(value)


@given(st.lists(st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | TEXT)))
@example([{"b": 2**64, "a": -(2**63)}])
@example([{"a": "\ud83d"}])
def test_records_say_the_same_in_any_order(records: list[dict[str, Any]]) -> None:
    written = _outcome(json_of, records)
    if isinstance(written, bytes):
        assert json.loads(written) == records
    else:
        assert written == _outcome(sorted_json, records)


def test_tuples_are_lists_and_depth_is_no_limit_of_its_own() -> None:
    deep: list[Any] = []
    for _ in range(400):
        deep = [deep]
    assert sorted_json({"a": ((1,), ())}) == b'{"a":[[1],[]]}'
    assert sorted_json(deep) == _by_standard_library(deep)


class _Word(StrEnum):
    A = "a"


@dataclass
class _Noun:
    a: int = 1


@pytest.mark.parametrize("value", [_Noun(), datetime(2026, 1, 2, tzinfo=UTC), {_Noun: 1}, object()])
def test_what_the_standard_library_refuses_is_refused(value: Any) -> None:
    for write in (sorted_json, json_of):
        with pytest.raises(TypeError):
            write([value])


def test_kinds_of_text_are_texts() -> None:
    assert sorted_json({"a": _Word.A}) == b'{"a":"a"}'
    assert plain_json({"a": _Word.A}) is None


def _by_standard_library(value: Any) -> bytes:
    text = json.dumps(
        value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )
    return text.encode()


def _outcome(write: Any, value: Any) -> bytes | str:
    try:
        written: bytes = write(value)
    except ValueError as error:
        return type(error).__name__
    return written
