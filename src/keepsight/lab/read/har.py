"""A HAR (HTTP archive): requests and responses as the app or browser saw them, inside TLS.

Source: HAR 1.2. There are no packets in it: places are entry numbers, counted from 1, and nothing
can be said about TLS.
"""

import base64
import binascii
import json
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from keepsight.lab.facts.capture import CaptureFacts, Contact, Reach
from keepsight.lab.facts.product import Unread
from keepsight.lab.read.capture import CaptureContext, tracker_contacts
from keepsight.lab.read.exchange import note_request
from keepsight.lab.read.http import BODY_BYTES_MAX, Message
from keepsight.lab.read.limits import UnreadableArtefact
from keepsight.lab.read.notes import Conversation, Notes

FILE_BYTES_MAX = 128 << 20
ENTRIES_MAX = 50_000
_HOST_CHARACTERS_MAX = 253


def read_har(
    path: Path, context: CaptureContext | None = None
) -> tuple[CaptureFacts, tuple[Unread, ...]]:
    """Read a HAR file.

    Raises:
        UnreadableArtefact: no HAR, too large, or without entries.
        OSError: the file cannot be opened.
    """
    context = context or CaptureContext()
    if path.stat().st_size > FILE_BYTES_MAX:
        raise UnreadableArtefact(f"a HAR of more than {FILE_BYTES_MAX >> 20} MiB")
    try:
        entries = json.loads(path.read_bytes())["log"]["entries"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UnreadableArtefact(f"not a HAR: {type(error).__name__}") from error
    if not isinstance(entries, list) or not entries:
        raise UnreadableArtefact("a HAR without entries")
    unread: list[Unread] = []
    if len(entries) > ENTRIES_MAX:
        unread.append(Unread(path.name, f"after entry {ENTRIES_MAX}", "more entries than are read"))
    notes = Notes(is_decrypted=True, secret=context.secret, markers=context.markers)
    sums: dict[str, Contact] = {}
    times: list[int] = []
    for number, entry in enumerate(entries[:ENTRIES_MAX], 1):
        try:
            times.append(_take(entry, number, notes, sums))
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            unread.append(Unread(path.name, f"entry {number}", f"damaged: {type(error).__name__}"))
    if not times:
        raise UnreadableArtefact("no entry of it can be read")
    contacts = tuple(sorted(sums.values(), key=lambda c: -(c.sent_bytes + c.received_bytes)))
    facts = CaptureFacts(
        artefact=path.name,
        format="har",
        packets=len(times),
        bytes_seen=sum(c.sent_bytes + c.received_bytes for c in contacts),
        started_us=min(times),
        ended_us=max(times),
        is_decrypted=True,
        actions=context.actions,
        phase=context.phase,
        contacts=contacts,
        trackers=tracker_contacts(contacts),
        clear_messages=tuple(notes.clear_messages),
        credentials=tuple(notes.credentials),
        messages=tuple(notes.messages),
        exchanges=tuple(notes.exchanges),
        protocols=dict(notes.protocols),
        limits=tuple(notes.limits),
    )
    return facts, tuple(unread[:100])


def _take(entry: dict[str, Any], number: int, notes: Notes, sums: dict[str, Contact]) -> int:
    request, response = entry["request"], entry.get("response") or {}
    url = urlsplit(str(request["url"]))
    host = (url.hostname or "")[:_HOST_CHARACTERS_MAX]
    moment = _moment_us(entry.get("startedDateTime"))
    target = url.path + (f"?{url.query}" if url.query else "")
    asked = Message(
        f"{request['method']} {target or '/'} HTTP/1.1",
        _headers(request),
        number,
        moment,
        body=_body(request.get("postData")),
    )
    answered = None
    if response.get("status"):
        start = f"HTTP/1.1 {int(response['status']):03d} "
        answered = Message(start, _headers(response), number, moment, body=_content(response))
    talk = Conversation(
        "tcp", (b"\0" * 4, b"\0" * 4), (0, 443), number, moment, "HTTP", host, "host"
    )
    # Plain http in a HAR was readable on the way; everything else was inside TLS.
    notes.is_decrypted = url.scheme != "http"
    notes.protocols[str(url.scheme)[:16]] += 1
    note_request(talk, notes, asked, answered)
    sent = max(0, int(request.get("headersSize") or 0)) + max(0, int(request.get("bodySize") or 0))
    got = max(0, int(response.get("bodySize") or 0)) + max(0, int(response.get("headersSize") or 0))
    _add(sums, host, str(entry.get("serverIPAddress", ""))[:64], sent or 1, got, number, moment)
    return moment


def _add(  # noqa: PLR0913, PLR0917 - one entry's share of a contact
    sums: dict[str, Contact],
    host: str,
    address: str,
    sent: int,
    received: int,
    number: int,
    moment: int,
) -> None:
    old = sums.get(host)
    sums[host] = Contact(
        name=host,
        addresses=tuple(
            dict.fromkeys([*(old.addresses if old else ()), *([address] * bool(address))])
        ),
        reach=Reach.INTERNET,
        sources=("host",),
        protocols=("HTTP",),
        sent_bytes=sent + (old.sent_bytes if old else 0),
        received_bytes=received + (old.received_bytes if old else 0),
        first_packet=old.first_packet if old else number,
        first_us=old.first_us if old else moment,
        last_us=moment,
    )


def _headers(row: dict[str, Any]) -> dict[str, str]:
    return {str(h["name"]).lower(): str(h["value"]) for h in row.get("headers", [])[:200]}


def _body(row: dict[str, Any] | None) -> bytes:
    if not row:
        return b""
    if row.get("text"):
        return str(row["text"]).encode("utf-8", "replace")[:BODY_BYTES_MAX]
    pairs = [f"{p['name']}={p.get('value', '')}" for p in row.get("params", [])[:256]]
    return "&".join(pairs).encode("utf-8", "replace")[:BODY_BYTES_MAX]


def _content(row: dict[str, Any]) -> bytes:
    content = row.get("content") or {}
    text = str(content.get("text") or "")
    if content.get("encoding") == "base64":
        try:
            return base64.b64decode(text, validate=False)[:BODY_BYTES_MAX]
        except (ValueError, binascii.Error):
            return b""
    return text.encode("utf-8", "replace")[:BODY_BYTES_MAX]


def _moment_us(text: object) -> int:
    try:
        return int(datetime.fromisoformat(str(text)).timestamp() * 1_000_000)
    except (ValueError, OverflowError):
        return 0
