"""Loads readers and tables; imported once, by the process that reading children are forked from.

What is loaded here, no child has to load again (`isolation`), and no child's garbage collector
walks over it and so copies it.
"""

import encodings.utf_16_le
import gc
import multiprocessing.popen_forkserver

from keepsight.lab import isolation, reading
from keepsight.lab.read import tables, tls

tables.trackers()
tables.android_versions()
tables.bundled_prefixes()
tables.vulnerabilities()
tls.suite_name(0)
gc.freeze()

__all__ = ["encodings", "isolation", "multiprocessing", "reading"]
