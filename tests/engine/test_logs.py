"""Log lines: one event is one line, whatever stands in it."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import pytest

from engine.logs import JsonLines, TextLines, log_steps, start_logging
from engine.settings import Settings, from_environ
from tests.diagrams import end, line, process, start, user
from tests.office import Office


def record(message: str, *args: object, failure: bool = False, **fields: Any) -> logging.LogRecord:
    info = None
    if failure:
        try:
            raise ValueError("two\nlines\r\n2026-01-01 ERROR forged: line")
        except ValueError:
            info = sys.exc_info()
    made = logging.LogRecord("alur", logging.INFO, "f.py", 1, message, args, info)
    made.fields = fields
    return made


def test_text_has_the_fields_after_the_message() -> None:
    text = TextLines().format(record("step", instance="i1", name="dua kata", nothing=None))

    assert text.endswith(' INFO alur: step instance=i1 name="dua kata" nothing=-')
    assert text[:2] == "20"
    assert text[23:29] == "+00:00"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\x85", "\u2028", "\x0b", "\x1b[2J"])
def test_nothing_from_outside_begins_a_line_or_moves_the_cursor(newline: str) -> None:
    hostile = f"x{newline}2026-01-01 ERROR forged: line"

    for made in (record("%s failed", hostile), record("request", route=hostile)):
        for formatter in (TextLines(), JsonLines()):
            text = formatter.format(made)
            assert len(text.splitlines()) == 1
            assert text.isprintable()


def test_traceback_in_text_is_indented() -> None:
    lines = TextLines().format(record("failed", failure=True)).splitlines()

    assert len(lines) > 3
    assert all(each.startswith("    ") for each in lines[1:])


def test_json_is_one_object_with_the_traceback_in_it() -> None:
    text = JsonLines().format(record("failed", failure=True, status=500))

    event = json.loads(text)
    assert (event["message"], event["level"], event["status"]) == ("failed", "INFO", 500)
    assert "ValueError: two" in event["traceback"]
    assert len(text.splitlines()) == 1


def test_each_kept_step_is_logged_with_its_instance(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    office.engine.health.watch_steps(log_steps)
    definition = office.deploy(process(start(), user("a"), end(), line("s", "a", "e")))

    with caplog.at_level(logging.INFO, "alur.steps"):
        instance = office.start(definition)
        office.complete(instance, "a")

    steps = [json.loads(JsonLines().format(each)) for each in caplog.records]
    assert [(each["instance"], each["kind"]) for each in steps] == [
        (instance, "instance_started"),
        (instance, "task_completed"),
    ]
    assert steps[1]["statements"] <= 8


@pytest.mark.parametrize("chosen", ["json", "JSON", "text"])
def test_format_is_a_setting(chosen: str) -> None:
    assert from_environ({"ALUR_LOG_FORMAT": chosen}).log_format == chosen.lower()


def test_waiting_requests_are_no_lines_of_the_log() -> None:
    start_logging(Settings())

    assert not logging.getLogger("waitress.queue").isEnabledFor(logging.WARNING)
    assert logging.getLogger("waitress").isEnabledFor(logging.WARNING)
