"""The one blueprint of all pages: its modules hang their views on it."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("pages", __name__)
