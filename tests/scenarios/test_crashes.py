"""Killed with -9 between and during steps: what was acknowledged is there, and the rest is not."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path

from tests.office import AUDITOR, Office

ROOT = Path(__file__).parent.parent.parent


def run_until_killed(url: str, instance: str, fatal: int) -> tuple[list[int], bool]:
    """Sequences that were acknowledged before the kill, and whether the work was finished."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.scenarios.crashing_worker", url, instance, str(fatal)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    lines = done.stdout.split()
    finished = bool(lines) and lines[-1] == "selesai"
    assert finished or done.returncode == -signal.SIGKILL, done.stderr
    return [int(line) for line in lines if line != "selesai"], finished


def test_an_sop_survives_being_killed_again_and_again(
    office_on_both: Office, database_url: str
) -> None:
    office = office_on_both
    instance = office.start_sop(office.deploy_sop("luwu-timur"))
    chance = random.Random(20260105)
    acknowledged: list[int] = []
    for _ in range(12):
        seen, finished = run_until_killed(database_url, instance, chance.randint(8, 60))
        acknowledged += seen
        office.assert_sound(instance)
        if finished:
            break
    else:
        seen, finished = run_until_killed(database_url, instance, 0)
        acknowledged += seen

    assert finished
    assert office.state(instance) == "COMPLETED"
    office.assert_sound(instance)
    completed = [
        event.sequence
        for event in office.engine.history.events(instance, actor=AUDITOR)
        if event.kind == "task_completed"
    ]
    assert set(acknowledged) <= set(completed)
    assert len(completed) == len(set(completed))
