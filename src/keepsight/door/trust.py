"""`/trust`: the page from which a phone takes the local authority's root. Static, without a script.

The page cannot prove that it is the right one; the person can, by comparing the fingerprint with
the one in the terminal of the machine.
"""

import base64
import hashlib
from typing import Final

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from keepsight.door.answers import refusal
from keepsight.door.authority import fingerprint
from keepsight.door.guard import READ_METHODS

_STYLE: Final = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:2rem auto;padding:0 1rem;"
    "color:#1b1f24;background:#fff}code{display:block;overflow-wrap:anywhere;background:#eef1f4;"
    "padding:.75rem;border-radius:.4rem;font-size:1.05rem}a.get{display:inline-block;padding:.7rem "
    "1.1rem;border-radius:.4rem;background:#0a4b8c;color:#fff;text-decoration:none}"
    "@media(prefers-color-scheme:dark){body{color:#e8ebee;background:#14171a}code{background:#23282d}"
    "a.get{background:#9cc9f5;color:#0b1a29}}"
)
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'none'"
)
_PAGE: Final = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Trust this home's Keepsight</title><style>{style}</style>
<h1>Trust this home's Keepsight</h1>
<p>Browsers open pictures only over a connection they trust. This home makes its own certificates;
your phone has to learn about them once.</p>
<ol>
<li>Compare this fingerprint with the one shown on the machine that runs Keepsight
(<b>keepsight trust</b>). If a single character differs, stop: somebody is in between.
<p><code>{fingerprint}</code></p></li>
<li><a class="get" href="/trust/root.crt" download>Get the certificate</a></li>
<li>iPhone, iPad: Settings, General, VPN &amp; Device Management, install the profile; then General,
About, Certificate Trust Settings, and switch it on.</li>
<li>Android: Settings, Security, More security settings, Install from storage, CA certificate.</li>
</ol>
<p>It can only vouch for machines in a home network, and for the names this machine had when it was
made; not for any other site.</p>
</html>
"""


class Trust:
    """The two answers."""

    paths: Final = frozenset({"/trust", "/trust/root.crt"})

    def __init__(self, root: x509.Certificate) -> None:
        self._certificate = root.public_bytes(serialization.Encoding.DER)
        self._page = _PAGE.format(style=_STYLE, fingerprint=fingerprint(root))

    def serve(self, path: str, method: str) -> web.Response:
        """The page or the certificate."""
        if method not in READ_METHODS:
            return refusal(405)
        if path == "/trust":
            return web.Response(
                text=self._page,
                content_type="text/html",
                headers={"Content-Security-Policy": POLICY},
            )
        return web.Response(
            body=self._certificate,
            headers={
                "Content-Type": "application/x-x509-ca-cert",
                "Content-Disposition": 'attachment; filename="keepsight-root.crt"',
            },
        )
