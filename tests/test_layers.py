"""The arrows of the architecture: who may import whom, and which library lives where.

See README, architecture. A wrong arrow or a library outside its home fails here with its line.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

_BASE = {"model", "errors", "sources", "settings", "setting_values", "queries"}
_PURE = {"canonical_json", "json_values", "forms", "permissions", "moments", "sealed_values"}
_PURE |= {"spreadsheets", "sorted_json", "copies"}
_ROOMS = {
    "definitions",
    "escapes",
    "steps",
    "repeats",
    "instances",
    "services",
    "starting",
    "messages",
    "signals",
    "broadcasts",
    "kept_messages",
    "correlation",
    "tasks",
    "task_hands",
    "task_drafts",
    "search",
    "search_words",
    "task_changes",
    "saved_filters",
    "task_links",
    "calendars",
    "message_sources",
    "deadlines",
    "escalations",
    "escalation_proof",
    "state_proof",
    "task_proof",
    "task_rows",
    "differences",
    "led_to",
    "measure_proof",
    "substitution_proof",
    "account_proof",
    "erasure_proof",
    "definition_proof",
    "projections",
    "reindexing",
    "escalation_rules",
    "superiors",
    "reminders",
    "remaining_times",
    "task_times",
    "courses",
    "measuring",
    "tallying",
    "reports",
    "auditing",
    "playback",
    "drawings",
    "overviews",
    "accounts",
    "access_log",
    "account_log",
    "access_tokens",
    "logins",
    "sessions",
    "single_sign_on",
    "second_factors",
    "step_records",
    "uploads",
    "documents",
    "remarks",
    "pending_uploads",
    "document_intake",
    "document_proof",
    "checkpoint_proof",
    "checkpoints",
    "endorsements",
    "papers",
    "returns",
    "health",
    "history_export",
    "history_codes",
    "historic_figures",
    "historic_records",
    "taken_flows",
    "event_logs",
    "evidence_packages",
    "retention",
    "backups",
    "chain_proof",
    "announcements",
    "webhook_subscriptions",
    "deliveries",
    "contacts",
    "substitutions",
    "capacities",
    "same_person",
    "sealing",
    "called_starts",
    "personal_data",
    "personal_proof",
    "erasure_minutes",
    "lineage",
    "migration",
}
#: What a worker does by itself.
_DUTIES = {
    "due_timers",
    "announcing",
    "checkpointing",
    "housekeeping",
    "waiting_messages",
    "pending_signals",
    "ended_substitutions",
    "overdue_tasks",
}
_MACHINERY = {"bpmn", "spiff", "store", "worktime", "history", "replay"}

#: Module or folder of engine/ -> what it may import of engine/, itself excepted.
ARROWS: dict[str, set[str]] = {
    "": set(),
    "model": set(),
    "errors": {"model"},
    "queries": {"model"},
    "sources": set(),
    "setting_values": {"errors", "model"},
    "settings": {"errors", "receivers", "model", "setting_values"},
    "json_values": {"errors"},
    "forms": {"model", "errors", "json_values"},
    "permissions": {"model", "errors", "queries"},
    "moments": {"errors"},
    "passwords": {"errors"},
    "account_names": {"errors"},
    "logs": {"model", "settings"},
    "durable_files": set(),
    "backup_folder": {"errors", "durable_files"},
    "secret_key": {"errors", "sources", "durable_files"},
    "merkle": set(),
    "spreadsheets": set(),
    "offline": set(),
    "signing_key": {"errors", "sources", "durable_files"},
    "checkpoint_format": {"model", "errors"},
    "checkpoint_folder": {
        "model",
        "errors",
        "sources",
        "durable_files",
        "checkpoint_format",
        "signing_key",
    },
    "bpmn": {"model", "errors", "moments", "worktime"},
    "receivers": {"errors"},
    "retry_schedule": set(),
    "spiff": {"model", "errors", "sources", "json_values", "sorted_json", "moments", "bpmn"},
    "store": {"model", "errors", "queries", "sources", "durable_files", "sorted_json", "copies"},
    "worktime": {"errors", "model"},
    "canonical_json": {"sorted_json"},
    "history": {"model", "errors", "sources", "canonical_json"},
    "replay": {"model", "errors", "spiff", "history"},
    "incident_causes": {"model", "errors", "bpmn"},
    **dict.fromkeys(_ROOMS, _BASE | _PURE | _ROOMS | _MACHINERY),
    "measuring": _BASE | _PURE | _ROOMS | _MACHINERY | {"rests"},
    "health": _BASE | {"store", "checkpoints", "backup_folder"},
    **dict.fromkeys(
        (
            "accounts",
            "access_tokens",
            "logins",
            "sessions",
            "single_sign_on",
            "second_factors",
            "substitutions",
        ),
        _BASE | _PURE | _ROOMS | _MACHINERY | {"passwords", "account_names", "secret_key"},
    ),
    "checkpoint_series": {"model", "errors", "store", "merkle"}
    | {"checkpoint_format", "checkpoint_folder"},
    **dict.fromkeys(
        ("checkpoints", "checkpoint_proof"),
        _BASE
        | {"store", "permissions", "account_log", "checkpoints", "checkpoint_series"}
        | {"merkle", "signing_key", "checkpoint_format", "checkpoint_folder"},
    ),
    "history_export": _BASE
    | {"store", "permissions", "access_log", "history", "canonical_json", "merkle"}
    | {"checkpoint_format", "checkpoint_folder"},
    "sealed_values": {"model", "sources"},
    "sealing": _BASE | _PURE | {"bpmn", "store", "history", "sealed_values", "secret_key"},
    "message_sources": _BASE | _PURE | {"store", "secret_key"},
    "webhook_subscriptions": _BASE | _PURE | {"store", "secret_key", "receivers"},
    "deliveries": _BASE | _PURE | {"store", "retry_schedule"},
    "simulation": {"model", "errors", "sources", *_PURE, "bpmn", "spiff"},
    "process_engine": _BASE
    | _ROOMS
    | {"store", "permissions", "secret_key", "passwords", "worktime", "receivers"}
    | {"signing_key", "checkpoint_folder", "backup_folder"},
    "doctor": _BASE
    | {"store", "process_engine", "health", "checkpoints", "backup_folder", "secret_key"}
    | {"sealing", "second_factors", "message_sources", "webhook_subscriptions"},
    "rests": {"sources"},
    "one_by_one": {"errors", "sources", "rests"},
    **{duty: {"model", "errors", "sources", "rests", "one_by_one"} for duty in _DUTIES},
    "worker": {"errors", "sources", "rests"},
    "cli": {
        *_BASE,
        "doctor",
        "process_engine",
        "worker",
        "logs",
        "store",
        "bpmn",
        "forms",
        "simulation",
    }
    | {"checkpoint_format", "durable_files", "backup_folder"}
    | _DUTIES
    | _ROOMS,
    "__main__": {"cli"},
}
#: What webhooks/ may import of engine/: no tables, no snapshots, no machine. Of bpmn only the
#: frozen data that a room hands out.
WEBHOOKS_MAY = {
    "",
    "logs",
    "process_engine",
    "worker",
    "forms",
    "json_values",
    "worktime",
    "simulation",
    "receivers",
    "checkpoint_folder",
    "checkpoint_format",
    "incident_causes",
    "spreadsheets",
    *_BASE,
    *_ROOMS,
}
WEBHOOKS_MAY_SEE = {"bpmn.elements", "bpmn.retention_terms"}

#: Library -> the only places that may import it; a place covers what is below it.
HOMES: dict[str, set[str]] = {
    "SpiffWorkflow": {"engine/spiff"},
    "pydantic_monty": {"engine/spiff"},
    "sqlalchemy": {"engine/store"},
    "alembic": {"engine/store"},
    "sqlite3": {"engine/store"},
    "pysqlite3": {"engine/store"},
    "psycopg": {"engine/store"},
    "lxml": {"engine/bpmn", "engine/spiff", "engine/event_logs"},
    "flask": {"webhooks"},
    "flask_babel": {"webhooks"},
    "babel": {"webhooks"},
    "flask_smorest": {"webhooks"},
    "marshmallow": {"webhooks"},
    "werkzeug": {"webhooks"},
    "itsdangerous": {"webhooks/hooks"},
    "holidays": {"engine/worktime"},
    "icalendar": {"engine/worktime"},
    "prometheus_client": {"webhooks/operations"},
    "waitress": set(),  # engine/cli asks for it by name, when it serves
    "rfc8785": {"engine/canonical_json.py", "engine/checkpoint_format.py"},
    "orjson": {"engine/sorted_json.py"},
    "argon2": {"engine/passwords.py"},
    "requests": {"webhooks/outgoing", "webhooks/sign_on.py"},
    "requests_hardened": {"webhooks/outgoing"},
    "urllib3": {"webhooks/outgoing"},
    "standardwebhooks": {"webhooks/outgoing", "webhooks/hooks"},
    "smtplib": {"webhooks/outgoing"},
    "pyotp": {"engine/second_factors.py"},
    "segno": {"webhooks/pages"},
    "pygal": {"webhooks/pages"},
    "typst": {"webhooks/evidence/typesetting.py"},
    "authlib": {"webhooks/sign_on.py"},
    "joserfc": {"webhooks/sign_on.py"},
    "cryptography": {
        "engine/secret_key.py",
        "engine/signing_key.py",
        "engine/sealed_values.py",
    },
    "pm4py": set(),  # AGPL: for tests only
    "random": set(),
    "secrets": {"engine/sources.py"},
    "argparse": {"engine/cli", "engine/offline"},
}

_MIGRATIONS = "engine/store/migrations"
#: What few processes need and all would pay for at their start: imported where it is used. The
#: modules named here may import it at their top, since they are imported late themselves.
LATE: dict[str, set[str]] = {
    "alembic": {f"{_MIGRATIONS}/{each}" for each in ("upgrading.py", "env.py", "versions")},
    "psycopg": {"engine/store/trips.py"},
    "engine.store.trips": set(),
    "typst": set(),
    "pygal": set(),
    "icalendar": set(),
    "holidays": set(),
    "authlib": {"webhooks/sign_on.py"},
    "joserfc": {"webhooks/sign_on.py"},
    "webhooks.sign_on": set(),
}

_CLOCKS = {"engine/sources.py", "engine/spiff/stepping.py"}
#: Name that is read -> the only places that may read it.
NAMES: dict[str, set[str]] = {
    "datetime.now": _CLOCKS,
    "datetime.utcnow": _CLOCKS,
    "datetime.today": _CLOCKS,
    "date.today": _CLOCKS,
    "time.time": _CLOCKS,
    "uuid.uuid1": _CLOCKS,
    "uuid.uuid4": _CLOCKS,
    "os.environ": {"engine/__main__.py", "webhooks/wsgi.py"},
    "os.getenv": set(),
}
NEVER_CALLED = {"eval", "exec"}


def offences(path: str, source: str) -> list[str]:
    """Every broken rule in the source of a file; `path` is relative to the repository."""
    tree = ast.parse(source)
    found = [
        f"{path}:{line}: {fault}"
        for line, module in _imports(tree, path)
        for fault in (_wrong_arrow(path, module), _homeless(path, module))
        if fault
    ]
    found += [f"{path}:{line}: {fault}" for line, fault in _too_early(path, tree)]
    return found + [f"{path}:{line}: {fault}" for line, fault in _wrong_names(path, tree)]


def _too_early(path: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    top = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    for line, module in _imports(ast.Module(body=list(top), type_ignores=[]), path):
        late = next((each for each in LATE if f"{module}.".startswith(f"{each}.")), None)
        if late is not None and not _is_at(path, LATE[late]):
            yield line, f"imports {late} at its top; import it where it is used"


def _imports(tree: ast.AST, path: str) -> Iterator[tuple[int, str]]:
    """(line, module) of every import at any depth; of a top package, the module in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = path.split("/")[: -node.level]
                base = ".".join([*package, base]).rstrip(".")
            if base in ("engine", "webhooks"):
                yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, base


