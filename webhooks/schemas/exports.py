"""What is to be exported."""

from __future__ import annotations

from marshmallow import fields, validate

from webhooks.schemas.base import Flag, Names, Shape


class ExportFilter(Shape):
    """Which instances, and in which form."""

    format = fields.String(
        load_default="proof",
        validate=validate.OneOf(["proof"]),
        metadata={"description": "proof: a ZIP file that can be verified without Alur"},
    )
    process_instance_id_in = Names(
        required=True, metadata={"description": "Ids of instances, separated by commas"}
    )
    with_documents = Flag(load_default=False)
