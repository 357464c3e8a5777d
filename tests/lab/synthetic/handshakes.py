"""Real TLS handshakes of OpenSSL, both ends in memory, as pieces for a capture.

They cover what real captures at hand do not: old versions, suites without secrecy, names and none.
"""

import ssl
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.lab.synthetic.package import signer
from tests.lab.synthetic.traffic import Wire

OLD = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)
SUITES = (
    "AES128-SHA", "AES256-SHA", "AES128-SHA256", "AES128-GCM-SHA256", "AES256-GCM-SHA384",
    "AES128-CCM8", "ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-SHA384", "CAMELLIA128-SHA",
    "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-CHACHA20-POLY1305",
    "ARIA128-GCM-SHA256", "NULL-SHA256", "NULL-SHA",
)  # fmt: skip
ROUNDS_MAX = 8


def plans():
    """(version, suite or empty, name or empty) of each handshake to try."""
    for name in ("", "camera.example", "a-rather-long-name.of-a-cloud.camera-vendor.example"):
        yield from ((ssl.TLSVersion.TLSv1_2, suite, name) for suite in SUITES)
        yield ssl.TLSVersion.TLSv1_3, "", name
        yield from ((old, suite, name) for old in OLD for suite in ("AES128-SHA", "AES256-SHA"))


def pieces(version, suite, name):
    """The bytes of one handshake and a little data, None where this OpenSSL refuses it."""
    ends = []
    with tempfile.TemporaryDirectory() as folder:
        key, certificate = signer("camera.example")
        path = Path(folder, "pem")
        path.write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            + certificate.public_bytes(Encoding.PEM)
        )
        try:
            for protocol in (ssl.PROTOCOL_TLS_CLIENT, ssl.PROTOCOL_TLS_SERVER):
                context = ssl.SSLContext(protocol)
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
                context.minimum_version = context.maximum_version = version
                context.set_ciphers(f"{suite or 'DEFAULT'}:@SECLEVEL=0")
                if protocol == ssl.PROTOCOL_TLS_SERVER:
                    context.load_cert_chain(path)
                ends.append(context)
            return _shake(*ends, name)
        except ssl.SSLError:
            return None


def _shake(client, server, name):
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    one = client.wrap_bio(to_client, to_server, server_hostname=name or None)
    two = server.wrap_bio(to_server, to_client, server_side=True)
    found, is_done = [], [False, False]
    for _ in range(ROUNDS_MAX):
        for number, (end, outgoing) in enumerate(((one, to_server), (two, to_client))):
            if not is_done[number]:
                try:
                    end.do_handshake()
                    is_done[number] = True
                except ssl.SSLWantReadError:
                    pass
            if outgoing.pending:
                data = outgoing.read()
                found.append((number == 0, data))
                outgoing.write(data)
        if all(is_done):
            return found
    return None


def capture():
    """A capture of every handshake that this OpenSSL can make; its bytes and their number."""
    wire, count = Wire(), 0
    for version, suite, name in plans():
        made = pieces(version, suite, name)
        if made:
            count += 1
            wire.talk(f"198.51.100.{count % 250 + 1}", 443, made)
            wire.now_us += 1_000_000
    return wire.pcapng(), count
