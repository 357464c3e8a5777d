"""Goal: children find everything loaded. Method: import it in a process of its own and look."""

import subprocess
import sys

LOOK = """
import keepsight.lab.preload
from keepsight.lab.read import tables
for table in (tables.trackers, tables.android_versions, tables.vulnerabilities):
    assert table.cache_info().currsize == 1, table
import sys
for heavy in ("sqlalchemy", "aiohttp", "rich", "weasyprint"):
    assert heavy not in sys.modules, heavy
"""


def test_readers_and_tables_are_loaded_and_nothing_heavy():
    subprocess.run([sys.executable, "-c", LOOK], check=True, timeout=60)
