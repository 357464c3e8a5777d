"""A certificate authority of one home: a root that phones enrol, a leaf that renews itself.

The root may only speak for this home: its name constraints (RFC 5280, 4.2.1.10) permit private
addresses, names under the suffixes of home networks, and the names known when it was made. A
stolen root key cannot impersonate a bank. Keys are P-256, which every phone accepts, in files of
mode 0600.
"""

import datetime as dt
import ipaddress
import logging
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from keepsight.core.clock import Clock

log = logging.getLogger(__name__)

ROOT_DAYS: Final = 3650
LEAF_DAYS: Final = 90
RENEW_DAYS: Final = 30
"""The leaf is made anew when it has less than this left."""
NAMES_MAX: Final = 64
BACKDATE: Final = dt.timedelta(hours=1)
"""Phones whose clock is a little slow accept the certificate too."""
HOME_SUFFIXES: Final = ("localhost", "local", "lan", "home.arpa", "internal")
HOME_NETWORKS: Final = (
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "::1/128",
    "fc00::/7",
    "fe80::/10",
)


class AuthorityError(Exception):
    """The authority's files cannot be used, with what to do."""


@dataclass(frozen=True, slots=True)
class AuthorityFiles:
    """Where they lie."""

    folder: Path

    @property
    def root_certificate(self) -> Path:
        """PEM; public."""
        return self.folder / "root.crt"

    @property
    def root_key(self) -> Path:
        """PEM, mode 0600."""
        return self.folder / "root.key"

    @property
    def leaf_certificate(self) -> Path:
        """PEM: leaf, then root."""
        return self.folder / "door.crt"

    @property
    def leaf_key(self) -> Path:
        """PEM, mode 0600."""
        return self.folder / "door.key"


class Authority:
    """Root and leaf in a folder."""

    def __init__(self, folder: Path, names: Iterable[str], clock: Clock) -> None:
        """`names` are host names and addresses under which the door is reached."""
        self.files = AuthorityFiles(folder)
        self._names = tuple(sorted({name.lower() for name in names if name}))[:NAMES_MAX]
        self._clock = clock

    def ensure(self) -> bool:
        """Make what is missing, expiring or of other names; True if the leaf is new.

        Raises:
            AuthorityError: the folder cannot be written, or holds damaged files.
        """
        try:
            self.files.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not self.files.root_key.exists() or not self.files.root_certificate.exists():
                self._make_root()
            if self._is_leaf_good():
                return False
            self._make_leaf()
        except OSError as error:
            raise AuthorityError(f"cannot write certificates: {error}") from error
        except ValueError as error:
            raise AuthorityError(
                f"the files in {self.files.folder} are damaged; move them away, start again, "
                f"and enrol the new root on every phone ({error})"
            ) from error
        return True

    @property
    def root(self) -> x509.Certificate:
        """The root certificate."""
        return x509.load_pem_x509_certificate(self.files.root_certificate.read_bytes())

    def _now(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(self._clock.wall_us() / 1e6, dt.UTC)

    def _make_root(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Keepsight"),
                x509.NameAttribute(NameOID.COMMON_NAME, f"Keepsight at home {os.urandom(4).hex()}"),
            ]
        )
        now = self._now()
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - BACKDATE)
            .not_valid_after(now + dt.timedelta(days=ROOT_DAYS))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(is_root=True), critical=True)
            .add_extension(
                x509.NameConstraints(permitted_subtrees=self._permitted(), excluded_subtrees=None),
                critical=True,
            )
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
            )
            .sign(key, hashes.SHA256())
        )
        _write(self.files.root_key, _key_pem(key), 0o600)
        _write(self.files.root_certificate, _pem(certificate), 0o644)
        log.info("made a certificate authority in %s", self.files.folder)

    def _permitted(self) -> list[x509.GeneralName]:
        names = {*HOME_SUFFIXES}
        networks = {*HOME_NETWORKS}
        for name in self._names:
            address = _address(name)
            if address is None:
                names.add(name)
            elif not any(_is_in(address, network) for network in HOME_NETWORKS):
                networks.add(f"{address}/{address.max_prefixlen}")
        return [
            *(x509.DNSName(name) for name in sorted(names)),
            *(x509.IPAddress(ipaddress.ip_network(network)) for network in sorted(networks)),
        ]

    def _usable_names(self) -> list[str]:
        """The names that the root may speak for; others are left out with a warning."""
        constraints = self.root.extensions.get_extension_for_class(x509.NameConstraints).value
        usable = []
        for name in self._names:
            if _is_permitted(name, constraints.permitted_subtrees or []):
                usable.append(name)
            else:
                log.warning(
                    "the root certificate does not cover %s: remove %s to make a new one, then "
                    "enrol it on every phone",
                    name,
                    self.files.root_certificate,
                )
        return usable or ["localhost"]

    def _is_leaf_good(self) -> bool:
        try:
            leaf = x509.load_pem_x509_certificate(self.files.leaf_certificate.read_bytes())
            leaf.verify_directly_issued_by(self.root)
            names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except Exception:  # noqa: BLE001 - whatever is wrong with it, a new one is made
            log.info("a new certificate is needed for the door")
            return False
        left = leaf.not_valid_after_utc - self._now()
        found = {str(name.value) for name in names}
        return (
            self.files.leaf_key.exists()
            and left > dt.timedelta(days=RENEW_DAYS)
            and found == {_canonical(name) for name in self._usable_names()}
        )

    def _make_leaf(self) -> None:
        root = self.root
        root_key = serialization.load_pem_private_key(self.files.root_key.read_bytes(), None)
        if not isinstance(root_key, ec.EllipticCurvePrivateKey):
            raise ValueError("the root key is not an elliptic curve key")  # noqa: TRY004
        key = ec.generate_private_key(ec.SECP256R1())
        now = self._now()
        names = self._usable_names()
        certificate = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Keepsight")]))
            .issuer_name(root.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - BACKDATE)
            .not_valid_after(min(now + dt.timedelta(days=LEAF_DAYS), root.not_valid_after_utc))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(is_root=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.SubjectAlternativeName([_general_name(name) for name in names]),
                critical=False,
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()),
                critical=False,
            )
            .sign(root_key, hashes.SHA256())
        )
        _write(self.files.leaf_key, _key_pem(key), 0o600)
        _write(self.files.leaf_certificate, _pem(certificate) + _pem(root), 0o644)
        log.info("made a certificate for %s", ", ".join(names))


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the certificate as pairs of hex digits, as phones show it."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def _key_usage(*, is_root: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_root,
        key_cert_sign=is_root,
        crl_sign=is_root,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return None


def _canonical(name: str) -> str:
    address = _address(name)
    return name if address is None else str(address)


def _general_name(name: str) -> x509.GeneralName:
    address = _address(name)
    return x509.DNSName(name) if address is None else x509.IPAddress(address)


def _is_in(address: ipaddress.IPv4Address | ipaddress.IPv6Address, network: str) -> bool:
    parsed = ipaddress.ip_network(network)
    return address.version == parsed.version and address in parsed


def _is_permitted(name: str, permitted: Iterable[x509.GeneralName]) -> bool:
    address = _address(name)
    for subtree in permitted:
        value = str(subtree.value)
        if address is not None and isinstance(subtree, x509.IPAddress) and _is_in(address, value):
            return True
        if (
            address is None
            and isinstance(subtree, x509.DNSName)
            and (name == value or name.endswith(f".{value}"))
        ):
            return True
    return False


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _write(path: Path, content: bytes, mode: int) -> None:
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
