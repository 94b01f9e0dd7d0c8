"""Which regular expressions a form may try on what a person typed."""

import re
import time

import pytest

from engine.bpmn.patterns import MAX_MATCHED_LENGTH, fault_of_pattern

ALLOWED = [
    r"\d{18}",
    r"[A-Z]{2}\d+",
    r"(\d{1,3}\.){3}\d{1,3}",
    r"[^@\s]+@[^@\s]+\.[a-z]{2,}",
    r"\d{3}/[A-Z]+/\d{4}",
    r"(SK|SE|ND)-\d{1,4}",
    r"(\d{3}-)?\d{4}",
    r"\d{100}",
]


SLOWEST = [
    r"[a-z]*[a-z]*[a-z]*x",
    "a?" * 6 + "a*a*x",
    "a?" * 13 + "a*x",
    "a{500}" * 20,
    "((a{20}){20}){20}",
]


@pytest.mark.parametrize("pattern", ALLOWED)
def test_an_ordinary_pattern_is_allowed(pattern):
    assert fault_of_pattern(pattern) is None


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+", "(a*)*", "(a|aa)+", "(a|a)*b", "(.*a){12}", "(.*)(.*)(.*)(.*)x", r"(\d{1,20}){20}",
     "(a?){50}a{50}", r"(a)\1", "(?=a)a", "(?<!a)b", "(", "[", "a" * 201, r"\d+(,\d+)*",
     "a?" * 13 + ".*.*.*x", "(){9999999}", "((){999}){999}", "(a?b?)*", "(^)*x", ".*.*.*a?"],
)  # fmt: skip
def test_a_pattern_that_may_take_very_long_is_refused(pattern):
    assert fault_of_pattern(pattern)


@pytest.mark.parametrize("pattern", SLOWEST + ALLOWED)
def test_an_allowed_pattern_fails_soon_on_the_longest_text(pattern):
    assert fault_of_pattern(pattern) is None
    compiled = re.compile(pattern)

    started = time.process_time()
    for character in "a1.@A":
        compiled.fullmatch(character * (MAX_MATCHED_LENGTH - 1) + "!")

    assert time.process_time() - started < 3
