"""Watching: packets of a camera in, events out. Runs in its own processes, never in the hub's.

Decoders of hostile streams live here, so nothing of this package shares memory with keys.
"""
