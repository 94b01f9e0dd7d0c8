"""A link does one task once, for one person, and is recorded as a link."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from engine.errors import (
    Forbidden,
    InvalidForm,
    InvalidInput,
    LinkExpired,
    LinkUsed,
    LoginDemanded,
    NotFound,
    TaskAlreadyClaimed,
    TaskNotOpen,
)
from engine.model import Actor, TaskState
from engine.task_links import TaskLinks
from tests.diagrams import end, field, form, line, process, start, user
from tests.office import ADMIN, AUDITOR, Office, staff

KADIS, BIDANG, OTHER_KADIS = staff("Kadis"), staff("Bidang"), staff("Kadis", "kadis-2")


def approval(login_rule: str = "") -> str:
    """The Bidang proposes an amount, the Kadis decides."""
    rule = f'<camunda:property name="sop:wajib_masuk" value="{login_rule}"/>' if login_rule else ""
    fields = form(field("jumlah", "long"), field("catatan", required=True))
    decision = fields.replace(
        "</bpmn:extensionElements>",
        f"<camunda:properties>{rule}</camunda:properties></bpmn:extensionElements>",
    )
    return process(
        start("s", form(field("pagu", "long"))),
        user("setujui", decision),
        end(),
        line("s", "setujui", "e"),
        lanes={"Kadis": ["s", "setujui", "e"]},
    )


@pytest.fixture
def links(office: Office) -> TaskLinks:
    for actor in (KADIS, BIDANG, OTHER_KADIS):
        office.engine.accounts.add(
            actor.account,
            display_name=actor.account,
            roles=actor.roles,
            lanes=actor.lanes,
            actor=ADMIN,
        )
    return office.engine.task_links


def waiting(office: Office, login_rule: str = "", **variables: Any) -> tuple[str, str]:
    """A new instance whose decision waits: its id, and the task's."""
    instance = office.start(office.deploy(approval(login_rule)), KADIS, **variables)
    return instance, office.task(instance, "setujui").task_id


def test_a_link_completes_its_task_and_history_says_by_link(
    office: Office, links: TaskLinks
) -> None:
    instance, task_id = waiting(office)
    link, secret = links.make(task_id, actor=KADIS)

    done = links.complete(secret, {"catatan": "setuju"})

    assert office.state(instance) == "COMPLETED"
    assert done.variables["catatan"] == "setuju"
    events = office.engine.history.events(instance, actor=AUDITOR)
    event = next(each for each in events if each.sequence == done.sequence)
    assert (event.actor, event.capacity) == ("kadis", "by link")
    assert event.payload["link"] == link.link_id
    office.assert_sound(instance)


def test_looking_changes_nothing(office: Office, links: TaskLinks) -> None:
    instance, task_id = waiting(office)
    _, secret = links.make(task_id, actor=KADIS)
    before = office.engine.history.events(instance, actor=AUDITOR)

    shown = [links.open(secret) for _ in range(5)]

    assert {each.form.task.task_id for each in shown} == {task_id}
    assert [each.id for each in shown[0].form.fields] == ["jumlah", "catatan"]
    assert office.engine.history.events(instance, actor=AUDITOR) == before
    links.complete(secret, {"catatan": "masih berlaku"})


def test_a_link_works_once(office: Office, links: TaskLinks) -> None:
    _, task_id = waiting(office)
    _, secret = links.make(task_id, actor=KADIS)
    links.complete(secret, {"catatan": "setuju"})

    with pytest.raises(LinkUsed) as refused:
        links.complete(secret, {"catatan": "sekali lagi"})
    with pytest.raises(LinkUsed):
        links.open(secret)

    assert refused.value.used_at == office.clock.now()


def test_a_refused_form_leaves_the_link_as_it_was(office: Office, links: TaskLinks) -> None:
    instance, task_id = waiting(office)
    _, secret = links.make(task_id, actor=KADIS)

    with pytest.raises(InvalidForm) as refused:
        links.complete(secret, {"jumlah": 5})

    assert "catatan" in refused.value.fields
    links.complete(secret, {"catatan": "kini lengkap"})
    assert office.state(instance) == "COMPLETED"


