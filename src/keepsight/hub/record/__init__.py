"""Packets to sealed segments on disk; retention, recovery, export."""
