"""Starts and restarts the processes: a door, a hub a household, the demo's cameras."""
