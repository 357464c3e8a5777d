"""Goal: a package becomes facts; what is broken is said and stays local. Method: our own apps."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keepsight.lab.checks.app import APP_CHECKS
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Outcome
from keepsight.lab.read.app import platform_of, read_app
from keepsight.lab.read.limits import UnreadableArtefact
from tests.lab.synthetic.article import PACKAGE, SDKS, article_app, article_entries, manifest
from tests.lab.synthetic.code import Class, Method, dex
from tests.lab.synthetic.package import archive, signed
from tests.lab.synthetic.xml import Node, Ref, resource_table, write

APP = article_app()


@pytest.fixture
def app_of(tmp_path):
    def read(data, name="camera.apk"):
        path = tmp_path / name
        path.write_bytes(data)
        facts, unread = read_app(path)
        assert unread == facts.unread
        return facts

    return read


def outcomes(facts):
    product = ProductFacts(report_date="2026-11-21", apps=(facts,), unread=facts.unread)
    return {check.check_id: {one.outcome for one in check.judge(product)} for check in APP_CHECKS}


def test_the_app_of_the_article(app_of):
    facts = app_of(APP)
    assert facts.artefact == "camera.apk"
    assert facts.manifest.package == PACKAGE
    assert facts.manifest.version_name == "9.2.702"
    assert facts.signing.verified == ("v1", "v2", "v3")
    assert {one.tracker.name for one in facts.trackers if one.defined} == set(SDKS)
    assert facts.platform.version == "6.0"
    assert facts.dex_files == ("classes.dex",)
    assert facts.unread == ()
    assert facts.code_gaps == ()


def test_every_finding_of_the_article(app_of):
    found = outcomes(app_of(APP))
    violated = {name for name, values in found.items() if Outcome.VIOLATED in values}
    assert violated >= {
        "app/cleartext-traffic", "app/signature-schemes", "app/min-android", "app/debug-code",
        "app/weak-cipher", "app/http-urls", "app/trust",
    }  # fmt: skip
    assert found["app/file-modes"] == {Outcome.CLEAR}, "private preferences are no fault"


def test_a_bundle_is_its_base_and_its_splits(app_of):
    split = write(Node("manifest", {"package": PACKAGE, "split": "config.de"}))
    more = dex(Class("Lcom/onesignal/More;", [Method("a", "()V", [("return-void",)])]))
    parts = {
        "config.de.apk": signed({"AndroidManifest.xml": split, "classes.dex": more}),
        "base.apk": APP,
    }
    for stored in ((), tuple(parts)):
        facts = app_of(archive({"manifest.json": b"{}", **parts}, stored=stored), "camera.xapk")
        assert facts.manifest.split == ""
        assert set(facts.dex_files) == {"base.apk/classes.dex", "config.de.apk/classes.dex"}
        assert "OneSignal" in {one.tracker.name for one in facts.trackers}
        assert facts.signing.verified == ("v1", "v2", "v3")
        assert facts.unread == ()


def test_a_split_that_is_not_signed_is_said(app_of):
    split = write(Node("manifest", {"package": PACKAGE, "split": "x"}))
    data = archive({"base.apk": APP, "x.apk": archive({"AndroidManifest.xml": split})})
    facts = app_of(data, "camera.apks")
    assert facts.gaps_of(["signing"])
    assert outcomes(facts)["app/signature-schemes"] == {Outcome.UNKNOWN}


def test_a_network_security_configuration_is_read(app_of):
    base = Node("base-config", {"cleartextTrafficPermitted": False})
    config = write(Node("network-security-config", {}, [base]), ids=False)
    entries = {
        **article_entries(),
        "AndroidManifest.xml": manifest(min_sdk=24, networkSecurityConfig=Ref(0x7F010001)),
        "resources.arsc": resource_table({(1, 0): "9", (1, 1): "res/net.xml"}),
        "res/net.xml": config,
    }
    facts = app_of(signed(entries))
    assert facts.network_security.base.cleartext is False
    assert outcomes(facts)["app/cleartext-traffic"] == {Outcome.CLEAR}
    del entries["res/net.xml"]
    facts = app_of(signed(entries))
    assert facts.network_security is None
    assert outcomes(facts)["app/cleartext-traffic"] == {Outcome.UNKNOWN}


@pytest.mark.parametrize("number", ["classes.dex", "classes2.dex"])
@pytest.mark.parametrize("code", [b"dex\n035\0 and no more", b"dex\n041\0" + bytes(112)])
def test_broken_code_and_dex_containers_make_code_checks_unknown(app_of, number, code):
    facts = app_of(signed({**article_entries(), number: code}))
    assert facts.code_gaps
    found = outcomes(facts)
    for name in ("app/file-modes", "app/weak-hash", "app/hard-coded-secrets"):
        assert found[name] == {Outcome.UNKNOWN}


def test_native_libraries_are_listed_and_keep_ciphers_from_clear(app_of):
    entries = {**article_entries(), "classes.dex": dex(Class("La/b/C;", []))}
    assert outcomes(app_of(signed(entries)))["app/weak-cipher"] == {Outcome.CLEAR}
    libraries = ("lib/arm64-v8a/libstream.so", "lib/x86/libstream.so", "assets/libx.so")
    facts = app_of(signed({**entries, **dict.fromkeys(libraries, b"\x7fELF")}))
    assert facts.native_libraries == (
        "arm64-v8a/libstream.so", "x86/libstream.so", "assets/libx.so")  # fmt: skip
    assert outcomes(facts)["app/weak-cipher"] == {Outcome.UNKNOWN}


def test_a_broken_manifest_makes_its_checks_unknown(app_of):
    facts = app_of(signed({**article_entries(), "AndroidManifest.xml": b"junk"}))
    assert facts.manifest is None
    found = outcomes(facts)
    for name in ("app/debuggable", "app/cleartext-traffic", "app/permissions", "app/exported"):
        assert found[name] == {Outcome.UNKNOWN}


def test_code_that_is_there_twice_is_never_clear(app_of):
    pairs = [*article_entries().items(), ("classes.dex", b"dex\n035\0other")]
    found = outcomes(app_of(archive(pairs)))
    for name, values in found.items():
        if name in {"app/file-modes", "app/weak-cipher", "app/trackers-present"}:
            assert values == {Outcome.UNKNOWN}


def test_code_inside_the_package_that_is_not_looked_into_is_said(app_of):
    facts = app_of(signed({**article_entries(), "assets/plugin.jar": b"PK"}))
    assert any("plugin.jar" in gap for gap in facts.code_gaps)


def test_a_dex_file_in_front_is_the_shape_of_an_attack(app_of):
    """The offsets of the archive count from the file's start, so the dex file takes its space."""
    data = signed({"room": b"dex\n035\0" + bytes(64), **article_entries()}, stored=("room",))
    offset = data.index(b"dex\n035\0")
    attack = data[offset : offset + 8] + data[8:]
    facts = app_of(attack)
    assert facts.starts_with_dex
    assert outcomes(facts)["app/signature-schemes"] == {Outcome.VIOLATED}


