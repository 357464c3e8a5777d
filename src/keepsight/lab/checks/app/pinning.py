"""Pinned keys: are the pins that the app carries still good?

What it looks at:
    Pin sets of the network security configuration with their expiry dates, and calls of OkHttp's
    `CertificatePinner`.

Why it matters:
    A pin set that has expired is ignored by Android without a word. Pinning at all is a choice: its
    absence is noted and is not a fault, and no rating depends on it.

What it cannot see:
    Pins in native code, and whether pinned keys are the server's.

References:
    MASTG-TEST-0242 to 0244, MASWE-0047.
"""

from typing import Final

from keepsight.lab.checks.app_rule import AppRule, at
from keepsight.lab.facts.app import AppFacts, Pin
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Evidence, Finding, Severity

RULE: Final = AppRule(
    "app/pinning",
    "expired certificate pins",
    ("MASTG-TEST-0242", "MASTG-TEST-0243", "MASTG-TEST-0244", "MASWE-0047", "CWE-295?"),
    "Renew the pin set, with a later date and a spare key.",
)


def judge(rule: AppRule, app: AppFacts, facts: ProductFacts) -> tuple[Finding, ...]:
    """Judge one app at the report's date."""
    if app.manifest is None:
        return (rule.no_manifest(app),)
    if app.manifest.network_security_config and app.network_security is None:
        reason = "the network security configuration could not be read"
        return (rule.unknown(app, "Whether keys are pinned is not known", reason),)
    config = app.network_security
    pins = [pin for one in (config.base, *config.rules) for pin in one.pins] if config else []
    if pins and not facts.report_date and any(pin.expires for pin in pins):
        return (rule.unknown(app, "Whether the pins are valid is not known", "no report date"),)
    expired = [pin for pin in pins if pin.expires and pin.expires < facts.report_date]
    if expired:
        title = f"A pin set expired on {min(pin.expires for pin in expired)}"
        return (rule.violated(Severity.LOW, title, _lines(app, expired)),)
    calls = app.calls_of("CertificatePinner.add")
    if pins or calls:
        lines = [*_lines(app, pins), *(at(app, one.place, "pins added in code") for one in calls)]
        return (rule.clear(app, "The app pins its servers' keys", lines),)
    return (rule.not_applicable(app, "the app pins no keys, which is not a fault by itself"),)


def _lines(app: AppFacts, pins: list[Pin]) -> list[Evidence]:
    path = app.manifest.network_security_config if app.manifest is not None else ""
    return [
        Evidence(f"pin {pin.digest}, expires {pin.expires or 'never'}", app.artefact, path)
        for pin in pins
    ]


CHECK: Final = RULE.check(judge)
