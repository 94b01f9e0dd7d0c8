"""Alur's engine: it runs SOPs in BPMN, and keeps the history that proves it. It knows no HTTP."""

__version__ = "0.1.0"
