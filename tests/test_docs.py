"""The documents name what there is, and the walk through the API in the README works."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.cli.duties import duties_of
from engine.cli.exit_codes import MEANINGS
from engine.cli.parser import build_parser
from engine.model import INPUT_KINDS, EventKind
from engine.settings import VARIABLES, Settings
from tests.needs import program
from tests.office import Office

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
ENGINE = (ROOT / "engine" / "README.md").read_text(encoding="utf-8")
FOLDERS = (
    "engine",
    "engine/bpmn",
    "engine/store",
    "engine/spiff",
    "webhooks",
    "processes",
    "systemd",
    "tests",
)


def _choices(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    groups = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    return {name: inner for group in groups for name, inner in group.choices.items()}


COMMANDS = _choices(build_parser())


@pytest.mark.parametrize("variable", VARIABLES)
def test_readme_explains_every_setting(variable: str) -> None:
    assert re.search(rf"^\| `{variable}` \| .+ \| .+ \|$", README, re.MULTILINE)


def test_readme_explains_no_setting_that_is_not_there() -> None:
    assert set(re.findall(r"^\| `(ALUR_\w+)`", README, re.MULTILINE)) == set(VARIABLES)


@pytest.mark.parametrize("command", COMMANDS)
def test_readme_explains_every_command(command: str) -> None:
    row = re.search(rf"^\| `alur {command}\b.*", README, re.MULTILINE)

    assert row
    assert all(f"`{name}`" in row[0] for name in list(_choices(COMMANDS[command]))[1:])


def test_readme_explains_no_command_that_is_not_there() -> None:
    assert set(re.findall(r"^\| `alur (\w+)", README, re.MULTILINE)) == set(COMMANDS)


def test_readme_has_the_exit_codes_of_help() -> None:
    assert all(f"| {code} | {meaning} |" in README for code, meaning in MEANINGS.items())


def test_engine_readme_explains_every_event_kind_in_its_table() -> None:
    inputs, _, observations = ENGINE.partition("Observations:\n")
    table = re.compile(r"^\| (`\w+`(?:, `\w+`)*) \|", re.MULTILINE)

    def kinds(text: str) -> set[str]:
        section = text.partition("### The chain")[0].partition("Inputs:\n")
        rows = table.findall(section[2] or section[0])
        return set(re.findall(r"`(\w+)`", " ".join(rows)))

    assert kinds(inputs) == {str(kind) for kind in INPUT_KINDS}
    assert kinds(observations) == {str(kind) for kind in EventKind} - kinds(inputs)


#: Folder -> the document that says what each of its modules owns.
TABLES = {
    "engine": "engine/README.md",
    "engine/bpmn": "engine/bpmn/README.md",
    "engine/bpmn/drawing": "engine/bpmn/README.md",
    "engine/migration": "engine/README.md",
    "engine/playback": "engine/README.md",
    "engine/simulation": "engine/README.md",
    "engine/spiff": "engine/spiff/README.md",
    "engine/store": "engine/store/README.md",
    "webhooks/evidence": "webhooks/README.md",
    "webhooks/outgoing": "webhooks/README.md",
}


@pytest.mark.parametrize("folder", TABLES)
def test_readme_says_what_every_module_owns(folder: str) -> None:
    rows = re.findall(r"^\| .*", (ROOT / TABLES[folder]).read_text(encoding="utf-8"), re.MULTILINE)
    named = set(re.findall(r"`(\w+\.py)`", " ".join(rows)))
    modules = {path.name for path in (ROOT / folder).glob("*.py")}

    assert modules - named == {"__init__.py"}


def test_engine_readme_explains_every_duty(office: Office) -> None:
    table = ENGINE.partition("| duty | does |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| (`.+?`) \|", table, re.MULTILINE)
    duties = duties_of(office.engine, Settings())

    assert sorted(re.findall(r"`(\w+)`", " ".join(rows))) == sorted(each.name for each in duties)


@pytest.mark.parametrize("folder", FOLDERS)
def test_folder_has_a_readme(folder: str) -> None:
    assert (ROOT / folder / "README.md").is_file()


DOCUMENTS = ("README.md", "CONTRIBUTING.md", *(f"{folder}/README.md" for folder in FOLDERS))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_to_files(name: str) -> None:
    path = ROOT / name
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", path.read_text(encoding="utf-8"))

    assert [link for link in links if not (path.parent / link).exists()] == []


# ------------------------------------------------------------- what must not be there


#: The folders of .gitignore.
MADE = {
    *("__pycache__", ".venv", "build", "dist", "data", "node_modules"),
    *(".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis"),
}


def _tracked() -> list[Path]:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        return list(_unpacked(ROOT))
    names = subprocess.run(
        [git, "-c", f"safe.directory={ROOT}", "ls-files", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return [ROOT / name for name in names.split("\0") if name and (ROOT / name).is_file()]


def _unpacked(folder: Path) -> Iterator[Path]:
    """The same of an archive that has no git: all but what `make` and the tools put beside it."""
    for path in folder.iterdir():
        is_made = path.name in MADE or path.suffix in {".egg-info", ".db", ".db-wal", ".db-shm"}
        if path.is_dir() and not is_made:
            yield from _unpacked(path)
        elif path.is_file() and not is_made:
            yield path


def _texts() -> Iterator[tuple[str, str]]:
    for path in _tracked():
        content = path.read_bytes()
        if b"\0" not in content:
            yield path.relative_to(ROOT).as_posix(), content.decode("utf-8", "replace")


#: NIP: birth date, month of appointment, sex, order; 18 digits, often in groups.
NIP = re.compile(
    r"(?<!\d)(19|20)\d{2}(0[1-9]|1[0-2])\d{2} ?(19|20)\d{2}(0[1-9]|1[0-2]) ?[12] ?\d{3}(?!\d)"
)
MACHINE = re.compile(r"(?<![\w.])/(?:home|Users|root|work)/\w+")


def test_nothing_tracked_has_an_employee_number() -> None:
    assert [(name, match[0]) for name, text in _texts() for match in NIP.finditer(text)] == []


def test_an_archive_without_git_is_read_as_well() -> None:
    assert set(_tracked()) <= set(_unpacked(ROOT))


def test_nothing_tracked_has_a_path_of_a_machine() -> None:
    mine = Path(__file__).relative_to(ROOT).as_posix()

    assert [name for name, text in _texts() if name != mine and MACHINE.search(text)] == []


@pytest.mark.parametrize("number", ["197001" + "012000031001", "19700101 " + "200003 1 001"])
def test_employee_number_is_recognised(number: str) -> None:
    assert NIP.search(f"NIP {number}")


# ----------------------------------------------------------------- the walk through


def test_walk_by_curl_works(tmp_path: Path) -> None:
    program("curl")
    bash = program("bash")
    script = README.partition("runs this block. -->\n```sh\n")[2].partition("```")[0]
    environ = {
        **os.environ,
        "ALUR_DATABASE_URL": f"sqlite:///{tmp_path / 'alur.db'}",
        "ALUR_DEMO_PASSWORD": "seekor-kuda-nil",
        "PASSWORD": "seekor-kuda-nil",
        "no_proxy": "127.0.0.1",
    }
    alur = [sys.executable, "-m", "engine"]
    subprocess.run([*alur, "demo", "--no-serve"], cwd=ROOT, env=environ, check=True)
    with subprocess.Popen(
        [*alur, "serve", "--port", "0"], cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True
    ) as server:
        url = server.stdout.readline().split()[3]
        walk = subprocess.run(
            [bash, "-euo", "pipefail", "-c", script],
            env={**environ, "ALUR": f"{url}/engine-rest"},
            capture_output=True,
            text=True,
            check=False,
        )
        server.terminate()

    assert walk.returncode == 0, walk
    assert '"faults":[]' in walk.stdout.replace(" ", "")
