"""Loads readers and tables; imported once, by the process that reading children are forked from.

What is loaded here, no child has to load again (`isolation`).
"""

from keepsight.lab import reading
from keepsight.lab.read import tables, tls

tables.trackers()
tables.android_versions()
tables.library_prefixes()
tables.vulnerabilities()
tls.suite_name(0)

__all__ = ["reading"]
