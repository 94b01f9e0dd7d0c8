"""What is to be exported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from engine.event_logs.selections import LogFormat
from webhooks.schemas.base import Flag, Moment, Names, Shape

PROOF = "proof"
#: What the address calls a format of event logs.
LOGS = {"xes": LogFormat.XES, "ocel": LogFormat.OCEL, "csv": LogFormat.CSV}
_OF_PROOF = ("processInstanceIdIn", "withDocuments")
_OF_LOG = (
    *("processDefinitionKey", "office", "startedAfter", "startedBefore"),
    *("passagesOnly", "gzip"),
)


class ExportFilter(Shape):
    """Which instances, and in which form."""

    format = fields.String(
        load_default=PROOF,
        validate=validate.OneOf([PROOF, *LOGS]),
        metadata={
            "description": "proof: a ZIP file that can be verified without Alur, of "
            "processInstanceIdIn. xes, ocel, csv: an event log for process mining, for auditors "
            "and admins, of instances that began in a period"
        },
    )
    process_instance_id_in = Names(
        metadata={"description": "proof: ids of instances, separated by commas"}
    )
    with_documents = Flag(load_default=False, metadata={"description": "proof: with documents"})
    process_definition_key = fields.String(metadata={"description": "Logs: the key of the SOP"})
    office = fields.String(metadata={"description": "Logs: SOPs of this office (sop:satuanKerja)"})
    started_after = Moment(metadata={"description": "Logs: instances that began after it"})
    started_before = Moment(metadata={"description": "Logs: instances that began before it"})
    passages_only = Flag(
        load_default=False,
        metadata={"description": "Logs: one entry for each passing of a token"},
    )
    gzip = Flag(load_default=False, metadata={"description": "Logs: packed, as a file .gz"})

    @validates_schema(pass_original=True)
    def _fits_format(
        self, loaded: Mapping[str, Any], original: Mapping[str, Any], **_kwargs: Any
    ) -> None:
        """What says nothing in a format is a mistake, and not passed over."""
        form = loaded["format"]
        is_proof = form == PROOF
        if is_proof and "process_instance_id_in" not in loaded:
            raise ValidationError("Missing data for required field.", "processInstanceIdIn")
        for name in _OF_LOG if is_proof else _OF_PROOF:
            if name in original:
                raise ValidationError(f"has no meaning with format={form}", name)
