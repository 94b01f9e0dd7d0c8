"""A blueprint of the API: it answers its own errors, whatever the pages do with theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from flask_smorest import Blueprint

from engine.model import Scope
from webhooks.problems import HANDLED, answer
from webhooks.rest.context import ROOT
from webhooks.rest.requests import RequestParser

#: The tag of resources that Camunda does not have.
OWN = "Tambahan"

#: For views that answer with bytes.
FILE: Mapping[str, Any] = {
    "responses": {
        "200": {
            "description": "The bytes, as a download",
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
            },
        }
    }
}

#: For views that answer with a PDF document.
PDF: Mapping[str, Any] = {
    "responses": {
        "200": {
            "description": "The document, as a download",
            "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
        }
    }
}

View = TypeVar("View", bound=Callable[..., Any])


class Resource(Blueprint):  # type: ignore[misc]
    """One resource of the API, below /engine-rest."""

    ARGUMENTS_PARSER = RequestParser()

    def __init__(
        self, name: str, *, path: str = "", description: str, scope: Scope = Scope.TASKS
    ) -> None:
        """`scope`: what an access token needs for whatever is no GET."""
        super().__init__(
            name, f"webhooks.rest.{name}", url_prefix=ROOT + path, description=description
        )
        self._scope = scope
        #: (method, rule) -> the scope that an access token needs for it.
        self.scopes: dict[tuple[str, str], Scope] = {}
        for kind in HANDLED:
            self.register_error_handler(kind, answer)

    def on(
        self,
        method: str,
        path: str,
        summary: str,
        *,
        is_own: bool = False,
        is_public: bool = False,
        endpoint: str | None = None,
        scope: Scope | None = None,
        notes: Mapping[str, Any] | None = None,
    ) -> Callable[[View], View]:
        """The view answers this method of this path.

        is_own: Camunda has no such thing. scope: when it is not that of the method. notes: what
        else the OpenAPI document says of it.
        """
        needed = scope or (Scope.READ if method == "GET" else self._scope)
        said: dict[str, Any] = {"summary": summary, "x-scope": str(needed), **(notes or {})}
        if is_public:
            said["security"] = []
        tags = [OWN] if is_own else None

        def register(view: View) -> View:
            self.scopes[method, f"{self.url_prefix}{path}"] = needed
            documented = self.doc(**said)(view)
            self.route(path, methods=[method], tags=tags, endpoint=endpoint)(documented)
            return view

        return register

    def takes(self, schema: Any, location: str = "json") -> Callable[[View], View]:
        """The view gets what this schema loads: from the body, or from the query string."""
        is_required = location != "json"
        taken = self.arguments(schema, location=location, required=is_required)
        return cast("Callable[[View], View]", taken)

    def gives(self, schema: Any = None, status: int = 200) -> Callable[[View], View]:
        """What the view returns is dumped by this schema."""
        return cast("Callable[[View], View]", self.response(status, schema))

    def may_give(self, schema: Any, status: int, why: str) -> Callable[[View], View]:
        """The view may also answer so: for the OpenAPI document, it dumps that itself."""
        documented = self.alt_response(status, schema=schema, description=why)
        return cast("Callable[[View], View]", documented)
