"""Reports: how the work of an SOP went in a period."""

from __future__ import annotations

from typing import Any

from engine.model import Period, SopReport
from webhooks.auth import require_actor
from webhooks.rest.context import current_engine
from webhooks.rest.resource import Resource
from webhooks.schemas.reports import ReportWish, SlaAnswer

resource = Resource("report", path="/report", description="How the work of an SOP went")


@resource.on("GET", "/sla", "Waktu Baku against actual, of one SOP in one period", is_own=True)
@resource.takes(ReportWish, location="query")
@resource.gives(SlaAnswer)
def get_sla(wish: dict[str, Any]) -> SopReport:
    """What ended in the period: steps, lanes, returns, variants and conformance."""
    return current_engine().reports.sop(
        wish["process_definition_key"],
        Period(wish["after"], wish["before"]),
        version=wish.get("process_definition_version"),
        actor=require_actor(),
    )
