"""A city for tests of bots: a real Alur, a stand-in of Telegram, a bot as a program of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.model import FormField
from tests.databases import store_in_memory
from tests.diagrams import end, form, line, process, start, user
from tests.examples.chats import TOKEN, Shown, Telegram, telegram
from tests.office import AUDITOR, LANES
from tests.scenarios.test_sops import STRAIGHT, steps
from tests.serving import served
from tests.webhooks.outgoing.conftest import SETTINGS, PostOffice
from webhooks import create_app

SECRET = "whsec_" + "YWx1" * 8
HERE = Path(__file__).parent
CHATS = {lane: str(1000 + number) for number, lane in enumerate(LANES)}
DECISION = process(
    start(),
    user(
        "setujui",
        form(
            '<camunda:formField id="putusan" label="Putusan" type="enum"><camunda:validation>'
            '<camunda:constraint name="required"/></camunda:validation>'
            '<camunda:value id="ya" name="Setujui"/><camunda:value id="tidak" name="Kembalikan"/>'
            "</camunda:formField>",
            '<camunda:formField id="catatan" label="Catatan" type="string"><camunda:validation>'
            '<camunda:constraint name="maxlength" config="9"/></camunda:validation>'
            "</camunda:formField>",
        ),
        "Menyetujui draf",
    ),
    end(),
    line("s", "setujui", "e"),
    lanes={"Kadis": ["s", "setujui", "e"]},
)


class City:
    """An office with a bot, and people who know nothing but their chats."""

    def __init__(self, office: PostOffice, chats: Telegram, bot_url: str) -> None:
        self.office, self.chats, self.bot_url = office, chats, bot_url

    def decide(self) -> tuple[str, Shown]:
        """An instance of DECISION, and the question that its Kadis gets."""
        instance_id = self.office.start(self.office.deploy(DECISION))
        self.office.work()
        return instance_id, self.chats.read()


@contextmanager
def bot_at(chats: Telegram, bot_file: Path) -> Iterator[str]:
    """The bot as a program; where it listens."""
    environ = {
        **os.environ,
        "ALUR_GATEWAY_SECRET": SECRET,
        "BOT_TOKEN": TOKEN,
        "BOT_API": chats.url,
        "BOT_LISTEN": "127.0.0.1:0",
        "no_proxy": "127.0.0.1",
    }
    with subprocess.Popen(
        [sys.executable, str(bot_file)], env=environ, stdout=subprocess.PIPE, text=True
    ) as bot:
        assert bot.stdout is not None
        try:
            yield bot.stdout.readline().strip()
        finally:
            bot.terminate()


@contextmanager
def city_with(bot_file: Path) -> Iterator[City]:
    """The city while the block lasts; its bot is this program."""
    store = store_in_memory()
    listener = socket.create_server(("127.0.0.1", 0))
    with telegram() as chats, bot_at(chats, bot_file) as bot_url:
        office = PostOffice(store, SETTINGS).with_settings(
            base_url=f"http://127.0.0.1:{listener.getsockname()[1]}",
            gateway_url=bot_url,
            gateway_secret=(SECRET,),
        )
        office.add_people()
        for lane, chat in CHATS.items():
            office.call_phone(lane.lower(), chat)
        with served(create_app(office.engine, office.settings), sockets=[listener]):
            yield City(office, chats, bot_url)
    store.close()


def what_officials_know(city: City, instance_id: str) -> dict[str, FormField]:
    """The fields of the forms that wait, by name."""
    return {
        each.id: each
        for task in city.office.open_tasks(instance_id)
        for each in city.office.engine.tasks.form(task.task_id, actor=AUDITOR).fields
    }


def assert_done_in_chats(
    city: City, stem: str, do_one_task: Callable[[City, dict[str, FormField]], None]
) -> None:
    """The SOP from start to end: every task is done by a bot, and history says by link."""
    office = city.office
    instance_id = office.start_sop(office.deploy_sop(stem))

    done = 0
    while office.state(instance_id) != "COMPLETED":
        office.work()
        do_one_task(city, what_officials_know(city, instance_id))
        done += 1

    assert done == len(steps(STRAIGHT[stem]))
    completed = [
        event
        for event in office.engine.history.events(instance_id, actor=AUDITOR)
        if event.kind == "task_completed"
    ]
    visited = sorted(event.activity_id or "" for event in completed)
    assert visited == sorted(steps(STRAIGHT[stem]))
    assert {event.capacity for event in completed} == {"by link"}
    office.assert_sound(instance_id)
