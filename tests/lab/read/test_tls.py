"""Hello messages and certificates, whole, split, and lying about their lengths."""

import datetime as dt

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from keepsight.lab.read import tls
from tests.lab.synthetic import traffic


def self_signed(key, *, digest=hashes.SHA256):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "camera.local")])
    day = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    )
    made = made.serial_number(7).not_valid_before(day).not_valid_after(day.replace(year=2030))
    made = made.add_extension(
        x509.SubjectAlternativeName([x509.DNSName("a.example")]), critical=False
    )
    from cryptography.hazmat.primitives.serialization import Encoding

    return made.sign(key, digest()).public_bytes(Encoding.DER)


@pytest.mark.parametrize("chunk", [1, 3, 1000])
def test_messages_come_out_of_records_however_they_are_cut(chunk):
    stream = tls.Stream()
    hello = traffic.client_hello("api.example.net")
    data = traffic.record(22, hello[:50]) + traffic.record(22, hello[50:])
    found = [m for at in range(0, len(data), chunk) for m in stream.feed(data[at : at + chunk])]
    assert [kind for kind, _ in found] == [tls.CLIENT_HELLO]
    client = tls.read_client_hello(found[0][1])
    assert client.sni == "api.example.net"
    assert client.versions == (0x0304, 0x0303)


@pytest.mark.parametrize(
    ("version", "name"), [(0x0301, "TLS 1.0"), (0x0303, "TLS 1.2"), (0x0304, "TLS 1.3")]
)
def test_the_negotiated_version_and_suite(version, name):
    body = traffic.server_hello(version, 0xC02F)[4:]
    hello = tls.read_server_hello(body)
    assert tls.version_name(hello.version) == name
    assert tls.suite_name(hello.suite) == "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"


def test_a_retry_is_no_answer():
    body = bytearray(traffic.server_hello()[4:])
    body[2:34] = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
    assert tls.read_server_hello(bytes(body)).is_retry


def test_an_old_hello_in_the_form_of_ssl_2():
    suites = b"\x00\x00\x05\x07\x00\xc0"
    body = b"\1\3\1" + len(suites).to_bytes(2, "big") + b"\0\0" + b"\0\x10" + suites + bytes(16)
    data = bytes([0x80, len(body)]) + body
    hello, size = tls.read_old_hello(data + b"more")
    assert (hello.versions, hello.suites, size) == ((0x0301,), (5,), len(data))
    assert tls.read_old_hello(data[:-1]) is None


def test_records_that_lie_end_the_stream():
    stream = tls.Stream()
    assert stream.feed(b"\x16\x03\x01\xff\xff" + bytes(10)) == []
    assert stream.is_broken
    assert stream.feed(traffic.record(22, traffic.client_hello("a.example"))) == []


def test_weak_suites_are_named():
    weak = {
        "TLS_RSA_WITH_RC4_128_SHA": "RC4",
        "TLS_RSA_WITH_3DES_EDE_CBC_SHA": "3DES",
        "TLS_RSA_WITH_NULL_SHA": "no encryption",
        "TLS_DH_anon_WITH_AES_128_CBC_SHA": "no authentication",
        "TLS_AES_128_GCM_SHA256": "",
    }
    assert {name: tls.weakness_of(name) for name in weak} == weak
    assert tls.suite_name(0x1301) == "TLS_AES_128_GCM_SHA256"
    assert tls.suite_name(0x4A4A) == "0x4a4a"
    assert tls.is_grease(0x4A4A)


def test_certificate_fields():
    found = tls.read_certificate(self_signed(ec.generate_private_key(ec.SECP256R1())))
    assert (found.key, found.signature_hash, found.is_self_signed) == (
        "EC secp256r1",
        "sha256",
        True,
    )
    assert found.names == ("a.example",)
    assert found.not_after.startswith("2030-01-01")
    weak = tls.read_certificate(self_signed(rsa.generate_private_key(65537, 1024)))
    assert (weak.key, weak.key_bits) == ("RSA 1024", 1024)
    assert tls.read_certificate(b"0\x03\x02\x01\x01") is None
    message = traffic.certificate(b"first", b"second")[4:]
    assert tls.leaf_of(message) == b"first"
    assert tls.leaf_of(b"\0\0\x09\0\0\xff") is None


@given(st.binary(max_size=400), st.integers(0, 300), st.integers(0, 255))
def test_damage_never_raises(noise, at, value):
    tls.read_client_hello(noise)
    tls.read_server_hello(noise)
    tls.read_old_hello(noise)
    tls.Stream().feed(noise)
    body = bytearray(traffic.client_hello("api.example.net")[4:])
    body[at % len(body)] = value
    tls.read_client_hello(bytes(body))
