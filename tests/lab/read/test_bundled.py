"""Goal: versions and secrets are taken from proof only. Method: archives and dex files by hand."""

from keepsight.lab.facts.app import Place, StringUse
from keepsight.lab.finding import Owner
from keepsight.lab.read import bundled
from keepsight.lab.read.archive import Archive, MemorySource
from keepsight.lab.read.dex import Dex
from tests.lab.synthetic.code import Class, dex
from tests.lab.synthetic.package import archive


def libraries(entries):
    return list(bundled.from_archive(Archive(MemorySource(archive(entries)))))


def secret(text, place=None):
    return bundled.secret_of(StringUse(text, place))


def test_version_files_are_read():
    found = libraries({
        "META-INF/maven/com.squareup.okio/okio/pom.properties": b"#x\nversion=1.13.0\n",
        "META-INF/androidx.core_core.version": b"1.9.0\n",
        "META-INF/androidx.odd.version": b"task ':x' property",
    })  # fmt: skip
    assert [(one.name, one.version, one.listed) for one in found] == [
        ("com.squareup.okio:okio", "1.13.0", True), ("androidx.core:core", "1.9.0", False),
    ]  # fmt: skip
    assert [one.advisory_id for one in found[0].advisories] == ["CVE-2023-3635"]


def test_a_constant_names_its_library():
    file = Dex(dex(Class("La/B;"), extra_strings=("okhttp/3.10.0", "okhttp/unknown")))
    (found,) = bundled.from_dex(file, "classes.dex")
    assert (found.name, found.version) == ("com.squareup.okhttp3:okhttp", "3.10.0")


def test_versions_are_compared_as_numbers():
    def hits(name, version):
        return len(bundled.judged(name, version, "").advisories)

    assert hits("com.squareup.okhttp3:okhttp", "4.9.10") == 0
    assert hits("com.squareup.okhttp3:okhttp", "4.9.1") == 1
    assert hits("com.squareup.okhttp3:okhttp", "4.10.0-RC1") == 0
    assert hits("com.squareup.retrofit2:retrofit", "1.9.0") == 0
    assert hits("com.squareup.retrofit2:retrofit", "2.4.0") == 1


def test_secrets_need_their_form_and_are_masked():
    key = "-----BEGIN PRIVATE KEY-----\n" + "A" * 200
    found = secret(key)
    assert (found.kind, found.proven) == ("private key", True)
    assert "AAAA" not in found.masked
    assert secret("-----BEGIN PRIVATE KEY-----") is None
    assert secret("AKIAshort") is None
    assert secret("http://example.net") is None
    cloud = secret("AKIA" + "B" * 16)
    assert (cloud.proven, cloud.masked) == (False, "AKIABBBB\u2026")


def test_a_secret_is_where_the_code_loads_it():
    place = Place("classes.dex", "org.example.Key", "<clinit>", 0x10, Owner.APP)
    found = secret("AKIA" + "B" * 16, place)
    assert (found.where, found.owner) == (str(place), Owner.APP)
