"""A privacy policy, reduced to what it states."""

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from keepsight.lab.facts.policy import Clause, ClauseKind, FunctionData, PolicyFacts
from keepsight.lab.facts.product import Unread
from keepsight.lab.facts.tracker import Tracker
from keepsight.lab.read.document import Block, Document, read_document
from keepsight.lab.read.limits import UnreadableArtefact
from keepsight.lab.read.precedence import find_precedences
from keepsight.lab.read.readability import figures, sentences
from keepsight.lab.read.tables import trackers
from keepsight.lab.read.wording import SENTENCE_CHARACTERS_MAX, Language, language_of, wording

CLAUSES_A_KIND_MAX = 40
FUNCTIONS_MAX = 200
QUOTE_CHARACTERS_MAX = 300

_EMAIL = re.compile(r"\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,3}\.[A-Za-z]{2,24}\b")
_CONTACT = re.compile(r"(?i)\b(?:contact us|get in touch|kontaktieren Sie|wenden Sie sich)\b")
_PERIOD = re.compile(
    r"(?i)\b\d{1,4}[ -](?:days?|weeks?|months?|years?|Tagen?|Wochen?|Monaten?|Jahren?)\b"
)
_EU_COUNTRY = re.compile(
    r"\b(?:Austria|Belgium|Bulgaria|Croatia|Cyprus|Czech\w*|Denmark|Estonia|Finland|France|Germany|"
    r"Greece|Hungary|Ireland|Italy|Latvia|Lithuania|Luxembourg|Malta|Netherlands|Poland|Portugal|"
    r"Romania|Slovakia|Slovenia|Spain|Sweden|Deutschland|Niederlande|Irland|Österreich)\b"
)


def read_policy(path: Path) -> tuple[PolicyFacts, tuple[Unread, ...]]:
    """Read one policy file.

    Raises:
        UnreadableArtefact: nothing to read in it, or a language that is not understood.
        OSError: the file cannot be opened.
    """
    document = read_document(path)
    text = "\n".join(block.text for block in document.blocks)
    language = language_of(text)
    if not language:
        raise UnreadableArtefact("neither English nor German: its clauses are not judged")
    words = wording(language)
    listed = sentences(document.blocks)
    parties = _parties(text, listed, trackers())
    facts = PolicyFacts(
        artefact=path.name,
        title=own_name(document),
        language=language,
        text_sha256=hashlib.sha256(text.encode()).hexdigest(),
        figures=figures(document.blocks, language),
        clauses=_clauses(document, listed, words),
        precedences=find_precedences(listed, own_name(document), words),
        functions=_functions(document, words),
        named_parties=tuple(parties),
        party_quotes=parties,
        folded_text=" ".join(text.lower().split()),
    )
    cut = (Unread(path.name, "its end", "longer than what is read"),) if document.is_cut else ()
    return facts, cut


_TITLE = re.compile(r"(?i)\b(?:privacy|datenschutz|data protection)")


def own_name(document: Document) -> str:
    """The document's own name: the first heading about privacy, else its first heading."""
    for block in document.blocks[:12]:
        is_short = len(block.text) <= 120
        if is_short and _TITLE.search(block.text) and (block.is_heading or len(block.text) <= 60):
            return block.text
    return document.title


def _quote(sentence: str) -> str:
    text = " ".join(sentence.split())
    return text if len(text) <= QUOTE_CHARACTERS_MAX else text[: QUOTE_CHARACTERS_MAX - 1] + "…"


def _clauses(document: Document, listed: list[str], words: Language) -> tuple[Clause, ...]:
    found: list[Clause] = []
    counts: dict[ClauseKind, int] = {}

    def keep(kind: ClauseKind, sentence: str, number: int, subject: str = "") -> None:
        if counts.get(kind, 0) < CLAUSES_A_KIND_MAX:
            counts[kind] = counts.get(kind, 0) + 1
            found.append(Clause(kind, _quote(sentence), number, subject))

    for number, sentence in enumerate(listed, 1):
        bounded = sentence[:SENTENCE_CHARACTERS_MAX]
        for row in words.clauses:
            if row.matches(bounded):
                keep(row.kind, bounded, number, _subject(row.kind, bounded))
        for name, pattern in words.categories.items():
            if words.collects.search(bounded) and pattern.search(bounded):
                keep(ClauseKind.CATEGORY, bounded, number, name)
    _contacts(document, keep)
    return tuple(found)


