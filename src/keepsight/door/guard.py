"""Whether a request may come in at all: which Host it names, and from which page it was sent. Pure.

Against DNS rebinding (a hostile page whose name suddenly resolves to our address), against requests
forged by other pages, and against another household's page: it shares the host name and differs
only in the port.
"""

import ipaddress
from collections.abc import Mapping
from typing import Final

READ_METHODS: Final = frozenset({"GET", "HEAD"})
HOST_CHARS_MAX: Final = 261
"""A DNS name, a colon and a port."""
_LOCAL_NAMES: Final = frozenset({"localhost"})
_CGNAT: Final = ipaddress.ip_network("100.64.0.0/10")


def split_host(host: str) -> tuple[str, int | None] | None:
    """Name (or address without brackets) and port of a Host header; None when it is malformed."""
    if not host or len(host) > HOST_CHARS_MAX:
        return None
    if host.startswith("["):
        name, closed, rest = host[1:].partition("]")
        if not closed or _address(name) is None:
            return None
    else:
        name, colon, port_text = host.partition(":")
        rest = colon + port_text
    if rest and not (rest.startswith(":") and rest[1:].isascii() and rest[1:].isdigit()):
        return None
    port = int(rest[1:]) if rest else None
    name = name.lower().rstrip(".")
    is_name = name and name.isascii() and not set(name) & set("/@\\\"'<>?#%;, \t")
    if not is_name or (port is not None and not 0 < port < 65536):
        return None
    return name, port


def is_host_allowed(host: str, names: frozenset[str], own_address: str) -> bool:
    """Whether a Host header names this door.

    Allowed are localhost, the configured names, the address the connection came in at, and every
    address of a private network: a rebinding page always has a name, never an address of ours.

    Args:
        host: the header.
        names: lower-case names of the machine and of the configuration.
        own_address: the local address of this connection.
    """
    split = split_host(host)
    if split is None:
        return False
    name, _ = split
    if name in _LOCAL_NAMES or name.endswith(".localhost") or name in names:
        return True
    address = _address(name)
    if address is None:
        return False
    if address == _address(own_address):
        return True
    return address.is_private or (address.version == 4 and address in _CGNAT)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def is_same_origin(
    headers: Mapping[str, str], host: str, *, is_tls: bool, origins: tuple[str, ...]
) -> bool:
    """Whether Origin is there and is this door's own (or a configured one)."""
    origin = headers.get("Origin", "").lower()
    return origin == f"{'https' if is_tls else 'http'}://{host.lower()}" or origin in origins


def is_sender_allowed(
    method: str,
    headers: Mapping[str, str],
    host: str,
    *,
    is_tls: bool,
    origins: tuple[str, ...],
) -> bool:
    """Whether a request to the API, to fragments or to the live socket may be served.

    A page of another origin is refused even for reading (Sec-Fetch-Site says so in every current
    browser); whatever changes something must also carry our own Origin.
    """
    if headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        return False
    if method in READ_METHODS:
        origin = headers.get("Origin")
        return origin is None or is_same_origin(headers, host, is_tls=is_tls, origins=origins)
    return is_same_origin(headers, host, is_tls=is_tls, origins=origins)


def own_cookie_names(household: str) -> tuple[str, str]:
    """The two names under which a household's session cookie may come (with TLS and without)."""
    plain = f"ks-{household[:8]}"
    return f"__Host-{plain}", plain


def own_cookie(header: str, household: str, *, is_tls: bool) -> str | None:
    """The one `name=value` of this household's session in a Cookie header; None when there is none.

    Everything else in the header, above all another household's session, stops here. With several
    of the same name the request is treated as having none: somebody planted one.
    """
    host_name, plain_name = own_cookie_names(household)
    wanted = {host_name} if is_tls else {host_name, plain_name}
    found = [pair.strip() for pair in header.split(";") if pair.partition("=")[0].strip() in wanted]
    if len(found) != 1 or not found[0].isascii() or not found[0].isprintable():
        return None
    return found[0]


def is_own_set_cookie(header: str, household: str) -> bool:
    """Whether a Set-Cookie of the hub is the household's session and not something else."""
    return header.partition("=")[0].strip() in own_cookie_names(household)
