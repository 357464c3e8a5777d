"""One household's front: its listener and everything behind it. Shares nothing with another's.

Own socket to its own hub, own fan-out, own cache, own permits, own cookies: what one front holds,
another cannot name.
"""

import asyncio
import logging
import socket
import ssl
from contextlib import AsyncExitStack
from typing import Any, Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from keepsight.core.clock import Clock
from keepsight.door.answers import MESSAGES, refusal
from keepsight.door.cache import SealedCache
from keepsight.door.config import FrontConfig
from keepsight.door.fanout import Fanout
from keepsight.door.feed import FeedClient
from keepsight.door.gate import Gate, GatedProtocol
from keepsight.door.headers import add_security_headers
from keepsight.door.hubapi import HubApi
from keepsight.door.live import CLOSE_SECONDS, Live
from keepsight.door.routes import Rooms, Routes
from keepsight.door.sealed import Sealed
from keepsight.door.trust import Trust
from keepsight.door.ui import Ui

HEADER_SECONDS: Final = 20
"""For a request's headers to arrive, and for an idle connection to be used again."""
HEADER_LINE_BYTES_MAX: Final = 8190
HEADER_COUNT_MAX: Final = 64
STOP_SECONDS: Final = CLOSE_SECONDS + 0.3
BACKLOG: Final = 256


class _NotMalformedRequests(logging.Filter):
    """Whoever can reach the port can send nonsense: it is answered with 400, not written down."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, HttpProcessingError)


http_log = logging.getLogger("keepsight.door.http")
http_log.addFilter(_NotMalformedRequests())


class HttpProtocol(web.RequestHandler):
    """Refuses what cannot be parsed as everything else is refused: not to be kept, not echoed.

    Such requests never reach `Routes`. A cache that kept one's answer would switch a page off for
    everybody behind it.
    """

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to a request that could not be read, or that failed outside of `Routes`.

        Raises:
            ConnectionError: an answer was begun; the connection is cut.
        """
        super().handle_error(request, status, exc, message)  # writes the log
        response = refusal(status if status in MESSAGES else 400)
        add_security_headers(response.headers, "", is_tls=False)
        response.headers["Server"] = "Keepsight"  # instead of names and versions of libraries
        response.force_close()
        return response


class ListenError(Exception):
    """The address cannot be listened on, with what to do."""


class Front:
    """One household."""

    def __init__(  # noqa: PLR0913 - what the door shares with each of its fronts
        self,
        config: FrontConfig,
        *,
        ui: Ui,
        clock: Clock,
        ssl_context: ssl.SSLContext | None,
        trust: Trust | None,
        host_names: frozenset[str],
        origins: tuple[str, ...],
        cache_bytes_max: int,
        has_public_certificate: bool = False,
    ) -> None:
        self.config = config
        self._clock = clock
        self._ui = ui
        self._ssl_context = ssl_context
        self._trust = trust
        self._host_names = host_names
        self._origins = origins
        self._has_public_certificate = has_public_certificate
        self._stack = AsyncExitStack()
        self._fanout = Fanout()
        self._cache = SealedCache(cache_bytes_max)
        self._feed = FeedClient(config.run_dir / "feed.sock", self)
        self._gate = Gate()
        self.urls: tuple[str, ...] = ()
        """Where it listens, e.g. http://127.0.0.1:8443."""

    async def start(self) -> None:
        """Listen.

        Raises:
            ListenError: the port is taken, or the address is not this machine's.
        """
        household = self.config.household
        self._api = HubApi(self.config.run_dir / "api.sock", self._clock)
        self._stack.push_async_callback(self._api.close)
        self._live = Live(self._api, self._fanout, self._clock)
        rooms = Rooms(
            household=household,
            ui=self._ui,
            api=self._api,
            sealed=Sealed(household, self._api, self._fanout, self._cache),
            live=self._live,
            trust=self._trust,
            host_names=self._host_names,
            origins=self._origins,
            has_public_certificate=self._has_public_certificate,
        )
        self.urls = await serve_application(
            Routes(rooms).build(), self.config.host, self.config.port,
            ssl_context=self._ssl_context, gate=self._gate, stack=self._stack,
        )  # fmt: skip

    async def run(self) -> None:
        """Follow the hub's feed until cancelled."""
        await self._feed.run()

    async def stop(self) -> None:
        """Say goodbye to the viewers and close everything."""
        self._live.end_all()
        await self._stack.aclose()

    # --- FeedListener -----------------------------------------------------------------------

    def on_connected(self) -> None:
        """Ask for what is watched, and whether everybody may still watch."""
        self._api.forget_all()
        self._fanout.connect(self._feed)
        self._live.recheck_all()

    def on_disconnected(self) -> None:
        """Nobody is given anything before the hub has been asked again."""
        self._fanout.disconnect()
        self._live.pause_all()

    def on_fragment(self, opaque: bytes, sealed: bytes) -> None:
        """To the fan-out."""
        self._fanout.on_fragment(opaque, sealed)

    def on_state(self, opaque: bytes, state_json: bytes) -> None:
        """To the fan-out."""
        self._fanout.on_state(opaque, state_json)

    def on_end(self, session_hash: bytes) -> None:
        """Hang up and forget."""
        self._api.forget_session(session_hash)
        self._live.end_session(session_hash)

    def on_renew(self) -> None:
        """Old names lead nowhere: forget them, and tell every page to ask for the new ones."""
        self._api.forget_all()
        self._live.renew_all()
        self._fanout.forget_all()


async def serve_application(  # noqa: PLR0913 - where, how, and until when
    app: web.Application,
    host: str,
    port: int,
    *,
    ssl_context: ssl.SSLContext | None,
    gate: Gate,
    stack: AsyncExitStack,
) -> tuple[str, ...]:
    """Listen with limits on connections, headers and time; closing the stack ends it.

    Raises:
        ListenError: the port is taken, or the address is not this machine's.
    """
    options: dict[str, Any] = {
        "access_log": None,
        "logger": http_log,
        "keepalive_timeout": HEADER_SECONDS,
        "lingering_time": 2.0,
        "max_line_size": HEADER_LINE_BYTES_MAX,
        "max_field_size": HEADER_LINE_BYTES_MAX,
        "max_headers": HEADER_COUNT_MAX,
        "auto_decompress": False,
    }
    runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=STOP_SECONDS, **options)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    inner = runner.server
    if inner is None:
        raise ListenError("the HTTP server did not start")
    loop = asyncio.get_running_loop()
    is_tls = ssl_context is not None
    try:
        server = await loop.create_server(
            lambda: GatedProtocol(gate, lambda: HttpProtocol(inner, loop=loop, **options)),
            host,
            port,
            ssl=ssl_context,
            backlog=BACKLOG,
            reuse_address=True,
            ssl_handshake_timeout=HEADER_SECONDS if is_tls else None,
            ssl_shutdown_timeout=STOP_SECONDS if is_tls else None,
        )
    except OSError as error:
        raise ListenError(
            f"cannot listen on {host} port {port} ({error.strerror or error}): choose another port "
            "or stop the program that uses it"
        ) from error
    stack.callback(server.close)
    return tuple(_url(listener, is_tls=is_tls) for listener in server.sockets)


def _url(listener: socket.socket, *, is_tls: bool) -> str:
    host, port = listener.getsockname()[:2]
    scheme = "https" if is_tls else "http"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
