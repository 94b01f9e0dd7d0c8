"""The server-rendered pages: every view is a real link or form, and works without JavaScript."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, g, request

from engine.errors import EngineError
from engine.process_engine import ProcessEngine
from engine.settings import Settings
from webhooks import language
from webhooks.auth import needs_second_factor
from webhooks.pages import (
    account_log,
    account_words,
    accounts,
    calendars,
    changing,
    checkpoints,
    comparison,
    dashboard,
    deeds,
    definition_files,
    documents,
    drafts,
    drawings,
    evidence,
    evidence_packages,
    guard,
    handing,
    inbox,
    instance_list,
    instances,
    integrity,
    kept_messages,
    languages,
    login,
    mail,
    mending,
    message_sources,
    messages,
    migrations,
    modeler,
    monitoring,
    office_settings,
    own,
    papers,
    personal_data,
    processes,
    refusals,
    remarking,
    replay,
    reports,
    retention,
    saved_filters,
    searching,
    second_factor,
    sign_on,
    simulating,
    starting,
    subscriptions,
    substitutions,
    superiors,
    tasks,
    waiting,
)
from webhooks.pages.blueprint import blueprint
from webhooks.pages.dates import day_text, moment_code, moment_text, zone_text
from webhooks.pages.devices import device_text
from webhooks.pages.logins import CSRF_FIELD, visitor
from webhooks.pages.people import person
from webhooks.pages.priorities import priority_text
from webhooks.pages.remaining import passed_text, remaining_text
from webhooks.pages.replay_rows import capacity_text
from webhooks.pages.values import local_text, repeated_items
from webhooks.rest.context import current_engine, current_provider, is_api

__all__ = [
    "account_log",
    "accounts",
    "calendars",
    "changing",
    "checkpoints",
    "comparison",
    "dashboard",
    "deeds",
    "definition_files",
    "documents",
    "drafts",
    "drawings",
    "evidence",
    "evidence_packages",
    "guard",
    "handing",
    "inbox",
    "instance_list",
    "instances",
    "integrity",
    "kept_messages",
    "languages",
    "login",
    "mail",
    "mending",
    "message_sources",
    "migrations",
    "modeler",
    "monitoring",
    "office_settings",
    "own",
    "personal_data",
    "processes",
    "refusals",
    "register",
    "remarking",
    "replay",
    "reports",
    "retention",
    "saved_filters",
    "searching",
    "second_factor",
    "sign_on",
    "simulating",
    "starting",
    "subscriptions",
    "substitutions",
    "superiors",
    "tasks",
    "waiting",
]

#: No inline script or style, nothing from elsewhere, and no frame around a page.
_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def register(app: Flask, engine: ProcessEngine, settings: Settings) -> None:  # noqa: ARG001
    """The app answers with pages at /; requests find engine and settings in the app's context."""
    language.register(app, languages.chosen_language)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        waktu=moment_text,
        hari=day_text,
        kode_waktu=moment_code,
        zona=zone_text,
        orang=person,
        lokal=local_text,
        kembar=repeated_items,
        sisa=remaining_text,
        lama=passed_text,
        prioritas=priority_text,
        perangkat=device_text,
        kesalahan=messages.fault_text,
        tergambar=language.drawn,
        kapasitas=capacity_text,
    )
    app.register_blueprint(blueprint)
    app.register_blueprint(modeler.public)
    app.after_request(_seal)


@blueprint.app_context_processor
def _words() -> dict[str, Any]:
    """What every template may say."""
    return {
        "login": visitor(),
        "now": current_engine().clock.now(),
        "csrf_field": CSRF_FIELD,
        "notice": _notice(),
        "states": messages.STATES,
        "roles": messages.ROLES,
        "login_methods": account_words.LOGIN_METHODS,
        "must_enrol": _must_enrol(),
        "has_sign_on": current_provider() is not None,
        "severities": messages.SEVERITIES,
        "endorsement_names": papers.NAMES,
        "endorsement_voidings": papers.VOIDINGS,
        "endorsement_methods": papers.METHODS,
        "language": language.current_language(),
        "languages": language.LANGUAGES,
    }


def _must_enrol() -> bool:
    login = visitor()
    return login is not None and needs_second_factor(login.account)


def _notice() -> str | None:
    """What the page before did, as its redirect says; a forged code says nothing of one's own."""
    if g.get("notice"):
        return str(g.notice)
    login = visitor()
    task_id = request.args.get("selesai")
    if task_id and login is not None:
        try:
            task = current_engine().tasks.task(task_id, actor=login.actor)
        except EngineError:
            return None
        return messages.completed(task.name) if task.ended_by == login.account.name else None
    claimed = request.args.get("diambil", type=int)
    if claimed is not None:
        return messages.claimed(claimed, failed=request.args.get("gagal", 0, type=int))
    return messages.NOTICES.get(request.args.get("kabar", ""))


def _seal(response: Response) -> Response:
    if is_api(request.path):
        return response
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response
