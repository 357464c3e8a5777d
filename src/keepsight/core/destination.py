"""Where to connect to, with the credentials taken out, so that it may be shown and stored."""

from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from keepsight.core.secret import Secret

DEFAULT_PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}


class DestinationError(ValueError):
    """A URL that cannot be used, with what to write instead. Never contains the password."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user name and a password."""

    user: str
    password: Secret


@dataclass(frozen=True, slots=True)
class Destination:
    """Scheme, host, port, path and query. Contains no credentials."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def url(self) -> str:
        """The URL without credentials, e.g. `rtsp://10.0.0.7:554/stream1`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{self.path}"

    def __str__(self) -> str:
        return self.url


def _host_and_port(parts: SplitResult) -> tuple[str, int]:
    try:
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise DestinationError("the port in the URL is not a number from 1 to 65535") from error
    if not host:
        raise DestinationError("the URL names no host; write e.g. rtsp://192.168.1.20/stream1")
    return host, port or DEFAULT_PORTS[parts.scheme]


def parse_destination(
    url: str, *, schemes: tuple[str, ...] = ("rtsp", "rtsps")
) -> tuple[Destination, Credentials | None]:
    """Split a URL into a destination and, if it carried them, credentials.

    Raises:
        DestinationError: the URL has another scheme, no host, or a bad port.
    """
    if any(ord(character) <= 0x20 or ord(character) == 0x7F for character in url):
        raise DestinationError("the URL contains a space or a control character")
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise DestinationError(
            "the URL is malformed (check the brackets of an IPv6 host)"
        ) from error
    if parts.scheme not in schemes:
        raise DestinationError(f"the URL must begin with {' or '.join(s + '://' for s in schemes)}")
    host, port = _host_and_port(parts)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    credentials = None
    if parts.username is not None:
        credentials = Credentials(unquote(parts.username), Secret(unquote(parts.password or "")))
    return Destination(parts.scheme, host, port, path), credentials
