"""Starts and restarts the processes: a door, a hub per household, simulated cameras for the demo."""
