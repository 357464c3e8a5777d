"""What kind of artefact a file is: by its content first and its name second."""

import json
from pathlib import Path

from keepsight.lab.artefact import ArtefactKind
from keepsight.lab.read.document import is_html
from keepsight.lab.read.packets import is_packet_file

HEAD_BYTES = 4096
_APP_SUFFIXES = (".apk", ".xapk", ".apks", ".apkm")
_POLICY_SUFFIXES = (".html", ".htm", ".xhtml", ".pdf", ".md", ".txt")
_CAPTURE_SUFFIXES = (".pcap", ".pcapng", ".cap", ".har")


def identify(path: Path) -> ArtefactKind | None:
    """The kind of a file, or None where it is none that is examined.

    Raises:
        OSError: the file cannot be opened.
    """
    if path.is_dir():
        return ArtefactKind.DOSSIER
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    suffix = path.suffix.lower()
    # A package may carry a dex file in front of its archive: that is an attack, and an app.
    if head.startswith((b"PK\x03\x04", b"dex\n")) or suffix in _APP_SUFFIXES:
        return ArtefactKind.APP
    if is_packet_file(head) or suffix in _CAPTURE_SUFFIXES or _is_har(head):
        return ArtefactKind.CAPTURE
    if head.startswith(b"%PDF") or suffix in _POLICY_SUFFIXES:
        return ArtefactKind.POLICY
    if is_html(head.decode("utf-8", "replace")):
        return ArtefactKind.POLICY
    return None


def is_har_name(path: Path) -> bool:
    """Whether a capture is a HAR and not a packet file."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    return not is_packet_file(head) and (path.suffix.lower() == ".har" or _is_har(head))


def _is_har(head: bytes) -> bool:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    return start.startswith(b"{") and json.dumps("log").encode() in start[:256]