def test_a_link_expires(office: Office, links: TaskLinks) -> None:
    _, task_id = waiting(office)
    _, secret = links.make(task_id, actor=KADIS, lifetime=timedelta(hours=1))
    office.clock.advance(minutes=59)
    links.open(secret)
    office.clock.advance(minutes=1)

    with pytest.raises(LinkExpired):
        links.open(secret)
    with pytest.raises(LinkExpired):
        links.complete(secret, {"catatan": "terlambat"})


@pytest.mark.parametrize("lifetime", [timedelta(0), timedelta(days=31), timedelta(days=-1)])
def test_a_lifetime_outside_its_bounds_is_refused(
    office: Office, links: TaskLinks, lifetime: timedelta
) -> None:
    _, task_id = waiting(office)

    with pytest.raises(InvalidInput, match="1 minute to 30 days"):
        links.make(task_id, actor=KADIS, lifetime=lifetime)


def test_a_link_is_forgotten_long_after_it_expired_and_history_stays_sound(
    office: Office, links: TaskLinks
) -> None:
    instance, task_id = waiting(office)
    used = links.make(task_id, actor=KADIS)[1]
    links.complete(used, {"catatan": "baik"})
    office.clock.advance(days=3 + 90)
    kept = links.make(waiting(office)[1], actor=KADIS)[1]
    assert links.forget_old() == 0
    with pytest.raises(LinkUsed):
        links.open(used)

    office.clock.advance(seconds=1)

    assert [links.forget_old(), links.forget_old()] == [1, 0]
    with pytest.raises(NotFound):
        links.open(used)
    assert links.open(kept).link.account == KADIS.account
    office.assert_sound(instance)


def test_another_secret_opens_nothing(office: Office, links: TaskLinks) -> None:
    _, task_id = waiting(office)
    links.make(task_id, actor=KADIS)

    with pytest.raises(NotFound):
        links.open("secret-of-somebody")


@pytest.mark.parametrize("actor", [BIDANG, AUDITOR, ADMIN])
def test_nobody_makes_a_link_to_a_task_that_does_not_wait_for_him(
    office: Office, links: TaskLinks, actor: Actor
) -> None:
    _, task_id = waiting(office)

    with pytest.raises(Forbidden):
        links.make(task_id, actor=actor)


def test_alur_makes_links_for_its_own_messages(office: Office, links: TaskLinks) -> None:
    _, task_id = waiting(office)

    link, secret = links.make_for(task_id, "kadis-2")

    assert (link.account, link.created_by) == ("kadis-2", None)
    assert links.open(secret).form.task.task_id == task_id
    with pytest.raises(Forbidden):
        links.make_for(task_id, "bidang")


@pytest.mark.parametrize("rule", ["ya", "${pagu &gt;= 100}"])
def test_alur_makes_no_link_that_could_only_show_the_task(
    office: Office, links: TaskLinks, rule: str
) -> None:
    _, task_id = waiting(office, rule, pagu=200)

    with pytest.raises(LoginDemanded):
        links.make_for(task_id, "kadis")


def test_a_link_dies_with_its_persons_place(office: Office, links: TaskLinks) -> None:
    _, task_id = waiting(office)
    _, secret = links.make(task_id, actor=KADIS)

    office.engine.accounts.set_roles_and_lanes(
        "kadis", roles=KADIS.roles, lanes={"Bidang"}, actor=ADMIN
    )

    with pytest.raises(Forbidden):
        links.open(secret)
    with pytest.raises(Forbidden):
        links.complete(secret, {"catatan": "bukan lagi Kadis"})


def test_a_link_dies_with_its_account(office: Office, links: TaskLinks) -> None:
    _, task_id = waiting(office)
    _, secret = links.make(task_id, actor=KADIS)
    office.engine.accounts.deactivate("kadis", actor=ADMIN)

    with pytest.raises(Forbidden):
        links.complete(secret, {"catatan": "sudah pensiun"})
    with pytest.raises(Forbidden):
        links.make_for(task_id, "kadis")


