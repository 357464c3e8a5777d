"""What may remain of a name that somebody else chose. Pure.

The hub never uses such a name for a file: uploads lie under their numbers. The lab's view of them,
made inside its own folder, has these cleaned names, so that a dossier finds its files and a report
names them.
"""

from typing import Final

DEPTH_MAX: Final = 4
PART_CHARS_MAX: Final = 60
PART_BYTES_MAX: Final = 200
"""File systems allow 255; a number may come in front."""
_ALLOWED: Final = frozenset(" -_.,()+&@#'")


def clean_name(name: str) -> tuple[str, ...]:
    """The parts of a relative path made of harmless characters; at least one part.

    No part is empty, begins with a dot or a dash, or holds a separator or a control character.
    """
    parts = [part for part in name.replace("\\", "/").split("/") if part.strip(". ")]
    return tuple(_clean_part(part) for part in parts[-DEPTH_MAX:]) or ("unnamed",)


def _clean_part(part: str) -> str:
    text = "".join(c if c.isalnum() or c in _ALLOWED else "_" for c in part).strip()
    stem, dot, suffix = text.rpartition(".")
    if len(text) > PART_CHARS_MAX and dot and len(suffix) < 10:
        text = stem[: PART_CHARS_MAX - len(suffix) - 1] + dot + suffix
    text = text[:PART_CHARS_MAX]
    while len(text.encode()) > PART_BYTES_MAX:
        text = text[1:]
    return "_" + text[1:] if text[:1] in (".", "-", " ", "") else text


def view_names(names: list[str]) -> list[tuple[str, ...]]:
    """Cleaned names for files given together; no two are the same, none is another's folder."""
    files: set[tuple[str, ...]] = set()
    folders: set[tuple[str, ...]] = set()
    found = []
    for name in names:
        parts = cleaned = clean_name(name)
        number = 1
        while _clashes(_folded(parts), files, folders):
            number += 1
            parts = (f"{number} {cleaned[-1]}",)
        folded = _folded(parts)
        files.add(folded)
        folders |= {folded[:length] for length in range(1, len(folded))}
        found.append(parts)
    return found


def _folded(parts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part.casefold() for part in parts)


def _clashes(
    folded: tuple[str, ...], files: set[tuple[str, ...]], folders: set[tuple[str, ...]]
) -> bool:
    is_taken = folded in files or folded in folders
    return is_taken or any(folded[:length] in files for length in range(1, len(folded)))
