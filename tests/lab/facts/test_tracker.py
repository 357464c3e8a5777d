"""Goal: a host or class is given to the right owner and to nobody else. Method: invented rows."""

from dataclasses import replace

from keepsight.lab.facts.tracker import Tracker, TrackerHost, tracker_of_class, trackers_of_host

LOGIN = Tracker(
    name="Login",
    owner="Example",
    purposes=("identification",),
    prefixes=("com.example.login.", "com.example.Single"),
    hosts=(TrackerHost("graph.example.com", shared=True), TrackerHost("login.example.com")),
    names=("Login",),
)
EVENTS = Tracker(
    name="Events",
    owner="Example",
    purposes=("analytics",),
    prefixes=("com.example.events.",),
    hosts=(TrackerHost("graph.example.com", shared=True),),
    names=("Events",),
)


def test_a_host_matches_itself_and_what_lies_below_it():
    host = TrackerHost("bugly.example")
    assert host.matches("bugly.example")
    assert host.matches("ANDROID.bugly.example.")
    assert not host.matches("notbugly.example")
    assert not host.matches("bugly.example.org")


def test_a_shared_host_names_every_product_and_says_so():
    assert trackers_of_host((LOGIN, EVENTS), "graph.example.com") == ((LOGIN, True), (EVENTS, True))
    assert trackers_of_host((LOGIN, EVENTS), "eu.login.example.com") == ((LOGIN, False),)
    assert trackers_of_host((LOGIN, EVENTS), "example.com") == ()


def test_prefixes_are_anchored():
    assert tracker_of_class((LOGIN, EVENTS), "com.example.login.Activity") is LOGIN
    assert tracker_of_class((LOGIN, EVENTS), "org.com.example.login.Activity") is None
    assert tracker_of_class((LOGIN, EVENTS), "com.example.loginhelp.Activity") is None


def test_a_single_class_covers_its_inner_classes_only():
    assert LOGIN.defines("com.example.Single")
    assert LOGIN.defines("com.example.Single$1")
    assert not LOGIN.defines("com.example.SingleTwo")


def test_what_is_known_from_memory_alone_confirms_nothing():
    row = replace(
        LOGIN,
        unverified_prefixes=("com.example.Single",),
        hosts=(TrackerHost("a.example"), TrackerHost("b.example", verified=False)),
    )
    assert row.is_confirmed_by_class("com.example.login.Activity")
    assert not row.is_confirmed_by_class("com.example.Single$1")
    assert not row.is_confirmed_by_class("org.other.Class")
    assert row.is_confirmed_by_host("x.a.example")
    assert not row.is_confirmed_by_host("b.example")
