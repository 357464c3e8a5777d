"""Goal: the schemes that verify are those that apksigner says. Method: its answer for each file.

The packages are our own and, where they are at hand, the reference outputs of Android's signing
library. Without the program the comparison is skipped; the schemes in our own names still count.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from keepsight.lab.facts.app import Manifest
from keepsight.lab.read.archive import Archive, FileSource, MemorySource
from keepsight.lab.read.signing import PackageSignature
from tests.lab.synthetic import package
from tests.lab.synthetic.article import article_entries

DATA = Path(os.environ.get("KEEPSIGHT_TEST_DATA", Path(__file__).parents[4] / "shared"))
REAL = sorted((DATA / "data" / "apps").rglob("*.apk"))
COMBINATIONS = [(), ("v1",), ("v2",), ("v3",), ("v1", "v2"), ("v1", "v3"), ("v2", "v3"),
                ("v1", "v2", "v3")]  # fmt: skip
needs_apksigner = pytest.mark.skipif(
    shutil.which("apksigner") is None,
    reason="apksigner is missing: install Debian's package apksigner to compare with it",
)
needs_files = pytest.mark.skipif(
    not REAL, reason="no packages under KEEPSIGHT_TEST_DATA/data/apps to compare"
)


def ours(path):
    source = FileSource.open(path)
    signature = PackageSignature(Archive(source))
    signing = signature.finish()
    source.close()
    return signing


def theirs(path):
    """Return apksigner's schemes: from API 21 on, or where it refuses that, from 24 and 28 on."""
    found = set()
    for level in (21, 24, 28):
        run = subprocess.run(
            ["apksigner", "verify", "--verbose", "--min-sdk-version", str(level), path],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if run.stdout.startswith("Verifies"):
            found |= set(re.findall(r"using (v[123]) scheme .*: true", run.stdout))
            if level == 21:
                break
    return found


@pytest.mark.parametrize("schemes", COMBINATIONS)
def test_our_own_packages_verify_by_exactly_their_schemes(tmp_path, schemes):
    path = tmp_path / "app.apk"
    path.write_bytes(package.signed(article_entries(), schemes))
    signing = ours(path)
    assert signing.verified == schemes
    assert signing.strip_protected is (len(schemes) > 1 if "v1" in schemes else None)
    assert bool(signing.current_signers) is bool(schemes)


@needs_apksigner
@pytest.mark.timeout(300)
@pytest.mark.parametrize("schemes", [("v1",), ("v1", "v2", "v3")])
def test_our_own_packages_agree_with_apksigner(tmp_path, schemes):
    path = tmp_path / "app.apk"
    path.write_bytes(package.signed(article_entries(), schemes))
    assert set(ours(path).verified) == theirs(path) == set(schemes)


@needs_apksigner
@needs_files
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_real_package_agrees_with_apksigner():
    differing = {path.name for path in REAL if set(ours(path).verified) != theirs(path)}
    assert differing == set()


@needs_files
def test_every_reference_package_verifies_by_the_schemes_in_its_name():
    named = [path for path in REAL if re.match(r"golden-.*-v\d.*-out|synth-", path.name)]
    differing = {
        path.name for path in named
        if set(ours(path).verified) != set(re.findall(r"v[123]", path.name))
    }  # fmt: skip
    assert named
    assert differing == set()


def finished(entries, schemes, **manifest):
    read = Archive(MemorySource(package.signed(entries, schemes)))
    return PackageSignature(read).finish(Manifest("a.b", **manifest)).verified


@pytest.mark.parametrize("more", [{"target_sdk": 30}, {"target_sandbox": 2}])
def test_v1_alone_is_not_enough_where_the_manifest_asks_for_more(more):
    entries = {"classes.dex": b"1"}
    assert finished(entries, ("v1",), target_sdk=29) == ("v1",)
    assert finished(entries, ("v1",), **more) == ()
    assert finished(entries, ("v1", "v2"), **more) == ("v1", "v2")


def test_a_broken_newer_scheme_takes_the_older_ones_with_it():
    """Android refuses such a package: it does not fall back."""
    data = bytearray(package.signed({"classes.dex": b"1"}, ("v1", "v2", "v3")))
    at = data.rindex((0xF05368C0).to_bytes(4, "little")) + 60
    data[at] ^= 1
    signing = PackageSignature(Archive(MemorySource(bytes(data)))).finish()
    assert signing.verified == ()
    assert "so the package is refused" in signing.results[1].reason


def test_a_changed_entry_breaks_every_scheme(tmp_path):
    data = bytearray(package.signed({"a": b"hello"}, stored=("a",)))
    data[data.index(b"hello")] ^= 1
    path = tmp_path / "app.apk"
    path.write_bytes(bytes(data))
    signing = ours(path)
    assert signing.verified == ()
    assert all(one.present and one.reason for one in signing.results)


def test_the_rotated_key_of_v31_is_the_current_one():
    old, new = package.signer("Old"), package.signer("New")
    options = {"who": old, "rotated": new, "v3_attributes": package.ROTATION_FROM_33,
               "rotated_attributes": package.lineage(old, new)}  # fmt: skip
    plain = package.archive({"a": b"1"})
    data = bytearray(package.sign_block(plain, schemes=("v2", "v3", "v3.1"), **options))
    signing = PackageSignature(Archive(MemorySource(bytes(data)))).finish()
    assert signing.verified == ("v2", "v3", "v3.1")
    assert [one.subject for one in signing.current_signers] == ["CN=New"]
    assert len(signing.lineage) == 2
    data[data.rindex((0x1B93AD61).to_bytes(4, "little")) + 60] ^= 1
    broken = PackageSignature(Archive(MemorySource(bytes(data)))).finish()
    assert broken.verified == ()
