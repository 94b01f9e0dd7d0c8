"""Write operations beside the work itself: remarks, checkpoints, links, signals, migrations."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from engine.correlation import Message
from engine.errors import LinkUsed, NameTaken, NotFound
from engine.model import EventKind, Role, Upload
from engine.model import Subject as DataSubject
from engine.personal_data import Basis
from engine.process_engine import ProcessEngine
from engine.queries import DefinitionQuery
from engine.remarks import Place
from tests.crashes.deeds import require_overwritten, sealed_key
from tests.crashes.operations import (
    FORWARD,
    KADIS,
    ROBOT,
    Subject,
    done_of,
    new_subject,
    started,
    to_message,
)
from tests.crashes.sweep import CLOCK, Operation
from tests.diagrams import (
    boundary,
    catch,
    coded,
    declared,
    end,
    field,
    form,
    line,
    named,
    process,
    signal,
    start,
    user,
)
from tests.office import ADMIN, ANALYST, AUDITOR

_PERSONAL = field("alamat").replace(
    "</camunda:formField>",
    '<camunda:properties><camunda:property id="pribadi" value="true"/>'
    '<camunda:property id="subjek" value="pegawai"/></camunda:properties></camunda:formField>',
)
_RETENTION = (
    '<bpmn:extensionElements><camunda:properties><camunda:property name="sop:jraKode" '
    'value="700.1"/><camunda:property name="sop:jraAktif" value="P1M"/><camunda:property '
    'name="sop:jraInaktif" value="P1M"/><camunda:property name="sop:jraAkhir" value="musnah"/>'
    "</camunda:properties></bpmn:extensionElements>"
)
_NARROW = (start(), user("isi"), end())
_WIDE = (start(), user("isi"), user("periksa"), end())
#: Each is deployed: one waits for a signal, one asks for what is a person's, one has two versions.
DIAGRAMS = {
    "pindah-1": process(*_NARROW, line("s", "isi", "e"), key="pindah"),
    "pindah-2": process(*_WIDE, line("s", "isi", "periksa", "e"), key="pindah"),
    "isyarat": process(
        start(),
        catch("tunggu", signal("awas")),
        user("lanjut"),
        end(),
        line("s", "tunggu", "lanjut", "e"),
        key="isyarat",
        before=named("signal", awas="AWAS"),
    ),
    "teguran": process(
        start(),
        user("isi"),
        boundary("lama", "isi", coded("LAMA", "escalation"), interrupts=False),
        user("tegur"),
        end(),
        line("s", "isi", "e"),
        line("lama", "tegur", "e"),
        key="teguran",
        before=declared("LAMA", kind="escalation"),
    ),
    "galat": process(
        start(),
        user("isi"),
        boundary("kurang", "isi", coded("KURANG")),
        user("lengkapi"),
        end(),
        line("s", "isi", "e"),
        line("kurang", "lengkapi", "e"),
        key="galat",
        before=declared("KURANG"),
    ),
    "survei": process(
        start(),
        user("isi", form(field("pegawai"), _PERSONAL)),
        user("tinjau"),
        end(),
        line("s", "isi", "tinjau", "e"),
        key="survei",
    ).replace('isExecutable="true">', f'isExecutable="true">{_RETENTION}', 1),
}


def linked(engine: ProcessEngine) -> Subject:
    """A task with a link to it; the secret is `other_id`."""
    with suppress(NameTaken):
        engine.accounts.add(
            KADIS.account, display_name="Kadis", roles=[Role.STAFF], lanes=["Kadis"], actor=ADMIN
        )
    subject = started(engine)
    _, secret = engine.task_links.make_for(subject.task_id, KADIS.account)
    return replace(subject, other_id=secret)


def _use_link(engine: ProcessEngine, subject: Subject) -> str:
    with suppress(LinkUsed):
        engine.task_links.complete(subject.other_id, FORWARD)
    return "completed"


def kept(engine: ProcessEngine) -> Subject:
    """A message that came before anybody waited for it; now somebody does."""
    subject = started(engine)
    letter = Message("SURAT", business_key=subject.name)
    found = engine.messages.correlate(letter, actor=ROBOT, keep_unmatched=True)
    assert found.kept is not None
    return replace(to_message(engine, subject), other_id=found.kept.kept_id)


def _look_again(engine: ProcessEngine, subject: Subject) -> str:
    engine.kept_messages.look_again(subject.other_id)
    return "delivered"


def other(engine: ProcessEngine, key: str) -> Subject:
    subject = new_subject()
    definition = engine.definitions.latest_definition(key, actor=ADMIN)
    done = engine.instances.start(definition, {}, business_key=subject.name, actor=ADMIN)
    task_id = done.opened[0].task_id if done.opened else ""
    return replace(subject, instance_id=done.instance.instance_id, task_id=task_id)


def _in_the_old_version(engine: ProcessEngine) -> Subject:
    """An instance of the first version; `other_id` is that version."""
    subject = new_subject()
    query = DefinitionQuery(key="pindah", version=1)
    [old] = engine.definitions.definitions(query, actor=ADMIN)
    done = engine.instances.start(old, {}, business_key=subject.name, actor=ADMIN)
    return replace(subject, instance_id=done.instance.instance_id, other_id=old.definition_id)


def _migrate(engine: ProcessEngine, subject: Subject) -> str:
    new = engine.definitions.latest_definition("pindah", actor=ADMIN)
    plan = engine.migrations.generate(subject.other_id, new.definition_id, actor=ANALYST)
    moved = engine.migrations.migrate(
        subject.instance_id,
        plan,
        reason="Perwali baru berlaku",
        basis="SK 188/12/2026",
        actor=ANALYST,
        idempotency_key=subject.name,
    )
    return moved.definition_id


def _signal(engine: ProcessEngine, subject: Subject) -> str:
    """Who it is for is settled first; then it arrives, at once or by the worker."""
    engine.signals.send(
        "AWAS",
        {},
        actor=ROBOT,
        instance_id=subject.instance_id,
        idempotency_key=subject.name,
    )
    for delivery_id in engine.signals.pending(10):
        engine.signals.deliver(delivery_id)
    return "arrived"


def told(engine: ProcessEngine) -> Subject:
    """What is known of a person; the person is `other_id`, `task_id` the key as it is sealed."""
    subject = other(engine, "survei")
    values = {"pegawai": subject.name, "alamat": "Jalan Kenanga 17"}
    engine.tasks.complete(subject.task_id, values, actor=ADMIN)
    person = engine.personal_data.person_of(DataSubject(subject.name, False), actor=ADMIN)
    return replace(subject, other_id=person, task_id=sealed_key(engine, subject))


def _erase(engine: ProcessEngine, subject: Subject) -> str:
    basis = Basis(subject.name, CLOCK.now().date(), "permintaan yang bersangkutan")
    with suppress(NotFound):
        engine.personal_data.erase_person(subject.other_id, basis, actor=ADMIN)
    require_overwritten(engine, subject)
    return "erased"


def _erasures(engine: ProcessEngine, subject: Subject) -> int:
    return sum(each.basis == subject.name for each in engine.personal_data.erasures(actor=AUDITOR))


def _comment(engine: ProcessEngine, subject: Subject) -> str:
    place = Place(instance_id=subject.instance_id)
    return engine.remarks.comment(
        place, "Sudah dicek", actor=ADMIN, idempotency_key=subject.name
    ).comment_id


def _attach(engine: ProcessEngine, subject: Subject) -> str:
    return engine.remarks.attach(
        Place(instance_id=subject.instance_id),
        Upload("bukti.txt", subject.name.encode(), "text/plain"),
        actor=ADMIN,
        idempotency_key=subject.name,
    ).attachment_id


def _change(engine: ProcessEngine, subject: Subject) -> str:
    engine.instances.change_variables(
        subject.instance_id, {"nomor": 7}, actor=ADMIN, idempotency_key=subject.name
    )
    return "changed"


def _escalate(engine: ProcessEngine, subject: Subject) -> object:
    done = engine.tasks.bpmn_escalation(
        subject.task_id, "LAMA", actor=ADMIN, idempotency_key=subject.name
    )
    return done.sequence, done.variables


def unlisted(engine: ProcessEngine) -> Subject:
    """An instance that no checkpoint lists yet, an hour after the last one."""
    subject = started(engine)
    CLOCK.advance(hours=2)
    return subject


def _checkpoint(engine: ProcessEngine, _: Subject) -> bool:
    """What the worker does. The answer: whether the newest one stands in the folder, whole."""
    engine.checkpoints.make_when_due()
    newest = engine.checkpoints.count(actor=AUDITOR)
    outside = engine.checkpoints.outside
    assert outside is not None
    kept = engine.checkpoints.checkpoint(newest, actor=AUDITOR)
    return outside.folder.signed(newest) == kept.content and b"\n".join(
        outside.folder.lines(newest)
    ) == kept.heads.rstrip(b"\n")


def is_listed(engine: ProcessEngine, subject: Subject) -> int:
    """How many checkpoints list the head of the instance."""
    count = engine.checkpoints.count(actor=AUDITOR)
    listed = [engine.checkpoints.checkpoint(n + 1, actor=AUDITOR).heads for n in range(count)]
    return sum(subject.instance_id.encode() in heads for heads in listed)


def half_done(engine: ProcessEngine, subject: Subject) -> str:
    """A planted fault: the deed in one transaction, what shows that it was done in another."""
    place = Place(instance_id=subject.instance_id)
    if not engine.remarks.attachments(place, actor=AUDITOR):
        engine.remarks.comment(place, "Saya kerjakan", actor=ADMIN)
        _attach(engine, subject)
    return "done"


#: Which the sweep must find out.
PLANTED = Operation("planted", started, half_done, done_of(EventKind.COMMENT_ADDED))

OPERATIONS = (
    Operation("link", linked, _use_link, done_of(EventKind.TASK_COMPLETED)),
    Operation("kept message", kept, _look_again, done_of(EventKind.MESSAGE_RECEIVED)),
    Operation(
        "signal",
        lambda engine: other(engine, "isyarat"),
        _signal,
        done_of(EventKind.SIGNAL_RECEIVED),
        has_lease=True,
    ),
    Operation("migrate", _in_the_old_version, _migrate, done_of(EventKind.INSTANCE_MIGRATED)),
    Operation("erasure", told, _erase, _erasures),
    Operation("checkpoint", unlisted, _checkpoint, is_listed),
    Operation("comment", started, _comment, done_of(EventKind.COMMENT_ADDED)),
    Operation("attachment", started, _attach, done_of(EventKind.ATTACHMENT_ADDED)),
    Operation("variables", started, _change, done_of(EventKind.VARIABLES_CHANGED)),
    Operation(
        "task escalation",
        lambda engine: other(engine, "teguran"),
        _escalate,
        done_of(EventKind.TASK_ESCALATION),
    ),
)