def _wrong_arrow(path: str, module: str) -> str | None:
    top, _, rest = module.partition(".")
    if top not in ("engine", "webhooks"):
        return None
    if path.startswith("webhooks/"):
        is_allowed = top == "webhooks" or _is_for_webhooks(rest)
    else:
        room = _room_of(path.removeprefix("engine/").removesuffix(".py").replace("/", "."))
        if room not in ARROWS:
            return f"engine/{room} is not in ARROWS: say what it may import"
        is_allowed = top == "engine" and _room_of(rest) in {"", room, *ARROWS[room]}
    return None if is_allowed else f"may not import {module}"


def _is_for_webhooks(dotted: str) -> bool:
    return _room_of(dotted) in WEBHOOKS_MAY or dotted in WEBHOOKS_MAY_SEE


def _room_of(dotted: str) -> str:
    """The module or folder of engine/: store.tables -> store; what engine/__init__ holds -> ""."""
    room = dotted.split(".", maxsplit=1)[0]
    return "" if room.startswith("__") and room != "__main__" else room


def _homeless(path: str, module: str) -> str | None:
    library = module.split(".", maxsplit=1)[0]
    if library not in HOMES or _is_at(path, HOMES[library]):
        return None
    homes = ", ".join(sorted(HOMES[library])) or "nowhere"
    return f"may not import {library}, which lives in {homes}"


