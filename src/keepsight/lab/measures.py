"""The plain numbers of a report: what was measured, apart from what was judged."""

from keepsight.lab.facts.app import AppFacts
from keepsight.lab.facts.capture import CaptureFacts, Reach
from keepsight.lab.facts.policy import PolicyFacts
from keepsight.lab.facts.product import ProductFacts

CONTACTS_MAX = 500


def measures_of(facts: ProductFacts) -> dict[str, object]:
    """`app`, `capture` and `policy`, each only where there is such an artefact."""
    found: dict[str, object] = {}
    if facts.apps:
        found["app"] = {**_app(facts.apps[0]), "packages": [_app(app) for app in facts.apps]}
    if facts.captures:
        found["capture"] = _captures(facts.captures)
    if facts.policies:
        texts = [_policy(policy) for policy in facts.policies]
        found["policy"] = {**texts[0], "documents": texts}
    return found


def _app(app: AppFacts) -> dict[str, object]:
    manifest = app.manifest
    return {
        "artefact": app.artefact,
        "package": manifest.package if manifest else "",
        "version": manifest.version_name if manifest else "",
        "min_sdk": manifest.min_sdk if manifest else None,
        "target_sdk": manifest.target_sdk if manifest else None,
        "signature_schemes": list(app.signing.verified) if app.signing else [],
        "trackers": [seen.tracker.name for seen in app.trackers if seen.defined],
        "classes": app.classes,
        "call_sites": len(app.calls),
        "native_libraries": list(app.native_libraries),
        "splits": list(app.splits),
    }


def _captures(captures: tuple[CaptureFacts, ...]) -> dict[str, object]:
    return {
        "packets": sum(c.packets for c in captures),
        "bytes": sum(c.bytes_seen for c in captures),
        "seconds": round(sum(c.duration_seconds for c in captures), 3),
        "protocols": _protocols(captures),
        "tls_secrets_in": [c.artefact for c in captures if c.has_tls_secrets],
        "tls": [
            {
                "artefact": capture.artefact,
                "packet": handshake.packet,
                "client": handshake.client,
                "server": handshake.server,
                "sni": handshake.sni,
                "version": handshake.version,
                "cipher": handshake.cipher,
                "quic": handshake.is_quic,
            }
            for capture in captures
            for handshake in capture.handshakes
        ],
        "contacts": [
            {
                "artefact": capture.artefact,
                "name": contact.name,
                "reach": contact.reach.value,
                "sent_bytes": contact.sent_bytes,
                "received_bytes": contact.received_bytes,
                "sources": list(contact.sources),
                "protocols": list(contact.protocols),
                "owners": sorted(
                    {t.tracker.owner for t in capture.trackers if t.contact.name == contact.name}
                ),
            }
            for capture in captures
            for contact in capture.contacts[:CONTACTS_MAX]
            if contact.reach is Reach.INTERNET or contact.is_connected
        ],
    }


def _protocols(captures: tuple[CaptureFacts, ...]) -> dict[str, int]:
    summed: dict[str, int] = {}
    for capture in captures:
        for name, count in capture.protocols.items():
            summed[name] = summed.get(name, 0) + count
    return dict(sorted(summed.items(), key=lambda item: -item[1]))


def _policy(policy: PolicyFacts) -> dict[str, object]:
    figures = policy.figures
    return {
        "artefact": policy.artefact,
        "title": policy.title,
        "language": policy.language,
        "words": figures.words,
        "sentences": figures.sentences,
        "words_per_sentence": figures.words_per_sentence,
        "characters": figures.characters,
        "minutes_at_238_words": figures.minutes_at_238,
        "minutes_at_14_69_ms_a_character": figures.minutes_by_character,
        "reading_ease": figures.reading_ease,
        "reading_ease_formula": figures.reading_ease_formula,
        "reading_ease_band": figures.reading_ease_band,
        "flesch_kincaid_grade": figures.kincaid_grade,
        "text_sha256": policy.text_sha256,
    }
