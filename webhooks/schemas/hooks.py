"""What other systems send to `/hook`. Values here are plain JSON."""

from __future__ import annotations

from marshmallow import RAISE, fields

from webhooks.schemas.base import Shape


class HookedMessage(Shape):
    """A message: for which instance, and what it brings."""

    class Meta:
        """A misspelt key would be lost without a word."""

        unknown = RAISE

    business_key = fields.String(allow_none=True, load_default=None)
    process_instance_id = fields.String(allow_none=True, load_default=None)
    correlation_keys = fields.Dict(keys=fields.String(), load_default=dict)
    variables = fields.Dict(keys=fields.String(), load_default=dict)
