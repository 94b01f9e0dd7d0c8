"""What is asked of a large office: at the level of the engine, and as pages and requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from engine.cli.duties import duties_of
from engine.model import Actor, EventKind, InstanceState, Role, TaskState
from engine.process_engine import ProcessEngine
from engine.queries import (
    ActivityQuery,
    EventQuery,
    InstanceQuery,
    OverviewQuery,
    Page,
    SortOrder,
    TaskQuery,
)
from engine.settings import Settings
from tests.benchmarks import workload
from tests.benchmarks.seeding import ENDED_KEY

Sorting = tuple[tuple[str, SortOrder], ...]
Asked = dict[str, Callable[[], object]]

_ASC, _DESC = SortOrder.ASC, SortOrder.DESC
_SOONEST = (("due_at", _ASC), ("created_at", _ASC))
_BY_PRIORITY = (("priority", _DESC), *_SOONEST)
_OLDEST, _NEWEST = (("created_at", _ASC),), (("created_at", _DESC),)
_LATEST = Page(0, 20, (("started_at", _DESC),))
_LANE = workload.LANES[1]
_READER = workload.person(_LANE)
_AUDITOR = Actor("auditor", frozenset({Role.AUDITOR}))
_ENDED = frozenset({TaskState.COMPLETED, TaskState.CANCELLED})


@dataclass(frozen=True)
class Addresses:
    """A real instance, and its open task."""

    instance_id: str
    task_id: str


def questions(engine: ProcessEngine, size: int, at: Addresses) -> Asked:
    """What is asked of the engine, by its name."""
    return {
        **_of_inboxes(engine, size),
        **_of_instances(engine, size, at),
        **_of_search(engine, size),
        **_of_history(engine, at),
        **_of_operations(engine),
    }


def _of_inboxes(engine: ProcessEngine, size: int) -> Asked:
    tasks, now = engine.tasks, engine.clock.now()
    lane, everything = TaskQuery(candidate_groups=(_LANE,)), TaskQuery()
    one, rare_due = str(size - 2), now - timedelta(days=900)

    def listed(query: TaskQuery, sorting: Sorting = _SOONEST, first: int = 0) -> Any:
        actor = workload.ADMIN if query.candidate_groups is None else _READER
        return lambda: tasks.tasks(query, Page(first, 20, sorting), actor=actor)

    orders = {"": _SOONEST, " by priority": _BY_PRIORITY, ", oldest": _OLDEST, ", newest": _NEWEST}
    filters: dict[str, dict[str, Any]] = {
        "by name of the step": {"name_contains": "langkah_2"},
        "by a name of none": {"name_contains": "tiada"},
        "by a key": {"key_words": (one,)},
        "by a word of all keys": {"key_words": ("uji",)},
        "by SOP": {"definition_key": workload.KEY},
        "by an SOP without any": {"definition_key": ENDED_KEY},
        "overdue": {"due_before": now},
        "due today": {"due_after": now, "due_before": now + timedelta(hours=12)},
        "overdue for years": {"due_before": rare_due},
        "in hand": {"is_assigned": True, "include_assigned": True},
        "in nobody's hands": {"is_assigned": False},
        "put off": {"follow_up_after": now},
        "not put off": {"follow_up_before_or_absent": now},
        "urgent": {"min_priority": 75},
        "gone up": {"is_escalated": True, "include_assigned": True},
    }
    found: Asked = {}
    for who, query in (("inbox", lane), ("inbox of an admin", everything)):
        found |= {f"{who}{order}": listed(query, by) for order, by in orders.items()}
        found[f"{who}, page 10"] = listed(query, first=180)
        for name, asked in filters.items():
            wanted = replace(query, **asked)
            found[f"{who}, {name}"] = listed(wanted)
            found[f"{who}, {name}, by priority"] = listed(wanted, _BY_PRIORITY)
            found[f"{who}, {name}, oldest"] = listed(wanted, _OLDEST)
            found[f"{who}, {name}, number as pages count"] = _number(tasks, wanted, 1_001)
        found[f"{who}, number as pages count"] = _number(tasks, query, 1_001)
        found[f"{who}, exact number"] = _number(tasks, query, None)
    ended = replace(everything, states=_ENDED, ended_by="sekretaris", include_assigned=True)
    latest = Page(0, 20, (("ended_at", _DESC),))
    found["ended by oneself"] = lambda: tasks.tasks(ended, latest, actor=_READER)
    return found


def _number(tasks: Any, query: TaskQuery, most: int | None) -> Callable[[], object]:
    actor = workload.ADMIN if query.candidate_groups is None else _READER
    return lambda: tasks.count_tasks(query, actor=actor, at_most=most)


def _of_instances(engine: ProcessEngine, size: int, at: Addresses) -> Asked:
    instances, now = engine.instances, engine.clock.now()
    ended = Page(0, 20, (("ended_at", _DESC),))
    last_month = InstanceQuery(ended_after=now - timedelta(days=30))
    filters: dict[str, dict[str, Any]] = {
        "": {},
        " by business key": {"business_key": f"uji-{size - 2}"},
        " by a word of their key": {"key_words": (str(size - 2),)},
        " by a word of all keys": {"key_words": ("uji",)},
        " by SOP": {"definition_key": workload.KEY},
        " by SOP, running": {
            "definition_key": workload.KEY,
            "states": frozenset({InstanceState.ACTIVE}),
        },
        " by an ended SOP, running": {
            "definition_key": ENDED_KEY,
            "states": frozenset({InstanceState.ACTIVE}),
        },
        " by state": {"states": frozenset({InstanceState.ACTIVE})},
        " cancelled": {"states": frozenset({InstanceState.CANCELLED})},
        " by lane": {"open_lane": _LANE},
        " by a lane of none": {"open_lane": "Tiada"},
        " with an incident": {"has_incident": True},
        " that are late": {"late_at": now},
        " that went up": {"is_escalated": True},
        " of this month": {"started_after": now - timedelta(days=30)},
        " long ago": {"started_before": now - timedelta(days=900)},
        " by starter": {"started_by": "admin"},
    }
    found: Asked = {}
    for who, actor in (("", workload.ADMIN), (" of staff", _READER)):
        for name, asked in filters.items():
            query = InstanceQuery(**asked)
            found[f"instances{who}{name}"] = lambda q=query, a=actor: instances.instances(
                q, _LATEST, actor=a
            )
            found[f"instances{who}{name}, number as pages count"] = lambda q=query, a=actor: (
                instances.count_instances(q, actor=a, at_most=1_001)
            )
        found[f"instances{who} that ended"] = lambda a=actor: instances.instances(
            last_month, ended, actor=a
        )
    found["instances, exact number"] = lambda: instances.count_instances(
        InstanceQuery(), actor=workload.ADMIN
    )
    found["one instance"] = lambda: instances.instance(at.instance_id, actor=_READER)
    return found


def _of_search(engine: ProcessEngine, size: int) -> Asked:
    words = {
        "a word of one instance": f"nomor{size - 2}",
        "a key": f"uji {size - 2}",
        "a word of all": "contoh",
        "two words of all": "contoh isian",
        "the beginning of all": "cont",
        "a step": "langkah_2",
        "a step and a key": f"langkah {size - 2}",
        "a word of none": "tiadasatupun",
        "a word of all and one of none": "contoh tiadasatupun",
        "a letter": "u",
    }
    return {
        f"search{who}, {name}": lambda asked=asked, actor=actor: engine.search.find(
            asked, actor=actor
        )
        for who, actor in (("", workload.ADMIN), (" by staff", _READER))
        for name, asked in words.items()
    }


def _of_history(engine: ProcessEngine, at: Addresses) -> Asked:
    history, now = engine.history, engine.clock.now()
    latest = Page(0, 25, (("at", _DESC),))
    started = Page(0, 25, (("started_at", _DESC),))
    month = now - timedelta(days=30)
    deeds = EventQuery(is_by_somebody=True)
    events = {
        "what people did": deeds,
        "what one did": replace(deeds, actor="sekretaris"),
        "what nobody did": replace(deeds, actor="tiada"),
        "deeds of a kind": replace(deeds, kinds=frozenset({EventKind.TASK_COMPLETED})),
        "deeds of a rare kind": replace(deeds, kinds=frozenset({EventKind.INSTANCE_CANCELLED})),
        "deeds of a month": replace(deeds, at_after=month),
        "deeds of an SOP": replace(deeds, definition_key=ENDED_KEY),
    }
    return {
        **{
            f"history, {name}": lambda q=query: history.find_events(q, latest, actor=_AUDITOR)
            for name, query in events.items()
        },
        "history, visits": lambda: history.activities(ActivityQuery(), started, actor=_AUDITOR),
        "history, visits of a step": lambda: history.activities(
            ActivityQuery(activity_id="langkah_2"), started, actor=_AUDITOR
        ),
        "history, visits of an instance": lambda: history.activities(
            ActivityQuery(instance_id=at.instance_id), started, actor=_AUDITOR
        ),
        "history, events of an instance": lambda: history.events(at.instance_id, actor=_READER),
    }


def _of_operations(engine: ProcessEngine) -> Asked:
    now = engine.clock.now()
    month = OverviewQuery(since=now - timedelta(days=30), before=now)
    found: Asked = {
        "health": engine.health.checks,
        "metrics": engine.health.figures,
        "dashboard": lambda: engine.overviews.overview(month, actor=workload.ADMIN),
        "dashboard of staff": lambda: engine.overviews.overview(month, actor=_READER),
        "running by SOP": lambda: engine.overviews.running(OverviewQuery(), actor=_READER),
    }
    for duty in duties_of(engine, Settings()):
        # What is due is done before; a turn with nothing to do is what a second costs.
        duty.turn(lambda: False)
        found[f"duty {duty.name}, nothing due"] = lambda duty=duty: duty.turn(lambda: False)
    return found


def pages(size: int, at: Addresses) -> Iterator[tuple[str, str]]:
    """Who asks, and for what address."""
    one = size - 2
    for who in ("sekretaris", "admin"):
        yield from ((who, path) for path in _PAGES)
        yield who, f"/cari?q=uji+{one}"
        yield who, f"/?lingkup=semua&kunci=uji-{one}"
        yield who, f"/berkas?kunci=uji-{one}"
        yield who, f"/berkas/{at.instance_id}"
    yield "sekretaris", f"/tugas/{at.task_id}"
    yield from (("admin", path) for path in _PAGES_OF_ADMINS)
    yield from (("admin", f"/engine-rest{path}") for path in _REQUESTS)
    yield from (("admin", f"/engine-rest{path}") for path in _REQUESTS_OF_ADMINS)
    yield from (("sekretaris", f"/engine-rest{path}") for path in _REQUESTS)


_PAGES = (
    "/static/alur.css",
    "/",
    "/?lingkup=lajur",
    "/?lingkup=semua",
    "/?lingkup=lajur&urut=prioritas",
    "/?lingkup=semua&urut=prioritas",
    "/?lingkup=semua&urut=terlama",
    "/?lingkup=semua&tenggat=terlambat",
    "/?lingkup=semua&keadaan=selesai",
    "/berkas",
    "/berkas?status=ACTIVE",
    "/berkas?keadaan=terlambat",
    "/berkas?periode=tahun",
    "/berkas?menurut=berakhir&periode=tahun",
    f"/berkas?sop={ENDED_KEY}",
    "/cari?q=contoh",
    "/dasbor?periode=bulan",
    "/dasbor?periode=tahun",
    "/proses",
    f"/proses/{workload.KEY}/1",
    "/laporan?periode=tahun",
    f"/laporan/{ENDED_KEY}?periode=tahun",
    f"/laporan/{workload.KEY}?periode=tahun",
    "/saya",
)
_PAGES_OF_ADMINS = (
    "/riwayat",
    "/riwayat?periode=tahun",
    "/riwayat?orang=sekretaris",
    f"/riwayat?sop={ENDED_KEY}",
    "/retensi",
    "/titik-periksa",
    "/data-pribadi",
    "/data-pribadi/usul-musnah",
    "/akun",
    "/akun/riwayat",
    "/langganan",
    "/pesan",
    "/bukti-akip",
    "/penggantian",
    "/pengaturan",
    "/health",
    "/metrics",
)
_TASK_ORDERS = ("name", "assignee", "created", "dueDate", "followUpDate", "priority", "instanceId")
_INSTANCE_ORDERS = ("instanceId", "definitionKey", "businessKey", "startTime", "endTime")
_REQUESTS = (
    *(f"/task?maxResults=20&sortBy={by}&sortOrder=desc" for by in _TASK_ORDERS),
    *(f"/task?maxResults=20&sortBy={by}&sortOrder=asc" for by in _TASK_ORDERS),
    "/task?maxResults=20&processInstanceBusinessKeyLike=uji-77%25",
    "/task/count",
    "/process-instance?maxResults=20",
    "/process-instance/count",
    *(
        f"/history/process-instance?maxResults=20&sortBy={by}&sortOrder=desc"
        for by in _INSTANCE_ORDERS
    ),
    *(
        f"/history/process-instance?maxResults=20&sortBy={by}&sortOrder=asc"
        for by in _INSTANCE_ORDERS
    ),
    "/history/process-instance?maxResults=20&finished=true",
    "/history/activity-instance?maxResults=20",
    "/history/activity-instance?maxResults=20&sortBy=startTime&sortOrder=desc",
    "/history/activity-instance?maxResults=20&sortBy=endTime&sortOrder=desc",
    "/history/activity-instance?maxResults=20&finished=true",
    "/history/task?maxResults=20",
    "/history/task?maxResults=20&sortBy=startTime&sortOrder=desc",
    "/history/task?maxResults=20&sortBy=endTime&sortOrder=desc",
    "/history/task?maxResults=20&finished=true",
    "/history/variable-instance?maxResults=20",
    "/history/detail?maxResults=20",
    "/history/user-operation?maxResults=20",
    "/history/user-operation?maxResults=20&sortBy=timestamp&sortOrder=desc",
    "/history/identity-link-log?maxResults=20",
    "/history/incident?maxResults=20",
    "/incident?maxResults=20",
)
_REQUESTS_OF_ADMINS = ("/external-task?maxResults=20", "/event-subscription?maxResults=20")
