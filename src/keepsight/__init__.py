"""Keepsight: a home for your own cameras, sealed from the lens to the glass."""

__version__ = "0.1.0"