def test_a_link_does_not_take_a_task_out_of_other_hands(office: Office, links: TaskLinks) -> None:
    _, task_id = waiting(office)
    _, secret = links.make(task_id, actor=KADIS)
    office.engine.tasks.claim(task_id, actor=OTHER_KADIS)

    with pytest.raises(TaskAlreadyClaimed):
        links.complete(secret, {"catatan": "mendahului"})

    office.engine.tasks.complete(task_id, {"catatan": "sudah"}, actor=OTHER_KADIS)
    with pytest.raises(TaskNotOpen) as refused:
        links.open(secret)
    assert (refused.value.state, refused.value.ended_by) == (TaskState.COMPLETED, "kadis-2")


# ----------------------------------------------------------------------- login


def test_a_step_that_demands_a_login_is_shown_and_not_done(
    office: Office, links: TaskLinks
) -> None:
    instance, task_id = waiting(office, "ya")
    _, secret = links.make(task_id, actor=KADIS)

    assert links.open(secret).demands_login
    with pytest.raises(LoginDemanded):
        links.complete(secret, {"catatan": "setuju"})

    office.engine.tasks.complete(task_id, {"catatan": "setuju"}, actor=KADIS)
    assert office.state(instance) == "COMPLETED"


@pytest.mark.parametrize(
    ("pagu", "demands"), [(99_999_999, False), (100_000_000, True), (None, True)]
)
def test_above_its_threshold_an_approval_demands_a_login(
    office: Office, links: TaskLinks, pagu: int | None, demands: bool
) -> None:
    values = {} if pagu is None else {"pagu": pagu}
    _, task_id = waiting(office, "${pagu &gt;= 100000000}", **values)
    _, secret = links.make(task_id, actor=KADIS)

    assert links.open(secret).demands_login is demands
    if demands:
        with pytest.raises(LoginDemanded):
            links.complete(secret, {"catatan": "setuju"})
    else:
        links.complete(secret, {"catatan": "setuju"})


@pytest.mark.parametrize(
    ("submitted", "demands"),
    [({"jumlah": 5}, False), ({"jumlah": 10}, True), ({}, True), ({"jumlah": None}, True)],
)
def test_a_threshold_on_what_is_submitted_is_judged_when_it_is(
    office: Office, links: TaskLinks, submitted: dict[str, Any], demands: bool
) -> None:
    _, task_id = waiting(office, "${jumlah &gt;= 10}")
    _, secret = links.make(task_id, actor=KADIS)

    assert not links.open(secret).demands_login
    values = {"catatan": "setuju", **submitted}
    if demands:
        with pytest.raises(LoginDemanded):
            links.complete(secret, values)
    else:
        links.complete(secret, values)


def test_a_threshold_that_is_neither_true_nor_false_demands_a_login(
    office: Office, links: TaskLinks
) -> None:
    _, task_id = waiting(office, "${pagu}", pagu=7)
    _, secret = links.make(task_id, actor=KADIS)

    assert links.open(secret).demands_login


@pytest.mark.parametrize(
    ("rule", "demands"), [("", True), ("<camunda:constraint name='readonly'/>", False)]
)
def test_who_uploads_a_file_must_log_in(
    office: Office, links: TaskLinks, rule: str, demands: bool
) -> None:
    asked = field("surat", "file").replace("<camunda:validation>", f"<camunda:validation>{rule}")
    diagram = approval().replace(field("jumlah", "long"), asked)
    instance = office.start(office.deploy(diagram), KADIS)
    task_id = office.task(instance, "setujui").task_id
    _, secret = links.make(task_id, actor=KADIS)

    assert links.open(secret).demands_login is demands


def test_history_of_a_login_has_no_link(office: Office, links: TaskLinks) -> None:
    instance, task_id = waiting(office)
    office.engine.tasks.complete(task_id, {"catatan": "a"}, actor=replace(KADIS))

    events = office.engine.history.events(instance, actor=AUDITOR)
    done = next(each for each in events if each.kind == "task_completed")

    assert set(done.payload) == {"variables"}
    assert links is not None
