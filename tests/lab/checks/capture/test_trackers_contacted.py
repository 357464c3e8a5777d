"""Trackers contacted: who, for sure or by owner only, and what stayed silent."""

from keepsight.lab.checks.capture.trackers_contacted import CHECK
from tests.lab.made import app, capture, contacted, outcome, product


def test_a_shared_host_speaks_for_the_only_product_contained():
    seen = tuple(
        contacted(name, "graph.facebook.com", shared=True)
        for name in ("Facebook Login", "Facebook App Events")
    )
    alone = product(captures=(capture(trackers=seen),), apps=(app("Facebook Login"),))
    details = CHECK.judge(alone)[0].details
    assert details["contacted"] == ["Facebook Login"]
    both = product(captures=(capture(trackers=seen),))
    details = CHECK.judge(both)[0].details
    assert details["contacted"] == []
    assert details["owner_contacted"] == ["Facebook Login", "Facebook App Events"]


def test_contained_and_silent_is_not_observed_never_inactive():
    found = CHECK.judge(product(captures=(capture(),), apps=(app("Bugly", "Pangle"),)))[0]
    assert found.details["contained_not_observed"] == ["Bugly", "Pangle"]
    assert "inactive" not in found.title + "".join(e.text for e in found.evidence)
    assert "23 minutes" in found.evidence[0].text


def test_a_name_only_asked_for_is_no_contact():
    asked = contacted("Bugly", "bugly.qq.com", sent_bytes=0, received_bytes=0)
    details = CHECK.judge(product(captures=(capture(trackers=(asked,)),)))[0].details
    assert details["contacted"] == []


def test_no_capture_is_not_applicable():
    assert outcome(CHECK, product()) == "not_applicable"
