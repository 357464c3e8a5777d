"""Declared against contained against contacted: the strongest line first."""

from dataclasses import replace

from keepsight.lab.checks.policy.undeclared_trackers import CHECK
from tests.lab.made import app, capture, contacted, outcome, policy, product


def facts(*, named=(), touched=(), contained=("Bugly", "Facebook Login")):
    return product(
        policies=(policy(named_parties=named),),
        apps=(app(*contained),),
        captures=(capture(trackers=touched),),
    )


BUGLY = contacted("Bugly", "bugly.qq.com")


def test_contacted_and_not_named_weighs_more_than_contained_and_not_named():
    hot = CHECK.judge(facts(named=("Facebook Login",), touched=(BUGLY,)))[0]
    cold = CHECK.judge(facts(named=("Facebook Login",)))[0]
    assert (hot.outcome, hot.severity) == ("violated", "high")
    assert (cold.outcome, cold.severity) == ("violated", "medium")
    assert [row["tracker"] for row in hot.details["table"]] == ["Bugly", "Facebook Login"]


def test_all_named_is_clear():
    assert outcome(CHECK, facts(named=("Bugly", "Facebook Login"), touched=(BUGLY,))) == "clear"


def test_contacted_but_not_contained_is_unknown():
    assert outcome(CHECK, facts(contained=(), touched=(BUGLY,))) == "unknown"


def test_without_app_and_capture_there_is_nothing_to_compare():
    assert outcome(CHECK, product(policies=(policy(),))) == "unknown"
    assert outcome(CHECK, product()) == "not_applicable"


def unconfirmed(**changes):
    bugly = replace(app("Bugly").trackers[0], confirmed=False)
    return replace(facts(contained=(), **changes), apps=(app(trackers=(bugly,)),))


def test_a_class_prefix_from_memory_alone_proves_nothing():
    (finding,) = CHECK.judge(unconfirmed())
    assert finding.outcome == "unknown"
    assert "could not be confirmed" in finding.reason


def test_a_class_and_a_host_together_prove_it():
    from_memory = contacted("Bugly", "android.rqd.qq.com")
    assert outcome(CHECK, unconfirmed(touched=(from_memory,))) == "violated"


def test_a_host_from_memory_alone_proves_nothing():
    no_app = {"apps": (), "policies": (policy(),)}
    sure, unsure = ("bugly.qq.com", "violated"), ("android.rqd.qq.com", "unknown")
    for host, expected in (sure, unsure):
        seen = capture(trackers=(contacted("Bugly", host),))
        assert outcome(CHECK, product(captures=(seen,), **no_app)) == expected
