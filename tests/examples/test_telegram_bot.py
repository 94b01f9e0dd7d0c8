"""The bot of the README as a program of its own, between a real Alur and a stand-in of Telegram."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from waitress.server import create_server

from engine.model import FormField, Json
from engine.store import Store
from tests.diagrams import end, form, line, process, start, user
from tests.examples.chats import TOKEN, Shown, Telegram, telegram
from tests.office import ADMIN, AUDITOR, LANES, SOP_FILES, filled_in, staff, straight
from tests.scenarios.test_sops import STRAIGHT, steps
from tests.webhooks.outgoing.conftest import SETTINGS, PostOffice
from webhooks import create_app

SECRET = "whsec_" + "YWx1" * 8
BOT = Path(__file__).with_name("telegram_bot.py")
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
def bot_at(chats: Telegram) -> Iterator[str]:
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
        [sys.executable, str(BOT)], env=environ, stdout=subprocess.PIPE, text=True
    ) as bot:
        assert bot.stdout is not None
        try:
            yield bot.stdout.readline().strip()
        finally:
            bot.terminate()


@contextmanager
def served(office: PostOffice, listener: socket.socket) -> Iterator[None]:
    """Alur as it is served."""
    app = create_app(office.engine, office.settings)
    server = create_server(app, sockets=[listener], threads=4)

    def run() -> None:
        # Closing from outside takes the socket from under the server's select.
        with contextlib.suppress(OSError, ValueError):
            server.run()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        server.close()
        thread.join(timeout=10)


@pytest.fixture
def city() -> Iterator[City]:
    store = Store.open("sqlite://")
    store.migrate()
    listener = socket.create_server(("127.0.0.1", 0))
    with telegram() as chats, bot_at(chats) as bot_url:
        office = PostOffice(store, SETTINGS).with_settings(
            base_url=f"http://127.0.0.1:{listener.getsockname()[1]}",
            gateway_url=bot_url,
            gateway_secret=SECRET,
        )
        office.add_people()
        for lane, chat in CHATS.items():
            office.call_phone(lane.lower(), chat)
        with served(office, listener):
            yield City(office, chats, bot_url)
    store.close()


# ------------------------------------------------------------------- the four SOPs


def as_typed(value: Json) -> str:
    if isinstance(value, list):
        return "; ".join(map(str, value))
    return "ya" if value is True else str(value)


def asked_for(shown: Shown) -> list[tuple[str, bool]]:
    """The fields that a message asks for, and whether they are needed."""
    return [(name, star == "*") for name, star in re.findall(r"^(\w+)(\*?): ", shown.text, re.M)]


def do_one_task(city: City, known: dict[str, FormField]) -> None:
    """Answer what the bot asks, like a diligent official, until it says that a task is done."""
    while not (shown := city.chats.read()).text.startswith("Selesai: "):
        fields = asked_for(shown)
        values = filled_in(tuple(known[name] for name, _ in fields), straight)
        decision = next((name for name, is_needed in fields if is_needed), None)
        typed = [
            f"{name}={as_typed(values[name])}"
            for name, _ in fields
            if not (shown.buttons and name == decision)
        ]
        if typed:
            city.chats.write(shown.chat, "\n".join(typed))
        if shown.buttons and decision:
            if typed:
                assert city.chats.read().text == f"Dicatat. Masih diperlukan: {decision}"
            city.chats.press(shown, label_of(known[decision], values[decision]))


def label_of(field: FormField, value: Json) -> str:
    return dict(field.options)[str(value)] if field.options else "Ya"


def what_officials_know(city: City, instance_id: str) -> dict[str, FormField]:
    """The fields of the forms that wait, by name."""
    return {
        each.id: each
        for task in city.office.open_tasks(instance_id)
        for each in city.office.engine.tasks.form(task.task_id, actor=AUDITOR).fields
    }


@pytest.mark.parametrize("stem", SOP_FILES)
def test_sop_is_done_in_chats_only(city: City, stem: str) -> None:
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


# -------------------------------------------------------------------- what may happen


def test_a_decision_is_one_button(city: City) -> None:
    instance_id, shown = city.decide()
    assert list(shown.buttons) == ["Setujui", "Kembalikan"]

    city.chats.press(shown, "Kembalikan")

    assert city.chats.read().text == "Selesai: Menyetujui draf"
    assert city.office.variables(instance_id)["putusan"] == "tidak"
    assert len(city.chats.acknowledged) == 1


def test_a_field_that_is_wrong_is_named_and_may_be_answered_again(city: City) -> None:
    instance_id, shown = city.decide()

    city.chats.write(shown.chat, "catatan=jauh lebih panjang")
    more = city.chats.read()
    city.chats.press(shown, "Setujui")
    wrong = city.chats.read()
    city.chats.write(shown.chat, "catatan=pendek")

    assert more.text == "Dicatat. Masih diperlukan: putusan"
    assert wrong.text.startswith("Belum benar, balas lagi dengan nama=nilai:\ncatatan: ")
    assert city.chats.read().text == "Selesai: Menyetujui draf"
    assert city.office.variables(instance_id)["catatan"] == "pendek"


def test_a_reply_that_fits_no_task_is_told_how_to_answer(city: City) -> None:
    _, shown = city.decide()

    city.chats.write(shown.chat, "setuju")

    assert city.chats.read().text.startswith("Tidak ada tugas dengan isian itu.")


def test_who_was_faster_is_told(city: City) -> None:
    instance_id, shown = city.decide()
    city.office.engine.accounts.add(
        "wakil", display_name="Wakil", roles=["staff"], lanes=["Kadis"], actor=ADMIN
    )
    city.office.complete(instance_id, "setujui", staff("Kadis", "wakil"), putusan="ya")

    city.chats.press(shown, "Setujui")
    late = city.chats.read()
    city.chats.press(shown, "Setujui")

    assert late.text == "Tidak jadi, sudah didahului wakil: Menyetujui draf"
    assert city.chats.read().text == "Tugas itu tidak menunggu jawaban lagi."


def test_a_stranger_is_not_listened_to(city: City) -> None:
    headers = {"webhook-id": "msg_1", "webhook-timestamp": "1", "webhook-signature": "v1,YQ=="}

    answer = requests.post(city.bot_url, json={"data": {}}, headers=headers, timeout=10)

    assert answer.status_code == 401
    assert city.chats.shown.empty()
