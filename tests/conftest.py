"""Fixtures that many tests share, and how all of them run."""

from hypothesis import HealthCheck, settings

from tests.home import cheap_argon2, clip, home

# No test is about time: on a busy machine an example may take as long as it likes.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

__all__ = ["cheap_argon2", "clip", "home"]
