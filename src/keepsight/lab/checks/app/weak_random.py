"""Weak randomness: can what should be secret be guessed?

What it looks at:
    `SecureRandom` seeded with a constant, and the SHA1PRNG of the old Crypto provider.

Why it matters:
    Keys and nonces from a generator with a known seed are known as well.

What it cannot see:
    What `java.util.Random` is used for: games and jitter need no better, so it is listed only where
    it fills byte arrays.

References:
    MASTG-TEST-0204, MASTG-TEST-0205, MASWE-0027.
"""

from typing import Final

from keepsight.lab.checks.app_rule import EN, AppRule, at, by_owner, plural
from keepsight.lab.facts.app import AppFacts, CallSite
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Finding, Severity

RULE: Final = AppRule(
    "app/weak-random",
    "guessable random numbers",
    (EN + "5.4-3", "MASTG-TEST-0204", "MASTG-TEST-0205", "MASWE-0027", "CWE-338?"),
    "Use SecureRandom as it is, without a seed.",
)


def _seeded(call: CallSite) -> bool:
    first = call.arguments[0] if call.arguments else None
    if call.api in {"SecureRandom", "SecureRandom.setSeed"}:
        return isinstance(first, bytes | int)
    return call.api == "SecureRandom.getInstance" and call.arguments[:2] == ("SHA1PRNG", "Crypto")


def judge(rule: AppRule, app: AppFacts, _: ProductFacts) -> tuple[Finding, ...]:
    """Judge one app."""
    secure = app.calls_of("SecureRandom", "SecureRandom.setSeed", "SecureRandom.getInstance")
    bad = [call for call in secure if _seeded(call)]
    if bad:
        return tuple(
            rule.violated(
                Severity.MEDIUM,
                f"Random numbers from a known seed in {name}",
                [at(app, call.place, call.api) for call in calls],
            )
            for name, calls in by_owner(bad)
        )
    if app.code_gaps:
        reason = "; ".join(app.code_gaps[:3])
        return (rule.unknown(app, "Not all code could be read", reason),)
    plain = app.calls_of("Random.nextBytes")
    lines = [at(app, call.place, call.api) for call in plain]
    if plain:
        title = f"java.util.Random fills bytes in {plural(len(plain), 'place')}"
        return (rule.unknown(app, title, "what the bytes are for is not known", lines),)
    return (rule.clear(app, "No generator is seeded with a constant"),)


CHECK: Final = RULE.check(judge)
