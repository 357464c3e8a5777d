"""Facts made by hand, so that a check's test needs no file. Defaults are a harmless product."""

from dataclasses import replace

from keepsight.lab.facts.app import AppFacts, TrackerSeen
from keepsight.lab.facts.capture import (
    CaptureFacts,
    ClearMessage,
    Contact,
    Exchange,
    FiveFieldMessage,
    Proof,
    Reach,
    TlsHandshake,
    TrackerContact,
)
from keepsight.lab.facts.observation import Observation, Observations
from keepsight.lab.facts.policy import Clause, ClauseKind, PolicyFacts, TextFigures
from keepsight.lab.facts.product import Product, ProductFacts
from keepsight.lab.facts.seal import SealClaim
from keepsight.lab.finding import Outcome
from keepsight.lab.read.seals import register
from keepsight.lab.read.tables import trackers

DATE = "2024-03-15"
FIGURES = TextFigures(1000, 50, 5000, 1700, 20.0, 4.2, 1.22, 42.0, "Flesch: ...", "college", 12.3)


def outcome(check, product):
    """The outcomes of a check, as words, and its findings."""
    findings = check.judge(product)
    assert findings
    assert all(f.check == check.check_id for f in findings)
    for found in findings:
        if found.outcome in (Outcome.UNKNOWN, Outcome.NOT_APPLICABLE):
            assert found.reason, "an open outcome says why"
    return findings[0].outcome.value


def product(**parts):
    """All facts of a product."""
    return ProductFacts(
        **{"product": Product("Camera", "Maker", "C1"), "report_date": DATE, **parts}
    )


def capture(**parts):
    """A capture of 23 minutes in which nothing happened."""
    return CaptureFacts(
        **{
            "artefact": "use.pcap",
            "format": "pcap",
            "packets": 100,
            "bytes_seen": 10_000,
            "started_us": 1_000_000,
            "ended_us": 1_381_000_000,
            **parts,
        }
    )


def handshake(**parts):
    """A sound handshake."""
    return TlsHandshake(
        **{
            "packet": 7,
            "client": "192.168.1.20:40000",
            "server": "1.2.3.4:443",
            "reach": Reach.INTERNET,
            "sni": "api.example.net",
            "version": "TLS 1.3",
            "cipher": "TLS_AES_128_GCM_SHA256",
            **parts,
        }
    )


def clear_message(**parts):
    """A readable request on the internet."""
    return ClearMessage(
        **{
            "packet": 4,
            "protocol": "HTTP",
            "host": "plain.example.net",
            "server": "1.2.3.4:80",
            "reach": Reach.INTERNET,
            "text": "GET / HTTP/1.1",
            **parts,
        }
    )


def message(**parts):
    """A proven five-field message."""
    return FiveFieldMessage(
        **{
            "packet": 1,
            "host": "api.example.net",
            "path": "/device/rpc",
            "proof": Proof.PROVEN,
            "is_secret_inside": True,
            "is_signature_recomputed": True,
            "is_keystream_shared": True,
            "is_response_shared": True,
            "nonce_minute": 28333333,
            "nonce_offset_seconds": 30,
            "nonce_digest": "ab",
            **parts,
        }
    )


def exchange(**parts):
    """A request inside TLS with its answer."""
    return Exchange(
        **{
            "packet": 3,
            "method": "GET",
            "host": "api.example.net",
            "path": "/x",
            "status": 200,
            "is_clear": False,
            **parts,
        }
    )


def contact(name, **parts):
    """Somebody on the internet who was talked to."""
    return Contact(
        **{
            "name": name,
            "addresses": ("1.2.3.4",),
            "reach": Reach.INTERNET,
            "sources": ("sni",),
            "protocols": ("TLS",),
            "sent_bytes": 2000,
            "received_bytes": 3000,
            "first_packet": 5,
            "first_us": 2_000_000,
            "last_us": 3_000_000,
            **parts,
        }
    )


def tracker(name):
    """A row of the table."""
    return next(row for row in trackers() if row.name == name)


def contacted(name, host, *, shared=False, **parts):
    """A tracker's host was contacted."""
    return TrackerContact(tracker(name), contact(host, **parts), shared)


def app(*names, **parts):
    """A package that defines classes of these trackers, read from end to end."""
    seen = tuple(TrackerSeen(tracker(name), 8, 0) for name in names)
    return AppFacts(
        **{"artefact": "app.apk", "trackers": seen, "dex_files": ("classes.dex",), **parts}
    )


def clause(kind, text="A sentence.", **parts):
    """One sentence of a policy."""
    return Clause(kind, text, parts.pop("sentence", 3), **parts)


def policy(*kinds, **parts):
    """A policy with one sentence of each of these kinds."""
    return PolicyFacts(
        **{
            "artefact": "policy.html",
            "title": "Camera Privacy Policy",
            "language": "en",
            "text_sha256": "0" * 64,
            "figures": FIGURES,
            "clauses": tuple(clause(kind) for kind in kinds),
            **parts,
        }
    )


def figures(**parts):
    """Figures of a text."""
    return replace(FIGURES, **parts)


def observed(**answers):
    """A product about which these questions were answered."""
    rows = {key: Observation(key, value) for key, value in answers.items()}
    return product(observations=Observations(rows))


def seal(**parts):
    """A seal of the register."""
    dated, kinds = register()
    return SealClaim(
        **{
            "name": "IT-SiK",
            "kind": kinds["it-sik"],
            "model": "C1",
            "register_date": dated,
            **parts,
        }
    )


EVERY_RIGHT = (
    ClauseKind.ACCESS,
    ClauseKind.CORRECT,
    ClauseKind.DELETE,
    ClauseKind.OBJECT,
    ClauseKind.WITHDRAW,
)
