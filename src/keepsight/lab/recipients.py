"""Who gets data: declared, contained and contacted, joined by owner, for the first page."""

from keepsight.lab.checks.policy.undeclared_trackers import table
from keepsight.lab.facts.capture import Contact, Reach
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.report import Recipient

OTHERS_MAX = 12


def recipients_of(facts: ProductFacts) -> tuple[Recipient, ...]:
    """The vendor first, then tracker owners, then other hosts by volume."""
    clear = {
        m.host or m.server
        for capture in facts.captures
        for m in capture.clear_messages
        if not m.is_harmless
    }
    contacts: dict[str, Contact] = {}
    for capture in facts.captures:
        for contact in capture.contacts:
            if contact.reach is Reach.INTERNET and contact.is_connected:
                contacts.setdefault(contact.name, contact)
    touched = {t.contact.name: t.tracker.owner for c in facts.captures for t in c.trackers}
    found = _owners(facts, contacts, touched, clear)
    vendor_words = {
        word.lower() for word in facts.product.vendor.replace(",", " ").split() if len(word) >= 3
    }
    others: list[Recipient] = []
    for contact in sorted(contacts.values(), key=lambda c: -(c.sent_bytes + c.received_bytes)):
        if contact.name in touched:
            continue
        is_vendor = any(word in contact.name for word in vendor_words)
        others.append(
            Recipient(
                owner=facts.product.vendor if is_vendor else contact.name,
                names=(contact.name,),
                kind="vendor" if is_vendor else "other",
                purposes=(),
                is_contained=False,
                is_contacted=True,
                is_named=None,
                is_clear=contact.name in clear,
                sent_bytes=contact.sent_bytes,
                received_bytes=contact.received_bytes,
            )
        )
    vendor = [row for row in others if row.kind == "vendor"]
    rest = [row for row in others if row.kind == "other"]
    return (*_merged(vendor), *found, *rest[:OTHERS_MAX])


def _owners(
    facts: ProductFacts, contacts: dict[str, Contact], touched: dict[str, str], clear: set[str]
) -> list[Recipient]:
    rows: dict[str, list[dict[str, object]]] = {}
    for row in table(facts):
        rows.setdefault(str(row["owner"]), []).append(row)
    found = []
    for owner, group in rows.items():
        hosts = [
            contacts[name] for name, who in touched.items() if who == owner and name in contacts
        ]
        purposes = [str(p) for row in group for p in _words(row["purposes"])]
        is_named = None if not facts.policies else any(row["named"] for row in group)
        found.append(
            Recipient(
                owner=owner,
                names=tuple(str(row["tracker"]) for row in group),
                kind="tracker",
                purposes=tuple(dict.fromkeys(purposes)),
                is_contained=any(bool(row["contained"]) for row in group),
                is_contacted=bool(hosts),
                is_named=is_named,
                is_clear=any(host.name in clear for host in hosts),
                sent_bytes=sum(host.sent_bytes for host in hosts),
                received_bytes=sum(host.received_bytes for host in hosts),
            )
        )
    return sorted(found, key=lambda r: (not r.is_contacted, -r.sent_bytes, r.owner))


def _words(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _merged(rows: list[Recipient]) -> tuple[Recipient, ...]:
    if not rows:
        return ()
    return (
        Recipient(
            owner=rows[0].owner,
            names=tuple(name for row in rows for name in row.names),
            kind="vendor",
            purposes=(),
            is_contained=False,
            is_contacted=True,
            is_named=None,
            is_clear=any(row.is_clear for row in rows),
            sent_bytes=sum(row.sent_bytes for row in rows),
            received_bytes=sum(row.received_bytes for row in rows),
        ),
    )
