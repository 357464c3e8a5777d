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
    rules: dict[int, DomainRule] = {}
    order: list[int] = []
    base = DomainRule()
    for element in elements:
        parent = element.parent
        if element.name == "base-config" and element.depth == 1:
            base = _rule(element, elements, DomainRule())
        if element.name == "domain-config":
            above = rules.get(id(parent)) if parent is not None else None
            rules[id(element)] = _rule(element, elements, above or DomainRule())
            order.append(id(element))
    return NetworkSecurity(base, tuple(rules[key] for key in order))


def _rule(element: Element, elements: list[Element], above: DomainRule) -> DomainRule:
    flag = element.by_name.get("cleartextTrafficPermitted")
    cleartext = flag.flag() if flag is not None else above.cleartext
    below = [one for one in elements if one.parent is element]
    domains = tuple(one.text.strip() for one in below if one.name == "domain")
    anchors = [one for one in below if one.name == "trust-anchors"]
    trusts_user = above.trusts_user
    if anchors:
        sources = {
            value.text
            for one in elements
            if one.name == "certificates" and one.parent in anchors
            for value in one.by_name.values()
        }
        trusts_user = "user" in sources
    pins = above.pins
    for pin_set in (one for one in below if one.name == "pin-set"):
        expires = pin_set.by_name.get("expiration")
        pins = tuple(
            Pin(one.text.strip(), expires.text if expires is not None else "")
            for one in elements
            if one.name == "pin" and one.parent is pin_set
        )
    return DomainRule(domains, cleartext, trusts_user, pins)
