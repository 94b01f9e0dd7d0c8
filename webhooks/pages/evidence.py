"""Evidence on paper: an instance as PDF; whether a history has what the code of a paper names."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from engine.errors import Forbidden, InvalidInput
from engine.history_codes import CodedHistory
from engine.model import ProcessInstance
from webhooks.auth import source_address
from webhooks.downloads import pdf
from webhooks.evidence import instance_pdf, writing_papers
from webhooks.pages.blueprint import blueprint
from webhooks.pages.listings import argument
from webhooks.pages.logins import current_actor, visitor
from webhooks.rates import CODES
from webhooks.rest.context import (
    current_engine,
    current_patience,
    current_rates,
    current_settings,
)


@blueprint.get("/berkas/<instance_id>/berkas.pdf")
def download_instance(instance_id: str) -> ResponseReturnValue:
    """The instance as a PDF document; its history is verified for it, which may take a while."""
    engine, settings, actor = current_engine(), current_settings(), current_actor()

    def make() -> bytes:
        with writing_papers(engine, settings):
            return instance_pdf(instance_id, actor=actor)

    made = current_patience().answer(("pdf", instance_id, actor), make)
    return pdf(made, f"berkas-{instance_id}.pdf")


@blueprint.get("/periksa")
def check_code() -> ResponseReturnValue:
    """Whether a history still has what the code of a paper says; for anybody who has the code."""
    code = argument("kode")
    if code is None:
        return _code_page("")
    current_rates().count("codes", source_address(), most=CODES)
    try:
        found = current_engine().history_codes.find(code)
    except InvalidInput:
        why = gettext("Bukan kode verifikasi: periksa lagi setiap huruf dan angkanya.")
        return _code_page(code, fault=why), 400
    return _code_page(code, found=found, is_answered=True)


def _code_page(
    code: str,
    *,
    found: CodedHistory | None = None,
    fault: str | None = None,
    is_answered: bool = False,
) -> str:
    return render_template(
        "code.html",
        code=code,
        found=found,
        fault=fault,
        is_answered=is_answered,
        instance=_visible(found) if found else None,
    )


def _visible(found: CodedHistory) -> ProcessInstance | None:
    """The instance, when the visitor may see it."""
    if visitor() is None:
        return None
    try:
        return current_engine().instances.instance(found.event.instance_id, actor=current_actor())
    except Forbidden:
        return None
