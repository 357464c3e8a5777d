"""The link-layer address of a device on our own network, from the kernel's neighbour table.

A hint, never proof: anyone on the network can claim an address. Absent across routers and, as only
the IPv4 table is a file, for IPv6.
"""

import asyncio
from pathlib import Path
from typing import Final

TABLE: Final = Path("/proc/net/arp")
TABLE_BYTES_MAX: Final = 1024 * 1024
COMPLETE: Final = 0x2


def parse_table(text: str, ip: str) -> str:
    """The address of `ip` in the text of /proc/net/arp, lower case; empty if it is not there."""
    for line in text.splitlines()[1:]:
        fields = line.split()
        if len(fields) < 6 or fields[0] != ip:
            continue
        is_complete = fields[2].startswith("0x") and int(fields[2], 16) & COMPLETE
        if is_complete and fields[3] != "00:00:00:00:00:00":
            return fields[3].lower()
    return ""


def _read(path: Path) -> str:
    try:
        with path.open("rb") as table:
            return table.read(TABLE_BYTES_MAX).decode("ascii", "replace")
    except OSError:
        return ""


async def link_layer_address(ip: str, table: Path = TABLE) -> str:
    """The link-layer address of `ip`, or empty: not on this network, or no such table."""
    return parse_table(await asyncio.to_thread(_read, table), ip)
