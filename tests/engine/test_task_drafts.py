"""A draft is its account's own, stands beside history, and goes with its task."""

from __future__ import annotations

import pytest

from engine.errors import Forbidden, InvalidInput, TaskNotOpen
from engine.model import Actor
from engine.task_drafts import MOST_CHARACTERS
from tests.diagrams import end, line, process, start, user
from tests.office import ADMIN, AUDITOR, Office


@pytest.fixture
def people(office_on_both: Office) -> dict[str, Actor]:
    accounts = office_on_both.engine.accounts
    return {
        name: accounts.add(
            name,
            display_name=name.title(),
            password="sandi yang panjang",
            roles=["staff"],
            lanes=[lane],
            actor=ADMIN,
        ).as_actor()
        for name, lane in (("adi", "Bidang"), ("budi", "Bidang"), ("cici", "Kadis"))
    }


@pytest.fixture
def instance(office_on_both: Office) -> str:
    lanes = {"Bidang": ["s", "a", "e"]}
    drawn = process(start(), user("a"), end(), line("s", "a", "e"), lanes=lanes)
    return office_on_both.start(office_on_both.deploy(drawn))


def test_a_draft_is_kept_replaced_and_discarded(
    office_on_both: Office, instance: str, people: dict[str, Actor]
) -> None:
    office, adi = office_on_both, people["adi"]
    drafts, task_id = office.engine.task_drafts, office.task(instance, "a").task_id
    events = len(office.engine.history.events(instance, actor=AUDITOR))
    drafts.save(task_id, {"judul": "a", "isi": "b"}, actor=adi)
    office.clock.advance(minutes=5)

    saved = drafts.save(task_id, {"judul": "c"}, actor=adi)

    assert drafts.find(task_id, actor=adi) == saved
    assert (saved.texts, saved.saved_at) == ({"judul": "c"}, office.clock.now())
    assert drafts.find(task_id, actor=people["budi"]) is None
    assert len(office.engine.history.events(instance, actor=AUDITOR)) == events
    office.assert_sound(instance)
    drafts.discard(task_id, actor=people["budi"])
    assert drafts.find(task_id, actor=adi) == saved
    drafts.discard(task_id, actor=adi)
    assert drafts.find(task_id, actor=adi) is None


def test_a_draft_goes_with_its_task(
    office_on_both: Office, instance: str, people: dict[str, Actor]
) -> None:
    office, adi = office_on_both, people["adi"]
    drafts, task_id = office.engine.task_drafts, office.task(instance, "a").task_id
    drafts.save(task_id, {"judul": "a"}, actor=adi)
    assert drafts.forget_ended() == 0

    office.engine.tasks.complete(task_id, {}, actor=people["budi"])

    assert drafts.find(task_id, actor=adi) is None
    with pytest.raises(TaskNotOpen):
        drafts.save(task_id, {}, actor=adi)
    assert (drafts.forget_ended(), drafts.forget_ended()) == (1, 0)


def test_who_may_not_do_the_task_saves_no_draft(
    office_on_both: Office, instance: str, people: dict[str, Actor]
) -> None:
    drafts = office_on_both.engine.task_drafts
    task_id = office_on_both.task(instance, "a").task_id

    with pytest.raises(Forbidden):
        drafts.save(task_id, {}, actor=people["cici"])
    with pytest.raises(InvalidInput, match=str(MOST_CHARACTERS)):
        drafts.save(task_id, {"a": "x" * MOST_CHARACTERS}, actor=people["adi"])
