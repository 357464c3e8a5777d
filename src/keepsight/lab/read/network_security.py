"""Turns a network security configuration into rules that already inherit from their parents.

`debug-overrides` is left out: it holds in debuggable builds only, and those are a finding of their
own. Source: Android's published format of the network security configuration.
"""

from keepsight.lab.facts.app import DomainRule, NetworkSecurity, Pin
from keepsight.lab.read.axml import Element, parse
from keepsight.lab.read.limits import UnreadableArtefact


def read(data: bytes) -> NetworkSecurity:
    """Return the rules.

    Raises:
        UnreadableArtefact: malformed, or another kind of file.
    """
    elements = parse(data)
    if elements[0].name != "network-security-config":
        raise UnreadableArtefact("the root element is not a network security configuration")
    below: dict[int, list[Element]] = {}
    for element in elements:
        below.setdefault(id(element.parent), []).append(element)
    rules: dict[int, DomainRule] = {}
    base = DomainRule()
    for element in elements:
        if element.name == "base-config" and element.depth == 1:
            base = _rule(element, below, DomainRule())
        if element.name == "domain-config":
            above = rules.get(id(element.parent), DomainRule())
            rules[id(element)] = _rule(element, below, above)
    return NetworkSecurity(base, tuple(rules.values()))


def _rule(element: Element, below: dict[int, list[Element]], above: DomainRule) -> DomainRule:
    def inside(one: Element, name: str) -> list[Element]:
        return [child for child in below.get(id(one), ()) if child.name == name]

    flag = element.by_name.get("cleartextTrafficPermitted")
    cleartext = flag.flag() if flag is not None else above.cleartext
    trusts_user = above.trusts_user
    anchors = inside(element, "trust-anchors")
    if anchors:
        sources = {
            value.text
            for anchor in anchors
            for one in inside(anchor, "certificates")
            for value in one.by_name.values()
        }
        trusts_user = "user" in sources
    pins = above.pins
    for pin_set in inside(element, "pin-set"):
        expires = pin_set.by_name.get("expiration")
        date = expires.text if expires is not None else ""
        pins = tuple(Pin(one.text.strip(), date) for one in inside(pin_set, "pin"))
    domains = tuple(one.text.strip() for one in inside(element, "domain"))
    return DomainRule(domains, cleartext, trusts_user, pins)
