"""Clauses by which one document overrides another: who wins over whom, and when.

Each half of a sentence is looked at by itself, because two-way clauses exist ("where they differ
this one prevails; where this one is silent, that one does").
"""

import re

from keepsight.lab.facts.policy import Precedence, Winner
from keepsight.lab.read.wording import SENTENCE_CHARACTERS_MAX, Language

_HALVES = re.compile(r";\s+|(?<=\w),?\s+(?:whereas|while|wohingegen|während)\s+")
_FILLER = frozenset(
    re.findall(
        r"\w+",
        "the a an of our its this that these those any such privacy policy policies notice"
        " statement terms agreement use service data protection cookie other and or to in for inc"
        " ltd co der die das des dem den diese dieser diesem diesen dieses unsere unserer von und"
        " datenschutzerklärung datenschutzrichtlinie richtlinie erklärung website app company",
    )
)
_LATTER = re.compile(r"(?i)\b(?:latter|letztere\w*)\b")
_FORMER = re.compile(r"(?i)\b(?:former|erstere\w*)\b")
QUOTE_CHARACTERS_MAX = 400


def name_words(name: str) -> frozenset[str]:
    """What tells one document's name from another's: its words without the usual ones."""
    return frozenset(re.findall(r"[\w°]+", name.lower())) - _FILLER


def find_precedences(
    sentences: list[str], title: str, language: Language
) -> tuple[Precedence, ...]:
    """All such clauses of a text whose own name is `title`."""
    found: list[Precedence] = []
    for number, sentence in enumerate(sentences, 1):
        bounded = sentence[:SENTENCE_CHARACTERS_MAX]
        for half in _HALVES.split(bounded):
            clause = _half(half, bounded, number, title, language)
            if clause is not None and clause not in found:
                found.append(clause)
    return tuple(found)


def _half(  # noqa: PLR0911 - one return a form of clause
    half: str, sentence: str, number: int, title: str, language: Language
) -> Precedence | None:
    words = language.precedence
    over = words["wins_over"].search(half)
    if over:
        first = _last_document(half[: over.start()], words)
        second = _first_document(half[over.end() :], words)
        if first and second and not words["earlier"].search(half[over.end() :][:80]):
            return _clause(first, second, half, sentence, number, title, words)
        return None
    under = words["loses_to"].search(half)
    if under:
        first = _last_document(half[: under.start()], words)
        second = _first_document(half[under.end() :], words) or _last_document(under.group(), words)
        if first and second and "subject" not in under.group().lower():
            return _clause(second, first, half, sentence, number, title, words)
        return None
    wins = words["wins"].search(half)
    is_about = words["difference"].search(half) or words["silence"].search(half)
    if not wins or not is_about:
        return None
    winner = _last_document(half[: wins.start()], words) or _first_document(
        half[wins.end() :], words
    )
    around = (half[: wins.start()], half[wins.end() :])
    others = [n for part in around for n in _documents(part, words) if n != winner]
    if not winner:
        return None
    if _LATTER.search(winner) or _FORMER.search(winner):
        named = [n for n in others if not _LATTER.search(n) and not _FORMER.search(n)]
        if len(named) < 2:
            return Precedence(
                _quote(sentence), number, Winner.UNRESOLVED, title, winner, _condition(half, words)
            )
        winner = named[1] if _LATTER.search(winner) else named[0]
        others = [name for name in named if name != winner]
    own = [name for name in others if _is_this(name, title, words)]
    loser = own[0] if own else others[0] if others else ""
    return _clause(winner, loser, half, sentence, number, title, words)


def _condition(half: str, words: dict[str, "re.Pattern[str]"]) -> str:
    if words["language"].search(half):
        return "language"
    return "silence" if words["silence"].search(half) else "conflict"


def _clause(  # noqa: PLR0913, PLR0917 - winner, loser and where they stand
    winner: str,
    loser: str,
    half: str,
    sentence: str,
    number: int,
    title: str,
    words: dict[str, "re.Pattern[str]"],
) -> Precedence:
    is_winner_this, is_loser_this = _is_this(winner, title, words), _is_this(loser, title, words)
    if is_winner_this == is_loser_this:
        # Between two foreign documents, or a document over itself.
        outcome = Winner.UNRESOLVED if not is_winner_this and loser else Winner.THIS
        if not is_winner_this and not loser:
            outcome = Winner.OTHER
    else:
        outcome = Winner.THIS if is_winner_this else Winner.OTHER
    other = loser if is_winner_this else winner
    return Precedence(_quote(sentence), number, outcome, title, other, _condition(half, words))


def _is_this(name: str, title: str, words: dict[str, "re.Pattern[str]"]) -> bool:
    if not name:
        return False
    own, given = name_words(title), name_words(name)
    if given:
        # "this Policy of Mi Home" and "the Mi Home Privacy Policy" are both this one.
        return given == own or (bool(words["this"].search(name)) and not given - own)
    return bool(words["this"].search(name))


_NAME_BEFORE = re.compile(
    r"(?:\b(?:this|the|our|any|that|those|these|its|diese\w*|die|der|den|dem|das|unsere\w*|vorliegende\w*)\s+)?"
    r"(?:(?:specific|general|separate|local|regional|relevant|respective|applicable|jeweilige\w*)\s+)?"
    r"(?:(?:[A-ZÄÖÜ][\w°.&’'-]*|of|from|and|von|für|und|/)[\s/]+){0,8}$"  # noqa: RUF001
)
_NAME_AFTER = re.compile(
    r"^\s+(?:of|from|for|von|der|für)\s+(?:the\s+|der\s+|die\s+)?"
    r"[A-ZÄÖÜ][\w°.&-]*(?:[ /][A-ZÄÖÜ][\w°.&-]*){0,4}"
)


def _documents(text: str, words: dict[str, "re.Pattern[str]"]) -> list[str]:
    """Names of documents in a text, in order, each with the capitalised words around its noun."""
    names: list[str] = []
    for match in words["document"].finditer(text):
        before = _NAME_BEFORE.search(text[: match.start()])
        after = _NAME_AFTER.match(text[match.end() :])
        name = (before.group() if before else "") + match.group() + (after.group() if after else "")
        name = " ".join(name.split()).strip(" ,")
        if name and name not in names:
            names.append(name)
    return names


def _last_document(text: str, words: dict[str, "re.Pattern[str]"]) -> str:
    names = _documents(text, words)
    return names[-1] if names else ""


def _first_document(text: str, words: dict[str, "re.Pattern[str]"]) -> str:
    names = _documents(text, words)
    return names[0] if names else ""


def _quote(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= QUOTE_CHARACTERS_MAX else text[: QUOTE_CHARACTERS_MAX - 1] + "…"
