"""One request and its response, noted: readable content, credentials, five-field messages."""

from keepsight.lab.facts.capture import Exchange
from keepsight.lab.read import rc4message
from keepsight.lab.read.credentials import credentials_of, form_fields
from keepsight.lab.read.http import Message
from keepsight.lab.read.masking import mask_path, mask_text
from keepsight.lab.read.notes import Conversation, Notes
from keepsight.lab.read.personal import personal_kinds

_HARMLESS_PATHS = (
    "/generate_204",
    "/gen_204",
    "/hotspot-detect.html",
    "/connecttest.txt",
    "/ncsi.txt",
)
_HARMLESS_KINDS = ("application/ocsp-request", "application/ocsp-response", "application/pkix-crl")


def is_harmless(request: Message | None, response: Message | None) -> bool:
    """Connectivity and certificate-status checks, by path or content type; no user content."""
    kinds = " ".join(
        m.headers.get("content-type", "") for m in (request, response) if m is not None
    )
    if any(kind in kinds for kind in _HARMLESS_KINDS):
        return True
    if request is None or request.method not in ("GET", "HEAD", "POST"):
        return False
    path = request.target.partition("?")[0]
    return path.endswith(_HARMLESS_PATHS) or path.endswith(".crl")


def note_request(
    talk: Conversation, notes: Notes, request: Message | None, response: Message | None
) -> None:
    """Note one exchange; either half may be missing."""
    first = request or response
    if first is None:
        return
    is_clear = not notes.is_decrypted
    if is_clear:
        start = request.start if request is not None else first.start
        text = mask_text(start)
        if request is not None and "?" in request.target:
            text = mask_text(f"{request.method} {mask_path(request.target)}")
        harmless = is_harmless(request, response)
        notes.note_clear(talk, first.packet, text, harmless=harmless)
        if request is not None:
            for seen in credentials_of(request):
                notes.note_credential(
                    talk, request.packet, seen.field_name, seen.masked, digest=seen.is_digest
                )
    if request is None or talk.protocol not in ("HTTP", "TLS"):
        return
    _note_five_field(talk, notes, request, response)
    body = request.target + "\n" + request.content().decode("utf-8", "replace")
    headers = {} if response is None else response.headers
    notes.note_exchange(
        Exchange(
            packet=request.packet,
            method=request.method,
            host=talk.host,
            path=mask_path(request.target),
            status=0 if response is None else response.status,
            is_clear=is_clear,
            content_type=headers.get("content-type", "")[:100],
            cache_control=headers.get("cache-control", "")[:200],
            vary=headers.get("vary", "")[:100],
            is_authorised=bool(request.headers.keys() & {"authorization", "cookie"})
            or bool(credentials_of(request)),
            personal=personal_kinds(body, notes.markers),
        )
    )


def _note_five_field(
    talk: Conversation, notes: Notes, request: Message, response: Message | None
) -> None:
    if request.method != "POST":
        return
    fields = form_fields(request)
    if not rc4message.has_shape(fields):
        return
    path = request.target.partition("?")[0]
    if "://" in path:
        path = "/" + path.partition("://")[2].partition("/")[2]
    asked = rc4message.Request(
        packet=request.packet,
        captured_us=request.captured_us,
        host=talk.host,
        method=request.method,
        path=path,
        fields=fields,
        response=b"" if response is None else response.content(),
    )
    notes.note_message(rc4message.examine(asked, notes.secret))
