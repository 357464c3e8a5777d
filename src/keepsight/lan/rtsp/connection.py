"""The control connection: TCP or TLS, its receiver, and what ends it."""

import asyncio
import hashlib
import ssl
from collections.abc import Callable
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from keepsight.core.destination import Destination
from keepsight.lan.rtsp.dialogue import (
    ConnectionLostError,
    NotRtspError,
    OversizeError,
    RtspError,
    UnreachableError,
    UnsupportedError,
)
from keepsight.lan.rtsp.message import MessageError, OversizeMessageError
from keepsight.lan.rtsp.receive import Receiver
from keepsight.lan.rtsp.sps import ParameterSetError

CONNECT_SECONDS_MAX: Final = 5.0
ABORT_SECONDS_MAX: Final = 1.0
WRITE_BYTES_MAX: Final = 256 * 1024
"""Unsent bytes; we send a few hundred a second, so a camera that lets so many pile up is gone."""
CHUNKS_PER_SECOND_MAX: Final = 200
"""25 MB/s of one camera. Reading pauses beyond it, and TCP makes the camera wait."""


class Connection(asyncio.BufferedProtocol):
    """Receives into the receiver's chunks; `ended` carries the reason when it is over."""

    def __init__(self, receiver: Receiver, on_end: Callable[[RtspError], None]) -> None:
        self.transport: asyncio.Transport | None = None
        self.error: RtspError | None = None
        self._receiver = receiver
        self._on_end = on_end
        self._chunks = 0
        self._lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        receiver.on_chunk = self._throttle

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        if isinstance(transport, asyncio.Transport) or hasattr(transport, "write"):
            self.transport = transport  # type: ignore[assignment]

    def get_buffer(self, sizehint: int) -> memoryview:
        """Called by the event loop: where to receive."""
        del sizehint
        return self._receiver.room()

    def buffer_updated(self, nbytes: int) -> None:
        """Called by the event loop: so many bytes came."""
        if self.error is not None:
            return
        try:
            self._receiver.received(nbytes)
        except (MessageError, ParameterSetError, RtspError) as error:
            self.end(_blame(error))

    def guard(self, take: Callable[[], None]) -> None:
        """Run what reads the camera's datagrams; hostile ones end the session."""
        if self.error is not None:
            return
        try:
            take()
        except (MessageError, ParameterSetError, RtspError) as error:
            self.end(_blame(error))

    def eof_received(self) -> bool:
        """Called by the event loop: the camera sends no more."""
        self.end(ConnectionLostError("the camera closed the connection"))
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop."""
        self.end(ConnectionLostError(f"the connection was lost: {exc or 'closed'}"))
        if not self._lost.done():
            self._lost.set_result(None)

    def write(self, data: bytes) -> None:
        """Send; does nothing once the connection ended."""
        if self.transport is None or self.error is not None:
            return
        if self.transport.get_write_buffer_size() > WRITE_BYTES_MAX:
            self.end(ConnectionLostError("the camera takes nothing of what we send"))
            return
        self.transport.write(data)

    def end(self, error: RtspError) -> None:
        """Close, for this reason; the first reason counts."""
        if self.error is None:
            self.error = error
            self._on_end(error)
        if self.transport is not None:
            self.transport.close()

    async def leave(self, seconds: float) -> None:
        """Let the camera close first, so that it reads our TEARDOWN; then close.

        Closing at once, with pictures still unread, would reset the connection, and a camera may
        then count the session as open until it times out.
        """
        if self.error is None:
            self.error = ConnectionLostError("we closed the session")
            self._on_end(self.error)
        if self.transport is None or self._lost.done():
            return
        if seconds:
            self.transport.resume_reading()
            await asyncio.wait((self._lost,), timeout=seconds)
        if not self._lost.done():
            self.transport.abort()
        await asyncio.wait((self._lost,), timeout=ABORT_SECONDS_MAX)

    def _throttle(self) -> None:
        """Called once a chunk: a camera that sends more than any camera does has to wait."""
        self._chunks += 1
        if self._chunks == CHUNKS_PER_SECOND_MAX and self.transport is not None:
            # Not here: a chunk begins inside the event loop's call for a buffer, and to stop
            # reading in it makes uvloop crash the process.
            asyncio.get_running_loop().call_soon(self._pause)

    def _pause(self) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.pause_reading()

    def on_second(self) -> None:
        """Called once a second: read on."""
        if self._chunks >= CHUNKS_PER_SECOND_MAX and self.transport is not None:
            self.transport.resume_reading()
        self._chunks = 0

    def known(self, name: str) -> Any:
        """What the event loop knows of the transport."""
        return self.transport.get_extra_info(name) if self.transport is not None else None

    @property
    def peer_ip(self) -> str:
        """The camera's address; empty if there is none any more."""
        peer = self.known("peername")
        return str(peer[0]) if peer else ""

    @property
    def tls_key_sha256(self) -> str:
        """SHA-256 of the camera's public key (SubjectPublicKeyInfo), hex; empty without TLS."""
        session = self.known("ssl_object")
        certificate = session.getpeercert(binary_form=True) if session is not None else None
        if not certificate:
            return ""
        try:
            key = x509.load_der_x509_certificate(certificate).public_key()
        except ValueError:
            # A certificate that OpenSSL takes and this parser does not: the whole of it is as good.
            return hashlib.sha256(certificate).hexdigest()
        spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return hashlib.sha256(spki).hexdigest()


def _blame(error: MessageError | ParameterSetError | RtspError) -> RtspError:
    """The session's error for what the receiver raised."""
    if isinstance(error, OversizeMessageError):
        return OversizeError(str(error))
    if isinstance(error, MessageError):
        return NotRtspError(f"what answers does not speak RTSP: {error}")
    if isinstance(error, ParameterSetError):
        return UnsupportedError(str(error))
    return error


def _tls() -> ssl.SSLContext:
    # Cameras sign their own certificates. The key is recorded and pinned instead: identity.py.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


async def connect(
    destination: Destination, receiver: Receiver, on_end: Callable[[RtspError], None]
) -> Connection:
    """Open the control connection.

    Raises:
        UnreachableError: no connection within CONNECT_SECONDS_MAX, or none at all.
        NotRtspError: the port does not speak TLS although the URL says rtsps.
    """
    loop = asyncio.get_running_loop()
    is_tls = destination.scheme == "rtsps"
    host, port = destination.host, destination.port
    try:
        async with asyncio.timeout(CONNECT_SECONDS_MAX):
            _, connection = await loop.create_connection(
                lambda: Connection(receiver, on_end), host, port, ssl=_tls() if is_tls else None
            )
    except TimeoutError as error:
        cause = f"no answer in {CONNECT_SECONDS_MAX:.0f} s; is the camera on, and at this address?"
        raise UnreachableError(host, port, cause) from error
    except ssl.SSLError as error:
        raise NotRtspError(f"the port does not speak TLS ({error.reason}); try rtsp://") from error
    except (OSError, UnicodeError) as error:
        cause = getattr(error, "strerror", None) or str(error)
        raise UnreachableError(host, port, cause) from error
    return connection
