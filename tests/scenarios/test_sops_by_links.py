"""Each SOP from start to end by links only: nobody logs in."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from engine.model import Json, Role, UserTask
from engine.settings import Settings
from tests.office import (
    ADMIN,
    LANES,
    SOP_FILES,
    Chooser,
    Office,
    every_return_once,
    filled_in,
    straight,
)
from tests.scenarios.test_sops import RETURNED, STRAIGHT, steps
from webhooks import create_app
from webhooks.hooks.tokens import link_url


@pytest.fixture
def office(office_on_both: Office) -> Office:
    made = office_on_both
    settings = Settings(secret_key=("k" * 32,))
    made.engine = made.engine_with(settings)
    for lane in LANES:
        made.engine.accounts.add(
            lane.lower(), display_name=lane, roles={Role.STAFF}, lanes={lane}, actor=ADMIN
        )
    return made


def as_typed(value: Json) -> str:
    """A value as somebody types it into a page."""
    if isinstance(value, list):
        return "\n".join(value)
    return "true" if value is True else str(value).replace(".", ",")


def complete_by_link(office: Office, client: FlaskClient, task: UserTask, choose: Chooser) -> None:
    links = office.engine.task_links
    link, secret = links.make_for(task.task_id, str(task.lane).lower())
    path = urlsplit(link_url(office.engine, secret, "http://alur.test")).path
    assert client.get(path).status_code == 200
    values = filled_in(links.open(secret).form.fields, choose)
    sent = {f"isian-{name}": as_typed(value) for name, value in values.items()}
    done = client.post(path, data=sent)
    assert done.status_code == 200, done.text
    assert link.account == str(task.lane).lower()


@pytest.mark.parametrize("stem", SOP_FILES)
@pytest.mark.parametrize(
    ("chooser", "expected"), [(lambda: straight, STRAIGHT), (every_return_once, RETURNED)]
)
def test_sop_is_done_by_links_only(
    office: Office, stem: str, chooser: Callable[[], Chooser], expected: dict[str, str]
) -> None:
    choose = chooser()
    client = create_app(office.engine, Settings()).test_client(use_cookies=False)
    instance = office.start_sop(office.deploy_sop(stem))

    done = []
    while tasks := office.open_tasks(instance):
        task = min(tasks, key=lambda t: (t.created_at, t.activity_id, str(t.local_variables)))
        office.clock.advance(minutes=7)
        complete_by_link(office, client, task, choose)
        done.append(task.activity_id)

    assert done == steps(expected[stem])
    assert office.state(instance) == "COMPLETED"
    office.assert_sound(instance)
