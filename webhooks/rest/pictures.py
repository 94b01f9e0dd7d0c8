"""Pictures as answers of the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response

from engine.drawings import Image

MEDIA_TYPE = "image/svg+xml"

#: What the OpenAPI document says of a view that answers with a picture.
SVG: Mapping[str, Any] = {
    "responses": {
        "200": {
            "description": "The picture",
            "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
        }
    }
}


def picture(image: Image) -> Response:
    """The image as a document of its own, in which a browser runs nothing."""
    response = Response(image.svg, mimetype=MEDIA_TYPE)
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    return response
