"""Goal: every shipped row is usable and none is too broad. Method: walk the real tables."""

from datetime import date

from keepsight.lab.facts.tracker import tracker_of_class, trackers_of_host
from keepsight.lab.read.tables import (
    android_versions,
    bundled_prefixes,
    trackers,
    vulnerabilities,
)

PURPOSES = {
    "analytics", "advertising", "attribution", "crash", "identification", "location", "push",
    "platform", "profiling",
}  # fmt: skip


def test_every_tracker_row_is_complete_and_dated():
    rows = trackers()
    assert len(rows) >= 47
    assert len({row.name for row in rows}) == len(rows)
    for row in rows:
        assert row.owner
        assert row.purposes
        assert set(row.purposes) <= PURPOSES
        assert row.prefixes
        assert row.names
        assert date.fromisoformat(row.dated) >= date(2026, 1, 1)


def test_no_prefix_is_so_short_that_it_matches_bystanders():
    refused = {"com.facebook.", "com.bytedance.", "com.google.", "com.tencent.", "com.huawei."}
    for row in trackers():
        for prefix in row.prefixes:
            assert prefix not in refused
            assert len(prefix.rstrip(".").split(".")) >= 2
            assert "/" not in prefix


def test_no_two_rows_claim_the_same_prefix():
    owners: dict[str, str] = {}
    for row in trackers():
        for prefix in row.prefixes:
            assert owners.setdefault(prefix, row.name) == row.name


def test_the_six_trackers_of_the_article_are_found_by_class():
    expected = {
        "com.facebook.login.LoginManager": "Facebook Login",
        "com.amap.api.maps.AMap": "AutoNavi / Amap",
        "com.tencent.bugly.crashreport.CrashReport": "Bugly",
        "com.google.firebase.analytics.FirebaseAnalytics": "Google Firebase Analytics",
        "com.pangle.global.Init": "Pangle",
        "com.tencent.stat.StatService": "Tencent Stats (MTA)",
    }
    for class_name, name in expected.items():
        found = tracker_of_class(trackers(), class_name)
        assert found is not None
        assert found.name == name


def test_the_advertising_id_reader_is_not_admob():
    name = "com.google.android.gms.ads.identifier.AdvertisingIdClient"
    assert tracker_of_class(trackers(), name) is None


def test_a_shared_host_is_marked_shared():
    found = trackers_of_host(trackers(), "graph.facebook.com")
    assert len(found) >= 4
    assert all(shared for _, shared in found)
    assert {row.owner for row, _ in found} == {"Meta"}


def test_android_versions_are_in_order_and_dated():
    rows = android_versions()
    assert [row.api for row in rows] == sorted({row.api for row in rows})
    for row in rows:
        assert row.last_update == "" or date.fromisoformat(row.last_update)
        assert date.fromisoformat(row.dated)
    ended = [row.last_update for row in rows if row.last_update]
    assert ended == sorted(ended)


def test_bundled_prefixes_end_in_a_dot_and_name_an_owner():
    for prefix, owner in bundled_prefixes():
        assert prefix.endswith(".")
        assert owner


def test_every_advisory_says_where_it_ends():
    dated, table = vulnerabilities()
    assert date.fromisoformat(dated)
    for name, rows in table.items():
        assert ":" in name
        for first, advisory in rows:
            assert advisory.advisory_id.startswith(("CVE-", "GHSA-"))
            assert advisory.fixed_in[0].isdigit()
            assert advisory.summary
            assert first == "" or first[0].isdigit()


def test_advisories_say_where_they_were_confirmed_or_are_uncertain():
    _, table = vulnerabilities()
    rows = [(name, first, one) for name, found in table.items() for first, one in found]
    assert len({(name, first, one.advisory_id) for name, first, one in rows}) == len(rows)
    assert any(one.certain for _, _, one in rows)
    assert not all(one.certain for _, _, one in rows)
