"""Goal: rules inherit as in Android, debug rules stay out. Method: configurations by hand."""

import pytest

from keepsight.lab.read import network_security
from keepsight.lab.read.limits import UnreadableArtefact
from tests.lab.synthetic.xml import Node, write

USER = Node("trust-anchors", {}, [Node("certificates", {"src": "user"})])


def read(*children):
    return network_security.read(
        write(Node("network-security-config", {}, list(children)), ids=False)
    )


def domain(name):
    return Node("domain", {"includeSubdomains": True}, text=name)


def test_base_and_domains():
    config = read(
        Node("base-config", {"cleartextTrafficPermitted": False}),
        Node("domain-config", {"cleartextTrafficPermitted": True}, [domain("old.example")]),
    )
    assert config.base.cleartext is False
    (rule,) = config.rules
    assert (rule.domains, rule.cleartext) == (("old.example",), True)


def test_nested_rules_inherit():
    inner = Node("domain-config", {}, [domain("b.example"), USER])
    outer = Node("domain-config", {"cleartextTrafficPermitted": True}, [domain("a.example"), inner])
    first, second = read(outer).rules
    assert (first.cleartext, first.trusts_user) == (True, None)
    assert (second.cleartext, second.trusts_user) == (True, True)


def test_pins_with_their_date():
    pins = Node(
        "pin-set", {"expiration": "2027-01-31"}, [Node("pin", {"digest": "SHA-256"}, text="x=")]
    )
    (rule,) = read(Node("domain-config", {}, [domain("a.example"), pins])).rules
    assert [(pin.digest, pin.expires) for pin in rule.pins] == [("x=", "2027-01-31")]


def test_debug_overrides_are_left_out():
    config = read(Node("debug-overrides", {}, [USER]))
    assert config.base.trusts_user is None
    assert config.rules == ()


def test_another_file_is_refused():
    with pytest.raises(UnreadableArtefact):
        network_security.read(write(Node("manifest"), ids=False))


def test_thousands_of_rules_are_read_in_time():
    """Looking through the whole document for each rule would take time by the square."""
    rules = [Node("domain-config", {}, [domain(f"{n}.example")]) for n in range(10_000)]
    assert len(read(*rules).rules) == 10_000
