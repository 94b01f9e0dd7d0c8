"""The `alur` command: hands this process's words and environment to engine.cli."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from engine.cli.entry import run


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit code. `argv` None: the words that the process was called with."""
    if argv is not None:
        return run(argv, os.environ)
    _prepare_process()
    return run(sys.argv[1:], os.environ)


def _prepare_process() -> None:
    """This process is the command, wherever cron, a service or a poor terminal has started it."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # it was closed
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115 - as long as the process
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that has no dash shows an escape, which JSON understands too.
        sys.stdout.reconfigure(errors="backslashreplace")
    # As Ctrl-C: what is half written is cleared away. What keeps running has its own handler.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


if __name__ == "__main__":
    sys.exit(main())
