"""What tests need of the machine: a laptop may lack it, CI may not."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest


def unavailable(reason: str) -> NoReturn:
    """Skip this test on a laptop, saying why; fail it in CI."""
    pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)


def program(name: str) -> str:
    """The path of a program that the test runs."""
    return shutil.which(name) or unavailable(f"needs {name} on PATH")
