"""Six ways to forge history by somebody who has the database's password, each found and named.

The forger drops the triggers and leaves everything in agreement that he can reach. What he can not
reach are the checkpoints outside.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import text

from engine.checkpoint_folder import heads_name, signed_name
from engine.checkpoint_format import checkpoint_file, read_checkpoint
from engine.errors import Forbidden, InvalidInput
from engine.history import canonical, chain_hash
from engine.model import Actor, EventKind, Fault, Role, SeriesVerification
from engine.settings import Settings
from engine.store import Store
from engine.store.tables import metadata
from tests.diagrams import end, field, form, line, process, start, user
from tests.office import ADMIN, AUDITOR, Office, staff

DIAGRAM = process(
    start(),
    user("a", form(field("nomor"))),
    user("b", form(field("isi"))),
    end(),
    line("s", "a", "b", "e"),
)
_TRIGGERS = {
    "sqlite": "SELECT 'DROP TRIGGER ' || name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT DISTINCT 'DROP TRIGGER ' || trigger_name || ' ON ' || event_object_table "
    "FROM information_schema.triggers",
}
#: Every table with rows of an instance, so that none refers to what is deleted before it.
_OF_INSTANCE = [
    table.name for table in reversed(metadata.sorted_tables) if "instance_id" in table.c
]


@dataclass
class Forger:
    """Somebody with the database's password, and no more."""

    store: Store

    def __post_init__(self) -> None:
        with self.store._engine.begin() as connection:
            for drop in connection.execute(text(_TRIGGERS[self.store.dialect])).scalars().all():
                connection.execute(text(drop))

    def run(self, statement: str, **values: object) -> None:
        with self.store._engine.begin() as connection:
            assert connection.execute(text(statement), values).rowcount >= 1, statement

    def rewrite(self, instance_id: str, sequence: int, **changes: object) -> None:
        """That event says something else, and everything after it agrees."""
        with self.store.reading() as tx:
            events = tx.events(instance_id)
        previous = ""
        for event in events[sequence - 1 :]:
            forged = replace(event, previous_hash=previous or event.previous_hash)
            if event.sequence == sequence:
                forged = replace(forged, **changes)
            previous = chain_hash(forged.previous_hash, canonical(forged))
            self.run(
                "UPDATE history_event SET actor = :actor, previous_hash = :before, hash = :hash "
                "WHERE instance_id = :instance AND sequence = :sequence",
                instance=instance_id,
                sequence=event.sequence,
                actor=forged.actor,
                before=forged.previous_hash,
                hash=previous,
            )
        self.run(
            "UPDATE process_instance SET head_hash = :hash WHERE instance_id = :instance",
            instance=instance_id,
            hash=previous,
        )
        if events[sequence - 1].kind is EventKind.TASK_COMPLETED:
            self.run(
                "UPDATE user_task SET ended_by = :actor "
                "WHERE instance_id = :instance AND task_id = :task",
                actor=changes["actor"],
                instance=instance_id,
                task=events[sequence - 1].activity_instance_id,
            )
        if sequence == 1:
            self.run(
                "UPDATE process_instance SET started_by = :actor WHERE instance_id = :instance",
                actor=changes["actor"],
                instance=instance_id,
            )

    def cut(self, instance_id: str, last: int) -> None:
        """The instance never went beyond that event: its first task is open again."""
        with self.store.reading() as tx:
            head = tx.events(instance_id)[last - 1]
        of = "instance_id = :instance"
        self.run(
            f"DELETE FROM history_event WHERE {of} AND sequence > :last",
            instance=instance_id,
            last=last,
        )
        self.run(
            f"DELETE FROM variable_update WHERE {of} AND sequence > :last",
            instance=instance_id,
            last=last,
        )
        later = f"SELECT task_id FROM user_task WHERE {of} AND activity_id = 'b'"
        self.run(
            f"DELETE FROM task_candidate WHERE {of} AND task_id IN ({later})", instance=instance_id
        )
        self.run(f"DELETE FROM user_task WHERE {of} AND activity_id = 'b'", instance=instance_id)
        self.run(
            "UPDATE user_task SET state = 'open', ended_at = NULL, ended_by = NULL, "
            f"assignee = NULL, claimed_at = NULL WHERE {of}",
            instance=instance_id,
        )
        self.run(
            "UPDATE process_instance SET revision = :revision, last_sequence = :last, "
            f"head_hash = :hash, snapshot = NULL, state = 'ACTIVE', ended_at = NULL WHERE {of}",
            instance=instance_id,
            revision=head.revision,
            last=last,
            hash=head.hash,
        )

    def delete(self, instance_id: str) -> None:
        for table in _OF_INSTANCE:
            with self.store._engine.begin() as connection:
                connection.execute(
                    text(f"DELETE FROM {table} WHERE instance_id = :instance"),
                    {"instance": instance_id},
                )


