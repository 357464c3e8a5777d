"""Artefact to facts: every untrusted parser, each with its limits."""
