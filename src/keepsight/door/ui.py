"""The files of the built UI, read once and served from memory.

What is not in the list made at start does not exist: no path of a request ever reaches the file
system. `index.html` answers at the UI's own routes and nowhere else.
"""

import gzip
import hashlib
import logging
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from keepsight.door.headers import IMMUTABLE, NO_STORE, REVALIDATE

log = logging.getLogger(__name__)

UI_BYTES_MAX: Final = 32 * 1024 * 1024
FILES_MAX: Final = 1000
_COMPRESS_FROM_BYTES: Final = 1024
INDEX: Final = "index.html"
ROUTES: Final = re.compile(
    r"/|/(?:events|notifications|timeline|add|settings|members|join|security|suspensions|privacy)"
    r"|/(?:status|ledger|checks)"
    r"|/(?:camera|settings/camera|checks)/[0-9a-f]{32}|/cameras/[0-9a-f]{32}/watching"
)
"""The pages of web/src/app/router.svelte.ts."""
_HASHED: Final = re.compile(r"/assets/.*[-.][A-Za-z0-9_-]{8,}\.[a-z0-9]+")
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_COMPRESSED: Final = {".br": "br", ".gz": "gzip"}
_NOT_BUILT: Final = (
    "<!doctype html><title>Keepsight</title><p>The pages are not built. Run <code>make ui</code>, "
    "then start again."
)


@dataclass(frozen=True, slots=True)
class UiFile:
    """One file, ready to be sent."""

    content_type: str
    cache_control: str
    etag: str
    body: bytes
    compressed: dict[str, bytes]
    """By content coding."""

    def choose(self, accept_encoding: str) -> tuple[bytes, str | None]:
        """Body and content coding for an Accept-Encoding header."""
        accepted = {
            coding.strip()
            for coding, _, weight in (p.partition(";") for p in accept_encoding.split(","))
            if weight.replace(" ", "") not in {"q=0", "q=0.0"}
        }
        for coding in ("br", "gzip"):
            if coding in accepted and coding in self.compressed:
                return self.compressed[coding], coding
        return self.body, None


class Ui:
    """All files of the UI by their path."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, UiFile] = {}
        self.reload()

    def reload(self) -> None:
        """Read the folder (again)."""
        self._files = _read_folder(self._folder)
        if f"/{INDEX}" not in self._files:
            log.warning("the UI is not built: %s holds no %s", self._folder, INDEX)
            self._files[f"/{INDEX}"] = _ui_file(f"/{INDEX}", _NOT_BUILT.encode(), {})

    def find(self, path: str) -> UiFile | None:
        """The file at a path, the page at a route of the UI, or None."""
        if ROUTES.fullmatch(path):
            return self._files[f"/{INDEX}"]
        return self._files.get(path)


def _read_folder(folder: Path) -> dict[str, UiFile]:
    bodies: dict[str, bytes] = {}
    size_bytes = 0
    root = folder.resolve()
    for found in sorted(root.rglob("*"))[:FILES_MAX]:
        if not found.is_file() or not found.resolve().is_relative_to(root):
            continue
        size_bytes += found.stat().st_size
        if size_bytes > UI_BYTES_MAX:
            log.error(
                "the UI in %s is larger than %d bytes; the rest is left out", folder, size_bytes
            )
            break
        bodies["/" + found.relative_to(root).as_posix()] = found.read_bytes()
    files: dict[str, UiFile] = {}
    for path, body in bodies.items():
        suffix = Path(path).suffix
        if suffix in _COMPRESSED:
            continue
        if suffix not in _TYPES:
            log.warning("%s is not served: files of this type have no place in the UI", path)
            continue
        compressed = {
            coding: bodies[path + end]
            for end, coding in _COMPRESSED.items()
            if path + end in bodies
        }
        files[path] = _ui_file(path, body, compressed)
    return files


def _ui_file(path: str, body: bytes, compressed: dict[str, bytes]) -> UiFile:
    content_type = _TYPES[Path(path).suffix]
    is_text = not content_type.startswith(("image/png", "image/x-icon", "font/"))
    if is_text and "gzip" not in compressed and len(body) >= _COMPRESS_FROM_BYTES:
        compressed = {**compressed, "gzip": gzip.compress(body, 9, mtime=0)}
    if path == f"/{INDEX}":
        cache_control = NO_STORE
    else:
        cache_control = IMMUTABLE if _HASHED.fullmatch(path) else REVALIDATE
    etag = f'W/"{hashlib.sha256(body).hexdigest()[:24]}"'
    return UiFile(content_type, cache_control, etag, body, compressed)
