"""The figures in Prometheus' words: gauges asked of the database, histograms of this process.

Names and units follow prometheus.io/docs/practices/naming.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from engine.health import Health
from engine.model import WrittenSteps

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_STATEMENTS = (2, 4, 6, 8, 10, 15, 20, 50, 100)


class Instruments:
    """What is measured in one process. Each app has its own: nothing is global."""

    def __init__(self, health: Health) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_Gauges(health))
        ProcessCollector(registry=self._registry)
        self._requests = Histogram(
            "alur_http_request_duration_seconds",
            "How long requests took",
            ["method", "route", "status"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._steps = Histogram(
            "alur_step_duration_seconds",
            "How long steps took, by the kind of their input, until they were kept",
            ["kind"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._statements = Histogram(
            "alur_step_statements",
            "How many SQL statements steps took, by the kind of their input",
            ["kind"],
            buckets=_STATEMENTS,
            registry=self._registry,
        )
        health.watch_steps(self._see_steps)

    def see_request(self, method: str, route: str, *, status: int, seconds: float) -> None:
        """A request was answered. `route`: its template, so that there are few."""
        self._requests.labels(method, route, str(status)).observe(seconds)

    def _see_steps(self, written: WrittenSteps) -> None:
        kind = str(written.steps[0][0])
        self._steps.labels(kind).observe(written.seconds)
        self._statements.labels(kind).observe(written.statements)

    def text(self) -> bytes:
        """Everything in Prometheus' text format. Raises StorageError."""
        return generate_latest(self._registry)


class _Gauges(Collector):
    """Asks the database when it is asked: any process gives the same answer."""

    def __init__(self, health: Health) -> None:
        self._health = health

    def describe(self) -> Iterator[Metric]:
        """Nothing beforehand, or registering would ask the database."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """The gauges of this moment."""
        figures, now = self._health.figures()
        lanes = [([load.lane or ""], load) for load in figures.lanes]
        yield _gauge(
            "alur_open_tasks",
            "Open user tasks",
            ["lane"],
            [(labels, load.open_tasks) for labels, load in lanes],
        )
        yield _gauge(
            "alur_overdue_tasks",
            "Open user tasks whose due date has passed",
            ["lane"],
            [(labels, load.overdue_tasks) for labels, load in lanes],
        )
        yield _gauge(
            "alur_running_instances",
            "Running process instances",
            ["definition_key"],
            [([key], number) for key, number in figures.running.items()],
        )
        yield _gauge(
            "alur_external_tasks",
            "External tasks that wait for a worker, or that one holds",
            ["topic", "state"],
            [([load.topic, "waiting"], load.waiting) for load in figures.topics]
            + [([load.topic, "held"], load.held) for load in figures.topics],
        )
        yield _number("alur_open_incidents", "Open incidents", figures.open_incidents)
        yield _number("alur_due_instances", "Instances with a due timer", figures.due_instances)
        yield _number(
            "alur_oldest_due_timer_age_seconds",
            "Since when a due timer waits",
            _age(figures.oldest_due_at, now),
        )
        if figures.last_checkpoint_at is not None:
            yield _number(
                "alur_last_checkpoint_age_seconds",
                "Since when no checkpoint was made",
                _age(figures.last_checkpoint_at, now),
            )
        sent = figures.deliveries
        yield _number("alur_pending_deliveries", "Deliveries on their way", sent.pending)
        yield _number("alur_failed_deliveries", "Given up within the last day", sent.failed)
        yield _number(
            "alur_oldest_due_delivery_age_seconds",
            "Since when a delivery could be sent",
            _age(sent.oldest_due_at, now),
        )


def _gauge(
    name: str, about: str, labels: list[str], values: list[tuple[list[str], int]]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, about, labels=labels)
    for of, value in values:
        family.add_metric(of, value)
    return family


def _age(since: datetime | None, now: datetime) -> float:
    """Seconds; a clock that was set back gives none."""
    return max(0.0, (now - since).total_seconds()) if since else 0.0


def _number(name: str, about: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, about, value=value)
