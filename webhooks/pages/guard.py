"""Stands before every page: nobody passes without a login, no form without its token."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import abort, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from engine.model import LoginMethod
from webhooks.auth import count_login, count_write, needs_second_factor
from webhooks.limits import MAX_BODY_BYTES, allow_files
from webhooks.pages.blueprint import blueprint
from webhooks.pages.login import login_page
from webhooks.pages.logins import carries_token, current_login, local_path, read_login
from webhooks.pages.messages import CSRF_WRONG, STILL_THERE
from webhooks.pages.resume import comes_from_here, is_resumable, page_again
from webhooks.pages.uploads import TAKING_FILES

#: Pages that anybody may open; they look after their own token.
_PUBLIC = {
    "pages.show_login",
    "pages.check_code",
    "pages.log_in",
    "pages.begin_sign_on",
    "pages.end_sign_on",
    "pages.end_sessions_by_provider",
}
_ENROLLING = {"pages.show_second_factor", "pages.confirm_second_factor"}
#: What can be done with a temporary password.
_ALWAYS = {"pages.show_new_password", "pages.change_password", "pages.log_out"}


@blueprint.before_request
def guard() -> ResponseReturnValue | None:
    """Ask a stranger to log in, and refuse what no form of the visitor's own sent."""
    g.login = read_login()
    if _is_too_late():
        return redirect(url_for("pages.show_login", next=_page_to_return_to()), 303)
    if g.login is not None and request.endpoint in TAKING_FILES:
        allow_files()
    if _holds_nul():
        abort(404)
    if request.endpoint == "pages.choose_language":
        return None  # anybody may, and it looks after its own token
    if request.endpoint in _PUBLIC:
        if request.method == "POST":
            count_login()
        return None
    if g.login is None:
        return _ask_to_log_in()
    if request.method == "POST":
        count_write(current_login().account.name)
    if request.method == "POST" and not carries_token(current_login().session.csrf_token):
        return _refuse_form()
    return _what_comes_first()


def _what_comes_first() -> ResponseReturnValue | None:
    """What a visitor must do before anything else."""
    if _must_choose_a_password():
        return redirect(url_for("pages.show_new_password"), 303)
    if _must_enrol():
        return redirect(url_for("pages.show_second_factor"), 303)
    return None


def _must_enrol() -> bool:
    """An admin who came by password alone may make a one-time code, and do nothing else."""
    login = current_login()
    is_by_password = login.session.method is LoginMethod.PASSWORD
    return (
        is_by_password
        and needs_second_factor(login.account)
        and request.endpoint not in _ALWAYS | _ENROLLING
    )


def _must_choose_a_password() -> bool:
    """Whoever knows a temporary password may choose another one with it, and do nothing else."""
    login = current_login()
    is_by_it = login.session.method is LoginMethod.PASSWORD
    return is_by_it and login.account.is_password_temporary and request.endpoint not in _ALWAYS


def _is_too_late() -> bool:
    """Whether a form with files came after its login; nobody reads so much of a stranger."""
    return (
        g.login is None
        and request.endpoint in TAKING_FILES
        and (request.content_length or 0) > MAX_BODY_BYTES
    )


def _holds_nul() -> bool:
    """No name, key or filter has a NUL, and PostgreSQL refuses to be asked for one."""
    asked = (request.path, *request.args.values(), request.form.get("definisi", ""))
    return any("\0" in text for text in asked)


def _ask_to_log_in() -> ResponseReturnValue:
    """The login page; it holds what was typed in a form that came too late."""
    path = _page_to_return_to()
    if request.method == "POST" and is_resumable(request.path) and comes_from_here():
        return login_page(
            next_path=path, error=gettext(STILL_THERE), status=401, held_for=request.path
        )
    return redirect(url_for("pages.show_login", next=path), 303)


def _refuse_form() -> ResponseReturnValue:
    """An own form with the token of an earlier login is shown again, with all that was typed."""
    page = page_again(request.path) if comes_from_here() else None
    if page is None:
        abort(400, CSRF_WRONG)
    return page, 400


def _page_to_return_to() -> str:
    """The page that was asked for; for a form, the page that it stood on."""
    if request.method == "GET":
        return local_path(request.full_path.rstrip("?"))
    origin = urlsplit(request.referrer or "")
    return local_path(origin.path) if origin.netloc == request.host else "/"
