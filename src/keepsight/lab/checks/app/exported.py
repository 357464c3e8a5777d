"""Exported components: which parts of the app may other apps start?

What it looks at:
    Activities, services, receivers and providers that are exported, in effect, without a
    permission.

Why it matters:
    A provider without a permission hands its data to every app; a service can be made to act.

What it cannot see:
    What a component does when it is started, so only an open provider is a violation. Launchers,
    receivers of push services and activities for links have to be exported.

References:
    Android's documentation of `android:exported`; EN 303 645 5.6-1.
"""

from typing import Final

from keepsight.lab.checks.app_rule import EN, AppRule, in_manifest, plural
from keepsight.lab.facts.app import AppFacts, Component
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Finding, Severity

RULE: Final = AppRule(
    "app/exported",
    "components open to other apps",
    (EN + "5.6-1", "CWE-926?"),
    "Set exported to false, or ask for a permission that only the vendor's apps hold.",
)
_LAUNCHER: Final = "android.intent.category.LAUNCHER"
_LINK: Final = "android.intent.action.VIEW"
_MUST_BE_OPEN: Final = (
    "com.google.android.c2dm.intent.RECEIVE",
    "com.google.firebase.MESSAGING_EVENT",
    "com.google.firebase.INSTANCE_ID_EVENT",
    "com.android.vending.INSTALL_REFERRER",
)


def _has_to_be_open(one: Component) -> bool:
    return (
        _LAUNCHER in one.categories
        or (_LINK in one.actions and one.kind.startswith("activity"))
        or any(action in _MUST_BE_OPEN for action in one.actions)
    )


def judge(rule: AppRule, app: AppFacts, _: ProductFacts) -> tuple[Finding, ...]:
    """Judge one app."""
    if app.manifest is None:
        return (rule.no_manifest(app),)
    open_ones = [
        one for one in app.manifest.components if one.exported and not one.permission
    ]  # fmt: skip
    lines = [
        in_manifest(
            app,
            f"{one.kind} {one.name}"
            + (f", on {', '.join(one.actions[:3])}" if one.actions else ""),
            one.kind,
        )
        for one in open_ones
        if not _has_to_be_open(one)
    ]
    providers = [one for one in open_ones if one.kind == "provider"]
    if providers:
        title = f"{plural(len(providers), 'content provider')} open to every app"
        return (rule.violated(Severity.MEDIUM, title, lines),)
    if lines:
        title = f"{plural(len(lines), 'component')} that every app may start"
        return (rule.unknown(app, title, "what they do when started was not judged", lines),)
    return (rule.clear(app, "Only what has to be open to other apps is"),)


CHECK: Final = RULE.check(judge)
