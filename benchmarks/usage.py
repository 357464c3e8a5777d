"""What processes cost: processor time to the nanosecond, memory to the page (Linux)."""

from pathlib import Path


def cpu_seconds(pid: int) -> float:
    """On a processor so far, all threads; 0 for a process that is gone."""
    total_ns = 0
    for thread in Path(f"/proc/{pid}/task").glob("*"):
        try:
            total_ns += int((thread / "schedstat").read_text().split()[0])
        except (OSError, IndexError, ValueError):
            continue
    return total_ns / 1e9


def resident_bytes(pid: int) -> int:
    """Resident set; 0 for a process that is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    sizes = (line.split()[1] for line in lines if line.startswith("VmRSS:"))
    return int(next(sizes, "0")) * 1024
