"""Facts about an app, made without one, for the tests of the checks."""

from dataclasses import replace

from keepsight.lab.facts.app import (
    AppFacts,
    CallSite,
    Certificate,
    Manifest,
    MethodBody,
    Place,
    SchemeResult,
    Signing,
    StringUse,
)
from keepsight.lab.facts.product import Product, ProductFacts, Unread
from keepsight.lab.finding import Outcome, Owner, Severity

DATE = "2026-11-21"
MANIFEST = Manifest(
    package="org.example.app", min_sdk=26, target_sdk=34, uses_cleartext_traffic=False
)
CERTIFICATE = Certificate("CN=Vendor", "ab" * 32, "RSA", 4096, "sha256", "2020-01-01", "2050-01-01")
APP = AppFacts(artefact="app.apk", manifest=MANIFEST, dex_files=("classes.dex",), classes=1)
GAP = Unread("app.apk", "classes2.dex", "cut short")


def place(owner=Owner.APP, method="run"):
    return Place("classes.dex", "org.example.app.Main", method, 0x1234, owner)


def call(api, *arguments, owner=Owner.APP):
    return CallSite(api, place(owner), arguments)


def body(kind, accepts_all, owner=Owner.APP):
    return MethodBody(kind, place(owner), accepts_all)


def use(text):
    return StringUse(text, place())


def app(**changes):
    return replace(APP, **changes)


def manifest(**changes):
    return replace(MANIFEST, **changes)


def signing(*schemes, broken="", digests=("sha256",), certificate=CERTIFICATE):
    results = tuple(
        SchemeResult(
            one,
            present=one in schemes or one == broken,
            verified=one in schemes,
            reason="changed" if one == broken else "",
            signers=(certificate,) if one in schemes else (),
            digests=digests,
        )
        for one in ("v1", "v2", "v3")
    )
    return Signing(results, strip_protected=True if "v1" in schemes else None)


def judged(check, *apps, date=DATE, unread=(), **product):
    """Return the findings about these apps."""
    facts = ProductFacts(
        product=Product(**product), report_date=date, apps=apps, unread=tuple(unread)
    )
    findings = check.judge(facts)
    for one in findings:
        assert one.check == check.check_id
        assert one.standards == check.standards
        assert one.title
        if one.outcome is Outcome.VIOLATED:
            assert one.severity is not Severity.NOTE
            assert one.evidence
            assert one.remedy
        else:
            assert one.severity is Severity.NOTE
        if one.outcome in {Outcome.UNKNOWN, Outcome.NOT_APPLICABLE}:
            assert one.reason
    return findings


def outcome(check, *apps, **more):
    """Return the only finding's outcome."""
    (finding,) = judged(check, *apps, **more)
    return finding.outcome


V, C, U, N = Outcome.VIOLATED, Outcome.CLEAR, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
