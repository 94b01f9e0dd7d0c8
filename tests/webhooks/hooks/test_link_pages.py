"""What a person sees who opens a link from a message, and what a program gets."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from engine.model import Actor, Language, Role
from engine.settings import Settings
from tests.diagrams import end, field, form, line, process, start, user
from tests.office import ADMIN, Office
from tests.webhooks.conftest import AppOver
from tests.webhooks.pages.browser import PASSWORD, Browser, Page
from webhooks import create_app
from webhooks.hooks.tokens import link_url

APPROVAL = process(
    start(),
    user("setujui", form(field("nomor", "long", required=True)), "Menyetujui draf"),
    end(),
    line("s", "setujui", "e"),
    lanes={"Kadis": ["s", "setujui", "e"]},
)

Linked = Callable[[], tuple[str, str]]


@pytest.fixture
def office(office_on_both: Office) -> Office:
    made = office_on_both
    settings = Settings(secret_key=("k" * 32,))
    made.engine = made.engine_with(settings)
    made.engine.accounts.add(
        "kadis",
        display_name="Kepala",
        password=PASSWORD,
        roles={Role.STAFF},
        lanes={"Kadis"},
        actor=ADMIN,
    )
    return made


@pytest.fixture
def app(office: Office, app_over: AppOver) -> Flask:
    return app_over(office.engine, Settings())


@pytest.fixture
def linked(office: Office) -> Linked:
    """Starts an instance; its id, and the path of a link to its task."""
    definition = office.deploy(APPROVAL)

    def make() -> tuple[str, str]:
        instance = office.start(definition)
        _, secret = office.engine.task_links.make_for(
            office.task(instance, "setujui").task_id, "kadis"
        )
        return instance, link_url(office.engine, secret, "")

    return make


def test_a_link_is_opened_filled_in_and_done_without_a_login(
    office: Office, app: Flask, linked: Linked
) -> None:
    instance, path = linked()
    phone = Browser(app)

    page = phone.get(path)

    assert (page.status, page.heading) == (200, "Menyetujui draf")
    assert page.buttons() == ["Selesaikan"]
    done = phone.send(page, path, **{"isian-nomor": "7"})
    assert (done.status, done.heading) == (200, "Tugas selesai")
    assert office.state(instance) == "COMPLETED"
    assert office.variables(instance) == {"nomor": 7}


def test_a_preview_tells_nobody_anything_and_changes_nothing(
    office: Office, app: Flask, linked: Linked
) -> None:
    instance, path = linked()

    for _ in range(3):
        preview = Page(app.test_client().get(path, headers={"User-Agent": "TelegramBot"}))
        assert preview.tree.xpath("//title/text()") == ["Satu tugas menunggu – Alur"]
        assert app.test_client().head(path).status_code == 200

    assert office.waiting_at(instance) == ["setujui"]


def test_a_link_keeps_its_address_to_itself(app: Flask, linked: Linked) -> None:
    _, path = linked()

    headers = app.test_client().get(path).headers

    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Robots-Tag"] == "noindex, nofollow"
    assert "script" not in headers["Content-Security-Policy"]
    assert "Set-Cookie" not in headers


def test_a_fault_stands_at_its_field_and_the_link_still_works(
    office: Office, app: Flask, linked: Linked
) -> None:
    instance, path = linked()
    phone = Browser(app)

    refused = phone.send(phone.get(path), path, **{"isian-nomor": "tujuh"})

    assert refused.status == 400
    assert refused.fault_of("isian-nomor")
    assert refused.value("isian-nomor") == "tujuh"
    assert phone.send(refused, path, **{"isian-nomor": "7"}).status == 200
    assert office.state(instance) == "COMPLETED"


def test_a_second_use_is_told_when_the_first_was(app: Flask, linked: Linked) -> None:
    _, path = linked()
    phone = Browser(app)
    page = phone.get(path)
    phone.send(page, path, **{"isian-nomor": "7"})

    again = phone.send(page, path, **{"isian-nomor": "7"})

    assert (again.status, again.heading) == (409, "Tugas sudah selesai")
    assert phone.get(path).status == 409


def test_an_old_link_is_gone(office: Office, app: Flask, linked: Linked) -> None:
    _, path = linked()
    office.clock.advance(days=4)

    page = Browser(app).get(path)

    assert (page.status, page.heading) == (410, "Tautan sudah kedaluwarsa")
    assert app.test_client().post(path, data={"isian-nomor": "7"}).status_code == 410


@pytest.mark.parametrize(
    "spoil", [lambda p: p[:6] + p[6:].swapcase(), lambda p: p + "x", lambda _: "/hook/x"]
)
def test_a_changed_link_opens_nothing(
    office: Office, app: Flask, linked: Linked, spoil: Callable[[str], str]
) -> None:
    instance, path = linked()

    assert app.test_client().get(spoil(path)).status_code == 404
    assert app.test_client().post(spoil(path), data={"isian-nomor": "7"}).status_code == 404
    assert office.waiting_at(instance) == ["setujui"]


def test_a_link_of_another_key_opens_nothing(office: Office, linked: Linked) -> None:
    _, path = linked()
    settings = Settings(secret_key=("z" * 32,))
    other = office.engine_with(settings)

    assert create_app(other, settings).test_client().get(path).status_code == 404


def test_fifty_posts_of_one_link_are_one_success(
    office: Office, app: Flask, linked: Linked
) -> None:
    instance, path = linked()
    ready = threading.Barrier(50)
    statuses: list[int] = []

    def post() -> None:
        client = app.test_client()
        ready.wait()
        statuses.append(client.post(path, data={"isian-nomor": "7"}).status_code)

    threads = [threading.Thread(target=post) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == [200] + [409] * 49
    assert office.kinds(instance, "task_completed") == [("task_completed", "setujui")]
    office.assert_sound(instance)


# ---------------------------------------------------------------------- programs


def test_a_program_reads_and_completes_by_json(office: Office, app: Flask, linked: Linked) -> None:
    instance, path = linked()
    client = app.test_client()

    shown = client.get(path, headers={"Accept": "application/json"}).json
    refused = client.post(path, json={"variables": {}})
    done = client.post(path, json={"variables": {"nomor": {"value": 7}}})

    assert [each["id"] for each in shown["fields"]] == ["nomor"]
    assert shown["demandsLogin"] is False
    assert (refused.status_code, list(refused.json["fields"])) == (400, ["nomor"])
    assert (done.status_code, done.json["processInstanceId"]) == (200, instance)
    second = client.post(path, json={"variables": {"nomor": {"value": 7}}})
    assert (second.status_code, second.json["type"]) == (409, "LinkUsedException")


@pytest.mark.parametrize("body", ["[]", "{", '{"variables": []}', '{"variables": {"nomor": 7}}'])
def test_a_body_that_is_none_is_refused(app: Flask, linked: Linked, body: str) -> None:
    _, path = linked()

    answer = app.test_client().post(path, data=body, content_type="application/json")

    assert answer.status_code == 400
    assert answer.json["type"] == "InvalidRequestException"


def test_a_person_makes_a_link_for_himself(office: Office, app: Flask, linked: Linked) -> None:
    instance, _ = linked()
    task_id = office.task(instance, "setujui").task_id
    client = app.test_client()
    auth = ("kadis", PASSWORD)

    made = client.post(f"/engine-rest/task/{task_id}/link", auth=auth, json={"lifetimeMinutes": 5})

    assert made.status_code == 200
    assert made.json["url"].startswith("http://localhost/hook/")
    assert (made.json["taskId"], made.json["userId"]) == (task_id, "kadis")
    assert Browser(app).get(made.json["url"]).heading == "Menyetujui draf"
    refused = client.post(
        f"/engine-rest/task/{task_id}/link", auth=auth, json={"lifetimeMinutes": 0}
    )
    assert refused.status_code == 400


def test_without_its_key_an_office_keeps_no_link_that_nobody_can_be_told(
    office: Office, app: Flask, linked: Linked
) -> None:
    instance, _ = linked()
    task_id = office.task(instance, "setujui").task_id
    key = office.engine.secret_key
    key.given, key.file, key.dies_with_process = (), None, False

    refused = app.test_client().post(
        f"/engine-rest/task/{task_id}/link", auth=("kadis", PASSWORD), json={}
    )

    assert (refused.status_code, refused.json["type"]) == (503, "SecretKeyException")
    with office.store.writing() as tx:
        assert tx.forget_task_links(office.clock.now() + timedelta(days=99)) == 1  # that of before


def test_a_program_may_send_what_was_typed(office: Office, app: Flask, linked: Linked) -> None:
    instance, path = linked()
    client, wants = app.test_client(), {"Accept": "application/json"}

    refused = client.post(path, data={"isian-nomor": "tujuh"}, headers=wants)
    done = client.post(path, data={"isian-nomor": "7"}, headers=wants)
    late = client.post(path, data={"isian-nomor": "7"}, headers=wants)

    assert (refused.status_code, list(refused.json["fields"])) == (400, ["nomor"])
    assert (done.status_code, done.json["processInstanceId"]) == (200, instance)
    assert (late.status_code, late.json["type"]) == (409, "LinkUsedException")
    assert office.variables(instance) == {"nomor": 7}


def test_a_link_is_in_the_language_of_whom_it_is_for(
    office: Office, app: Flask, linked: Linked
) -> None:
    office.engine.accounts.choose_language(Language.ENGLISH, actor=Actor("kadis"))
    _, path = linked()

    page = Browser(app).get(path)
    refused = Browser(app).send(page, path, **{"isian-nomor": "tujuh"})

    assert page.tree.get("lang") == "en"
    assert "works once" in page.text
    assert refused.fault_of("isian-nomor") == "Must be a whole number."


def test_who_opened_a_link_may_choose_another_language(
    office: Office, app: Flask, linked: Linked
) -> None:
    _, path = linked()
    browser = Browser(app)

    page = browser.send(browser.get(path), "/bahasa", bahasa="en")

    assert page.path == path
    assert "works once" in page.text


def test_a_personal_field_is_filled_in_by_a_link(office: Office, app: Flask) -> None:
    content = APPROVAL.replace(
        'label="nomor" type="long">',
        'label="nomor" type="long"><camunda:properties>'
        '<camunda:property id="pribadi" value="true"/></camunda:properties>',
    )
    instance = office.start(office.deploy(content))
    _, secret = office.engine.task_links.make_for(office.task(instance, "setujui").task_id, "kadis")
    path, phone = link_url(office.engine, secret, ""), Browser(app)

    done = phone.send(phone.get(path), path, **{"isian-nomor": "4711"})

    assert done.status == 200
    assert office.variables(instance)["nomor"] == 4711
    with office.store.reading() as tx:
        kept = [event.payload.get("variables") for event in tx.events(instance)]
    assert "4711" not in str(kept)
    assert "alur:sealed:1:" in str(kept)
