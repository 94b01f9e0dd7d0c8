"""By hand: every errand over every value of every column that it reads, in an order by chance.

`python -m tests.crashes.rounds 2000 7` tries 2,000 of some 16,000, by the seed 7, ten a second. The
suite tries a few of them, always the same.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from random import Random

from engine.store.tables import metadata
from tests.crashes.clerk import Clerk
from tests.crashes.errands import ERRANDS, Round
from tests.crashes.unreadable import wrong_values


def main(tries: int, seed: int) -> None:
    """Show what is wrong, a line for each try."""
    with tempfile.TemporaryDirectory(prefix="alur-rounds-") as folder:
        rounds = Round(Clerk(Path(folder)))
        every = [
            (errand, column, value)
            for errand in ERRANDS
            for name in sorted(rounds.reads[errand])
            for column in metadata.tables[name].columns
            for value in wrong_values(column, "sqlite")
        ]
        for errand, column, value in Random(seed).sample(every, min(tries, len(every))):
            fault = rounds.fault_of(errand, column, value)
            if fault:
                sys.stdout.write(f"{errand.command}: {fault}\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
