"""A few of the damages that `tampering.py` and `flipping.py` do, of another seed each time."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from engine.queries import InstanceQuery
from tests.office import AUDITOR
from tests.soak import flipping, tampering
from tests.soak.specimen import Specimen, specimen


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Specimen:
    return specimen(tmp_path_factory.mktemp("specimen"))


def test_specimen_is_sound(sound: Specimen, tmp_path: Path) -> None:
    assert tampering.faults_of(sound.copied(tmp_path / "alur.db")) == []


@pytest.mark.parametrize("act", tampering.ACTS)
def test_changed_history_is_named(sound: Specimen, tmp_path: Path, act: str) -> None:
    seed = random.randrange(100_000)
    copy = sound.copied(tmp_path / "alur.db")
    forger = tampering.Tamperer(copy.file, random.Random(seed))
    # Some cannot be done, such as giving a row the number of another one.
    change = next(each for _ in range(100) if (each := forger.tamper("history_event", act)))

    assert tampering.names(tampering.faults_of(copy), change), f"seed {seed}: {change}"


@pytest.mark.parametrize("table", tampering.BESIDE)
def test_changed_row_beside_history_is_named(sound: Specimen, tmp_path: Path, table: str) -> None:
    seed = random.randrange(100_000)
    rng = random.Random(seed)
    for act in tampering.BESIDE_ACTS:
        copy = sound.copied(tmp_path / "alur.db")
        forger = tampering.Tamperer(copy.file, rng)
        change = forger.tamper_of(table, act)
        if change is None:
            continue  # the specimen has one row of it, or nothing to cut

        found = [each.instance_id for each in tampering.faults_of(copy)]
        assert found, f"seed {seed}: {change}"
        assert change.instance_id in {*found, ""}, f"seed {seed}: {change}"


def test_bit_that_flips_changes_no_history_that_is_told(sound: Specimen, tmp_path: Path) -> None:
    copy = sound.copied(tmp_path / "alur.db")
    with copy.opened() as engine:
        ids = [i.instance_id for i in engine.instances.instances(InstanceQuery(), actor=AUDITOR)]
    before = flipping.look(copy, ids, ids[:1])

    for _ in range(3):
        seed = random.randrange(100_000)
        damaged, bit = flipping.flipped(sound, tmp_path / "bit.db", random.Random(seed))
        after = flipping.look(damaged, ids, ids[:1])

        assert list(flipping.wrong(before, after)) == [], f"bit {bit}"
