"""Packets to sealed live fragments and stills."""
