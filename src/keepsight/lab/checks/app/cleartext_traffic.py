"""Cleartext traffic: may the app talk to servers without encryption?

What it looks at:
    `usesCleartextTraffic`, the network security configuration with its rules for single domains,
    and the minimum and target version, because each Android version listens to something else:
    below 6.0 (API 23) nothing is enforced, 6.0 knows only the attribute, and from 7.0 (API 24) the
    configuration wins where there is one. Without either, apps for API 27 and below are allowed.

Why it matters:
    What is sent in clear can be read and changed by everybody on the way.

What it cannot see:
    Allowed is not sent: `capture/cleartext` says what was. Plain sockets and native code ignore the
    setting.

References:
    Android's network security configuration; MASTG-TEST-0235, MASTG-TEST-0237.
"""

from typing import Final

from keepsight.lab.checks.app_rule import EN, AppRule, in_manifest
from keepsight.lab.facts.app import AppFacts, Manifest, NetworkSecurity
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Evidence, Finding, Severity

RULE: Final = AppRule(
    "app/cleartext-traffic",
    "cleartext traffic",
    (EN + "5.5-1", EN + "5.8-1", EN + "5.8-2", "MASTG-TEST-0235", "MASTG-TEST-0237",
     "MASWE-0050", "CWE-319?"),
    "Set usesCleartextTraffic to false, and permit cleartext for no domain.",
)  # fmt: skip
_ATTRIBUTE_FROM: Final = 23
_CONFIG_FROM: Final = 24
_FORBIDDEN_FROM_TARGET: Final = 28
_PART: Final = "network security configuration"


def judge(rule: AppRule, app: AppFacts, _: ProductFacts) -> tuple[Finding, ...]:
    """Judge one app."""
    manifest = app.manifest
    if manifest is None:
        return (rule.no_manifest(app),)
    config = app.network_security
    default = manifest.target_sdk < _FORBIDDEN_FROM_TARGET
    said = manifest.uses_cleartext_traffic
    attribute = default if said is None else said
    evidence = [*_attribute_evidence(app, manifest), *_config_evidence(app, manifest, config)]
    if manifest.network_security_config and config is None:
        if attribute and manifest.min_sdk < _CONFIG_FROM:
            return (_violated(rule, manifest, evidence, config=None),)
        reason = "; ".join(app.gaps_of([_PART])) or "the configuration was not read"
        return (rule.unknown(app, "Whether cleartext is allowed is not known", reason, evidence),)
    if config is not None:
        base = default if config.base.cleartext is None else config.base.cleartext
        permitted = base or any(one.cleartext for one in config.rules)
        permitted = permitted or (attribute and manifest.min_sdk < _CONFIG_FROM)
    else:
        permitted = attribute
    if permitted:
        return (_violated(rule, manifest, evidence, config=config),)
    if manifest.min_sdk < _ATTRIBUTE_FROM:
        old = in_manifest(
            app, f"minSdkVersion {manifest.min_sdk}: below API 23 nothing is enforced", "uses-sdk"
        )
        title = (
            "The app forbids cleartext traffic, but installs on Android versions below 6.0 that "
            "do not enforce it"
        )
        return (rule.violated(Severity.LOW, title, [*evidence, old]),)
    return (rule.clear(app, "Cleartext traffic is forbidden on every supported Android", evidence),)


def _violated(
    rule: AppRule,
    manifest: Manifest,
    evidence: list[Evidence],
    *,
    config: NetworkSecurity | None,
) -> Finding:
    domains = [
        name for one in (config.rules if config else ()) if one.cleartext for name in one.domains
    ]
    narrow = config is not None and config.base.cleartext is False and bool(domains)
    narrow = narrow and manifest.min_sdk >= _CONFIG_FROM
    whom = ", ".join(domains[:5]) if narrow else "any server"
    title = f"The app permits unencrypted connections to {whom}"
    severity = Severity.LOW if narrow else Severity.MEDIUM
    return rule.violated(severity, title, evidence, {"domains": domains})


def _attribute_evidence(app: AppFacts, manifest: Manifest) -> list[Evidence]:
    said = manifest.uses_cleartext_traffic
    text = (
        f"usesCleartextTraffic is {str(said).lower()}"
        if said is not None
        else f"usesCleartextTraffic is not set; target version {manifest.target_sdk} decides"
    )
    return [in_manifest(app, text, "application")]


def _config_evidence(
    app: AppFacts, manifest: Manifest, config: NetworkSecurity | None
) -> list[Evidence]:
    if config is None:
        return []
    path = manifest.network_security_config
    lines = [
        Evidence(
            f"cleartext {'permitted' if rule.cleartext else 'forbidden'} for "
            + (", ".join(rule.domains) or "all other domains"),
            app.artefact,
            path,
        )
        for rule in (config.base, *config.rules)
        if rule.cleartext is not None
    ]
    return lines or [Evidence("the configuration says nothing on cleartext", app.artefact, path)]


CHECK: Final = RULE.check(judge)
