"""Telling members and the household's broker that something was noticed; `notices.py` first."""
