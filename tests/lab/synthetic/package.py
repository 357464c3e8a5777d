"""Writes archives, and signs them with the schemes v1, v2 and v3."""

import base64
import datetime as dt
import hashlib
import struct
import zlib
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, pkcs7
from cryptography.x509.oid import NameOID


def archive(entries, *, stored=()):
    """Return a zip archive of {name: bytes}, or of (name, bytes) pairs when a name is twice."""
    pairs = list(entries.items()) if isinstance(entries, dict) else list(entries)
    out, central = b"", b""
    for name, data in pairs:
        raw = name.encode()
        method, packed = 8, zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = packed.compress(data) + packed.flush()
        if name in stored:
            method, packed = 0, data
        sizes = struct.pack("<3I", zlib.crc32(data), len(packed), len(data))
        fields = struct.pack("<4H", 0, method, 0, 33)
        central += b"PK\x01\x02" + struct.pack("<HH", 20, 20) + fields + sizes
        central += struct.pack("<5HII", len(raw), 0, 0, 0, 0, 0, len(out)) + raw
        out += b"PK\x03\x04" + struct.pack("<H", 20) + fields + sizes
        out += struct.pack("<HH", len(raw), 0) + raw + packed
    end = struct.pack("<4H2IH", 0, 0, len(pairs), len(pairs), len(central), len(out), 0)
    return out + central + b"PK\x05\x06" + end


@cache
def signer(name="Synthetic", bits=2048):
    """Return (key, certificate); the same within a run."""
    key = rsa.generate_private_key(65537, bits)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2050, 1, 1, tzinfo=dt.UTC))
        .sign(key, hashes.SHA256())
    )
    return key, certificate


def sign_v1(entries, *, who=None, names_schemes="", digest="SHA-256", attributes=True):
    """Return the entries with a JAR signature added."""
    key, certificate = who or signer()
    algorithm = digest.replace("-", "").lower()

    def hashed(data):
        return base64.b64encode(hashlib.new(algorithm, data).digest()).decode()

    label = f"{digest}-Digest"
    main = b"Manifest-Version: 1.0\r\nCreated-By: test\r\n\r\n"
    sections = {
        name: f"Name: {name}\r\n{label}: {hashed(data)}\r\n\r\n".encode()
        for name, data in entries.items()
    }
    manifest = main + b"".join(sections.values())
    file = "Signature-Version: 1.0\r\n"
    if names_schemes:
        file += f"X-Android-APK-Signed: {names_schemes}\r\n"
    file += f"{label}-Manifest: {hashed(manifest)}\r\n\r\n"
    for name, raw in sections.items():
        file += f"Name: {name}\r\n{label}: {hashed(raw)}\r\n\r\n"
    options = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]
    if not attributes:
        options.append(pkcs7.PKCS7Options.NoAttributes)
    block = (
        pkcs7.PKCS7SignatureBuilder()
        .set_data(file.encode())
        .add_signer(certificate, key, hashes.SHA256())
        .sign(Encoding.DER, options)
    )
    return {
        **entries,
        "META-INF/MANIFEST.MF": manifest,
        "META-INF/CERT.SF": file.encode(),
        "META-INF/CERT.RSA": block,
    }


def lp(data):
    """Return data with its length in front."""
    return struct.pack("<I", len(data)) + data


def pair(number, data):
    """Return a numbered, length-prefixed value."""
    return lp(struct.pack("<I", number) + lp(data))


def content_digest(sections):
    chunks = []
    for section in sections:
        for at in range(0, len(section), 1 << 20):
            piece = section[at : at + (1 << 20)]
            chunks.append(hashlib.sha256(b"\xa5" + struct.pack("<I", len(piece)) + piece).digest())
    top = b"\x5a" + struct.pack("<I", len(chunks)) + b"".join(chunks)
    return hashlib.sha256(top).digest()


def signer_block(digest, who, *, v3, attributes=b"", sdks=(28, 0x7FFFFFFF)):
    key, certificate = who
    der = certificate.public_bytes(Encoding.DER)
    signed = lp(pair(0x0103, digest)) + lp(lp(der))
    if v3:
        signed += struct.pack("<II", *sdks)
    signed += lp(attributes)
    signature = key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    middle = struct.pack("<II", *sdks) if v3 else b""
    return lp(lp(lp(signed) + middle + lp(pair(0x0103, signature)) + lp(public)))


def lineage(old, new):
    """Return the attribute that proves the rotation from one signer to the next."""
    first = lp(old[1].public_bytes(Encoding.DER)) + struct.pack("<I", 0)
    second = lp(new[1].public_bytes(Encoding.DER)) + struct.pack("<I", 0x0103)
    signature = old[0].sign(second, padding.PKCS1v15(), hashes.SHA256())
    nodes = lp(lp(first) + struct.pack("<II", 0, 0x0103) + lp(b""))
    nodes += lp(lp(second) + struct.pack("<II", 0, 0) + lp(signature))
    return lp(struct.pack("<I", 0x3BA06F8C) + struct.pack("<I", 1) + nodes)


STRIP_V3 = lp(struct.pack("<II", 0xBEEFF00D, 3))


ROTATION_FROM_33 = lp(struct.pack("<II", 0x559F8B02, 33))


def sign_block(package, *, schemes=("v2",), who=None, v2_attributes=b"", v3_attributes=b"",
               sdks=(28, 0x7FFFFFFF), rotated=None, rotated_sdks=(33, 0x7FFFFFFF),
               rotated_attributes=b""):  # fmt: skip
    """Return an archive with a signing block in front of its directory."""
    who = who or signer()
    end = package[-22:]
    size, offset = struct.unpack_from("<II", end, 12)
    digest = content_digest([package[:offset], package[offset : offset + size], end])
    pairs = b""
    if "v2" in schemes:
        value = signer_block(digest, who, v3=False, attributes=v2_attributes)
        pairs += struct.pack("<QI", len(value) + 4, 0x7109871A) + value
    if "v3" in schemes:
        value = signer_block(digest, who, v3=True, attributes=v3_attributes, sdks=sdks)
        pairs += struct.pack("<QI", len(value) + 4, 0xF05368C0) + value
    if "v3.1" in schemes:
        value = signer_block(
            digest, rotated or who, v3=True, attributes=rotated_attributes, sdks=rotated_sdks
        )
        pairs += struct.pack("<QI", len(value) + 4, 0x1B93AD61) + value
    length = struct.pack("<Q", len(pairs) + 24)
    block = length + pairs + length + b"APK Sig Block 42"
    moved = end[:16] + struct.pack("<I", offset + len(block)) + end[20:]
    return package[:offset] + block + package[offset : offset + size] + moved


def signed(entries, schemes=("v1", "v2", "v3"), *, who=None, stored=()):
    """Return a package signed with exactly these schemes."""
    newer = [one for one in schemes if one != "v1"]
    if "v1" in schemes:
        names = ", ".join(one[1] for one in newer)
        entries = sign_v1(entries, who=who, names_schemes=names)
    package = archive(entries, stored=stored)
    return sign_block(package, schemes=newer, who=who) if newer else package
