"""Checkpoints: when one is made, what it lists, and that its files are never written over."""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from engine.checkpoint_folder import heads_name, signed_name
from engine.checkpoint_format import (
    checkpoint_file,
    file_hash,
    head_of,
    read_checkpoint,
    signed_part,
)
from engine.checkpointing import Checkpointing
from engine.checkpoints import Checkpoints
from engine.errors import (
    CheckpointsDisagree,
    CheckpointTaken,
    Forbidden,
    InvalidCheckpoint,
    InvalidInput,
    SigningKeyUnusable,
    StorageError,
)
from engine.merkle import root_of
from engine.model import Checkpoint, Head
from engine.process_engine import ProcessEngine, build_engine
from engine.settings import Settings
from engine.signing_key import SigningKey, is_signed
from engine.store import Store
from tests.databases import store_in_memory
from tests.diagrams import end, line, process, start, user
from tests.office import ADMIN, AUDITOR, CountedIds, Office, staff

DIAGRAM = process(start(), user("a"), user("b"), end(), line("s", "a", "b", "e"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "titik"


@pytest.fixture
def settings(folder: Path, tmp_path: Path) -> Settings:
    return Settings(checkpoints=folder, checkpoint_key=tmp_path / "kunci" / "key.pem")


@pytest.fixture
def kept(store: Store, settings: Settings) -> Office:
    """An office that makes checkpoints, on SQLite and on PostgreSQL."""
    return Office(store, settings)


def due(office: Office) -> int:
    return office.engine.checkpoints.make_when_due()


def read(folder: Path, number: int) -> Checkpoint:
    return read_checkpoint((folder / signed_name(number)).read_bytes())


def heads(folder: Path, number: int) -> list[Head]:
    return [head_of(each) for each in (folder / heads_name(number)).read_bytes().splitlines()]


def head(office: Office, instance_id: str) -> Head:
    found = office.engine.instances.instance(instance_id, actor=AUDITOR)
    return Head(instance_id, found.last_sequence, found.head_hash)


def test_a_checkpoint_lists_heads_under_a_signed_root(kept: Office, folder: Path) -> None:
    definition = kept.deploy(DIAGRAM)
    instances = sorted(kept.start(definition) for _ in range(3))

    assert due(kept) == 1

    made = read(folder, 1)
    assert heads(folder, 1) == [head(kept, each) for each in instances]
    lines = (folder / heads_name(1)).read_bytes().splitlines()
    assert (made.root, made.count, made.previous) == (root_of(lines).hex(), 3, None)
    assert is_signed(signed_part(made), made.signature, made.key)
    with kept.store.reading() as tx:
        assert made.logs == {"account-log": tx.account_log_head()}


def test_the_next_one_lists_what_changed_and_names_the_one_before(
    kept: Office, folder: Path
) -> None:
    definition = kept.deploy(DIAGRAM)
    kept.start(definition)
    moved = kept.start(definition)
    due(kept)
    kept.complete(moved, "a")

    kept.clock.advance(minutes=59)
    assert due(kept) == 0
    kept.clock.advance(minutes=1)
    assert due(kept) == 1

    assert heads(folder, 2) == [head(kept, moved)]
    assert read(folder, 2).previous == file_hash((folder / signed_name(1)).read_bytes())


def test_nothing_is_made_while_nothing_changes_but_once_a_day(kept: Office, folder: Path) -> None:
    due(kept)

    made = []
    for _ in range(30):
        kept.clock.advance(hours=1)
        made.append(due(kept))

    assert sum(made) == 1
    assert made.index(1) == 23
    assert read(folder, 2).count == 0


def test_clock_that_ran_ahead_and_was_set_back_does_not_silence_checkpoints(
    kept: Office, folder: Path
) -> None:
    kept.clock.advance(days=2_000)
    due(kept)
    kept.clock.advance(days=-2_000)
    assert checkpoint_check(kept) == (
        False,
        "checkpoint 1 was made 172800000 seconds from now: the clock was, or is, wrong",
    )

    instance = kept.start(kept.deploy(DIAGRAM))
    made = [due(kept), due(kept)]

    assert made == [1, 0]
    assert heads(folder, 2) == [head(kept, instance)]
    assert checkpoint_check(kept) == (True, "checkpoint 2 was made 0 seconds ago")
    kept.start(kept.deploy(DIAGRAM))
    kept.clock.advance(hours=1)
    assert due(kept) == 1


def test_a_change_of_an_account_is_a_change(kept: Office, folder: Path) -> None:
    due(kept)
    kept.engine.accounts.add("siti", display_name="Siti", actor=ADMIN)
    kept.clock.advance(hours=1)

    assert due(kept) == 1
    assert read(folder, 2).logs["account-log"].sequence == 1


def test_an_end_is_listed_within_a_minute_together_with_others(kept: Office, folder: Path) -> None:
    definition = kept.deploy(DIAGRAM)
    first, second = kept.start(definition), kept.start(definition)
    due(kept)
    for instance in (first, second):
        kept.engine.instances.cancel(instance, reason="selesai", actor=ADMIN)
        kept.clock.advance(seconds=20)
    assert due(kept) == 1

    assert heads(folder, 2) == [head(kept, each) for each in sorted((first, second))]
    kept.clock.advance(minutes=5)
    assert due(kept) == 0


def test_many_heads_become_several_checkpoints(
    kept: Office, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.checkpoints._MAX_HEADS", 2)
    definition = kept.deploy(DIAGRAM)
    instances = sorted(kept.start(definition) for _ in range(5))

    assert due(kept) == 3

    listed = [each.instance_id for number in (1, 2, 3) for each in heads(folder, number)]
    assert listed == instances


def test_the_key_is_a_file_that_only_its_owner_reads(kept: Office, settings: Settings) -> None:
    due(kept)

    assert stat.S_IMODE(settings.checkpoint_key.stat().st_mode) == 0o600
    assert settings.checkpoint_key.read_text().startswith("-----BEGIN PRIVATE KEY-----")


def test_a_new_key_is_signed_by_the_old_one(kept: Office, folder: Path, settings: Settings) -> None:
    due(kept)
    old = settings.checkpoint_key.read_bytes()

    kept.engine.checkpoints.turn_key_over(actor=ADMIN)

    first, turning, after = (read(folder, number) for number in (1, 2, 3))
    assert first.key == turning.key
    assert turning.next_key == after.key != first.key
    assert is_signed(signed_part(after), after.signature, after.key)
    assert settings.checkpoint_key.read_bytes() != old
    assert not list(settings.checkpoint_key.parent.glob("*.next"))


def test_a_change_of_key_that_was_cut_off_is_ended_by_the_next_checkpoint(
    kept: Office, folder: Path, settings: Settings
) -> None:
    due(kept)
    old = settings.checkpoint_key.read_bytes()
    kept.engine.checkpoints.turn_key_over(actor=ADMIN)
    # As if it had been killed before the new key was in its place.
    new = settings.checkpoint_key.read_bytes()
    settings.checkpoint_key.with_name("key.pem.next").write_bytes(new)
    settings.checkpoint_key.write_bytes(old)
    kept.clock.advance(days=1)

    assert due(kept) == 1
    assert read(folder, 4).key == read(folder, 2).next_key


def test_another_key_signs_nothing(kept: Office, settings: Settings) -> None:
    due(kept)
    settings.checkpoint_key.unlink()

    with pytest.raises(SigningKeyUnusable, match="restore it from its backup"):
        kept.engine.checkpoints.make(actor=ADMIN)

    kept.engine.checkpoints.outside.key.make()
    with pytest.raises(SigningKeyUnusable, match="checkpoint 1 names another key"):
        kept.engine.checkpoints.make(actor=ADMIN)


# ----------------------------------------------------------------------- the folder


def test_what_the_folder_lacks_is_copied_again(kept: Office, folder: Path) -> None:
    due(kept)
    kept.engine.checkpoints.make(actor=ADMIN)
    before = {each.name: each.read_bytes() for each in folder.iterdir()}
    # As if the worker had been killed between the database and the folder.
    for name in (signed_name(2), heads_name(2)):
        (folder / name).unlink()

    again = Office(kept.store, Settings(**_outside(kept)))
    assert due(again) == 0

    assert {each.name: each.read_bytes() for each in folder.iterdir()} == before


def _outside(office: Office) -> dict[str, Path]:
    outside = office.engine.checkpoints.outside
    return {"checkpoints": outside.folder.path, "checkpoint_key": outside.key.file}


def test_a_file_that_is_there_is_never_written_over(kept: Office, folder: Path) -> None:
    due(kept)
    folder.joinpath(heads_name(2)).write_text("sesuatu yang lain")

    with pytest.raises(CheckpointsDisagree, match="is there already"):
        kept.engine.checkpoints.make(actor=ADMIN)

    assert folder.joinpath(heads_name(2)).read_text() == "sesuatu yang lain"


def test_a_row_that_nobody_signed_is_not_copied(kept: Office, folder: Path) -> None:
    due(kept)
    forged = replace(read(folder, 1), number=2, previous="00" * 32)
    with kept.store.writing() as tx:
        stored = tx.checkpoint(1)
        tx.add_checkpoint(replace(stored, number=2, content=checkpoint_file(forged)), [])

    with pytest.raises(CheckpointsDisagree, match="in the database: checkpoint 2 does not follow"):
        Office(kept.store, Settings(**_outside(kept))).engine.checkpoints.make_when_due()
    assert not (folder / signed_name(2)).exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, store: Store) -> None:
    (tmp_path / "titik").write_text("bukan folder")
    settings = Settings(checkpoints=tmp_path / "titik", checkpoint_key=tmp_path / "key.pem")

    with pytest.raises(StorageError, match="titik: a checkpoint cannot be"):
        due(Office(store, settings))


def test_a_folder_with_later_checkpoints_stops_new_ones_until_an_admin_resumes(
    tmp_path: Path, folder: Path, settings: Settings
) -> None:
    """The database is restored from a copy that is older than the folder."""
    live = tmp_path / "alur.db"
    store = Store.open(f"sqlite:///{live}")
    store.migrate()
    office = Office(store, settings)
    definition = office.deploy(DIAGRAM)
    office.start(definition)
    due(office)
    store.close()
    shutil.copy(live, tmp_path / "copy.db")
    lost = office.start(definition)
    office.engine.checkpoints.make(actor=ADMIN)
    store.close()
    restored_store = Store.open(f"sqlite:///{tmp_path / 'copy.db'}")
    restored = Office(restored_store, settings)
    restored.clock.advance(hours=2)

    with pytest.raises(CheckpointsDisagree, match=r"has checkpoint 2, the database knows 1"):
        due(restored)
    with pytest.raises(InvalidInput, match="reason"):
        restored.engine.checkpoints.resume(" ", actor=ADMIN)
    made = restored.engine.checkpoints.resume("disk rusak", actor=ADMIN)

    assert [(each.number, each.note) for each in made] == [(3, "resumed by admin: disk rusak")]
    assert [each.instance_id for each in heads(folder, 2)] == [lost]
    assert [each.number for each in restored.engine.checkpoints.checkpoints(actor=AUDITOR)] == [
        1,
        2,
        3,
    ]
    restored_store.close()


def test_a_lost_key_is_replaced_by_one_that_nobody_vouches_for(
    kept: Office, folder: Path, settings: Settings
) -> None:
    due(kept)
    checkpoints, key = kept.engine.checkpoints, settings.checkpoint_key
    assert key is not None
    with pytest.raises(InvalidInput, match="the key is there"):
        checkpoints.replace_lost_key("dicuri", actor=ADMIN)
    key.unlink()
    kept.clock.advance(days=1)
    with pytest.raises(SigningKeyUnusable, match="--lost-key"):
        due(kept)
    assert not key.exists()

    with pytest.raises(InvalidInput, match="how the key was lost"):
        checkpoints.replace_lost_key(" ", actor=ADMIN)
    [made] = checkpoints.replace_lost_key("dicuri", actor=ADMIN)

    assert (made.number, made.note) == (2, "key lost, replaced by admin: dicuri")
    assert made.key != read(folder, 1).key
    kept.clock.advance(days=1)
    assert due(kept) == 1
    found = kept.engine.checkpoint_proof.verify(folder, actor=AUDITOR)
    assert [(each.sequence, "does not name" in each.message) for each in found.faults] == [
        (2, True)
    ]


def test_a_new_key_that_is_not_the_installations_own_is_not_copied(
    kept: Office, folder: Path
) -> None:
    due(kept)
    content = (folder / signed_name(1)).read_bytes()
    strange = SigningKey(folder.parent / "lain.pem", CountedIds())
    strange.make()
    forged = replace(
        read(folder, 1), number=2, previous=file_hash(content), key=strange.public(), signature=""
    )
    forged = replace(forged, signature=strange.sign(signed_part(forged)))
    with kept.store.writing() as tx:
        stored = tx.checkpoint(1)
        tx.add_checkpoint(replace(stored, number=2, content=checkpoint_file(forged)), [])

    with pytest.raises(CheckpointsDisagree, match="checkpoint 2 does not follow"):
        Office(kept.store, Settings(**_outside(kept))).engine.checkpoints.make_when_due()
    assert not (folder / signed_name(2)).exists()


def test_the_folder_of_another_database_is_refused(kept: Office, folder: Path) -> None:
    due(kept)
    other_store = store_in_memory()
    other = Office(other_store, Settings(**_outside(kept)))
    with other_store.writing() as tx:
        stored = kept.engine.checkpoints.checkpoint(1, actor=AUDITOR)
        content = checkpoint_file(replace(read(folder, 1), note="lain"))
        tx.add_checkpoint(replace(stored, content=content), [])

    for deed in (
        lambda: other.engine.checkpoints.make(actor=ADMIN),
        lambda: other.engine.checkpoints.resume("x", actor=ADMIN),
    ):
        with pytest.raises(CheckpointsDisagree, match="has another checkpoint 1"):
            deed()
    other_store.close()


# ------------------------------------------------------------------------- who, and when


def test_who_makes_and_who_reads(kept: Office) -> None:
    checkpoints = kept.engine.checkpoints
    deeds: list[Callable[[], object]] = [
        lambda: checkpoints.make(actor=AUDITOR),
        lambda: checkpoints.turn_key_over(actor=AUDITOR),
        lambda: checkpoints.resume("x", actor=AUDITOR),
        lambda: checkpoints.count(actor=staff("Kadis")),
        lambda: checkpoints.checkpoints(actor=staff("Kadis")),
        lambda: checkpoints.checkpoint(1, actor=staff("Kadis")),
    ]

    for deed in deeds:
        with pytest.raises(Forbidden):
            deed()


def test_two_workers_make_one(kept: Office, settings: Settings, folder: Path) -> None:
    other = build_engine(kept.store, kept.clock, CountedIds(), settings)
    outside = kept.engine.checkpoints.outside
    slow = SlowKey(outside.key, other)
    ours = Checkpoints(kept.store, kept.clock, CountedIds(), replace(outside, key=slow))

    assert ours.make_when_due() == 0
    assert slow.made == [1]
    assert [each.name for each in sorted(folder.glob("*.json"))] == [signed_name(1)]


@dataclass
class SlowKey:
    """A key that lets another worker make the checkpoint while it signs one."""

    key: SigningKey
    other: ProcessEngine
    made: list[int] = field(default_factory=list)

    def __getattr__(self, name: str) -> object:
        return getattr(self.key, name)

    def sign(self, content: bytes) -> str:
        self.made.append(self.other.checkpoints.make_when_due())
        return self.key.sign(content)


def test_who_asks_by_hand_hears_that_another_was_faster(kept: Office) -> None:
    due(kept)
    with pytest.raises(CheckpointTaken, match="checkpoint 1"), kept.store.writing() as tx:
        tx.add_checkpoint(tx.checkpoint(1), [])


def test_without_a_folder_none_are_made(store: Store, tmp_path: Path) -> None:
    # Beside a SQLite file there is a folder; a PostgreSQL has none until it is set.
    office = Office(store)

    made = due(office)

    assert made == (1 if store.file else 0)
    if store.file:
        assert (store.file.with_suffix(".checkpoints") / signed_name(1)).exists()
    else:
        with pytest.raises(InvalidInput, match="ALUR_CHECKPOINTS"):
            office.engine.checkpoints.make(actor=ADMIN)


def test_the_duty_looks_every_ten_seconds(kept: Office) -> None:
    duty = Checkpointing(kept.engine.checkpoints, kept.clock)
    definition = kept.deploy(DIAGRAM)
    instance = kept.start(definition)

    assert duty.turn(lambda: False) == 1
    kept.engine.instances.cancel(instance, reason="selesai", actor=ADMIN)
    kept.clock.advance(seconds=9)
    assert duty.turn(lambda: False) == 0
    kept.clock.advance(seconds=30)
    assert duty.turn(lambda: False) == 1


# ------------------------------------------------------------------------------ format


def test_checkpoints_cannot_be_changed_in_the_database(kept: Office) -> None:
    due(kept)

    for statement in ("UPDATE checkpoint SET number = 7", "DELETE FROM checkpoint"):
        with (
            pytest.raises(Exception, match="append-only"),
            kept.store._writing_engine.begin() as connection,
        ):
            connection.exec_driver_sql(statement)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "lain"}, "expected a checkpoint of the format"),
        ({"number": "1"}, "canonical"),
        ({"number": 0}, "counted from 1"),
        ({"signature": None}, "canonical"),
        ({"logs": {"account-log": {"sequence": 1}}}, "cannot be read"),
        ({"at": "kemarin"}, "cannot be read"),
        ({"key": "YQ=="}, "a key has 32 bytes"),
        ({"tambahan": 1}, "canonical"),
    ],
)
def test_what_is_no_checkpoint_is_refused(
    office: Office, tmp_path: Path, change: dict[str, object], said: str
) -> None:
    made = Checkpoint(
        1, office.clock.now(), None, "00" * 32, 0, {}, "A" * 43 + "=", signature="AAAA"
    )
    found = json.loads(checkpoint_file(made))

    with pytest.raises(InvalidCheckpoint, match=said):
        read_checkpoint(json.dumps({**found, **change}).encode())
    assert read_checkpoint(checkpoint_file(made)) == made


