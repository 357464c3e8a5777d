"""What every capture check asks first: is there a capture, and was all of it followed?"""

from keepsight.lab.checks.rule import Rule, unread_kind, unread_of, why
from keepsight.lab.facts.capture import CaptureFacts
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Evidence, Finding

SUFFIXES = (".pcap", ".pcapng", ".cap", ".har")


def absent(rule: Rule, facts: ProductFacts) -> tuple[Finding, ...] | None:
    """The outcome where there is nothing to look at; None where there is."""
    if facts.captures:
        return None
    unread = unread_kind(facts, SUFFIXES)
    if unread:
        return rule.unknown("The capture could not be read", why(unread))
    return rule.not_applicable("no capture was given")


def gaps(facts: ProductFacts) -> str:
    """Why a clean look at the captures is not a clear one; empty where nothing is missing."""
    names = tuple(capture.artefact for capture in facts.captures)
    parts = [f"{c.artefact}: {limit}" for c in facts.captures for limit in c.limits]
    unread = unread_of(facts, names) + unread_kind(facts, SUFFIXES)
    if unread:
        parts.append(why(unread))
    return "; ".join(dict.fromkeys(parts))


def window(facts: ProductFacts) -> str:
    """What was watched: duration and actions, so that "not seen" says of what."""
    seconds = sum(capture.duration_seconds for capture in facts.captures)
    actions = list(dict.fromkeys(a for capture in facts.captures for a in capture.actions))
    length = f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} seconds"
    what = f" of {', '.join(actions[:6])}" if actions else ""
    return f"{length}{what}"


def at(capture: CaptureFacts, packet: int) -> str:
    """A place in a capture."""
    return f"{'entry' if capture.format == 'har' else 'packet'} {packet}"


def evidence(capture: CaptureFacts, packet: int, text: str) -> Evidence:
    """One line of evidence out of a capture."""
    return Evidence(text, capture.artefact, at(capture, packet))
