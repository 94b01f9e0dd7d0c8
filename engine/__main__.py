"""The `alur` command: hands this process's words and environment to engine.cli."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from engine.cli.entry import run


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit code. `argv` None: the words that the process was called with."""
    return run(sys.argv[1:] if argv is None else argv, os.environ)


if __name__ == "__main__":
    sys.exit(main())
