"""Outdated or broken TLS.

What it looks at: version and cipher suite that were negotiated (offered is something else), and the
server's certificate where the handshake shows it.

Why it matters: TLS below 1.2, and suites with RC4, 3DES, export keys or no encryption, are broken.

What it cannot see: certificates in TLS 1.3 and QUIC are encrypted; whether the app verifies them is
another question (app/trust).

References: EN 303 645 5.5-1, 5.5-2, 5.5-3; RFC 8996, RFC 7465; MASTG-TEST-0218.
"""

from datetime import UTC, datetime

from keepsight.lab.checks.capture.sources import absent, evidence, gaps
from keepsight.lab.checks.rule import Rule
from keepsight.lab.facts.capture import CaptureFacts, Reach, TlsHandshake
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Evidence, Finding, Severity

RULE = Rule(
    "capture/tls",
    "communication",
    "outdated or broken TLS",
    (
        "EN 303 645 V3.1.3 5.5-1",
        "EN 303 645 V3.1.3 5.5-2",
        "EN 303 645 V3.1.3 5.5-3",
        "MASTG-TEST-0218",
        "CWE-326?",
        "CWE-757?",
    ),
)
_OLD = frozenset({"SSL 2.0", "SSL 3.0", "TLS 1.0", "TLS 1.1"})
_WEAK_MARKS = ("_NULL_", "EXPORT", "_anon_", "RC4", "RC2", "3DES", "_DES_", "_MD5")
_RSA_BITS_MIN = 2048


def faults(handshake: TlsHandshake) -> tuple[tuple[Severity, str], ...]:
    """What is wrong with one handshake, each with its weight."""
    found: list[tuple[Severity, str]] = []
    if handshake.version in _OLD:
        found.append((Severity.MEDIUM, f"negotiated {handshake.version}"))
    weak = next((mark for mark in _WEAK_MARKS if mark in handshake.cipher), "")
    if weak:
        found.append((Severity.HIGH, f"negotiated {handshake.cipher}"))
    certificate = handshake.certificate
    if certificate is not None and handshake.reach is Reach.INTERNET:
        if certificate.is_self_signed:
            found.append((Severity.HIGH, "a self-signed certificate on the internet"))
        moment = _iso(handshake.captured_us)
        if moment and certificate.not_after < moment:
            found.append((Severity.MEDIUM, f"certificate expired on {certificate.not_after[:10]}"))
    if certificate is not None:
        if certificate.key.startswith("RSA") and certificate.key_bits < _RSA_BITS_MIN:
            found.append((Severity.HIGH, f"certificate key {certificate.key}"))
        if certificate.signature_hash in ("md5", "sha1"):
            name = certificate.signature_hash.upper()
            found.append((Severity.MEDIUM, f"certificate signed with {name}"))
    return tuple(found)


def _iso(captured_us: int) -> str:
    if captured_us <= 0:
        return ""
    return datetime.fromtimestamp(captured_us / 1_000_000, UTC).isoformat()


def judge(facts: ProductFacts) -> tuple[Finding, ...]:
    """Violated by what was negotiated; unknown where no answer was seen."""
    nothing = absent(RULE, facts)
    if nothing is not None:
        return nothing
    seen = [(c, h) for c in facts.captures for h in c.handshakes]
    if not seen:
        if any(capture.format == "har" or capture.is_decrypted for capture in facts.captures):
            return RULE.unknown("TLS not judged", "the capture is decrypted: no handshake is in it")
        return RULE.unknown("No TLS handshake seen", gaps(facts) or "no flow began with TLS")
    wrong = [(c, h, faults(h)) for c, h in seen if faults(h)]
    if wrong:
        worst = max((s for _, _, found in wrong for s, _ in found), key=list(Severity).index)
        texts = list(dict.fromkeys(text for _, _, found in wrong for _, text in found))
        return RULE.violated(
            worst,
            f"{len(wrong)} of {len(seen)} TLS handshakes at fault: {', '.join(texts[:3])}",
            _secrets(facts)
            + tuple(_shown(c, h, "; ".join(t for _, t in found)) for c, h, found in wrong),
            remedy="Offer TLS 1.3 and 1.2 only, with AEAD suites and a certificate clients trust.",
        )
    open_ended = [(c, h) for c, h in seen if not h.version]
    reasons = [gaps(facts)] if gaps(facts) else []
    if open_ended:
        reasons.append(f"{len(open_ended)} handshakes without an answer in the capture")
    shown = _secrets(facts) + tuple(
        _shown(c, h, f"{h.version or 'no answer'} {h.cipher}".strip()) for c, h in seen
    )
    if reasons:
        return RULE.unknown("No outdated TLS among the handshakes seen", "; ".join(reasons), shown)
    hidden = sum(h.certificate is None for _, h in seen)
    note = f"; the certificates of {hidden} are encrypted and were not seen" if hidden else ""
    return RULE.clear(f"All {len(seen)} handshakes negotiated TLS 1.2 or later{note}", shown)


def _secrets(facts: ProductFacts) -> tuple[Evidence, ...]:
    text = "the file itself holds the secrets of its TLS connections: who has it can decrypt them"
    return tuple(Evidence(text, c.artefact) for c in facts.captures if c.has_tls_secrets)


def _shown(capture: CaptureFacts, handshake: TlsHandshake, text: str) -> Evidence:
    name = handshake.sni or handshake.server
    return evidence(capture, handshake.packet, f"{name}: {text}")


CHECK = RULE.check(judge)
