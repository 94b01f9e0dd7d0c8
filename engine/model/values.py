"""JSON values, as variables and payloads hold them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: What a process variable may hold: JSON, and nothing that JSON cannot say.
Json = Any
Variables = Mapping[str, Json]
