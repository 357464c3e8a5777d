"""dossier.toml: the product, its artefacts, what a person observed, the seals claimed."""

import base64
import binascii
import datetime as dt
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from keepsight.lab.artefact import ArtefactKind
from keepsight.lab.facts.observation import Answer, Observation, Observations
from keepsight.lab.facts.product import Product, Unread
from keepsight.lab.facts.seal import SealClaim
from keepsight.lab.read.capture import CaptureContext
from keepsight.lab.read.limits import UnreadableArtefact
from keepsight.lab.read.questions import Question, questions
from keepsight.lab.read.seals import register

FILE_NAME = "dossier.toml"
FILE_BYTES_MAX = 1 << 20
ARTEFACTS_MAX = 200


@dataclass(frozen=True, slots=True)
class NamedArtefact:
    """A file the dossier names."""

    path: Path
    kind: ArtefactKind | None
    """None: told from its content."""
    context: CaptureContext = field(default_factory=CaptureContext)


@dataclass(frozen=True, slots=True)
class Dossier:
    """One product's folder."""

    folder: Path
    product: Product
    report_date: str
    """ISO date to judge for; empty: today."""
    artefacts: tuple[NamedArtefact, ...]
    observations: Observations
    seals: tuple[SealClaim, ...]
    unread: tuple[Unread, ...]


def read_dossier(folder: Path) -> Dossier:
    """Read a dossier folder.

    Raises:
        UnreadableArtefact: no dossier.toml, not TOML, or without a product.
    """
    path = folder / FILE_NAME
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise UnreadableArtefact("larger than any dossier")
        table = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise UnreadableArtefact(f"there is none in {folder.name}") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise UnreadableArtefact(f"cannot be read: {error}") from error
    unread: list[Unread] = []
    row = _table(table.get("product"))
    if not row:
        raise UnreadableArtefact("it has no [product]")
    artefacts = _artefacts(folder, table, unread)
    return Dossier(
        folder=folder,
        product=Product(
            name=_text(row, "name"),
            vendor=_text(row, "vendor"),
            model=_text(row, "model"),
            price=_text(row, "price"),
            functions=_words(row, "functions"),
            claims=_words(row, "claims"),
        ),
        report_date=_date(row.get("report_date")),
        artefacts=artefacts,
        observations=_observations(_table(table.get("observations")), unread),
        seals=tuple(_seal(_table(seal)) for seal in _rows(table, "seal")),
        unread=tuple(unread),
    )


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _rows(table: dict[str, Any], key: str) -> list[object]:
    value = table.get(key)
    return value[:ARTEFACTS_MAX] if isinstance(value, list) else []


def _text(row: dict[str, Any], key: str) -> str:
    value = row.get(key, "")
    return str(value)[:500] if isinstance(value, (str, int, float)) else ""


def _words(row: dict[str, Any], key: str) -> tuple[str, ...]:
    value = row.get(key)
    return tuple(str(word)[:500] for word in value[:200]) if isinstance(value, list) else ()


def _date(value: object) -> str:
    if isinstance(value, dt.date):
        return value.isoformat()[:10]
    return value[:10] if isinstance(value, str) else ""


def _artefacts(
    folder: Path, table: dict[str, Any], unread: list[Unread]
) -> tuple[NamedArtefact, ...]:
    found = []
    markers = _words(_table(table.get("account")), "markers")
    for value in _rows(table, "artefact"):
        row = _table(value)
        name = _text(row, "path")
        path = folder / name
        # A dossier may come from a stranger: it names files beside it, and nothing else.
        is_inside = path.resolve().is_relative_to(folder.resolve())
        if not name or not is_inside:
            unread.append(
                Unread(name or FILE_NAME, "", "names a file outside the dossier's folder")
            )
            continue
        if not path.is_file():
            unread.append(Unread(name, "", "the dossier names it, but there is no such file"))
            continue
        kind = _text(row, "kind")
        known = kind in {k.value for k in ArtefactKind}
        context = CaptureContext(
            is_decrypted=row.get("decrypted") is True,
            actions=_words(row, "actions"),
            phase=_text(row, "phase"),
            secret=_secret(_text(row, "ssecurity"), unread),
            markers=markers,
        )
        found.append(NamedArtefact(path, ArtefactKind(kind) if known else None, context))
    return tuple(found)


def _secret(text: str, unread: list[Unread]) -> bytes | None:
    if not text:
        return None
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        unread.append(Unread(FILE_NAME, "ssecurity", "not base64"))
        return None


def _observations(table: dict[str, Any], unread: list[Unread]) -> Observations:
    known = {question.key: question for question in questions()}
    answers: dict[str, Observation] = {}
    for key, value in table.items():
        question = known.get(key)
        row = value if isinstance(value, dict) else {"answer": value}
        if question is None:
            unread.append(Unread(FILE_NAME, f"observation {key}", "no such question"))
            continue
        answer, reason = _answer(question, row.get("answer"))
        if reason:
            unread.append(Unread(FILE_NAME, f"observation {key}", reason))
        elif answer is not None:
            answers[key] = Observation(key, answer, _text(row, "note"), _date(row.get("date")))
    return Observations(answers)


def _answer(  # noqa: PLR0911 - one return a kind of question
    question: Question, value: object
) -> tuple[Answer | None, str]:
    """The answer in its type, or why it is none. Empty answers are no answers."""
    if value in ("", [], None):
        return None, ""
    if question.kind == "number":
        is_number = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 10_000
        return (value, "") if is_number and isinstance(value, int) else (None, "not a number")
    if question.kind == "date":
        date = _date(value)
        return (date, "") if date else (None, "not a date")
    if question.kind == "several":
        words = value if isinstance(value, list) else [value]
        wrong = [str(word) for word in words if word not in question.choices]
        if wrong:
            return None, f"{', '.join(wrong)} is none of {', '.join(question.choices)}"
        return tuple(str(word) for word in words), ""
    if question.kind == "choice":
        if value in question.choices:
            return str(value), ""
        return None, f"{value!r} is none of {', '.join(question.choices)}"
    return str(value)[:500], ""


def _seal(row: dict[str, Any]) -> SealClaim:
    dated, kinds = register()
    name = _text(row, "name")
    return SealClaim(
        name=name,
        kind=kinds.get(name.lower()),
        label_id=_text(row, "label_id"),
        model=_text(row, "model"),
        valid_until=_date(row.get("valid_until")),
        page_saved_on=_date(row.get("page_saved_on")),
        provisions=_words(row, "provisions"),
        register_date=dated,
    )
