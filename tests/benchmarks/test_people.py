"""Thirty people at once at the real server: nothing is lost, and nothing happens twice."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.benchmarks import people
from tests.databases import PostgresqlServer


def assert_right(outcome: people.Outcome) -> None:
    deeds = outcome.deeds
    assert deeds.failures == []
    assert len(deeds.completed) >= 25
    assert len(deeds.twice) >= 2
    assert Counter(outcome.recorded) == Counter(deeds.completed)
    assert (outcome.mixed_up, outcome.unsound) == ([], [])


def test_people_at_one_server_on_sqlite_lose_nothing_and_do_nothing_twice(tmp_path) -> None:
    url = f"sqlite:///{tmp_path / 'alur.db'}"

    outcome = people.work(url, 30, 3, is_quick=True)

    assert_right(outcome)
    assert "lost 0, more than were told 0" in people.told(outcome, "30 people")


@pytest.mark.postgresql
def test_people_at_two_servers_on_postgresql_lose_nothing_and_do_nothing_twice(
    postgresql_server: PostgresqlServer,
) -> None:
    url = postgresql_server.create(template="template0")
    try:
        assert_right(people.work(url, 30, 1, processes=2, is_quick=True))
    finally:
        postgresql_server.drop(url)
