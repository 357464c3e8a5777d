"""How many connections one address may hold, before anything of a request is read."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from typing import Final, cast

log = logging.getLogger(__name__)

CONNECTIONS_MAX: Final = 1024
ADDRESS_CONNECTIONS_MAX: Final = 96
"""A wall of screens behind one address has some; a flood has more."""
LOOPBACK_CONNECTIONS_MAX: Final = 512
"""From loopback comes everybody who stands behind a TLS proxy on this machine."""


WARN_SECONDS: Final = 60.0
"""At most one line of the log in this time, however many are refused."""


class Gate:
    """Counts the connections of one listener."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._is_quiet = False

    def warn(self, address: str) -> None:
        """Write down that a connection was refused, unless that was said just now."""
        if not self._is_quiet:
            log.warning("too many connections, the last from %s: some are refused", address)
            self._is_quiet = True
            asyncio.get_running_loop().call_later(WARN_SECONDS, self._speak_again)

    def _speak_again(self) -> None:
        self._is_quiet = False

    def enter(self, address: str) -> bool:
        """Let a connection in, or not."""
        is_loopback = address == "::1" or address.startswith("127.")
        most = LOOPBACK_CONNECTIONS_MAX if is_loopback else ADDRESS_CONNECTIONS_MAX
        if self._counts[address] >= most or self._counts.total() >= CONNECTIONS_MAX:
            return False
        self._counts[address] += 1
        return True

    def leave(self, address: str) -> None:
        """A connection ended."""
        self._counts[address] -= 1
        if self._counts[address] <= 0:
            del self._counts[address]

    def count(self, address: str) -> int:
        """Connections of an address now."""
        return self._counts[address]


class GatedProtocol(asyncio.Protocol):
    """Passes a connection on to the HTTP server's protocol if the gate lets it in."""

    def __init__(self, gate: Gate, inner: Callable[[], asyncio.BaseProtocol]) -> None:
        self._gate = gate
        self._make_inner = inner
        self._inner: asyncio.Protocol | None = None
        self._address = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count, and refuse what is too many."""
        peer = transport.get_extra_info("peername")
        self._address = str(peer[0]) if isinstance(peer, tuple) else ""
        if not self._gate.enter(self._address):
            self._gate.warn(self._address)
            cast("asyncio.Transport", transport).abort()
            return
        self._inner = cast("asyncio.Protocol", self._make_inner())
        self._inner.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Pass on."""
        if self._inner is not None:
            self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        """Pass on."""
        return self._inner.eof_received() if self._inner is not None else None

    def pause_writing(self) -> None:
        """Pass on."""
        if self._inner is not None:
            self._inner.pause_writing()

    def resume_writing(self) -> None:
        """Pass on."""
        if self._inner is not None:
            self._inner.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count down, and pass on."""
        if self._inner is not None:
            self._gate.leave(self._address)
            self._inner.connection_lost(exc)
            self._inner = None
