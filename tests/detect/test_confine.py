"""Confinement: goal: no network, bounded memory, low priority; method: a process that tries."""

import subprocess
import sys

ASK = """
import socket, resource, os
from keepsight.detect.confine import leave_network, limit, MEMORY_BYTES_MAX, NICE
limit()
missed = leave_network()
assert resource.getrlimit(resource.RLIMIT_AS)[0] <= MEMORY_BYTES_MAX
assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
assert os.nice(0) >= NICE
try:
    bytearray(MEMORY_BYTES_MAX)
    print("memory")
except MemoryError:
    pass
try:
    server = socket.create_server(("127.0.0.1", 0))
    socket.create_connection(server.getsockname(), 1)
    print("network")
except OSError:
    pass
print("missed", missed)
"""


def test_what_was_given_up_is_gone_and_the_rest_is_said():
    done = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True)
    lines = done.stdout.split("\n")
    assert "memory" not in lines
    assert ("network" in lines) == ("network (" in done.stdout)
