"""Nothing that writes is left out of the sweep, but for what is named here with the reason."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from engine.cli.duties import duties_of
from engine.cli.parser import build_parser
from engine.settings import Settings
from engine.store import Store
from tests.crashes.workplace import OPERATIONS, furnished, opened
from tests.crashes.writers import ROOMS, Border, places, writers
from webhooks import create_app

#: Places that open a writing transaction, and why no operation of the sweep passes them.
EXCEPTED = {
    "engine.doctor.database._writing": "the doctor tries whether one can write, and rolls back",
}

#: Routes that ask by POST, and keep nothing of it; `*` stands for a listing's name.
ASKING = {
    "pages.find_person",
    "migration.generate_plan",
    "migration.preview_plan",
    "migration.validate_plan",
    "simulation.create_simulation",
    "pages.verify_next",
    "pages.check_upload",
    "pages.simulate_upload",
    "pages.compare_checkpoint",
}
#: What lists by POST, since its filters are in the body.
LISTING = "webhooks.rest.listing"

#: Routes and commands that reach several writers, and what is to be said of a kill between them.
SEVERAL = {
    "task.assign_task": "one of them, as the body says",
    "pages.complete_task": "the files and the draft lie aside: they are shown again, or forgotten",
    "pages.start_process": "the files lie aside: they are shown again, or forgotten",
    "pages.mend_incident": "the values are mended, as history says; the form sent again tries it",
    "pages.log_in": "nobody is logged in until the last of them: he logs in again",
    "pages.change_password": "the password is changed and every login has ended: he logs in by it",
    "pages.confirm_second_factor": "one of them: the page that refuses a code begins again",
    "pages.remove_second_factor": "the code has counted: the app's next one does it",
    "hooked_messages.receive": "that the source is in use is noted; the message is sent again",
    "alur demo": "each of them is there, or made when it is run again; then the duties",
    "alur serve": "the duties: what is not done is done at the next turn",
    "alur worker": "the duties: what is not done is done at the next turn",
    "alur checkpoint": "one of them, as the options say",
    "alur contact set": "one of them, as the options say",
}
#: Commands that write nothing into a database that is in use; files they write are not swept.
READING = {
    "alur backup",
    "alur doctor",
    "alur check",
    "alur definitions",
    "alur layout",
    "alur simulate",
    "alur instances",
    "alur tasks",
    "alur search",
    "alur waiting",
    "alur kept list",
    "alur history",
    "alur replay",
    "alur verify",
    "alur export history",
    "alur export log",
    "alur export pdf",
    "alur retention",
    "alur personal list",
    "alur personal erasures",
    "alur account list",
    "alur account tokens",
    "alur account log",
    "alur substitution list",
    "alur superiors list",
    "alur webhook list",
    "alur webhook deliveries",
    "alur contact list",
}
#: Duty -> the operations that do its work.
DUTIES = {
    "timers": ("timer",),
    "messages": ("kept message",),
    "signals": ("signal",),
    "substitutions": ("substitution over",),
    "reminders": ("reminder",),
    "escalations": ("escalation",),
    "measuring": ("measured",),
    "announcements": ("outbox", "log of deliveries forgotten"),
    "checkpoints": ("checkpoint",),
    "housekeeping": (
        "sessions forgotten",
        "provider not answered",
        "failures forgotten",
        "requests forgotten",
        "uploads forgotten",
        "drafts forgotten",
        "links forgotten",
        "evidence forgotten",
    ),
    "deliveries": ("delivery", "hook given up", "link sent"),
    "evidence": ("evidence made", "evidence put back", "evidence that fails", "evidence given up"),
}


@pytest.fixture(scope="module")
def passed(
    migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[set[str], set[str]]:
    """What each operation passes: the places, and every function on the way to them."""
    folder = tmp_path_factory.mktemp("complete")
    shutil.copy(migrated_sqlite, folder / "alur.db")
    store = Store.open(f"sqlite:///{folder / 'alur.db'}")
    engine = opened(store, folder)
    seen: tuple[set[str], set[str]] = (set(), set())
    with furnished(engine), pytest.MonkeyPatch.context() as patch:
        for operation in OPERATIONS:
            subject = operation.prepare(engine)
            with patch.context() as watching:
                _watch(watching, *seen)
                operation.act(engine, subject)
    store.close()
    return seen


def _watch(patch: pytest.MonkeyPatch, places: set[str], ways: set[str]) -> None:
    writing = Store.writing

    def watched(store: Store) -> Any:
        frame = sys._getframe(1)
        places.add(f"{frame.f_globals['__name__']}.{frame.f_code.co_qualname}")
        while frame.f_back is not None:
            ways.add(frame.f_code.co_qualname)
            frame = frame.f_back
        return writing(store)

    patch.setattr(Store, "writing", watched)


def test_every_place_that_writes_is_swept(passed: tuple[set[str], set[str]]) -> None:
    assert places() - passed[0] == set(EXCEPTED)


def test_every_writer_of_a_room_is_swept(passed: tuple[set[str], set[str]]) -> None:
    missing = {
        f"{room}.{name}"
        for room, kind in ROOMS.items()
        for name in writers(room)
        if getattr(kind, name).__qualname__ not in passed[1]
    }

    assert missing == set()


# ------------------------------------------------------------------ who calls them


def test_every_route_that_writes_is_known(migrated_sqlite: Path) -> None:
    """One that reaches no writer only asks; of one that reaches several it is said what comes."""
    store = Store.open(f"sqlite:///{migrated_sqlite}")
    app = create_app(opened(store, migrated_sqlite.parent), Settings())
    store.close()
    border = Border.of("webhooks")

    reached = {
        rule.endpoint: border.reached(app.view_functions[rule.endpoint])
        for rule in app.url_map.iter_rules()
        if (rule.methods or set()) & {"POST", "PUT", "DELETE", "PATCH"}
        and app.view_functions[rule.endpoint].__module__ != LISTING
    }

    assert {name for name, found in reached.items() if not found} == ASKING
    assert _several(reached) == {name for name in SEVERAL if not name.startswith("alur ")}


def test_every_command_that_writes_is_known() -> None:
    border = Border.of("engine/cli")
    reached = {name: border.reached(run) for name, run in _commands(build_parser(), "alur")}

    assert _several(reached) == {name for name in SEVERAL if name.startswith("alur ")}
    assert {name for name, found in reached.items() if not found} == READING


def _several(reached: Mapping[str, set[str]]) -> set[str]:
    return {name for name, found in reached.items() if len(found) > 1}


def _commands(parser: argparse.ArgumentParser, name: str) -> Iterator[tuple[str, Any]]:
    """Each command by its words, with its function."""
    if run := parser.get_default("run"):
        yield name, run
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word, each in action.choices.items():
                yield from _commands(each, f"{name} {word}")


def test_every_duty_is_swept(migrated_sqlite: Path) -> None:
    store = Store.open(f"sqlite:///{migrated_sqlite}")
    engine = opened(store, migrated_sqlite.parent)
    names = {each.name for each in duties_of(engine, Settings())}
    store.close()

    assert names == set(DUTIES)
    assert {name for duty in DUTIES.values() for name in duty} <= {o.name for o in OPERATIONS}
