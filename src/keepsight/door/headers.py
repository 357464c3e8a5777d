"""The headers of every answer: what a page of ours may do, and who may keep what.

Reasons: design/decisions/0004-door.md.
"""

from typing import Final

from multidict import CIMultiDict

NO_STORE: Final = "no-store"
IMMUTABLE: Final = "public, max-age=31536000, immutable"
"""For files of the UI whose name contains a hash of their content."""
REVALIDATE: Final = "no-cache"
"""For files of the UI with a fixed name."""
SEALED_IMMUTABLE: Final = "private, max-age=31536000, immutable"
"""For recorded sealed fragments."""
HSTS_SECONDS: Final = 31_536_000

PERMISSIONS: Final = ", ".join(
    (
        "microphone=(self)",
        "fullscreen=(self)",
        "picture-in-picture=(self)",
        "autoplay=(self)",
        "publickey-credentials-create=(self)",
        "publickey-credentials-get=(self)",
        *(
            f"{name}=()"
            for name in (
                "accelerometer",
                "browsing-topics",
                "camera",
                "display-capture",
                "geolocation",
                "gyroscope",
                "hid",
                "magnetometer",
                "midi",
                "payment",
                "serial",
                "usb",
                "xr-spatial-tracking",
            )
        ),
    )
)

_ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": PERMISSIONS,
}

DOCUMENT_POLICY: Final = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
)
"""Of a report of the lab: it quotes hostile files, so it may be looked at and nothing else. Its
styles are its own; without scripts and without addresses they cannot tell anybody anything."""
_OF_DOCUMENTS: Final = {
    **_ALWAYS,
    "X-Frame-Options": "SAMEORIGIN",
    # A sandboxed page of its own tab is refused by browsers when it asks for isolation.
    "Cross-Origin-Opener-Policy": "unsafe-none",
}


def content_security_policy(host: str, *, is_tls: bool) -> str:
    """The policy of the UI, for pages reached as `host` (name and port, already checked).

    The WebSocket's address is spelt out because 'self' does not cover ws: in every browser.
    """
    socket = f"{'wss' if is_tls else 'ws'}://{host}"
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' blob: data:",
            "media-src blob:",
            "font-src 'self'",
            f"connect-src 'self' {socket}",
            "manifest-src 'self'",
            "worker-src 'self'",
            "frame-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types svelte-trusted-html keepsight-worker",
        )
    )


CLOSED_POLICY: Final = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"
"""Of every answer that is neither a page nor a script."""
SCRIPT_POLICY: Final = f"{CLOSED_POLICY}; script-src 'self'; connect-src 'self'; img-src 'self'"
"""Of scripts: a service worker lives under the policy of its own answer, asks the door, and shows
our icon beside a notice."""


def add_security_headers(
    headers: CIMultiDict[str], host: str, *, is_tls: bool, has_public_certificate: bool = False
) -> None:
    """Complete an answer's headers. A Cache-Control or policy already there stays.

    Args:
        headers: of the answer.
        host: the checked Host header; empty when there is none, then no page may do anything.
        is_tls: the browser speaks TLS.
        has_public_certificate: the user's own files. Only then is TLS demanded for a year: a
            promise made under a home's own authority would lock people out of `localhost` and of
            the page that enrols its root.
    """
    is_document = headers.get("Content-Security-Policy") == DOCUMENT_POLICY
    headers.update(_OF_DOCUMENTS if is_document else _ALWAYS)
    if "Content-Security-Policy" not in headers:
        headers["Content-Security-Policy"] = _policy(
            headers.get("Content-Type", ""), host, is_tls=is_tls
        )
    if "Cache-Control" not in headers:
        headers["Cache-Control"] = NO_STORE
    if is_tls and has_public_certificate:
        headers["Strict-Transport-Security"] = f"max-age={HSTS_SECONDS}"


def _policy(content_type: str, host: str, *, is_tls: bool) -> str:
    if host and content_type.startswith("text/html"):
        return content_security_policy(host, is_tls=is_tls)
    return SCRIPT_POLICY if content_type.startswith("text/javascript") else CLOSED_POLICY
