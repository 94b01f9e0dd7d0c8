"""What is spoken, in an app and without one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from engine.model import FileSize, Language, Sentence
from engine.remaining_times import Remaining
from engine.worktime import Span
from webhooks.language import Phrases, current_language, phrase, size_words, speaking, told
from webhooks.pages.dates import moment_in, weekday_names
from webhooks.pages.remaining import remaining_text


def test_indonesian_is_spoken_where_nobody_said_anything_else() -> None:
    assert current_language() is Language.INDONESIAN
    with speaking(None):
        assert current_language() is Language.INDONESIAN


def test_a_language_is_spoken_for_a_while() -> None:
    words = Phrases({1: phrase("Simpan")})

    with speaking(Language.ENGLISH):
        during = words[1]

    assert (during, words[1]) == ("Save", "Simpan")


def test_a_sentence_of_the_engine_is_said_in_the_language_that_is_spoken() -> None:
    sentence = Sentence(
        "Berkas %(name)s terlalu besar: %(size)s; batasnya %(most)s.",
        name="100%.pdf",
        size=FileSize(1_468_006),
        most=FileSize(900),
    )

    with speaking(Language.ENGLISH):
        english = told(sentence)

    assert sentence == told(sentence)
    assert sentence == "Berkas 100%.pdf terlalu besar: 1,4 MB; batasnya 900 byte."
    assert english == "The file 100%.pdf is too large: 1.4 MB; the limit is 900 bytes."
    assert told("menurut diagram") == "menurut diagram"
    assert size_words(14_500) == "14 KB"


def test_moments_and_weekdays_are_said_as_each_language_does() -> None:
    moment, zone = datetime(2025, 5, 6, 1, 5, tzinfo=UTC), ZoneInfo("Asia/Makassar")

    with speaking(Language.ENGLISH):
        english = moment_in(moment, zone), weekday_names()[0]

    assert english == ("6 May 2025 09:05 WITA", "Monday")
    assert (moment_in(moment, zone), weekday_names()[6]) == ("6 Mei 2025 09.05 WITA", "Minggu")


@pytest.mark.parametrize(
    ("span", "is_overdue", "indonesian", "english"),
    [
        (Span(1, timedelta()), False, "Sisa 1 hari kerja", "1 working day left"),
        (
            Span(2, timedelta(hours=1)),
            True,
            "Terlambat 2 hari kerja 1 jam",
            "Overdue by 2 working days 1 hour",
        ),
        (
            Span(0, timedelta(hours=3, minutes=1)),
            False,
            "Sisa 3 jam 1 menit kerja",
            "3 hours 1 minute of working time left",
        ),
    ],
)
def test_working_time_is_said_in_both_languages(
    span: Span, is_overdue: bool, indonesian: str, english: str
) -> None:
    remaining = Remaining(is_overdue, span)

    with speaking(Language.ENGLISH):
        said = remaining_text(remaining)

    assert (remaining_text(remaining), said) == (indonesian, english)
