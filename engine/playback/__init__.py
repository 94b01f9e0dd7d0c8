"""Showing what happened in an instance, step by step; it changes nothing."""
