"""The door's certificate: the user's own files or those of the local authority, kept fresh.

The SSL context lives as long as the door. When files change, or the authority renews its leaf, they
are loaded into the same context: new connections get the new certificate, old ones go on.
"""

import asyncio
import ipaddress
import logging
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import segno

from keepsight.core.clock import Clock
from keepsight.door.authority import Authority, AuthorityError, fingerprint
from keepsight.door.config import DoorConfig, TlsAuthority, TlsFiles

log = logging.getLogger(__name__)

CHECK_SECONDS: Final = 60.0
"""How often the files are looked at."""
TLS_1_2_CIPHERS: Final = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-RSA-CHACHA20-POLY1305",
)
"""Forward secret and authenticated; those of TLS 1.3 all are."""


class CertificateError(Exception):
    """The certificate or its key cannot be loaded, with what to do."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What the terminal shows, so that a phone can trust this home's certificates."""

    url: str
    """Of the page to open on the phone."""
    fingerprint: str
    """SHA-256 of the root, to compare before trusting it."""
    qr: str
    """The URL as a QR code in block characters, several lines."""


def machine_names() -> frozenset[str]:
    """Names under which this machine may be called in its network, lower case."""
    name = socket.gethostname().lower().rstrip(".")
    if not name or name.startswith("localhost"):
        return frozenset()
    first = name.partition(".")[0]
    return frozenset({name, first, f"{first}.local"})


def machine_addresses(hosts: Iterable[str]) -> frozenset[str]:
    """Addresses that a browser may use for a door that listens at `hosts`."""
    found = {"127.0.0.1", "::1"}
    for host in hosts:
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            continue
        if not address.is_unspecified:
            found.add(str(address))
            continue
        for family, probe in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
            outgoing = _outgoing_address(family, probe)
            if outgoing is not None:
                found.add(outgoing)
    return frozenset(found)


def _outgoing_address(family: socket.AddressFamily, probe: str) -> str | None:
    """The address from which this machine reaches others; connecting a UDP socket sends nothing."""
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as datagram:
            datagram.connect((probe, 9))
            return str(datagram.getsockname()[0]).partition("%")[0]
    except OSError:
        return None


def authority_of(config: DoorConfig, clock: Clock) -> Authority | None:
    """The local authority that a configuration asks for, if it does."""
    if not isinstance(config.tls, TlsAuthority):
        return None
    hosts = [front.host for front in config.fronts]
    names = {"localhost", *machine_names(), *machine_addresses(hosts)}
    names |= {*config.host_names, *config.tls.names}
    return Authority(config.tls.folder, names, clock)


def enrolment(config: DoorConfig, host: str, clock: Clock) -> Enrolment:
    """What to show a person who wants to open Keepsight on a phone, by the name `host`.

    Makes the authority if it does not exist yet.

    Raises:
        CertificateError: the configuration has no local authority, or it cannot be made.
    """
    authority = authority_of(config, clock)
    if authority is None:
        raise CertificateError(
            "there is no local authority: switch on TLS without files of your own"
        )
    try:
        authority.ensure()
    except AuthorityError as error:
        raise CertificateError(str(error)) from error
    port = config.trust_port or (config.fronts[0].port if config.fronts else 443)
    scheme = "http" if config.trust_port else "https"
    bracketed = f"[{host}]" if ":" in host else host
    url = f"{scheme}://{bracketed}:{port}/trust"
    return Enrolment(url, fingerprint(authority.root), qr_text(url))


def qr_text(content: str) -> str:
    """A QR code drawn with half blocks: dark modules dark on a light ground, with quiet zone."""
    rows = [
        [bool(cell) for cell in row] for row in segno.make(content, error="m").matrix_iter(border=2)
    ]
    if len(rows) % 2:
        rows.append([False] * len(rows[0]))
    blocks = {(False, False): "█", (False, True): "▀", (True, False): "▄", (True, True): " "}
    return "\n".join(
        "".join(blocks[upper, lower] for upper, lower in zip(*pair, strict=True))
        for pair in zip(rows[::2], rows[1::2], strict=True)
    )


class Certificate:
    """The SSL context, and the watch over its files."""

    def __init__(self, config: DoorConfig, clock: Clock) -> None:
        """Loads the certificate.

        Raises:
            CertificateError: it cannot be loaded.
        """
        self._tls = config.tls
        self.authority = authority_of(config, clock)
        self._seen: tuple[tuple[int, int], ...] = ()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.set_ciphers(":".join(TLS_1_2_CIPHERS))
        self.context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
        self.context.set_alpn_protocols(["http/1.1"])
        self.refresh()

    def _paths(self) -> tuple[Path, Path]:
        if self.authority is not None:
            return self.authority.files.leaf_certificate, self.authority.files.leaf_key
        assert isinstance(self._tls, TlsFiles)  # noqa: S101 - one of the two kinds
        return self._tls.certificate, self._tls.key

    def refresh(self) -> bool:
        """Renew the leaf if it is time, and load the files if they changed; True if they did.

        Raises:
            CertificateError: they cannot be loaded; the context keeps what it had.
        """
        certificate, key = self._paths()
        try:
            if self.authority is not None:
                self.authority.ensure()
            seen = tuple((s.st_mtime_ns, s.st_size) for s in (certificate.stat(), key.stat()))
            if seen == self._seen:
                return False
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)  # a trial
            self.context.load_cert_chain(certificate, key)
        except (AuthorityError, OSError, ssl.SSLError) as error:
            raise CertificateError(
                f"the certificate {certificate} with the key {key} cannot be used: {error}"
            ) from error
        self._seen = seen
        return True

    async def keep_fresh(self) -> None:
        """Look again and again, until cancelled. A bad new file leaves the old one in use."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            try:
                if await asyncio.to_thread(self.refresh):
                    log.info("loaded a new certificate")
            except CertificateError as error:
                log.error("%s; the old one stays in use", error)  # noqa: TRY400 - the text says it all