@dataclass
class Guarded:
    """An office with two instances, and a checkpoint after every step of the first one."""

    office: Office
    folder: Path
    instance: str
    other: str

    def compared(self, place: Path | None = None, **wishes: object) -> SeriesVerification:
        proof = self.office.engine.checkpoint_proof
        return proof.verify(place or self.folder, actor=AUDITOR, **wishes)

    def faults(self) -> list[Fault]:
        """What `alur verify --all` finds."""
        history = self.office.engine.history.verify_all(actor=AUDITOR)
        return [*(f for each in history for f in each.faults), *self.compared().faults]

    def is_consistent_in_itself(self) -> bool:
        return all(each.is_sound for each in self.office.engine.history.verify_all(actor=AUDITOR))

    def agree(self) -> None:
        """What lies beside the forged history says the same: the forger has Alur's source."""
        self.office.engine.reindexing.rebuild(actor=ADMIN, instance_ids=(self.instance,))

    def checkpoint(self) -> None:
        self.office.clock.advance(minutes=1)
        self.office.engine.checkpoints.make(actor=ADMIN)


@pytest.fixture
def guarded(store: Store, tmp_path: Path) -> Guarded:
    folder = tmp_path / "titik"
    office = Office(store, Settings(checkpoints=folder, checkpoint_key=tmp_path / "key.pem"))
    definition = office.deploy(DIAGRAM)
    found = Guarded(office, folder, office.start(definition), office.start(definition))
    found.checkpoint()
    office.complete(found.instance, "a", nomor="6")
    found.checkpoint()
    # By somebody else: that one person does both would be noted, and betray who forges either.
    office.complete(found.instance, "b", Actor("kepala", frozenset({Role.ADMIN})), isi="ya")
    found.checkpoint()
    return found


def sequence_of(guarded: Guarded, kind: str) -> int:
    events = guarded.office.engine.history.events(guarded.instance, actor=AUDITOR)
    return next(each.sequence for each in events if each.kind == kind)


def test_what_nobody_touched_is_sound(guarded: Guarded) -> None:
    found = guarded.compared()

    assert guarded.faults() == []
    assert (found.checkpoints, found.heads, found.number) == (3, 4, 3)
    assert found.is_key_known


def test_an_edited_row_is_named(guarded: Guarded) -> None:
    sequence = sequence_of(guarded, "task_completed")

    Forger(guarded.office.store).run(
        "UPDATE history_event SET payload = replace(payload, '6', '8') "
        "WHERE instance_id = :instance AND sequence = :sequence",
        instance=guarded.instance,
        sequence=sequence,
    )

    found = guarded.faults()[0]
    assert (found.instance_id, found.sequence, found.check) == (guarded.instance, sequence, "chain")


def test_a_deleted_row_is_named(guarded: Guarded) -> None:
    sequence = sequence_of(guarded, "flow_taken")

    Forger(guarded.office.store).run(
        "DELETE FROM history_event WHERE instance_id = :instance AND sequence = :sequence",
        instance=guarded.instance,
        sequence=sequence,
    )

    found = guarded.faults()[0]
    assert (found.instance_id, found.sequence, found.check) == (guarded.instance, sequence, "gap")


def test_swapped_rows_are_named(guarded: Guarded) -> None:
    forger = Forger(guarded.office.store)

    for source, target in ((2, 999), (3, 2), (999, 3)):
        forger.run(
            "UPDATE history_event SET sequence = :target "
            "WHERE instance_id = :instance AND sequence = :source",
            instance=guarded.instance,
            source=source,
            target=target,
        )

    found = {each.sequence for each in guarded.faults() if each.instance_id == guarded.instance}
    assert {2, 3} <= found


def test_a_cut_tail_is_named_by_a_checkpoint_only(guarded: Guarded) -> None:
    last = sequence_of(guarded, "task_completed") - 1

    Forger(guarded.office.store).cut(guarded.instance, last)
    guarded.agree()

    assert guarded.is_consistent_in_itself()
    [found] = guarded.faults()
    assert (found.instance_id, found.sequence, found.check) == (
        guarded.instance,
        last + 1,
        "checkpoint",
    )
    assert found.message == f"history was cut: it ends with event {last}"


