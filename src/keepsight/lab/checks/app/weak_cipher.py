"""Weak ciphers: which algorithms does the code really ask for, and with which keys?

What it looks at:
    The transformation string that reaches `Cipher.getInstance`, constant keys and initial values
    that reach `SecretKeySpec` and `IvParameterSpec`, and RC4 written by hand (its key schedule has
    an unmistakable shape). Every call site is named with its algorithm.

Why it matters:
    RC4, DES and their like can be broken; ECB shows which blocks are equal; a constant key is known
    to whoever has the app.

What it cannot see:
    Strings built at run time, and native libraries: both make the outcome unknown, never clear.
    What the cipher protects is not known from the code.

References:
    MASTG-TEST-0221, MASTG-TEST-0232, MASTG-TEST-0208, MASTG-TEST-0212; BSI TR-02102-1; RFC 7465 for
    RC4.
"""

from typing import Final

from keepsight.lab.checks.app_rule import EN, AppRule, at, by_owner, plural
from keepsight.lab.facts.app import AppFacts, CallSite, MethodBody
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Evidence, Finding, Owner, Severity

RULE: Final = AppRule(
    "app/weak-cipher",
    "weak ciphers and constant keys",
    (EN + "5.5-1", EN + "5.5-3", EN + "5.4-3", "MASTG-TEST-0221", "MASTG-TEST-0232",
     "MASTG-TEST-0208", "MASTG-TEST-0212", "MASWE-0020", "MASWE-0009", "MASWE-0014", "MASWE-0027",
     "BSI TR-02102-1", "CWE-327?", "CWE-321?"),
    "Use an authenticated cipher (AES-GCM or ChaCha20-Poly1305) with unique nonces, separate keys "
    "for each direction, and keys from the Android key store.",
)  # fmt: skip
_BROKEN: Final = {
    "RC4": "RC4", "ARC4": "RC4", "ARCFOUR": "RC4", "DES": "DES", "DESEDE": "triple DES",
    "TRIPLEDES": "triple DES", "RC2": "RC2", "BLOWFISH": "Blowfish",
}  # fmt: skip
_HIGH: Final = frozenset({"RC4", "DES", "RC2", "a constant key"})


def weakness_of(transformation: str) -> str:
    """Return what is weak about a cipher transformation, empty if nothing is.

    A bare block cipher means ECB with the usual providers; in RSA/ECB/... the ECB is only a name.
    """
    algorithm, _, rest = transformation.strip().upper().partition("/")
    mode, _, padding = rest.partition("/")
    family = algorithm.partition("_")[0]
    if family in _BROKEN:
        return _BROKEN[family]
    if family.startswith("PBE"):
        broken = next((name for key, name in _BROKEN.items() if key in family), "")
        return broken or ("MD5 in a password cipher" if "MD5" in family else "")
    if family == "RSA":
        return "RSA without padding" if padding == "NOPADDING" else ""
    if family in {"AES", "SM4", "CAMELLIA", "SEED", "ARIA"} and (not rest or mode == "ECB"):
        return f"{family} in ECB mode"
    return ""


def judge(rule: AppRule, app: AppFacts, _: ProductFacts) -> tuple[Finding, ...]:
    """Judge one app."""
    ciphers = app.calls_of("Cipher.getInstance")
    keys = app.calls_of("SecretKeySpec", "IvParameterSpec")
    bad = [(call, what) for call in (*ciphers, *keys) if (what := _weakness(call))]
    shapes = [body for body in app.bodies if body.kind == "rc4"]
    proven = [body for body in shapes if body.accepts_all]
    findings = [
        _violated(rule, app, name, [(one, what) for one, what in bad if one in calls])
        for name, calls in by_owner(call for call, _ in bad)
    ]
    if proven:
        bundled = all(one.place.owner is Owner.THIRD_PARTY for one in proven)
        title = f"RC4 written by hand in {'bundled SDK code' if bundled else 'the code'}"
        findings.append(rule.violated(Severity.HIGH, title, _shape_lines(app, proven)))
    if findings:
        return tuple(findings)
    open_calls = [call for call in ciphers if not isinstance(call.arguments[0], str)]
    lines = [at(app, call.place, f"{call.api} {call.arguments[:1]}") for call in ciphers]
    lines += _shape_lines(app, shapes)
    reasons = list(app.code_gaps[:3])
    if open_calls:
        reasons.append(f"{plural(len(open_calls), 'cipher')} chosen at run time")
    if shapes:
        reasons.append(f"{plural(len(shapes), 'method')} shaped like RC4, not proven")
    if app.native_libraries:
        count = len(app.native_libraries)
        noun = "native library" if count == 1 else "native libraries"
        reasons.append(f"{count} {noun} not looked into")
    if reasons:
        title = f"No weak cipher among {plural(len(ciphers) - len(open_calls), 'resolved call')}"
        return (rule.unknown(app, title, "; ".join(reasons), lines),)
    title = f"No weak cipher in {plural(len(ciphers), 'call')}, all resolved"
    return (rule.clear(app, title, lines, places=len(ciphers)),)


def _weakness(call: CallSite) -> str:
    first = call.arguments[0] if call.arguments else None
    if call.api == "Cipher.getInstance":
        return weakness_of(first) if isinstance(first, str) else ""
    if not isinstance(first, bytes) or not first:
        return ""
    if call.api == "IvParameterSpec":
        return "a constant initial value"
    return "a constant key"


def _violated(rule: AppRule, app: AppFacts, name: str, bad: list[tuple[CallSite, str]]) -> Finding:
    kinds = sorted({what for _, what in bad})
    severity = Severity.HIGH if _HIGH & set(kinds) else Severity.MEDIUM
    lines = []
    for call, what in bad:
        shown = call.arguments[0] if isinstance(call.arguments[0], str) else "(value not shown)"
        owner = call.place.owner or Owner.NONE
        lines.append(Evidence(f"{what}: {call.api} {shown}", app.artefact, str(call.place), owner))
    title = f"{', '.join(kinds)} in {name}"
    return rule.violated(severity, title[:1].upper() + title[1:], lines, {"algorithms": kinds})


def _shape_lines(app: AppFacts, bodies: list[MethodBody]) -> list[Evidence]:
    return [
        at(app, one.place, "RC4 by hand" if one.accepts_all else "shaped like RC4")
        for one in bodies
    ]


CHECK: Final = RULE.check(judge)
