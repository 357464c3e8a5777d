"""`python -m keepsight.camera` is the command. Method: ask it for help."""

import subprocess
import sys


def test_helps():
    done = subprocess.run(
        [sys.executable, "-m", "keepsight.camera", "serve", "--help"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "--clip" in done.stdout
    assert "--fault" not in done.stdout