def test_a_deleted_instance_is_named_by_a_checkpoint_only(guarded: Guarded) -> None:
    Forger(guarded.office.store).delete(guarded.instance)

    assert guarded.is_consistent_in_itself()
    [found] = guarded.faults()
    assert (found.instance_id, found.sequence, found.check) == (guarded.instance, 1, "checkpoint")
    assert "was deleted" in found.message


def test_a_chain_that_is_written_anew_is_named_by_a_checkpoint_only(guarded: Guarded) -> None:
    sequence = sequence_of(guarded, "task_completed")

    Forger(guarded.office.store).rewrite(guarded.instance, sequence, actor="orang-lain")
    guarded.agree()

    assert guarded.is_consistent_in_itself()
    [found] = guarded.faults()
    assert (found.instance_id, found.sequence, found.check) == (
        guarded.instance,
        sequence,
        "checkpoint",
    )
    assert f"written anew, in events {sequence} to " in found.message
    assert "checkpoint 2 of 2026-01-05T00:32:00+00:00" in (found.expected or "")


def test_a_forger_who_takes_the_checkpoints_of_the_database_too_is_found(guarded: Guarded) -> None:
    forger = Forger(guarded.office.store)
    forger.delete(guarded.instance)
    forger.run("DELETE FROM checkpoint")

    assert [each.instance_id for each in guarded.faults()] == [guarded.instance]


def test_a_forgery_before_the_next_checkpoint_is_not_signed_away(guarded: Guarded) -> None:
    Forger(guarded.office.store).rewrite(guarded.instance, 1, actor="orang-lain")
    guarded.agree()

    guarded.checkpoint()

    assert [(each.instance_id, each.sequence) for each in guarded.faults()] == [
        (guarded.instance, 1)
    ]


def test_a_cut_log_of_accounts_is_named(guarded: Guarded) -> None:
    accounts = guarded.office.engine.accounts
    for name in ("siti", "budi"):
        accounts.add(name, display_name=name, actor=ADMIN)
    guarded.checkpoint()
    with guarded.office.store.reading() as tx:
        first = next(tx.every_account_event())
    forger = Forger(guarded.office.store)
    forger.run("DELETE FROM account_event WHERE sequence = 2")
    forger.run("UPDATE account_log SET last_sequence = 1, head_hash = :hash", hash=first.hash)
    # The account that the cut log does not lead to any more would be found without a checkpoint.
    assert not guarded.office.engine.account_log.verify(actor=AUDITOR).is_sound
    forger.run("DELETE FROM account WHERE name = :name", name="budi")

    assert guarded.office.engine.account_log.verify(actor=AUDITOR).is_sound
    assert [(f.instance_id, f.sequence) for f in guarded.compared().faults] == [("account-log", 2)]


# ------------------------------------------------------------- one instance, one file


def test_only_the_instances_asked_for_are_compared(guarded: Guarded) -> None:
    Forger(guarded.office.store).delete(guarded.instance)

    assert guarded.compared(instances=[guarded.other]).is_sound
    assert not guarded.compared(instances=[guarded.instance]).is_sound


def test_one_signed_file_is_enough(guarded: Guarded, tmp_path: Path) -> None:
    """An auditor took the last signed file away, and nothing else."""
    taken = tmp_path / "dibawa" / "yang-terakhir.json"
    taken.parent.mkdir()
    taken.write_bytes((guarded.folder / signed_name(3)).read_bytes())
    assert guarded.compared(taken).is_sound

    Forger(guarded.office.store).rewrite(guarded.instance, 1, actor="orang-lain")

    assert [f.sequence for f in guarded.compared(taken).faults] == [1]


def test_a_checkpoint_up_to_which_nothing_was_forged_is_sound(guarded: Guarded) -> None:
    last = sequence_of(guarded, "task_completed")
    Forger(guarded.office.store).rewrite(guarded.instance, last, actor="orang-lain")

    assert guarded.compared(guarded.folder / signed_name(1)).is_sound
    assert not guarded.compared(guarded.folder / signed_name(2)).is_sound


def test_what_is_no_checkpoint_is_named(guarded: Guarded, tmp_path: Path) -> None:
    other = tmp_path / "surat.json"
    other.write_text("{}")

    for place in (other, tmp_path / "tidak-ada", tmp_path):
        with pytest.raises(InvalidInput, match=str(place)):
            guarded.compared(place)
    with pytest.raises(Forbidden):
        guarded.office.engine.checkpoint_proof.verify(guarded.folder, actor=staff("Kadis"))


# ------------------------------------------------------------ forged checkpoints

Change = Callable[[Path], None]


def _drop_a_head(folder: Path) -> None:
    file = folder / heads_name(1)
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[1:]))


