"""How long and how hard a text is. Formulas and their limits: docs/lab/readability.md.

Flesch reading ease (1948), Flesch-Kincaid grade (1975), Amstad's reading ease for German (1978).
Syllables are counted by rule; on whole policies the reading ease lies within a few points of
dictionary-based counters.
"""

import re

from keepsight.lab.facts.policy import TextFigures
from keepsight.lab.read.document import Block

WORDS_PER_MINUTE = 238
"""Brysbaert 2019, silent reading of English non-fiction by adults."""
SECONDS_PER_CHARACTER = 0.01469
"""Demberg and Keller 2008, as used by text-statistics libraries."""
SENTENCE_CHARACTERS_MAX = 2_000

_WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")  # noqa: RUF001 - the apostrophe of typeset texts
_END = re.compile(r"(?<=[.!?…])[\"'”’»)\]]*\s+(?=[\"'“‘«(\[]?[A-ZÄÖÜ0-9•])")  # noqa: RUF001
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|Inc|Ltd|Co|Corp|No|Nos|Art|Sec|vs|approx|Mr|Mrs|Ms|Dr|St|U\.S|U\.K|E\.U"
    r"|z\.\s?B|d\.\s?h|u\.\s?a|bzw|ggf|Nr|Abs|lit|Ziff|vgl|gem|inkl|usw|Str|Tel|ca|o\.\s?ä|S)"
    r"|^\(?\d{1,3}|^\(?[A-Za-z]|\b[A-Z])\.$"
)
_VOWELS_EN = re.compile(r"[aeiouy]+")
_VOWELS_DE = re.compile(r"ei|ai|au|äu|eu|ie|aa|ee|oo|[aeiouyäöü]")
_APART = re.compile(
    r"ia(?!l$|n$|ls$|lly$)|io(?!n|us)|[^ctgx]ious|eo(?!ple)|ua(?!ge)|uo|ism$|[^aeiou]ier$|rea$|dea$"
    r"|crea(?!m|s|k)|[^ct]ie(?=nc|nt|t)|[ln]ues?$|[aeou]ing|yee"
)
"""Neighbouring vowels that are spoken apart."""
_SILENT = re.compile(
    r"[aeiou][^aeiou]{1,2}e(?=ments?$|ful|less|ly$|ty$|fore$|times$)|siness|[aeo]very"
)
"""A silent e inside a word."""
_BANDS = (
    (90, "5th grade"),
    (80, "6th grade"),
    (70, "7th grade"),
    (60, "8th and 9th grade"),
    (50, "10th to 12th grade"),
    (30, "college"),
    (float("-inf"), "college graduate"),
)
_BANDS_DE = (
    (80, "very easy"),
    (70, "easy"),
    (60, "fairly easy"),
    (50, "medium"),
    (40, "fairly hard"),
    (30, "hard"),
    (float("-inf"), "very hard"),
)


def sentences(blocks: tuple[Block, ...]) -> list[str]:
    """The sentences of a text, without headings.

    A list item that does not end in a full stop goes on in the next one: that is how it is read.
    """
    found: list[str] = []
    held = ""
    for block in blocks:
        if block.is_heading or (held and not block.is_item):
            if held:
                found += split_sentences(held)
            held = ""
        if block.is_heading:
            continue
        text = f"{held} {block.text}".strip()
        goes_on = (block.is_item and text[-1:] not in ".!?…") or text.endswith((":", ";"))
        if goes_on and len(text) < SENTENCE_CHARACTERS_MAX:
            held = text
        else:
            found += split_sentences(text)
            held = ""
    return found + (split_sentences(held) if held else [])


def split_sentences(text: str) -> list[str]:
    """Split a paragraph; abbreviations and numbering do not end a sentence."""
    out: list[str] = []
    start = 0
    for match in _END.finditer(text):
        piece = text[start : match.start()].strip()
        last = piece.rsplit(maxsplit=1)[-1] if piece else ""
        if not piece or _ABBREVIATION.search(last):
            continue
        out.append(piece)
        start = match.end()
    rest = text[start:].strip()
    if rest:
        out.append(rest)
    return [sentence for sentence in out if _WORD.search(sentence)]


def syllables(word: str, language: str) -> int:
    """Syllables of one word, by rule; at least 1."""
    lower = word.lower()
    if not lower.isalpha():
        lower = re.sub(r"[^a-zäöüßéèêáàâóòôíìîúùû]", "", lower) or "a"
    if language == "de":
        return max(1, len(_VOWELS_DE.findall(lower)))
    count = len(_VOWELS_EN.findall(lower))
    if (
        (lower.endswith("e") and not lower.endswith(("le", "ee", "ie", "oe", "ye")))
        or (lower.endswith("es") and lower[-3:-2] not in "sxzcgei")
        or (lower.endswith("ed") and lower[-3:-2] not in "tde")
    ):
        count -= 1
    return max(1, count + len(_APART.findall(lower)) - len(_SILENT.findall(lower)))


def band_of(reading_ease: float, language: str) -> str:
    """The plain-language band of the reading-ease scale."""
    bands = _BANDS_DE if language == "de" else _BANDS
    return next(name for least, name in bands if reading_ease >= least)


def figures(blocks: tuple[Block, ...], language: str) -> TextFigures:
    """All figures of a text. Headings count for length and time, not for sentences."""
    words = [word for block in blocks for word in _WORD.findall(block.text)]
    characters = sum(len(block.text.replace(" ", "")) for block in blocks)
    in_sentences = sentences(blocks)
    sentence_words = [word for sentence in in_sentences for word in _WORD.findall(sentence)]
    counted = sum(syllables(word, language) for word in sentence_words)
    per_sentence = len(sentence_words) / max(1, len(in_sentences))
    per_word = counted / max(1, len(sentence_words))
    if language == "de":
        ease = 180 - per_sentence - 58.5 * per_word
        formula = "Amstad: 180 - words/sentence - 58.5 x syllables/word"
    else:
        ease = 206.835 - 1.015 * per_sentence - 84.6 * per_word
        formula = "Flesch: 206.835 - 1.015 x words/sentence - 84.6 x syllables/word"
    grade = 0.39 * per_sentence + 11.8 * per_word - 15.59
    return TextFigures(
        words=len(words),
        sentences=len(in_sentences),
        characters=characters,
        syllables=counted,
        words_per_sentence=round(per_sentence, 1),
        minutes_at_238=round(len(words) / WORDS_PER_MINUTE, 2),
        minutes_by_character=round(characters * SECONDS_PER_CHARACTER / 60, 2),
        reading_ease=round(ease, 1),
        reading_ease_formula=formula,
        reading_ease_band=band_of(ease, language),
        kincaid_grade=None if language == "de" else round(grade, 1),
    )