def _wrong_names(path: str, tree: ast.AST) -> Iterator[tuple[int, str]]:
    imported = _imported_names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in NEVER_CALLED:
            yield node.lineno, f"may not use {node.id}"
        name = _dotted(node, imported)
        for forbidden, places in NAMES.items():
            if name and f".{name}".endswith(f".{forbidden}") and not _is_at(path, places):
                yield node.lineno, f"may not read {forbidden}"


def _imported_names(tree: ast.AST) -> dict[str, str]:
    """Local name -> what it stands for: `from time import time as t` gives {"t": "time.time"}."""
    return {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    } | {
        alias.asname: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.asname
    }


def _dotted(node: ast.AST, imported: dict[str, str]) -> str | None:
    if isinstance(node, ast.Name):
        return imported.get(node.id)
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.insert(0, node.attr)
        node = node.value
    if not parts or not isinstance(node, ast.Name):
        return None
    return ".".join([imported.get(node.id, node.id), *parts])


def _is_at(path: str, places: set[str]) -> bool:
    return any(path == place or path.startswith(f"{place}/") for place in places)


def _files() -> list[str]:
    found = [each for top in ("engine", "webhooks") for each in (ROOT / top).rglob("*.py")]
    return sorted(each.relative_to(ROOT).as_posix() for each in found)


