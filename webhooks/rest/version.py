"""What this server is: the dialect that it speaks, and its one engine."""

from __future__ import annotations

from webhooks.rest.resource import Resource

#: The level of the Camunda 7 dialect, not the version of Alur (that is in openapi.json).
DIALECT = "7.24.0"

resource = Resource("version", description="What this server is")


@resource.on("GET", "/version", "The level of the Camunda dialect that is spoken", is_public=True)
@resource.gives()
def get_version() -> dict[str, str]:
    """A compatibility level that clients look at, not Alur's own version."""
    return {"version": DIALECT}


@resource.on("GET", "/engine", "The names of the engines", is_public=True)
@resource.gives()
def list_engines() -> list[dict[str, str]]:
    """Always the one."""
    return [{"name": "default"}]
