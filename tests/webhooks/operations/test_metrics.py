"""/metrics: who may read it, and what it says."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from tests.webhooks.operations.conftest import TOKEN
from tests.webhooks.rest.hall import Hall


def samples(hall: Hall) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """(name, labels) -> value."""
    answer = hall.app.test_client().get("/metrics")
    assert answer.status_code == 200, answer.text
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_open_tasks_are_there_by_lane(hall: Hall) -> None:
    hall.started()
    hall.started()

    found = samples(hall)

    assert found["alur_open_tasks", (("lane", "Petugas"),)] == 2
    assert found["alur_overdue_tasks", (("lane", "Petugas"),)] == 0
    assert found["alur_running_instances", (("definition_key", "surat"),)] == 2
    assert found["alur_open_incidents", ()] == 0


def test_steps_are_measured_by_the_kind_of_their_input(hall: Hall) -> None:
    hall.started()

    found = samples(hall)

    kind = (("kind", "instance_started"),)
    assert found["alur_step_duration_seconds_count", kind] == 1
    assert found["alur_step_duration_seconds_sum", kind] > 0
    assert found["alur_step_statements_sum", kind] >= 3


def test_completing_a_task_takes_at_most_eight_statements(hall: Hall) -> None:
    letter = hall.started()
    [task] = hall.get("/task", who="siti", processInstanceId=letter).json
    hall.post(f"/task/{task['id']}/complete", {"variables": {"isi_surat": {"value": "a"}}}, "siti")

    found = samples(hall)

    assert found["alur_step_statements_bucket", (("kind", "task_completed"), ("le", "8.0"))] == 1


def test_requests_are_measured_by_the_template_of_their_route(hall: Hall) -> None:
    for number in range(3):
        hall.get(f"/task/tidak-ada-{number}")
    hall.app.test_client().open("/tidak-ada", method="SERBU")

    found = samples(hall)

    labels = (("method", "GET"), ("route", "/engine-rest/task/<task_id>"), ("status", "404"))
    assert found["alur_http_request_duration_seconds_count", labels] == 3
    labels = (("method", "other"), ("route", "none"), ("status", "404"))
    assert found["alur_http_request_duration_seconds_count", labels] == 1


def test_with_nothing_due_nothing_waits(hall: Hall) -> None:
    found = samples(hall)

    assert found["alur_oldest_due_timer_age_seconds", ()] == 0
    assert found["alur_oldest_due_delivery_age_seconds", ()] == 0
    assert (found["alur_pending_deliveries", ()], found["alur_failed_deliveries", ()]) == (0, 0)


def test_without_a_token_only_this_machine_may_read(hall: Hall) -> None:
    client = hall.app.test_client()

    def status(address: str, **headers: str) -> int:
        environ = {"REMOTE_ADDR": address}
        return client.get("/metrics", environ_base=environ, headers=headers).status_code

    assert [status("127.0.0.1"), status("::1")] == [200, 200]
    assert [status("10.0.0.7"), status("tidak ada")] == [403, 403]
    assert [status("127.0.0.1", **{"X-Forwarded-For": "127.0.0.1"})] == [403]


def test_with_a_token_only_who_shows_it_may_read(guarded: Hall) -> None:
    client = guarded.app.test_client()

    def status(shown: str | None) -> int:
        headers = {} if shown is None else {"Authorization": shown}
        return client.get("/metrics", headers=headers).status_code

    assert status(f"Bearer {TOKEN}") == 200
    wrong = (None, "Bearer ", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer é")
    assert [status(each) for each in wrong] == [401] * 5


def test_metrics_name_no_secret(guarded: Hall) -> None:
    answer = guarded.app.test_client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})

    assert TOKEN not in answer.text
