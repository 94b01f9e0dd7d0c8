"""How Hypothesis chooses whole walks: each takes long, and they are the same in every run."""

from __future__ import annotations

from hypothesis import HealthCheck, settings


def same_examples(number: int) -> settings:
    """That many examples, as slow as they are, and no others next time."""
    return settings(
        max_examples=number,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
