"""Alembic revisions of the household database."""