def _spoil_heads(folder: Path) -> None:
    (folder / heads_name(1)).write_bytes(b"rusak\n")


def _spoil(folder: Path) -> None:
    (folder / signed_name(1)).write_bytes(b"rusak")


def _change(folder: Path) -> None:
    file = folder / signed_name(1)
    file.write_bytes(checkpoint_file(replace(read_checkpoint(file.read_bytes()), note="x")))


def _renumber(folder: Path) -> None:
    (folder / signed_name(2)).write_bytes((folder / signed_name(3)).read_bytes())


@pytest.mark.parametrize(
    ("change", "numbers", "said"),
    [
        (_drop_a_head, {1}, "its heads are not those that it was signed with"),
        (_spoil_heads, {1}, "its heads cannot be read"),
        (_spoil, {1}, "cannot be read"),
        (_change, {1}, "its signature does not hold"),
        (_renumber, {2}, "its file has another"),
    ],
)
def test_a_forged_checkpoint_is_named_by_its_number(
    guarded: Guarded, change: Change, numbers: set[int], said: str
) -> None:
    change(guarded.folder)

    found = guarded.compared().faults
    assert {each.instance_id for each in found} == {"checkpoints"}
    assert numbers <= {each.sequence for each in found}
    assert any(said in each.message for each in found)


@pytest.mark.parametrize(
    ("column", "said"),
    [("content", "the database has another copy"), ("heads", "the database has other heads of it")],
)
def test_a_copy_in_the_database_that_is_not_the_one_of_the_folder_is_named(
    guarded: Guarded, column: str, said: str
) -> None:
    Forger(guarded.office.store).run(
        f"UPDATE checkpoint SET {column} = :forged WHERE number = 2", forged=b"palsu"
    )

    [fault] = guarded.compared().faults

    assert (fault.instance_id, fault.sequence) == ("checkpoints", 2)
    assert fault.message == f"checkpoint 2: {said}"


def test_a_checkpoint_that_is_nowhere_is_missing(guarded: Guarded) -> None:
    (guarded.folder / signed_name(2)).unlink()
    assert guarded.compared().is_sound  # the database has it, and the third names its hash

    Forger(guarded.office.store).run("DELETE FROM checkpoint WHERE number = 2")

    assert [each.message for each in guarded.compared().faults] == [
        "checkpoint 2: it is missing, in the folder and in the database"
    ]


def test_a_file_of_a_number_that_is_far_away_is_judged_at_once(
    guarded: Guarded, tmp_path: Path
) -> None:
    made = read_checkpoint((guarded.folder / signed_name(3)).read_bytes())
    far = tmp_path / "jauh.json"
    far.write_bytes(checkpoint_file(replace(made, number=10**15)))

    first, *others = guarded.compared(far).faults
    assert (first.sequence, first.message) == (
        4,
        f"checkpoint 4: it is missing, and so is each until {10**15}",
    )
    assert {each.sequence for each in others} == {10**15}
    assert "its signature does not hold" in others[0].message


def test_checkpoints_of_another_key_are_not_those_of_the_office(
    guarded: Guarded, tmp_path: Path
) -> None:
    """Somebody makes a whole new folder, signed with a key of his own."""
    theirs = Settings(checkpoints=tmp_path / "palsu", checkpoint_key=tmp_path / "palsu.pem")
    Forger(guarded.office.store).run("DELETE FROM checkpoint")
    forged = Office(guarded.office.store, theirs)
    forged.engine.checkpoints.outside.key.ids.new_id()
    forged.engine.checkpoints.make(actor=ADMIN)

    [found] = guarded.compared(tmp_path / "palsu").faults
    assert "signed with another key" in found.message


def test_a_known_key_is_given_as_it_is_or_by_its_fingerprint(guarded: Guarded) -> None:
    sound = guarded.compared()
    key = guarded.office.engine.checkpoints.outside.key.public()

    for known in (key, sound.fingerprint, (sound.fingerprint or "").replace(" ", "")):
        assert guarded.compared(known_key=known).is_sound
    assert not guarded.compared(known_key="lain").is_sound


def test_a_change_of_key_is_followed(guarded: Guarded) -> None:
    guarded.office.engine.checkpoints.turn_key_over(actor=ADMIN)

    found = guarded.compared()
    assert found.is_sound
    assert found.is_key_known


def test_without_the_office_s_key_its_fingerprint_is_to_be_compared(guarded: Guarded) -> None:
    guarded.office.engine.checkpoints.outside.key.file.unlink()

    found = guarded.compared()
    assert found.is_sound
    assert not found.is_key_known
