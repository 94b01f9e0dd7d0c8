"""How many SQL statements a request takes, whoever does a task and by which way."""

from __future__ import annotations

import pytest
from flask import Flask

from engine.queries import TaskQuery
from tests.office import ADMIN, Office
from tests.statements import statements_of
from tests.webhooks.pages.conftest import Visit

pytestmark = pytest.mark.usefixtures("instance")
#: Of a completion itself: what is known of the task, and the rows of the step.
_COMPLETION = 7


def _task_id(office: Office) -> str:
    [task] = office.engine.tasks.tasks(TaskQuery(), actor=ADMIN)
    return task.task_id


def test_completing_by_the_api_asks_who_comes_and_nothing_else_besides(
    app: Flask, office: Office
) -> None:
    _, secret = office.engine.access_tokens.create("staf", "uji", actor=ADMIN)
    client = app.test_client()
    proof, body = {"Authorization": f"Bearer {secret}"}, {"variables": {"judul": {"value": "LKJ"}}}
    client.get("/engine-rest/task", headers=proof)  # the token's use is noted once a minute
    path = f"/engine-rest/task/{_task_id(office)}/complete"

    with statements_of(office.store) as seen:
        answer = client.post(path, headers=proof, json=body)

    assert answer.status_code == 204
    assert len(seen) <= 1 + _COMPLETION, seen


def test_listing_tasks_by_the_api_asks_who_comes_and_what_waits(app: Flask, office: Office) -> None:
    _, secret = office.engine.access_tokens.create("staf", "uji", actor=ADMIN)
    client, proof = app.test_client(), {"Authorization": f"Bearer {secret}"}
    client.get("/engine-rest/task", headers=proof)

    with statements_of(office.store) as seen:
        answer = client.get("/engine-rest/task?candidateGroup=Perencana", headers=proof)

    assert len(answer.get_json()) == 1
    assert len(seen) == 2, seen


def test_completing_by_the_form_reads_it_once(visit: Visit, office: Office) -> None:
    browser = visit("staf")
    page = browser.get(f"/tugas/{_task_id(office)}")

    with statements_of(office.store) as seen:
        action, values = page.form("/selesai")
        answer = browser.post(action, {**values, "isian-judul": "LKJ"}, follow=False)

    assert answer.status == 303
    # Login, form; that the form comes for the first time, and its key; what waits after it.
    assert len(seen) <= 2 + _COMPLETION + 2 + 1, seen


def test_the_page_of_a_task_asks_nothing_twice(visit: Visit, office: Office) -> None:
    browser, task_id = visit("staf"), _task_id(office)

    with statements_of(office.store) as seen:
        page = browser.get(f"/tugas/{task_id}")

    assert page.heading.endswith("Menyusun laporan")
    assert len(seen) <= 15, seen


def test_the_inbox_asks_a_few_questions_however_many_tasks_it_lists(
    visit: Visit, office: Office
) -> None:
    browser = visit("staf")

    with statements_of(office.store) as seen:
        page = browser.get("/?lingkup=lajur")

    assert "Menyusun laporan" in page.text
    assert len(seen) <= 7, seen
