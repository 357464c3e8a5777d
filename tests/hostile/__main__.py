"""`python -m tests.hostile [--soak] [pytest options]`: the whole set, and one line at the end."""

import sys

import pytest

from tests.hostile.tally import TALLY
from tests.paths import ROOT


def main(arguments: list[str]) -> int:
    """Exit status 0 only if every test passed, nothing was opened and the control leaked."""
    marker = ["-m", "slow"] if "--soak" in arguments else []
    options = [argument for argument in arguments if argument != "--soak"]
    status = int(pytest.main(["-q", str(ROOT / "tests" / "hostile"), *marker, *options]))
    for absent in sorted(TALLY.absent):
        print(f"NOT SHOWN: {absent}")
    broken = TALLY.broken()
    for reason in broken:
        print(f"BROKEN: {reason}")
    print(TALLY.line(), flush=True)
    return status or bool(broken)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
