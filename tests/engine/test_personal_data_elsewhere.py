"""Personal data where it goes beside tasks: messages, signals, exports, logs, and races."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

from engine.correlation import Message
from engine.errors import EngineError
from engine.model import AccountEventKind, Erased, KeptState
from engine.queries import AccountEventQuery, EventQuery
from engine.settings import Settings
from engine.store import Store
from tests.diagrams import catch, end, field, form, line, message, process, signal, start, user
from tests.engine.messaging import PROGRAM
from tests.engine.messaging import ROOTS as MESSAGES
from tests.engine.test_history_export import Exported
from tests.engine.test_personal_data import (
    ADDRESS,
    BIDANG,
    SEKRETARIS,
    VALUES,
    erase,
    person_of,
    personal,
    submitted,
    survey,
)
from tests.engine.test_signals import ROOTS as SIGNALS
from tests.engine.test_signals import bringing, deliver, throw
from tests.office import ADMIN, AUDITOR, Office
from tests.scenarios.test_races import at_once

FORM = form(field("pegawai"), personal("alamat", subject="pegawai"))


def recorded(office: Office, instance_id: str) -> str:
    with office.store.reading() as tx:
        return str([event.payload for event in tx.find_events(EventQuery(instance_id=instance_id))])


def test_a_kept_message_has_the_seal_once_it_is_delivered(office: Office) -> None:
    values = {"pegawai": "P-19", "alamat": ADDRESS}
    sent = Message("surat masuk", business_key="B-1", variables=values)
    found = office.engine.messages.correlate(sent, actor=PROGRAM, keep_unmatched=True)
    content = process(
        start(),
        catch("m", message("surat")),
        user("z", FORM),
        end(),
        line("s", "m", "z", "e"),
        before=MESSAGES,
    )
    begun = office.engine.instances.start(
        office.deploy(content), {}, actor=ADMIN, business_key="B-1"
    )
    assert found.kept is not None

    office.engine.kept_messages.try_again(found.kept.kept_id, actor=ADMIN)

    with office.store.reading() as tx:
        row = tx.kept_message(found.kept.kept_id)
    shown = office.engine.kept_messages.message(found.kept.kept_id, actor=AUDITOR)
    assert row.state is KeptState.DELIVERED
    assert ADDRESS not in str(row)
    assert shown.variables == {"pegawai": "P-19", "alamat": "(data pribadi)"}
    assert office.variables(begun.instance.instance_id)["alamat"] == ADDRESS
    office.assert_sound(begun.instance.instance_id)


def test_a_signal_brings_it_under_a_seal_of_the_receiver(office: Office) -> None:
    office.deploy(
        process(
            start(inner=form(field("alamat", required=True)) + signal("libur")),
            user("z"),
            end(),
            line("s", "z", "e"),
            key="dengar",
            before=SIGNALS,
        )
    )
    thrower = process(
        start(),
        user("a", FORM),
        throw("t", bringing('source="alamat" target="alamat"')),
        end(),
        line("s", "a", "t", "e"),
        key="lempar",
        before=SIGNALS,
    )
    first = office.start(office.deploy(thrower, "lempar.bpmn"))
    office.complete(first, "a", ADMIN, pegawai="P-19", alamat=ADDRESS)

    assert deliver(office) == 1

    _, holdings = office.engine.personal_data.person(person_of(office, "P-19"), actor=ADMIN)
    [second] = {each.instance.instance_id for each in holdings} - {first}
    assert office.variables(second)["alamat"] == ADDRESS
    assert ADDRESS not in recorded(office, first) + recorded(office, second)
    office.assert_sound(second)
    erase(office)
    assert isinstance(office.variables(second)["alamat"], Erased)


def test_an_export_has_seals_and_verifies_before_and_after(office: Office, tmp_path: Path) -> None:
    instance_id = submitted(office)

    for name in ("sebelum", "sesudah"):
        folder = tmp_path / name
        folder.mkdir()
        made = Exported(office, folder, (instance_id, instance_id), folder / "riwayat.zip")
        with made.file.open("wb") as target:
            office.engine.history_export.write([instance_id], target, actor=AUDITOR)
        with zipfile.ZipFile(made.file) as archive:
            content = b"".join(archive.read(each) for each in archive.namelist())
        answer = made.check()
        assert ADDRESS.encode() not in content
        assert b"alur:sealed:1:" in content
        assert (answer.returncode, answer.stdout.splitlines()[-1]) == (0, "SOUND / UTUH")
        if name == "sebelum":
            erase(office)


def test_checkpoints_hold_after_an_erasure(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "titik"
    settings = Settings(secret_key=("k" * 40,), checkpoints=folder, checkpoint_key=tmp_path / "k")
    office = Office(store, settings)
    instance_id = submitted(office)
    office.engine.checkpoints.make(actor=ADMIN)

    erase(office)

    proof = office.engine.checkpoint_proof.verify(folder, actor=AUDITOR)
    assert proof.is_sound, proof
    assert all(each.is_sound for each in office.engine.history.verify_all(actor=AUDITOR))
    assert isinstance(office.variables(instance_id)["alamat"], Erased)


def test_it_is_recorded_when_an_auditor_reads_variables(office: Office) -> None:
    instance_id = submitted(office)
    task_id = office.task(instance_id, "tinjau").task_id
    query = AccountEventQuery(kinds=frozenset({AccountEventKind.HISTORY_READ}))

    office.engine.tasks.variables(task_id, actor=SEKRETARIS)
    office.engine.instances.variables(instance_id, actor=BIDANG)
    before = office.engine.account_log.count(query, actor=ADMIN)
    office.engine.instances.variables(instance_id, actor=AUDITOR)
    office.engine.tasks.variables(task_id, actor=ADMIN)

    events = office.engine.account_log.events(query, actor=ADMIN)
    assert before == 0
    assert [(each.actor, each.payload) for each in events] == [
        (AUDITOR.account, {"instance": instance_id}),
        (ADMIN.account, {"instance": instance_id}),
    ]


def test_what_is_submitted_while_a_person_is_erased_is_whole_or_erased(store: Store) -> None:
    office = Office(store, Settings(secret_key=("k" * 40,)))
    definition = office.deploy(survey())
    instances = [office.start(definition) for _ in range(6)]
    tasks = [office.task(each, "isi").task_id for each in instances]
    office.engine.tasks.complete(tasks[0], VALUES, actor=BIDANG)

    def deed(number: int) -> Any:
        if number == 0:
            return erase(office)
        return office.engine.tasks.complete(tasks[number], VALUES, actor=BIDANG)

    results = at_once(6, deed)

    assert not [each for each in results if isinstance(each, EngineError)]
    assert isinstance(office.variables(instances[0])["alamat"], Erased)
    for each in instances:
        told = office.variables(each)["alamat"]
        assert told == ADDRESS or isinstance(told, Erased)
        office.assert_sound(each)
