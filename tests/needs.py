"""What tests need of the machine: a laptop may lack it, CI may not."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest


def unavailable(reason: str) -> NoReturn:
    """Skip this test on a laptop, saying why; fail it in CI."""
    pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)


def program(name: str) -> str:
    """The path of a program that the test runs."""
    return shutil.which(name) or unavailable(f"needs {name} on PATH")


def chromium() -> str:
    """The path of the browser that tests of pages drive; they download none."""
    found = filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))
    return next(found, None) or unavailable("needs chromium on PATH")


def npm(*arguments: str, folder: Path) -> None:
    """Run npm in the folder; without npm, or when it cannot reach its registry, `unavailable`."""
    command = [program("npm"), *arguments]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, encoding="utf-8", timeout=120, check=False
        )
    except subprocess.TimeoutExpired:
        unavailable(f"npm {arguments[0]} did not end within two minutes")
    if done.returncode != 0:
        unavailable(f"npm {arguments[0]} failed: {done.stderr[-500:]}")
