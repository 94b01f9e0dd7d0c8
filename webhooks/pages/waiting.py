"""What takes long: a page that says so, and asks again by itself until it is there."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from webhooks.pages.blueprint import blueprint
from webhooks.patience import StillWorking
from webhooks.rest.context import current_engine

#: Seconds after which a page asks again for what is still worked on.
REFRESH_S = 3


@blueprint.errorhandler(StillWorking)
def ask_again(working: StillWorking) -> ResponseReturnValue:
    """The page for the meantime; a browser follows its `Refresh` without JavaScript."""
    seconds = int((current_engine().clock.now() - working.since).total_seconds())
    page = render_template(
        "working.html", seconds=seconds, refresh=REFRESH_S, again=request.full_path.rstrip("?")
    )
    return page, {"Refresh": str(REFRESH_S)}
