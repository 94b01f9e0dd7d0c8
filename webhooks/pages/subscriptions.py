"""Subscriptions of web hooks, for analysts and administrators; auditors read."""

from __future__ import annotations

from collections.abc import Mapping

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from engine.errors import Conflict, InvalidInput
from engine.model import SUBSCRIBABLE, Delivery, DeliveryAttempt, DeliveryState, Role
from engine.queries import DeliveryQuery, SortOrder
from engine.webhook_subscriptions import Wishes
from webhooks.pages import subscription_words as words
from webhooks.pages.blueprint import blueprint
from webhooks.pages.listings import (
    argument,
    latest_definitions,
    page_number,
    page_of,
    pager,
    sop_titles,
)
from webhooks.pages.logins import current_actor, require_page_role
from webhooks.rest.context import current_engine

Faults = Mapping[str, str]


@blueprint.get("/langganan")
def list_subscriptions() -> ResponseReturnValue:
    """Every subscription, and the form for one more."""
    return _list_page()


@blueprint.post("/langganan")
def add_subscription() -> ResponseReturnValue:
    """There is one more; its secret stands on this answer and never again."""
    try:
        made, secret = current_engine().webhook_subscriptions.add(_wishes(), actor=current_actor())
    except InvalidInput as error:
        return _list_page(faults=_faults(error)), 400
    return _page(made.subscription_id, secret=secret)


@blueprint.get("/langganan/<subscription_id>")
def show_subscription(subscription_id: str) -> ResponseReturnValue:
    """One of them: what it asks for, how it goes there, and the log."""
    return _page(subscription_id)


@blueprint.post("/langganan/<subscription_id>")
def change_subscription(subscription_id: str) -> ResponseReturnValue:
    """It asks for something else."""
    try:
        current_engine().webhook_subscriptions.change(
            subscription_id, _wishes(), actor=current_actor()
        )
    except InvalidInput as error:
        return _page(subscription_id, faults=_faults(error)), 400
    return _back(subscription_id, "langganan-diubah")


@blueprint.post("/langganan/<subscription_id>/uji")
def send_trial(subscription_id: str) -> ResponseReturnValue:
    """A trial is on its way."""
    current_engine().deliveries.ping(subscription_id, actor=current_actor())
    return _back(subscription_id, "langganan-diuji")


@blueprint.post("/langganan/<subscription_id>/rahasia")
def rotate_secret(subscription_id: str) -> ResponseReturnValue:
    """A new secret stands on this answer and never again."""
    _, secret = current_engine().webhook_subscriptions.rotate_secret(
        subscription_id, actor=current_actor()
    )
    return _page(subscription_id, secret=secret)


@blueprint.post("/langganan/<subscription_id>/nonaktif")
def disable_subscription(subscription_id: str) -> ResponseReturnValue:
    """It is told nothing any more."""
    current_engine().webhook_subscriptions.disable(subscription_id, actor=current_actor())
    return _back(subscription_id, "langganan-nonaktif")


@blueprint.post("/langganan/<subscription_id>/aktif")
def enable_subscription(subscription_id: str) -> ResponseReturnValue:
    """It is told of what happens from now on."""
    current_engine().webhook_subscriptions.enable(subscription_id, actor=current_actor())
    return _back(subscription_id, "langganan-aktif")


@blueprint.post("/langganan/<subscription_id>/hapus")
def remove_subscription(subscription_id: str) -> ResponseReturnValue:
    """It is gone, and its log."""
    current_engine().webhook_subscriptions.remove(subscription_id, actor=current_actor())
    return redirect(url_for("pages.list_subscriptions", kabar="langganan-dihapus"), 303)


@blueprint.post("/langganan/<subscription_id>/kiriman/<delivery_id>/ulang")
def redeliver(subscription_id: str, delivery_id: str) -> ResponseReturnValue:
    """It is on its way once more; who pressed twice has it on its way once."""
    try:
        current_engine().deliveries.redeliver(delivery_id, actor=current_actor())
    except Conflict:
        return _back(subscription_id, "kiriman-tidak-diulang")
    return _back(subscription_id, "kiriman-diulang")


# ----------------------------------------------------------------------- showing


def _list_page(*, faults: Faults | None = None) -> str:
    require_page_role("see web hooks", Role.ADMIN, Role.ANALYST, Role.AUDITOR)
    return render_template(
        "subscriptions.html",
        subscriptions=current_engine().webhook_subscriptions.list(actor=current_actor()),
        faults=faults or {},
        **_choices(),
    )


def _page(subscription_id: str, *, faults: Faults | None = None, secret: str | None = None) -> str:
    engine, actor, number = current_engine(), current_actor(), page_number()
    state = argument("status")
    query = DeliveryQuery(
        subscription_id=subscription_id,
        state=DeliveryState(state) if state in set(DeliveryState) else None,
    )
    found = engine.deliveries.deliveries(
        query, page_of(number, ("created_at", SortOrder.DESC)), actor=actor
    )
    return render_template(
        "subscription.html",
        subscription=engine.webhook_subscriptions.subscription(subscription_id, actor=actor),
        log=_log(found, engine.deliveries.attempts(found, actor=actor)),
        pager=pager(number, engine.deliveries.count_deliveries(query, actor=actor)),
        is_filtered=query.state is not None,
        faults=faults or {},
        secret=secret,
        **_choices(),
    )


def _log(
    deliveries: list[Delivery], attempts: Mapping[str, list[DeliveryAttempt]]
) -> list[tuple[Delivery, list[DeliveryAttempt]]]:
    return [(each, attempts[each.delivery_id]) for each in deliveries]


def _choices() -> dict[str, object]:
    """What may be chosen, and how things are called."""
    actor = current_actor()
    definitions = latest_definitions(actor)
    return {
        "may_change": actor.has(Role.ADMIN, Role.ANALYST),
        "kinds": {kind: words.KINDS[kind] for kind in SUBSCRIBABLE},
        "kind_names": words.KINDS,
        "titles": sop_titles(definitions),
        "lane_choices": [
            (lane, lane) for lane in sorted({lane for each in definitions for lane in each.lanes})
        ],
        "delivery_states": words.STATES,
        "failures": words.FAILURES,
        "because": words.BECAUSE,
        "sent": request.form,
    }


# ----------------------------------------------------------------------- reading


def _wishes() -> Wishes:
    sent = request.form
    return Wishes(
        sent.get("nama", ""),
        sent.get("alamat", "").strip(),
        frozenset(sent.getlist("kejadian")),
        frozenset(sent.getlist("sop")),
        frozenset(sent.getlist("lajur")),
    )


def _faults(error: InvalidInput) -> dict[str, str]:
    is_full = "subscriptions already" in str(error)
    return {name: gettext(words.FULL) if is_full else words.RULES[name] for name in error.fields}


def _back(subscription_id: str, notice: str) -> ResponseReturnValue:
    place = url_for("pages.show_subscription", subscription_id=subscription_id, kabar=notice)
    return redirect(place, 303)
