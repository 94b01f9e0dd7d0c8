"""Moves running instances to another version of their process."""