def _subject(kind: ClauseKind, sentence: str) -> str:
    if kind is ClauseKind.RETENTION:
        period = _PERIOD.search(sentence)
        return period.group() if period else ""
    if kind in (ClauseKind.EU_CONTACT, ClauseKind.OFFICER):
        address = _EMAIL.search(sentence)
        return address.group() if address else ""
    return ""


def _contacts(document: Document, keep: "_Keep") -> None:
    """Contacts often stand in blocks that are no sentences: addresses under a heading."""
    seen: set[str] = set()
    previous: Block | None = None
    for block in document.blocks:
        for address in _EMAIL.findall(block.text):
            if address.lower() not in seen:
                seen.add(address.lower())
                keep(ClauseKind.CONTACT, block.text, 0, address)
        near = f"{previous.text if previous else ''} {block.text}"
        if re.search(r"(?i)data (?:protection|privacy) officer|Datenschutzbeauftragte", block.text):
            keep(ClauseKind.OFFICER, near, 0)
        is_role = re.search(r"(?i)\b(?:controller|representative|Vertreter|Verantwortliche)", near)
        if is_role and _EU_COUNTRY.search(block.text) and len(block.text) < 400:
            keep(ClauseKind.EU_CONTACT, near, 0)
        previous = block
    if not seen:
        for block in document.blocks:
            if _CONTACT.search(block.text):
                keep(ClauseKind.CONTACT, block.text, 0, "")


def _functions(document: Document, words: Language) -> tuple[FunctionData, ...]:
    """Which data belong to which function: by the heading above, or by the sentence itself."""
    found: dict[str, FunctionData] = {}
    heading = ""
    number = 0
    for block in document.blocks:
        if block.is_heading:
            heading = block.text
            continue
        number += 1
        text = block.text[:SENTENCE_CHARACTERS_MAX]
        categories = [name for name, pattern in words.categories.items() if pattern.search(text)]
        if not categories or not words.collects.search(text):
            continue
        named = [n for n, p in words.functions.items() if p.search(heading)]
        # A sentence names its function at its beginning: "When you add a camera, we collect ...".
        named += [n for n, p in words.functions.items() if p.search(text[:160]) and n not in named]
        for name in named[:2]:
            old = found.get(name)
            known = old.categories if old else ()
            merged = tuple(dict.fromkeys([*known, *categories]))
            if len(found) < FUNCTIONS_MAX:
                found[name] = FunctionData(name, merged, old.sentence if old else number)
    return tuple(found.values())


def _parties(text: str, listed: list[str], table: Iterable[Tracker]) -> dict[str, str]:
    """Trackers named by product, owner or synonym, with the sentence that names them."""
    found: dict[str, str] = {}
    lower = text.lower()
    for tracker in table:
        for name in tracker.names:
            if name.lower() not in lower:
                continue
            pattern = _name_pattern(name)
            if not pattern.search(text):
                continue
            quote = next((s for s in listed if pattern.search(s)), name)
            found[tracker.name] = _quote(quote)
            break
    return found


def _name_pattern(name: str) -> "re.Pattern[str]":
    """Finds a product's or owner's name; one that is also a common word only inside a sentence."""
    if name.lower() in _COMMON_WORDS:
        return re.compile(
            rf"(?<=[a-z,;(:]\s){re.escape(name)}(?!\w)|(?<=\(){re.escape(name)}(?!\w)"
        )
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE)


_COMMON_WORDS = frozenset(
    {
        "adjust",
        "branch",
        "segment",
        "unity",
        "meta",
        "braze",
        "amplitude",
        "sentry",
        "flurry",
        "aurora",
    }
)


class _Keep(Protocol):
    """The shape of the function that keeps a clause."""

    def __call__(self, kind: ClauseKind, sentence: str, number: int, subject: str = "") -> None: ...
