"""Sends the bytes of a document so that no browser runs them, whatever their sender called them."""

from __future__ import annotations

import base64
import unicodedata
from urllib.parse import quote

from flask import Response

from engine.documents import DocumentContent

_HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}

_QUOTED = str.maketrans({'"': "_", "\\": "_"})


def download(found: DocumentContent) -> Response:
    """The file, to be saved under its name. Its own type is in the metadata, and not believed.

    `Repr-Digest` is RFC 9530's: the SHA-256 that history names.
    """
    response = Response(found.content, mimetype="application/octet-stream")
    response.headers.update(_HEADERS)
    response.headers["Content-Disposition"] = attachment(found.document.name)
    digest = base64.b64encode(bytes.fromhex(found.document.sha256)).decode("ascii")
    response.headers["Repr-Digest"] = f"sha-256=:{digest}:"
    return response


def attachment(name: str) -> str:
    """The Content-Disposition of a file to be saved under that name, in characters of a header.

    RFC 6266 §4.3: `filename*` has the whole name, `filename` what an old client can read of it.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii")
    seen = "".join(each for each in plain if each.isprintable()).translate(_QUOTED)
    whole = quote(name, safe="")
    return f"attachment; filename=\"{seen or 'dokumen'}\"; filename*=UTF-8''{whole}"
