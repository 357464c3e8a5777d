"""Goal: v1 verifies only when every link of its chain holds. Method: break one link at a time."""

import pytest

from keepsight.lab.read.archive import Archive, MemorySource
from keepsight.lab.read.jar_signature import JarSignature, parse_sections
from tests.lab.synthetic.package import archive, sign_v1, signer

ENTRIES = {"classes.dex": b"code", "res/a.xml": b"a", "AndroidManifest.xml": b"m"}


def result(entries, others=frozenset(), pairs=None):
    read = Archive(MemorySource(archive(pairs or entries)))
    return JarSignature(read, set(others)).finish()


@pytest.mark.parametrize("digest", ["SHA1", "SHA-256", "SHA-512"])
@pytest.mark.parametrize("attributes", [True, False])
def test_an_untouched_package_verifies(digest, attributes):
    found = result(sign_v1(ENTRIES, digest=digest, attributes=attributes))
    assert (found.present, found.verified, found.reason) == (True, True, "")
    assert found.digests == (digest.replace("-", "").lower(),)
    assert found.signers[0].subject == "CN=Synthetic"


def test_no_signature_is_not_present():
    assert result(ENTRIES).present is False


def changed(name, data):
    return {**sign_v1(ENTRIES), name: data}


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        (changed("classes.dex", b"evil"), "classes.dex was changed"),
        (changed("new.bin", b"1"), "new.bin is not signed"),
        (changed("META-INF/CERT.RSA", b""), "DER is cut short"),
        (changed("META-INF/CERT.RSA", b"0\x00"), "malformed"),
        (changed("META-INF/CERT.SF", b"Signature-Version: 1.0\r\n\r\n"), "changed"),
        (changed("META-INF/MANIFEST.MF", b"Manifest-Version: 1.0\r\n\r\n"), "in vain"),
    ],
)
def test_each_broken_link_is_named(entries, reason):
    found = result(entries)
    assert found.present
    assert not found.verified
    assert reason in found.reason


@pytest.mark.parametrize("missing", ["META-INF/CERT.SF", "META-INF/MANIFEST.MF", "res/a.xml"])
def test_a_missing_file_fails(missing):
    entries = sign_v1(ENTRIES)
    del entries[missing]
    found = result(entries)
    assert not found.verified
    assert missing in found.reason


def test_a_signature_by_another_key_fails():
    entries = sign_v1(ENTRIES)
    other = sign_v1(ENTRIES, who=signer("Other"), names_schemes="2")
    found = result({**entries, "META-INF/CERT.RSA": other["META-INF/CERT.RSA"]})
    assert not found.verified


def test_a_scheme_that_was_taken_away_is_noticed():
    entries = sign_v1(ENTRIES, names_schemes="2, 3")
    assert result(entries, {"2", "3"}).verified
    found = result(entries, {"2"})
    assert not found.verified
    assert "v3" in found.reason


def test_a_name_that_is_there_twice_fails():
    pairs = [*sign_v1(ENTRIES).items(), ("classes.dex", b"evil")]
    found = result(None, pairs=pairs)
    assert not found.verified
    assert "twice" in found.reason


def test_entries_that_were_inflated_anyway_are_not_read_again():
    entries = sign_v1(ENTRIES)
    signature = JarSignature(Archive(MemorySource(archive(entries))), set())
    signature.see("classes.dex", b"not what is in the archive")
    assert "classes.dex was changed" in signature.finish().reason


def test_sections_keep_their_exact_bytes_and_join_long_lines():
    data = b"A: 1\r\n\r\nName: ver\r\n y/long\r\nX: 2\r\n\r\n"
    first, second = parse_sections(data)
    assert first.raw == b"A: 1\r\n\r\n"
    assert second.attributes == {"name": "very/long", "x": "2"}
    assert first.raw + second.raw == data


def test_a_manifest_of_a_million_continued_lines_is_read_in_time():
    """Joining line by line would take time by the square of the size: hours for this one."""
    (section,) = parse_sections(b"Name: a\r\n" + b" x\r\n" * 1_000_000)
    assert len(section.attributes["name"]) == 1_000_001
