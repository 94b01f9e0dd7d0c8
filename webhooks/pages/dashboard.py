"""The dashboard: how the work stands that the visitor may see, every figure a link to its list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.model import InstanceState, LaneStanding, Overview, Punctuality, Role, StuckInstance
from engine.overviews import OpenStep
from engine.queries import OverviewQuery
from webhooks.language import Phrases
from webhooks.pages.blueprint import blueprint
from webhooks.pages.instance_list import ENDED, ESCALATED, FAILED, LATE
from webhooks.pages.listings import argument, latest_definitions, may_list, sop_titles
from webhooks.pages.logins import current_actor, visitor
from webhooks.pages.periods import MONTH, RUNNING, Period, period_of, running
from webhooks.rest.context import current_engine, current_settings

_LOOKING_ON = (Role.ADMIN, Role.AUDITOR, Role.ANALYST)


@dataclass(frozen=True, slots=True)
class Stuck:
    """A stuck instance with the steps where it stands."""

    found: StuckInstance
    steps: list[OpenStep]


@blueprint.get("/dasbor")
def show_dashboard() -> ResponseReturnValue:
    """What runs, is late and waits now, and what ended in the period, of one SOP or all."""
    actor = current_actor()
    period = period_of(argument("periode")) or running(MONTH)
    query = OverviewQuery(argument("sop"), since=period.after, before=period.before)
    found = current_engine().overviews.overview(query, actor=actor)
    titles = sop_titles(latest_definitions(actor))
    return render_template(
        "dashboard.html",
        overview=found,
        running=sum(each.running for each in found.processes),
        late=sum(each.late for each in found.processes),
        failed=sum(each.failed for each in found.processes),
        escalated=sum(each.escalated_tasks for each in found.lanes),
        completed=sum(each.completed for each in found.processes),
        may_list=may_list(current_actor()),
        titles=titles,
        period=period,
        periods=Phrases(RUNNING),
        stuck=_placed(found),
        most=max((each.open_tasks for each in found.lanes), default=0),
        links=Links(period),
        share=share_text,
        bar=bar_of,
    )


@dataclass(frozen=True, slots=True)
class Links:
    """Where the lists behind the figures are; each keeps the SOP of the dashboard."""

    period: Period

    def running(self, **filters: str | None) -> str:
        """Running instances that match."""
        return self._list(status=InstanceState.ACTIVE.value, **filters)

    def late(self, **filters: str | None) -> str:
        """Running instances that are late."""
        return self.running(keadaan=LATE, **filters)

    def escalated(self, **filters: str | None) -> str:
        """Running instances with a task that went up to superiors."""
        return self.running(keadaan=ESCALATED, **filters)

    def failed(self, **filters: str | None) -> str:
        """Running instances that failed."""
        return self.running(keadaan=FAILED, **filters)

    def ended(self, state: str, **filters: str | None) -> str:
        """Instances that ended so in the period."""
        return self._list(status=state, periode=self.period.code, menurut=ENDED, **filters)

    def inbox(self, scope: str) -> str:
        """The visitor's own tasks."""
        return url_for("pages.inbox", lingkup=scope, sop=argument("sop"))

    def dashboard(self, period: str) -> str:
        """The dashboard of another period."""
        return url_for("pages.show_dashboard", periode=period, sop=argument("sop"))

    def _list(self, **filters: str | None) -> str:
        kept: dict[str, Any] = {"sop": argument("sop"), **filters}
        return url_for("pages.list_instances", **kept)


def share_text(punctuality: Punctuality) -> str:
    """How punctual it was, as a whole percentage, never rounded up to all; "" without any task."""
    if punctuality.share is None:
        return ""
    return f"{int(punctuality.share * 100)}%"


def bar_of(lane: LaneStanding, most: int) -> tuple[float, float]:
    """How long the late part of a lane's bar is and how long all of it, of 100."""
    return round(100 * lane.late_tasks / most, 1), round(100 * lane.open_tasks / most, 1)


def _placed(found: Overview) -> dict[str, list[Stuck]]:
    """The late and the failed instances, with where they stand."""
    ids = {each.instance.instance_id for each in (*found.late, *found.failed)}
    steps = current_engine().overviews.open_steps(ids, actor=current_actor())
    return {
        name: [Stuck(each, steps.get(each.instance.instance_id, [])) for each in those]
        for name, those in ((LATE, found.late), (FAILED, found.failed))
    }


@blueprint.app_context_processor
def _menu() -> dict[str, bool]:
    """Whether the menu leads to the dashboard."""
    login = visitor()
    if login is None:
        return {"has_dashboard": False}
    leads = not login.actor.working_lanes.isdisjoint(current_settings().leader_lanes)
    return {"has_dashboard": leads or login.actor.has(*_LOOKING_ON) or request.path == "/dasbor"}
