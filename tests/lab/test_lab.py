"""The whole way: the article's dossier, every finding of it stated, its mistakes corrected."""

import json

import pytest

from keepsight.core.clock import SystemClock
from keepsight.lab.check import Check
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Outcome
from keepsight.lab.lab import Lab, Options, subjects_of
from keepsight.lab.render.json import as_dict
from keepsight.lab.suppression import Suppression
from tests.lab.made import product
from tests.lab.synthetic.article import article_app
from tests.lab.synthetic.dossier import write_dossier


@pytest.fixture(scope="module")
def article(tmp_path_factory):
    folder = write_dossier(tmp_path_factory.mktemp("dossier"))
    return Lab(SystemClock(), Options(jobs=2)).examine(subjects_of([folder]))[0]


def found(report, check):
    return next(f for f in report.findings if f.check == check)


VIOLATED = (
    "app/cleartext-traffic", "app/signature-schemes", "app/min-android", "app/claimed-platform",
    "app/debug-code", "app/weak-cipher", "capture/cleartext", "capture/message-cipher",
    "capture/keystream-reuse", "capture/key-in-message", "capture/message-integrity",
    "account/password-policy", "account/second-factor", "account/camera-pin", "update/automatic",
    "policy/precedence", "policy/undeclared-trackers", "policy/sale-and-sharing", "seal/validity",
)  # fmt: skip
CLEAR = (
    "app/file-modes", "app/debuggable", "update/notified", "update/user-installable",
    "device/setup-network", "policy/contacts", "policy/data-per-function", "policy/rights",
    "seal/scope", "capture/tls",
)  # fmt: skip


@pytest.mark.parametrize("check", VIOLATED)
def test_every_fault_of_the_article_is_found(article, check):
    assert found(article, check).outcome == "violated", found(article, check)


@pytest.mark.parametrize("check", CLEAR)
def test_what_the_article_found_right_is_clear(article, check):
    assert found(article, check).outcome == "clear", found(article, check)


def test_the_articles_mistakes_are_not_repeated(article):
    text = json.dumps(as_dict(article), ensure_ascii=False)
    schemes = found(article, "app/signature-schemes")
    assert "API 23" in schemes.title
    assert "26" not in schemes.title, "with v2 only API 23 is exposed"
    assert "RC4" in found(article, "app/weak-cipher").title
    assert "no statement on data protection" in found(article, "seal/meaning").title
    assert "Rabbit" not in text
    assert found(article, "capture/replay-window").outcome == "unknown"
    policy = article.measures["policy"]
    assert policy["minutes_at_238_words"] > 2.5 * policy["minutes_at_14_69_ms_a_character"]
    assert found(article, "policy/sale-and-sharing").title.startswith("The policy states")
    dormant = found(article, "capture/trackers-contacted").details["contained_not_observed"]
    assert dormant == ["AutoNavi / Amap", "Bugly", "Pangle", "Tencent Stats (MTA)"]
    assert "23 minutes" in found(article, "capture/trackers-contacted").title
    assert article.verdict.version


def test_only_facebook_and_firebase_were_active(article):
    active = found(article, "capture/trackers-contacted").details["contacted"]
    assert sorted(active) == ["Facebook Login", "Google Firebase Analytics"]


def test_a_failing_check_is_an_error_and_never_clean():
    def broken(facts: ProductFacts):
        raise RuntimeError("boom")

    check = Check("x/broken", "app", "t", (), broken)
    lab = Lab(SystemClock(), Options(), checks=(check,), cross_checks=())
    assert [f.outcome for f in lab.judge(product())] == ["error"]


def test_suppressed_findings_stay_visible_and_lower_the_coverage(tmp_path):
    folder = write_dossier(tmp_path)
    rule = Suppression("seal/validity", "renewal is under way", "2024-12-31")
    plain, hidden = (
        Lab(SystemClock(), Options(suppressions=rules)).examine(subjects_of([folder]))[0]
        for rules in ((), (rule,))
    )
    assert [row.finding.check for row in hidden.suppressed] == ["seal/validity"]
    assert found(hidden, "seal/validity").outcome == "unknown"
    assert hidden.verdict.areas["seals"].coverage < plain.verdict.areas["seals"].coverage


def test_what_paths_mean(tmp_path):
    dossier = write_dossier(tmp_path / "d")
    collection = tmp_path / "many"
    collection.mkdir()
    for name in ("a.txt", "b.txt"):
        (collection / name).write_text("words " * 30)
    (collection / "picture.png").write_bytes(b"\x89PNG")
    files = [collection / "a.txt", collection / "b.txt"]
    assert len(subjects_of([dossier])) == 1
    assert len(subjects_of([collection])) == 2
    assert len(subjects_of(files)) == 1
    assert len(subjects_of(files)[0].tasks) == 2
    assert subjects_of([tmp_path / "gone"])[0].unread[0].reason == "there is no such file"
    empty = tmp_path / "empty"
    empty.mkdir()
    assert subjects_of([empty])[0].unread


def test_a_folder_of_apps_is_judged_whatever_is_wrong_with_some(tmp_path):
    sound = article_app()
    bad = {"empty": b"", "cut": sound[: len(sound) // 2], "noise": b"PK\3\4" + bytes(999)}
    for number in range(6):
        (tmp_path / f"app{number}.apk").write_bytes(sound)
    for name, data in bad.items():
        (tmp_path / f"{name}.apk").write_bytes(data)
    looked_at = []
    lab = Lab(SystemClock(), Options(jobs=3))
    reports = lab.examine(subjects_of([tmp_path]), on_read=looked_at.append)
    by_name = {report.title: report for report in reports}
    assert len(reports) == len(looked_at) == 9
    assert [by_name[f"app{n}.apk"].exit_status for n in range(6)] == [1] * 6
    for name in bad:
        report = by_name[f"{name}.apk"]
        assert report.exit_status == 2
        assert report.unread
        assert not report.of(Outcome.CLEAR)


def test_a_dossier_that_names_missing_files_is_not_examined_cleanly(tmp_path):
    (tmp_path / "dossier.toml").write_text('[product]\nname="x"\n[[artefact]]\npath="gone.apk"\n')
    report = Lab(SystemClock(), Options()).examine(subjects_of([tmp_path]))[0]
    assert report.exit_status == 2
    assert report.verdict.overall is None
