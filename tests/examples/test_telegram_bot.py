"""The short bot of the README, between a real Alur and a stand-in of Telegram."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import requests

from engine.model import FormField, Json
from tests.examples.chats import Shown
from tests.examples.city import HERE, City, assert_done_in_chats, city_with
from tests.office import ADMIN, SOP_FILES, filled_in, staff, straight


@pytest.fixture
def city() -> Iterator[City]:
    with city_with(HERE / "telegram_bot.py") as made:
        yield made


def as_typed(value: Json) -> str:
    if isinstance(value, list):
        return "; ".join(map(str, value))
    return "true" if value is True else str(value).replace(".", ",")


class Officials:
    """Reply to each task's message with every value, one after the other."""

    def __init__(self) -> None:
        self.waiting: list[Shown] = []

    def do_one_task(self, city: City, known: dict[str, FormField]) -> None:
        shown = self.waiting.pop(0) if self.waiting else city.chats.read()
        fields = tuple(known[name] for name in re.findall(r"^(\w+): ", shown.text, re.M))
        values = filled_in(fields, straight)
        city.chats.reply(shown, "\n".join(f"{name}={as_typed(v)}" for name, v in values.items()))
        while not (answer := city.chats.read()).text.startswith("Selesai: "):
            self.waiting.append(answer)


@pytest.mark.parametrize("stem", SOP_FILES)
def test_sop_is_done_in_chats_only(city: City, stem: str) -> None:
    assert_done_in_chats(city, stem, Officials().do_one_task)


def test_what_is_wrong_is_said_and_may_be_answered_again(city: City) -> None:
    instance_id, shown = city.decide()

    city.chats.reply(shown, "putusan=mungkin")
    wrong = city.chats.read()
    city.chats.reply(shown, "putusan=ya")

    assert "putusan" in wrong.text
    assert city.chats.read().text == "Selesai: Menyetujui draf"
    assert city.office.variables(instance_id)["putusan"] == "ya"


def test_a_message_that_replies_to_no_task_is_told_how(city: City) -> None:
    _, shown = city.decide()

    city.chats.write(shown.chat, "putusan=ya")

    assert city.chats.read().text.startswith("Balas pesan tugasnya")


def test_who_was_faster_is_told(city: City) -> None:
    instance_id, shown = city.decide()
    city.office.engine.accounts.add(
        "wakil", display_name="Wakil", roles=["staff"], lanes=["Kadis"], actor=ADMIN
    )
    city.office.complete(instance_id, "setujui", staff("Kadis", "wakil"), putusan="ya")

    city.chats.reply(shown, "putusan=ya")

    assert "completed by wakil" in city.chats.read().text


def test_a_stranger_is_not_listened_to(city: City) -> None:
    headers = {"webhook-id": "msg_1", "webhook-timestamp": "1", "webhook-signature": "v1,YQ=="}

    with pytest.raises(requests.ConnectionError):
        requests.post(city.bot_url, json={"data": {}}, headers=headers, timeout=10)

    assert city.chats.shown.empty()


def test_the_bot_has_at_most_forty_lines() -> None:
    text = (HERE / "telegram_bot.py").read_text(encoding="utf-8")

    assert sum(bool(line.strip()) for line in text.splitlines()) <= 40
