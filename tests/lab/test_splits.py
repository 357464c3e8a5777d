"""Goal: a base and its splits in files of their own are one app.

Method: facts by hand, and packages made here, given together and in a folder.
"""

import pytest

from keepsight.core.clock import SystemClock
from keepsight.lab.facts.app import (
    AppFacts,
    CallSite,
    Manifest,
    Place,
    SchemeResult,
    Signing,
    TrackerSeen,
)
from keepsight.lab.lab import Lab, Options, subjects_of
from keepsight.lab.read.tables import trackers
from keepsight.lab.splits import united
from tests.lab.synthetic import article, package, xml
from tests.lab.synthetic.code import dex

VERIFIED = Signing((SchemeResult("v2", present=True, verified=True),))


def facts(name, split="", code=7, **more):
    return AppFacts(name, Manifest("a.b", split, version_code=code), signing=VERIFIED, **more)


def test_what_the_splits_show_is_the_apps():
    call = CallSite("Cipher.getInstance", Place("classes.dex", "a.b.C", "m", 1), ("RC4",))
    seen = TrackerSeen(trackers()[0], 3, 0, ("x",), network_calls=True)
    split = facts("feature.apk", "feature", calls=(call,), trackers=(seen,), classes=2,
                  dex_files=("classes.dex",), native_libraries=("x86/liba.so",))  # fmt: skip
    base = facts("base.apk", trackers=(seen,), classes=5, dex_files=("classes.dex",))
    (app,) = united([split, base])
    assert (app.artefact, app.splits, app.classes) == ("base.apk", ("feature.apk",), 7)
    assert app.calls[0].place.dex == "feature.apk/classes.dex"
    assert app.trackers[0].defined == 6
    assert app.dex_files == ("classes.dex", "feature.apk/classes.dex")
    assert app.native_libraries == ("x86/liba.so",)
    assert app.unread == ()


def test_other_versions_and_packages_stay_apart():
    assert len(united([facts("a.apk"), facts("b.apk", "s", code=8)])) == 2
    assert len(united([facts("a.apk"), facts("b.apk")])) == 2, "the same package twice is two files"
    assert len(united([AppFacts("x.apk"), AppFacts("y.apk")])) == 2, "nobody knows what they are"


def test_a_split_without_its_base_has_no_manifest_and_a_gap():
    (app,) = united([facts("s.apk", "s", dex_files=("classes.dex",))])
    assert app.manifest is None
    assert app.code_gaps


def test_a_split_that_does_not_verify_is_said():
    broken = AppFacts("s.apk", Manifest("a.b", "s", version_code=7))
    (app,) = united([facts("base.apk"), broken])
    assert any("s.apk" in gap for gap in app.gaps_of(["signing"]))


@pytest.fixture
def folder(tmp_path):
    who = package.signer("Vendor")
    base = package.signed(article.article_entries(), who=who)
    manifest = xml.write(
        xml.Node("manifest", {"package": article.PACKAGE, "split": "feature", "versionCode": 92})
    )
    entries = {"AndroidManifest.xml": manifest, "classes.dex": dex(article.ciphers()),
               "lib/arm64-v8a/libstream.so": b"\x7fELF"}  # fmt: skip
    (tmp_path / "base.apk").write_bytes(base)
    (tmp_path / "split_feature.apk").write_bytes(package.signed(entries, who=who))
    return tmp_path


def examine(*paths):
    return Lab(SystemClock(), Options(jobs=2)).examine(subjects_of(paths))


def test_files_given_together_and_a_folder_of_them_are_one_app(folder):
    files = examine(folder / "split_feature.apk", folder / "base.apk")
    collection = examine(folder)
    for reports in (files, collection):
        (report,) = reports
        assert len(report.artefacts) == 2
        measured = report.measures["app"]
        assert measured["splits"] == ["split_feature.apk"]
        assert measured["native_libraries"] == ["arm64-v8a/libstream.so"]
        assert len(measured["packages"]) == 1
        assert not any(finding.check == "app/min-android" and finding.outcome == "unknown"
                       for finding in report.findings)  # fmt: skip


def test_a_split_alone_never_reads_as_clean(folder):
    (folder / "base.apk").unlink()
    (report,) = examine(folder)
    outcomes = {f.check: f.outcome for f in report.findings if f.check.startswith("app/")}
    assert outcomes["app/min-android"] == "unknown"
    assert outcomes["app/file-modes"] == "unknown"
    assert "clear" not in {outcomes[name] for name in ("app/debuggable", "app/cleartext-traffic")}
