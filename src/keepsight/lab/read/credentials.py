"""Passwords and tokens in readable messages. Their places leave this module, never the values."""

import base64
import binascii
import json
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl

from keepsight.lab.read.http import Message
from keepsight.lab.read.masking import SECRET_NAME, mask_value

FIELDS_MAX = 256
JSON_DEPTH_MAX = 8


@dataclass(frozen=True, slots=True)
class Seen:
    """One credential."""

    field_name: str
    masked: str
    is_digest: bool = False


def form_fields(message: Message) -> dict[str, str]:
    """The fields of an URL-encoded form; empty where the body is none."""
    kind = message.headers.get("content-type", "").lower()
    body = message.content()
    is_form = "x-www-form-urlencoded" in kind or (not kind and body[:1].isalpha() and b"=" in body)
    if not is_form:
        return {}
    try:
        text = body.decode("ascii")
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS_MAX))
    except (UnicodeDecodeError, ValueError):
        return {}


def credentials_of(message: Message) -> list[Seen]:
    """What a request gives away."""
    seen = []
    for header in ("authorization", "proxy-authorization"):
        value = message.headers.get(header, "")
        if value:
            seen.append(_authorisation(header, value))
    if message.method:
        query = message.target.partition("?")[2]
        seen += _fields(dict(_pairs(query)), "query field")
        seen += _fields(form_fields(message), "form field")
        seen += _fields(dict(_json_pairs(message)), "JSON field")
        if "cookie" in message.headers:
            names = [
                part.partition("=")[0].strip() for part in message.headers["cookie"].split(";")
            ]
            named = [n for n in names if SECRET_NAME.match(n) or "sess" in n.lower()]
            if named:
                seen.append(Seen(f"cookie {named[0][:40]}", mask_value(message.headers["cookie"])))
    return seen


def _authorisation(header: str, value: str) -> Seen:
    scheme, _, rest = value.partition(" ")
    if scheme.lower() == "digest":
        return Seen(f"{header}: Digest", "challenge response", is_digest=True)
    if scheme.lower() == "basic":
        try:
            user, _, password = (
                base64.b64decode(rest.strip()).decode("utf-8", "replace").partition(":")
            )
        except (ValueError, binascii.Error):
            return Seen(f"{header}: Basic", mask_value(rest))
        return Seen(f"{header}: Basic", f"user {mask_value(user)}, password {mask_value(password)}")
    return Seen(f"{header}: {scheme[:20]}", mask_value(rest))


def _pairs(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query, keep_blank_values=True, max_num_fields=FIELDS_MAX)
    except ValueError:
        return []


def _fields(fields: dict[str, str], what: str) -> list[Seen]:
    return [
        Seen(f"{what} {name[:40]}", mask_value(value))
        for name, value in fields.items()
        if value and SECRET_NAME.match(name)
    ]


def _json_pairs(message: Message) -> Iterator[tuple[str, str]]:
    body = message.content()
    if body.lstrip()[:1] not in (b"{", b"["):
        return
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return
    yield from _walk(found, JSON_DEPTH_MAX)


def _walk(found: object, depth: int) -> Iterator[tuple[str, str]]:
    if depth == 0:
        return
    if isinstance(found, dict):
        for name, value in list(found.items())[:FIELDS_MAX]:
            if isinstance(value, str):
                yield str(name), value
            else:
                yield from _walk(value, depth - 1)
    elif isinstance(found, list):
        for value in found[:FIELDS_MAX]:
            yield from _walk(value, depth - 1)
