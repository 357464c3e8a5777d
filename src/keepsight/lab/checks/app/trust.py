"""Trust in servers: does the app accept certificates that prove nothing?

What it looks at:
    The bodies of `checkServerTrusted`, `HostnameVerifier.verify` and `onReceivedSslError`; and
    whether the network security configuration trusts certificates that the phone's user installed.

Why it matters:
    An app that takes every certificate talks to whoever stands in between, encrypted or not.

What it cannot see:
    A body that calls further code is not judged but listed, and the same goes for native code. The
    rules for debuggable builds are left out: those builds are a finding of their own.

References:
    MASTG-TEST-0234, MASTG-TEST-0282 to 0286, MASWE-0052.
"""

from typing import Final

from keepsight.lab.checks.app_rule import EN, AppRule, at, plural
from keepsight.lab.facts.app import AppFacts, MethodBody
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Evidence, Finding, Owner, Severity

RULE: Final = AppRule(
    "app/trust",
    "certificates that prove nothing",
    (EN + "5.5-1", "MASTG-TEST-0234", "MASTG-TEST-0282", "MASTG-TEST-0283", "MASTG-TEST-0284",
     "MASTG-TEST-0285", "MASTG-TEST-0286", "MASWE-0052", "CWE-295?", "CWE-297?"),
    "Remove the code that accepts every certificate or host name; the platform's own checks do.",
)  # fmt: skip
_KINDS: Final = {
    "trust-manager": "a trust manager that accepts every certificate",
    "hostname-verifier": "a host name verifier that accepts every name",
    "web-error": "a web page handler that goes on after a certificate error",
}


def judge(rule: AppRule, app: AppFacts, _: ProductFacts) -> tuple[Finding, ...]:
    """Judge one app."""
    bodies = [body for body in app.bodies if body.kind in _KINDS]
    findings: list[Finding] = []
    for third_party in (False, True):
        bad = [
            body for body in bodies
            if body.accepts_all and (body.place.owner is Owner.THIRD_PARTY) is third_party
        ]  # fmt: skip
        if bad:
            whose = "Bundled SDK code" if third_party else "The app's own code"
            # That the class exists in an SDK does not prove that the app makes one of it.
            severity = Severity.MEDIUM if third_party else Severity.HIGH
            what = ", ".join(sorted({_KINDS[body.kind] for body in bad}))
            findings.append(rule.violated(severity, f"{whose} contains {what}", _lines(app, bad)))
    user = _user_anchors(app)
    if user:
        title = "The app trusts certificates that the phone's user installed"
        findings.append(rule.violated(Severity.MEDIUM, title, user))
    if findings:
        return tuple(findings)
    open_bodies = [body for body in bodies if body.accepts_all is None]
    if app.code_gaps or app.manifest is None:
        reason = "; ".join(app.code_gaps[:3]) or "the manifest could not be read"
        return (rule.unknown(app, "Not everything could be read", reason, _lines(app, bodies)),)
    if app.manifest.network_security_config and app.network_security is None:
        reason = "the network security configuration could not be read"
        return (rule.unknown(app, "Whom the app trusts is not known", reason),)
    if open_bodies:
        title = f"{plural(len(open_bodies), 'method')} that decide about trust could not be judged"
        reason = "the bodies call further code"
        return (rule.unknown(app, title, reason, _lines(app, open_bodies)),)
    title = "No code accepts certificates or host names unseen"
    return (rule.clear(app, title, _lines(app, bodies)),)


def _lines(app: AppFacts, bodies: list[MethodBody]) -> list[Evidence]:
    words = {True: "accepts everything", False: "decides", None: "not judged"}
    return [at(app, body.place, f"{body.kind}: {words[body.accepts_all]}") for body in bodies]


def _user_anchors(app: AppFacts) -> list[Evidence]:
    config = app.network_security
    if config is None:
        return []
    path = app.manifest.network_security_config if app.manifest is not None else ""
    return [
        Evidence(
            f"user certificates trusted for {', '.join(rule.domains) or 'all other domains'}",
            app.artefact,
            path,
        )
        for rule in (config.base, *config.rules)
        if rule.trusts_user
    ]


CHECK: Final = RULE.check(judge)
