"""What may enter an instance as a variable, and what is refused with which path."""

import json
import math
from collections import OrderedDict
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import json_values
from engine.errors import InvalidVariables
from engine.json_values import MAX_DEPTH, MAX_JSON_CHARACTERS, check_variables

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.from_regex(r"[a-z]{1,9}", fullmatch=True), inner)
    ),
    max_leaves=20,
)


@given(JSON)
def test_any_json_within_the_limits_is_accepted_unchanged(value):
    assert check_variables({"nilai": value}) == {"nilai": value}


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("variables", "path"),
    [
        ({"x": math.nan}, "x"),
        ({"x": math.inf}, "x"),
        ({"x": [1, -math.inf]}, "x[1]"),
        ({"x": "a\0b"}, "x"),
        ({"x": "\ud800"}, "x"),
        ({"x": 2**53 + 1}, "x"),
        ({"x": -(2**53) - 1}, "x"),
        ({"x": (1, 2)}, "x"),
        ({"x": {1, 2}}, "x"),
        ({"x": Decimal(1)}, "x"),
        ({"x": b"a"}, "x"),
        ({"x": datetime(2026, 1, 1, tzinfo=UTC)}, "x"),
        ({"x": object()}, "x"),
        ({"x": OrderedDict()}, "x"),
        ({"typename": 1}, "typename"),
        ({"x": {"typename": "nope"}}, "x.typename"),
        ({"surat": {"lampiran": [0, 1, 2, {"isi": math.nan}]}}, "surat.lampiran[3].isi"),
        ({"surat": [{"typename": 1}]}, "surat[0].typename"),
        ({"__builtins__": {}}, "__builtins__"),
        ({"x": {"__class__": 1}}, "x.__class__"),
        ({1: 2}, "1"),
        ({"x": {None: 2}}, "x.None"),
        ({"": 1}, ""),
        ({"x" * 256: 1}, "x" * 256),
        ({"a\0": 1}, "a?"),
        ({f"n{i}": 1 for i in range(1001)}, ""),
        ({"x": "a" * MAX_JSON_CHARACTERS}, ""),
        ({"x": ["aaaaaaaaa"] * (MAX_JSON_CHARACTERS // 10)}, ""),
        ([], ""),
        (None, ""),
        ("x", ""),
    ],
)
def test_what_is_not_json_or_too_large_is_refused_at_its_path(variables, path):
    with pytest.raises(InvalidVariables) as refusal:
        check_variables(variables)

    assert list(refusal.value.fields) == [path]
    assert all(refusal.value.fields.values())


def test_the_deepest_value_is_accepted_and_one_level_more_is_not():
    deepest = nested(MAX_DEPTH - 2)
    assert check_variables({"x": deepest}) == {"x": deepest}

    with pytest.raises(InvalidVariables, match="tingkat"):
        check_variables({"x": nested(MAX_DEPTH - 1)})


def test_a_list_of_a_hundred_thousand_levels_is_refused_without_recursion():
    with pytest.raises(InvalidVariables, match="tingkat"):
        check_variables({"x": nested(100_000)})


def test_every_fault_is_named_at_once():
    with pytest.raises(InvalidVariables) as refusal:
        check_variables({"a": math.nan, "b": 1, "c": {"typename": math.inf}})

    assert set(refusal.value.fields) == {"a", "c.typename"}
    assert len(refusal.value.fields["c.typename"]) == 2


def test_the_limits_themselves_are_accepted():
    variables = {f"n{i}": 2**53 for i in range(999)} | {"x" * 255: -(2**53)}

    assert check_variables(variables) == variables


_ENTRY = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**54), 2**54), st.text(max_size=3), st.floats()
)


@given(st.dictionaries(st.text(max_size=4) | st.sampled_from(["typename", "__a__"]), _ENTRY))
def test_what_is_plainly_right_is_right(variables: dict[str, Any]) -> None:
    if json_values._is_plain(variables):
        assert list(json_values._faults_of(variables)) == []


def test_longest_plain_variables_are_within_the_limit() -> None:
    name, text = "\x01" * json_values._PLAIN_CHARACTERS, "\x01" * json_values._PLAIN_CHARACTERS
    size = json_values._PLAIN_NAMES * (len(json.dumps(name)) + len(json.dumps(text)) + 2)

    assert size < MAX_JSON_CHARACTERS
