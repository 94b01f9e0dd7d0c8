"""Letters without a mail server: who is written to, and the duty of the outbox."""

from __future__ import annotations

from engine.announcing import Announcing
from engine.deliveries import KEPT
from engine.model import (
    Channel,
    Role,
)
from engine.settings import Settings
from tests.desk import ARRIVED, Desk, K
from tests.office import ADMIN, staff

# --------------------------------------------------------------------------- by e-mail


def test_who_is_offered_a_task_and_wants_to_know_is_written_to(desk_on_both: Desk) -> None:
    desk = desk_on_both
    desk.hire()
    for account in ("sekretaris", "kadis", "admin"):
        desk.tell(account)
    desk.tell("perencana", is_on=False)

    desk.start(desk.deploy_letters(), ADMIN)

    (mail,) = desk.expand()
    assert (mail.channel, mail.account, mail.kind) == (Channel.EMAIL, "sekretaris", K.TASK_OPENED)
    assert mail.subscription_id is None


def test_a_task_in_somebodys_hands_is_written_of_to_nobody_else(desk: Desk) -> None:
    desk.hire()
    desk.engine.accounts.add(
        "wakil", display_name="Wakil", roles=[Role.STAFF], lanes=["Sekretaris"], actor=ADMIN
    )
    desk.tell("sekretaris")
    desk.tell("wakil")
    instance_id = desk.start(desk.deploy_letters())
    desk.engine.tasks.claim(
        desk.task(instance_id, "baca").task_id, actor=staff("Sekretaris", "wakil")
    )

    assert [each.account for each in desk.expand()] == ["wakil"]


def test_letter_that_nobody_waits_for_any_more_is_not_sent(desk: Desk) -> None:
    desk.hire()
    desk.tell("sekretaris")
    instance_id = desk.start(desk.deploy_letters())
    (mail,) = desk.expand()
    rooms = desk.engine.deliveries
    assert rooms.contact_of(mail) is not None

    desk.complete(instance_id, "baca", staff("Sekretaris"))
    done = rooms.contact_of(mail)
    desk.tell("sekretaris", is_on=False)
    switched_off = rooms.contact_of(mail)

    assert (done, switched_off) == (None, None)


def test_office_without_a_mail_server_writes_no_letters(desk: Desk) -> None:
    desk.hire()
    desk.tell("sekretaris")
    desk.engine = desk.engine_with(Settings(secret_key=("k" * 40,)))
    desk.start(desk.deploy_letters())

    assert desk.expand() == []


# ---------------------------------------------------------------------------- the duty


def test_duty_empties_the_outbox_and_forgets_the_old_log_once_a_day(desk: Desk) -> None:
    duty = Announcing(desk.engine.deliveries, desk.clock)
    desk.subscribe(kinds=frozenset({"instance_started"}))
    definition = desk.deploy_letters()
    desk.start(definition)
    moved = duty.turn(lambda: False)
    (old,) = desk.log()
    desk.attempt(old.delivery_id, ARRIVED)

    desk.clock.advance(days=KEPT.days, seconds=1)
    desk.start(definition)
    again = duty.turn(lambda: False)

    assert (moved, again) == (2, 2)
    assert [each.delivery_id == old.delivery_id for each in desk.log()] == [False]
    assert duty.turn(lambda: False) == 0
