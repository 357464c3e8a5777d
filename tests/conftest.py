"""Fixtures that many tests share."""

from tests.home import cheap_argon2, clip, home

__all__ = ["cheap_argon2", "clip", "home"]