@pytest.mark.parametrize("line", [b"", b"[1]", b'["a", "1", "b"]', b'["a", true, "b"]', b"{}"])
def test_a_line_that_is_no_head_is_refused(line: bytes) -> None:
    with pytest.raises(InvalidCheckpoint):
        head_of(line)


# ------------------------------------------------------------------------------ health


def checkpoint_check(office: Office) -> tuple[bool, str]:
    [found] = [each for each in office.engine.health.checks() if each.name == "checkpoints"]
    return found.is_well, found.message


def test_health_says_how_old_the_newest_is(kept: Office, folder: Path) -> None:
    assert checkpoint_check(kept) == (
        False,
        "no checkpoint was made yet; a worker makes the first one",
    )
    due(kept)
    kept.clock.advance(hours=25)
    assert checkpoint_check(kept) == (True, "checkpoint 1 was made 90000 seconds ago")
    kept.clock.advance(hours=2)
    assert not checkpoint_check(kept)[0]
    kept.engine.checkpoints.make(actor=ADMIN)
    (folder / signed_name(2)).unlink()
    assert checkpoint_check(kept) == (False, "checkpoint 2 is not in its folder")


def test_figures_say_when_the_newest_was_made(kept: Office) -> None:
    assert kept.engine.health.figures()[0].last_checkpoint_at is None

    due(kept)

    assert kept.engine.health.figures()[0].last_checkpoint_at == kept.clock.now()
