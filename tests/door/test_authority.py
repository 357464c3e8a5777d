"""Goal: an authority that browsers accept and that speaks for this home only. Method: OpenSSL."""

import datetime as dt
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from keepsight.door.authority import (
    LEAF_DAYS,
    RENEW_DAYS,
    Authority,
    AuthorityError,
    fingerprint,
)
from tests.hub.clocks import HandClock

NAMES = ("localhost", "hub.local", "127.0.0.1", "192.168.1.5", "::1")
DAY = 24 * 3600
needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not here")


def leaf_of(authority: Authority) -> x509.Certificate:
    return x509.load_pem_x509_certificate(authority.files.leaf_certificate.read_bytes())


def names_of(certificate: x509.Certificate) -> set[str]:
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(name.value) for name in found}


def verify(root: Path, leaf: Path) -> subprocess.CompletedProcess[str]:
    command = [
        "openssl",
        "verify",
        "-x509_strict",
        "-no_check_time",
        "-CAfile",
        str(root),
        str(leaf),
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_makes_root_and_leaf_once(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "tls", NAMES, HandClock())
    assert authority.ensure()
    root, leaf = authority.root, leaf_of(authority)
    assert not authority.ensure()
    assert authority.root == root
    assert leaf_of(authority) == leaf
    assert names_of(leaf) == set(NAMES)
    leaf.verify_directly_issued_by(root)


def test_keys_are_for_this_user_only(tmp_path: Path) -> None:
    files = Authority(tmp_path / "tls", NAMES, HandClock())
    files.ensure()
    for key in (files.files.root_key, files.files.leaf_key):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "tls").stat().st_mode) == 0o700


@needs_openssl
def test_openssl_accepts_the_chain(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "tls", NAMES, HandClock())
    authority.ensure()
    result = verify(authority.files.root_certificate, authority.files.leaf_certificate)
    assert result.returncode == 0, result.stderr


@needs_openssl
@pytest.mark.parametrize("name", ["bank.example", "8.8.8.8", "hub.local.evil.example"])
def test_stolen_root_speaks_for_no_other_site(tmp_path: Path, name: str) -> None:
    authority = Authority(tmp_path / "tls", NAMES, HandClock())
    authority.ensure()
    root = authority.root
    root_key = serialization.load_pem_private_key(authority.files.root_key.read_bytes(), None)
    assert isinstance(root_key, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    general: x509.GeneralName
    if name[0].isdigit():
        import ipaddress

        general = x509.IPAddress(ipaddress.ip_address(name))
    else:
        general = x509.DNSName(name)
    forged = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(root.subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(root.not_valid_before_utc)
        .not_valid_after(root.not_valid_after_utc)
        .add_extension(x509.SubjectAlternativeName([general]), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    path = tmp_path / "forged.crt"
    path.write_bytes(forged.public_bytes(serialization.Encoding.PEM))
    result = subprocess.run(
        ["openssl", "verify", "-no_check_time", "-CAfile", authority.files.root_certificate, path],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode != 0
    assert "permitted subtree violation" in result.stderr


def test_leaf_is_renewed_before_it_expires_and_the_root_stays(tmp_path: Path) -> None:
    clock = HandClock()
    authority = Authority(tmp_path / "tls", NAMES, clock)
    authority.ensure()
    root, first = authority.root, leaf_of(authority)
    clock.tick((LEAF_DAYS - RENEW_DAYS - 1) * DAY)
    assert not authority.ensure()
    clock.tick(2 * DAY)
    assert authority.ensure()
    second = leaf_of(authority)
    assert authority.root == root
    assert second.not_valid_after_utc - first.not_valid_after_utc > dt.timedelta(days=50)


def test_new_name_makes_a_new_leaf(tmp_path: Path) -> None:
    clock = HandClock()
    Authority(tmp_path / "tls", NAMES, clock).ensure()
    wider = Authority(tmp_path / "tls", (*NAMES, "10.1.2.3", "Garage.Local"), clock)
    assert wider.ensure()
    assert names_of(leaf_of(wider)) == {*NAMES, "10.1.2.3", "garage.local"}


def test_name_the_root_may_not_speak_for_is_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = HandClock()
    Authority(tmp_path / "tls", NAMES, clock).ensure()
    wider = Authority(tmp_path / "tls", (*NAMES, "cameras.example"), clock)
    assert not wider.ensure()
    assert "does not cover cameras.example" in caplog.text
    fresh = Authority(tmp_path / "fresh", (*NAMES, "cameras.example", "93.184.215.14"), clock)
    fresh.ensure()
    assert {"cameras.example", "93.184.215.14"} < names_of(leaf_of(fresh))


def test_damaged_leaf_is_made_anew_and_a_damaged_root_is_said(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "tls", NAMES, HandClock())
    authority.ensure()
    authority.files.leaf_certificate.write_text("damaged")
    assert authority.ensure()
    authority.files.leaf_key.unlink()
    assert authority.ensure()
    authority.files.root_certificate.write_text("damaged")
    with pytest.raises(AuthorityError, match="damaged"):
        authority.ensure()


def test_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AuthorityError, match="cannot write"):
        Authority(tmp_path / "file" / "tls", NAMES, HandClock()).ensure()


def test_fingerprint_is_what_openssl_shows(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "tls", NAMES, HandClock())
    authority.ensure()
    text = fingerprint(authority.root)
    assert len(text.split(":")) == 32
    assert text == text.upper()
    assert bytes.fromhex(text.replace(":", "")) == authority.root.fingerprint(hashes.SHA256())
