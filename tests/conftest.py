"""Fixtures for all tests."""

pytest_plugins = ["tests.databases", "tests.office", "tests.house", "tests.desk"]
