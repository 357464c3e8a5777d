"""One request as the door sees it, after the first checks."""

from dataclasses import dataclass

from aiohttp import web

from keepsight.door.guard import own_cookie, split_host


@dataclass(frozen=True, slots=True)
class Visit:
    """What every part of the door needs to know of a request."""

    host: str
    """The Host header, checked."""
    is_tls: bool
    """The browser speaks TLS, to us or to the user's own proxy in front."""
    path: str
    """As it came, without query; always begins with a slash."""
    query: str
    """As it came, without the question mark."""
    cookie: str | None
    """`name=value` of this household's session; nothing of any other."""
    address: str
    """Of the peer."""


def read_visit(request: web.Request, household: str, origins: tuple[str, ...]) -> Visit | None:
    """The visit, or None when the request cannot be read in exactly one way."""
    hosts = request.headers.getall("Host", [])
    if len(hosts) != 1 or split_host(hosts[0]) is None:
        return None
    host = hosts[0].lower()
    path, _, query = request.raw_path.partition("?")
    if not path.startswith("/") or not query.isascii() or not query.isprintable():
        return None  # also "GET http://elsewhere/ HTTP/1.1"
    is_tls = request.transport is not None and (
        request.transport.get_extra_info("sslcontext") is not None
    )
    is_tls = is_tls or f"https://{host}" in origins
    cookies = "; ".join(request.headers.getall("Cookie", []))
    cookie = own_cookie(cookies, household, is_tls=is_tls)
    return Visit(host, is_tls, path, query, cookie, request.remote or "")
