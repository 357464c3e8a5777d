"""`python -m keepsight.detect [SOCKET]`: the watcher of one household, started by its hub.

Privileges go before anything large is loaded: numpy's threads would keep the process from leaving
the network.
"""

import os
import sys

from keepsight.detect.confine import leave_network, limit


def main() -> int:
    """Confine this process, then serve."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    limit()
    missed = leave_network()
    if missed:
        sys.stderr.write(f"the watcher keeps: {', '.join(missed)}\n")
    from keepsight.detect.serve import main as serve_main  # see above

    return serve_main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
