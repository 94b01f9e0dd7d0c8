"""The bot with buttons, between a real Alur and a stand-in of Telegram."""

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
    with city_with(HERE / "telegram_bot_with_buttons.py") as made:
        yield made


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


@pytest.mark.parametrize("stem", SOP_FILES)
def test_sop_is_done_in_chats_only(city: City, stem: str) -> None:
    assert_done_in_chats(city, stem, do_one_task)


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
