"""What systemd/ gives to an administrator: commands that exist, and a command line that works."""

from __future__ import annotations

import getpass
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from engine.cli.parser import build_parser
from engine.settings import VARIABLES, from_environ

FOLDER = Path(__file__).resolve().parent.parent / "systemd"
UNITS = sorted(FOLDER.glob("*.service"))
COMMAND = re.compile(
    r"^(?:ExecStart(?:Pre|Post)?=\S+/alur|sudo alur) (.+?)(?: +#.*)?$", re.MULTILINE
)


def run(environ: Path, *words: str) -> subprocess.CompletedProcess[str]:
    settings = {
        "PATH": "/usr/bin:/bin",
        "ALUR_ENV": str(environ),
        "ALUR_USER": getpass.getuser(),
        "ALUR_PROGRAM": "/usr/bin/env",
    }
    return subprocess.run(
        [FOLDER / "alur", *words], env=settings, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("file", [*UNITS, FOLDER / "README.md"], ids=lambda file: file.name)
def test_commands_are_those_of_alur(file: Path) -> None:
    commands = COMMAND.findall(file.read_text("utf-8"))

    assert commands
    for words in commands:
        build_parser().parse_args(shlex.split(words))


def test_settings_that_it_names_are_settings() -> None:
    for file in FOLDER.iterdir():
        named = set(re.findall(r"\bALUR_[A-Z_]+\b", file.read_text("utf-8")))
        assert named <= {*VARIABLES, "ALUR_ENV", "ALUR_USER", "ALUR_PROGRAM"}, file.name


def test_settings_of_its_example_are_taken() -> None:
    example = (FOLDER / "README.md").read_text("utf-8").partition("<<'END'\n")[2]
    lines = example.partition("END\n")[0].splitlines()

    settings = from_environ(dict(line.split("=", 1) for line in lines))

    assert (settings.trusted_proxies, settings.backups) == (1, Path("/mnt/cadangan"))


def test_the_command_has_the_settings_of_the_service(tmp_path: Path) -> None:
    environ = tmp_path / "alur.env"
    environ.write_text(
        "# settings\n\nALUR_PORT=8080\n"
        'ALUR_OIDC_GROUPS={"a b": {"lanes": ["Kadis"]}}\n'
        'ALUR_MAIL_FROM="alur@dinas.example"\n'
        "ALUR_SECRET_KEY=$(id) `id` ; id"
    )

    done = run(environ)

    assert done.returncode == 0, done.stderr
    assert set(done.stdout.splitlines()) >= {
        "ALUR_PORT=8080",
        'ALUR_OIDC_GROUPS={"a b": {"lanes": ["Kadis"]}}',
        "ALUR_MAIL_FROM=alur@dinas.example",
        "ALUR_SECRET_KEY=$(id) `id` ; id",
    }


def test_words_reach_the_program_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "alur.env").touch()

    done = run(tmp_path / "alur.env", "printf", "%s|", "satu dua", "$HOME")

    assert done.stdout == "satu dua|$HOME|"


def test_without_its_settings_it_says_so(tmp_path: Path) -> None:
    done = run(tmp_path / "tidak-ada.env", "tasks")

    assert (done.returncode, done.stdout) == (5, "")
    assert "say `sudo alur tasks`" in done.stderr