def test_unsigned_is_unknown_and_not_clear(app_of):
    facts = app_of(archive(article_entries()))
    assert facts.signing.verified == ()
    found = outcomes(facts)
    assert found["app/signature-schemes"] == {Outcome.UNKNOWN}
    assert found["app/signature-key"] == {Outcome.UNKNOWN}


@pytest.mark.parametrize("data", [b"", b"PK", archive({"a.txt": b""}), APP[:-30]])
def test_what_is_no_app_is_refused(tmp_path, data):
    path = tmp_path / "x.apk"
    path.write_bytes(data)
    with pytest.raises(UnreadableArtefact):
        read_app(path)


def test_the_oldest_android_of_a_minimum():
    assert platform_of(23).version == "6.0"
    assert platform_of(20).api == 19
    assert platform_of(5).api == 19
    assert platform_of(10_000) is None


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, 2**32), st.integers(1, 8))
def test_a_damaged_package_is_read_or_refused_and_never_clean(tmp_path, seed, count):
    """Whatever is changed, no scheme that covers the file still verifies, and nothing crashes."""
    dice = random.Random(seed)
    data = bytearray(APP)
    for _ in range(count):
        data[dice.randrange(len(data))] = dice.randrange(256)
    path = tmp_path / "x.apk"
    path.write_bytes(bytes(data))
    try:
        facts, _ = read_app(path)
    except UnreadableArtefact:
        return
    outcomes(facts)
    if bytes(data) != APP and facts.signing is not None:
        assert facts.signing.verified != ("v1", "v2", "v3")


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.integers(0, 2**32), st.sampled_from(["classes.dex", "AndroidManifest.xml", "resources.arsc"])
)
def test_damaged_parts_in_a_sound_archive_never_crash(tmp_path, seed, part):
    dice = random.Random(seed)
    entries = article_entries()
    data = bytearray(entries[part])
    for _ in range(dice.randrange(1, 6)):
        data[dice.randrange(len(data))] = dice.choice([0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)])
    path = tmp_path / "x.apk"
    path.write_bytes(archive({**entries, part: bytes(data)}))
    facts, _ = read_app(path)
    outcomes(facts)
