"""`python -m tests.soak`: soaks a database of its own for some minutes, and says what was found."""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
from pathlib import Path

from tests.soak.soak import Report, run


def main() -> int:
    """0 when nothing is wrong."""
    words = _parser().parse_args()
    folder = Path(words.folder or tempfile.mkdtemp(prefix="alur-soak-"))
    folder.mkdir(parents=True, exist_ok=True)
    say(f"{words.database}, {words.minutes} minutes, seed {words.seed}; logs in {folder}")
    looks = max(2, round(words.minutes / 5))
    report = run(
        words.database,
        seconds=words.minutes * 60,
        seed=words.seed,
        folder=folder,
        say=say,
        looks=looks,
        pace=words.pace,
    )
    show(report)
    return 1 if report.faults else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=3, help="of load; judging comes after")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(100_000))
    parser.add_argument("--pace", type=float, default=4, help="seconds between two troubles")
    parser.add_argument("--folder", help="for the database and the logs; it is kept")
    return parser


def say(text: str) -> None:
    """One line, at once: a long run is watched."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def show(report: Report) -> None:
    """What was done, a line each, and every fault."""
    say(f"\n{report.database}, seed {report.seed}: {report.seconds:.0f} s in all")
    troubles = ", ".join(f"{each} {n}" for each, n in report.troubles.most_common())
    say(f"trouble: {troubles}")
    for name, ends in report.ends.items():
        memory, files = report.sizes[name]
        say(f"  {name}: {dict(ends)}; at most {memory:.0f} MiB and {files} open files")
    for kind, outcomes in sorted(report.deeds.items()):
        say(f"  {kind}: {dict(outcomes)}")
    say(f"instances: {dict(report.instances)}; events: {report.events}")
    say(f"told by web hooks: {report.deliveries}; backups: {dict(report.backups)}")
    say(f"faults: {len(report.faults)}")
    for fault in report.faults[:60]:
        say(f"  - {fault}")


if __name__ == "__main__":
    sys.exit(main())
