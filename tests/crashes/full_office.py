"""An office in full swing of whose tables every one has rows, to be damaged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pyotp

from engine.model import Actor, Identity, Role, Sent, SignOn, Upload
from engine.queries import TaskQuery
from engine.settings import Settings
from engine.store import Store
from engine.substitutions import Wishes
from tests.browser.served import fill
from tests.diagrams import catch, end, line, named, process, signal, start, throw, user
from tests.office import ADMIN, Office
from tests.soak.specimen import waiting_everywhere

ROBOT = Actor("robot", frozenset({Role.WORKER}))
#: An account of whom much is kept, and who asks for nothing.
AWAY = "wakil"
FAILED = Sent(is_delivered=False, status=500)

_AWAS = named("signal", awas="AWAS")
#: One waits for a signal that the other throws.
_CALLED = process(
    start(), catch("tunggu", signal("awas")), user("lanjut"), end(),
    line("s", "tunggu", "lanjut", "e"), key="isyarat", before=_AWAS,
)  # fmt: skip
_CALLING = process(
    start(), throw("lempar", signal("awas")), user("lanjut"), end(),
    line("s", "lempar", "lanjut", "e"), key="pemanggil", before=_AWAS,
)  # fmt: skip
#: Offered to somebody by name.
_OFFERED = process(
    start(), user("telaah"), end(), line("s", "telaah", "e"), key="ditawarkan",
).replace("<bpmn:userTask ", '<bpmn:userTask camunda:candidateUsers="bidang,kadis" ')  # fmt: skip


@dataclass(frozen=True)
class FullOffice:
    office: Office
    settings: Settings
    #: A word for a page that has an id in its address -> its path.
    paths: dict[str, str]


def full_office(store: Store, folder: Path) -> FullOffice:
    """In an empty store; checkpoints lie in the folder."""
    settings = Settings(
        secret_key=("k" * 40,),
        checkpoints=folder / "checkpoints",
        checkpoint_key=folder / "key.pem",
    )
    office = Office(store)
    office.engine = office.engine_with(settings)
    paths = fill(office)
    waiting_everywhere(office)
    _called(office)
    _people(office)
    _deliveries(office)
    office.engine.measuring.turn(lambda: False)
    office.engine.checkpoints.make(actor=ADMIN)
    return FullOffice(office, settings, paths)


def _called(office: Office) -> None:
    """A signal that is under way, and tasks that a diagram offers to people by name."""
    called = office.deploy(_CALLED, "isyarat.bpmn")
    for _ in range(2):
        office.start(called)
    office.start(office.deploy(_CALLING, "pemanggil.bpmn"))
    offered = office.deploy(_OFFERED, "ditawarkan.bpmn")
    for _ in range(2):
        office.start(offered)


def _people(office: Office) -> None:
    """What is theirs: logins, codes, tokens, drafts, filters, addresses, substitutions."""
    engine, now = office.engine, office.clock.now()
    engine.accounts.add(
        AWAY, display_name="Bidang Kedua", roles=["staff"], lanes=["Bidang"], actor=ADMIN
    )
    actor = engine.accounts.account(AWAY).as_actor()
    for name in ("satu", "dua"):
        engine.access_tokens.create(AWAY, name, actor=ADMIN)
        engine.sessions.open(AWAY)
        engine.saved_filters.save(name, "keadaan=terlambat", actor=actor)
        engine.pending_uploads.keep([Upload(f"{name}.txt", b"isi")], actor=actor)
        with office.store.writing() as tx:
            tx.add_identity(Identity("https://sso.test", name, AWAY, now))
            tx.add_sign_on(SignOn(name, "n", "v", "/", AWAY, now))
            tx.record_login_failure(AWAY, "10.0.0.7", now)
            tx.note_pulse(name, now)
    enrolment = engine.second_factors.begin(actor=actor)
    engine.second_factors.confirm(pyotp.TOTP(enrolment.secret).at(now), actor=actor)
    for name in (AWAY, "kadis"):
        engine.contacts.put_email(name, f"{name}@dinas.test", is_on=True, actor=as_account(name))
    for task in engine.tasks.tasks(TaskQuery(lane="Bidang"), actor=ADMIN)[:2]:
        engine.task_drafts.save(task.task_id, {"catatan": "baru setengah"}, actor=actor)
    for number in range(2):
        engine.substitutions.add(_substitution(now + timedelta(days=number)), actor=ADMIN)


def as_account(name: str) -> Actor:
    return Actor(name, frozenset({Role.STAFF}))


def _substitution(now: datetime) -> Wishes:
    today = now.date()
    return Wishes(AWAY, "Sekretaris", "Plh.", "800/1", today, today, today + timedelta(days=9))


def _deliveries(office: Office) -> None:
    """Some on their way, some that failed, and two that are not in the outbox's log yet."""
    deliveries = office.engine.deliveries
    deliveries.expand(10_000)
    for delivery_id, _ in deliveries.due(100):
        taken = deliveries.take(delivery_id)
        assert taken is not None
        deliveries.settle(*taken, FAILED)
    definition = office.engine.definitions.latest_definition("ditawarkan", actor=ADMIN)
    for number in range(2):
        office.engine.instances.start(
            definition, {}, actor=ADMIN, idempotency_key=f"mulai-{number}"
        )
