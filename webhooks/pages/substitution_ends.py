"""Work that comes when its substitution is over: refused in clear words, what was typed kept."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from flask import Response, request
from flask_babel import gettext

from engine.errors import InvalidInput, SubstitutionOver
from webhooks.pages.explanations import explain
from webhooks.pages.fields import PREFIX
from webhooks.pages.logins import current_actor
from webhooks.pages.people import display_names
from webhooks.pages.refusals import error_page
from webhooks.problems import problem_of
from webhooks.rest.context import current_engine


def refused_work(task_id: str, error: SubstitutionOver) -> Response:
    """The page that says so; the form of the task shows the draft when the lane is his again."""
    texts = {
        name.removeprefix(PREFIX): text.replace("\r\n", "\n")
        for name, text in request.form.items()
        if name.startswith(PREFIX)
    }
    details = [gettext("Tugas ini kini kembali ke lajurnya, dan belum diselesaikan.")]
    with suppress(InvalidInput):
        if texts:
            current_engine().task_drafts.save(task_id, texts, actor=current_actor())
            details.append(
                gettext(
                    "Isian Anda disimpan sebagai draf, dan tampil kembali apabila penggantian Anda "
                    "diperpanjang. Berkas yang dipilih tidak ikut tersimpan."
                )
            )
    explanation = replace(explain(error, display_names()), details=tuple(details))
    return error_page(explanation, problem_of(error).status)