@pytest.mark.parametrize("path", _files())
def test_file_keeps_to_its_arrows_and_homes(path: str) -> None:
    assert offences(path, (ROOT / path).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("path", "source", "fault"),
    [
        ("engine/model/people.py", "import engine.errors", "may not import engine.errors"),
        (
            "engine/store/tasks.py",
            "from engine.spiff.machine import Run",
            "engine.spiff.machine",
        ),
        (
            "engine/store/tasks.py",
            "from engine import history",
            "may not import engine.history",
        ),
        (
            "engine/store/tasks.py",
            "from ..history import Input",
            "may not import engine.history",
        ),
        ("engine/tasks.py", "import engine.process_engine", "engine.process_engine"),
        ("engine/process_engine.py", "from engine.cli.entry import run", "engine.cli.entry"),
        ("engine/cli/serving.py", "import webhooks.wsgi", "may not import webhooks.wsgi"),
        ("engine/cli/serving.py", "def f():\n  from webhooks import create_app", "webhooks"),
        ("webhooks/rest/task.py", "from engine.store import Store", "engine.store"),
        ("webhooks/rest/task.py", "from engine.spiff import machine", "engine.spiff"),
        ("engine/newroom.py", "import engine.model", "not in ARROWS"),
        ("engine/replay.py", "from SpiffWorkflow.task import Task", "lives in engine/spiff"),
        ("engine/tasks.py", "from sqlalchemy import select", "lives in engine/store"),
        ("webhooks/rest/task.py", "import lxml.etree", "lives in engine/bpmn, engine/event_logs"),
        ("engine/tasks.py", "import flask", "lives in webhooks"),
        ("engine/tasks.py", "import random", "lives in nowhere"),
        ("engine/worktime/seeds.py", "import holidays", "imports holidays at its top"),
        ("webhooks/pages/x.py", "from webhooks.sign_on import Provider", "at its top"),
        ("engine/tasks.py", "x = datetime.now(UTC)", "may not read datetime.now"),
        ("engine/tasks.py", "x = datetime.datetime.now(UTC)", "may not read datetime.now"),
        ("engine/tasks.py", "import time as t\nx = t.time()", "may not read time.time"),
        ("engine/tasks.py", "from uuid import uuid4\nx = uuid4()", "may not read uuid.uuid4"),
        ("engine/settings.py", "import os\nx = os.environ['A']", "may not read os.environ"),
        ("webhooks/auth.py", "from os import environ\nx = environ", "may not read os.environ"),
        ("engine/spiff/scripts.py", "eval('1')", "may not use eval"),
        ("engine/spiff/scripts.py", "run = exec", "may not use exec"),
    ],
)
def test_planted_fault_is_found(path: str, source: str, fault: str) -> None:
    found = offences(path, source)

    assert any(fault in each for each in found), found


@pytest.mark.parametrize("path", _files())
def test_file_has_one_job_and_at_most_400_lines(path: str) -> None:
    # An auditor takes the script along, and trusts it, as one file: what judged the signatures for
    # it from beside it would be whatever the sender's ZIP was unpacked over.
    most = 500 if path == "engine/offline/verify_export.py" else 400

    assert len((ROOT / path).read_text(encoding="utf-8").splitlines()) <= most


def test_right_imports_are_no_fault() -> None:
    source = """
from engine.model import Actor
from engine.store import Store
from engine import errors
import datetime
x = ast.literal_eval("1")
y = re.compile("x").match("y")
z = clock.now()
"""

    assert offences("engine/tasks.py", source) == []


def test_the_root_has_the_files_that_people_and_tools_look_for_and_no_others() -> None:
    found = {each.name for each in ROOT.iterdir() if each.is_file() and each.name[0] != "."}
    assert found == {
        *("CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md"),
        *("Makefile", "babel.cfg", "pyproject.toml", "setup.cfg"),
    }
