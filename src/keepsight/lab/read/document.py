"""A policy file as readable blocks: HTML, PDF, Markdown, plain text, in whatever encoding.

Scripts, styles and hidden parts of HTML are not text. A file with nothing to read is unreadable,
not an empty policy.
"""

import io
import re
import warnings
from dataclasses import dataclass
from logging import getLogger
from pathlib import Path

from lxml import etree, html

from keepsight.lab.read.limits import UnreadableArtefact

FILE_BYTES_MAX = 32 << 20
TEXT_CHARACTERS_MAX = 4 << 20
"""About 600,000 words: a hundred times the longest policy met."""
PDF_PAGES_MAX = 400
BLOCKS_MAX = 50_000
WORDS_MIN = 20
"""With fewer words there is nothing to judge."""

_SKIPPED = frozenset({"script", "style", "noscript", "template", "head", "svg", "iframe", "object"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "title"})
_ITEMS = frozenset({"li", "dd", "dt", "td", "th"})
_BLOCKS = _HEADINGS | _ITEMS | frozenset(
    {"p", "div", "section", "article", "main", "body", "tr", "table", "ul", "ol", "br",
     "blockquote", "header", "footer", "nav", "aside", "pre", "dl", "caption", "html"}
)  # fmt: skip
_HIDDEN = re.compile(r"(?i)display\s*:\s*none|visibility\s*:\s*hidden")
_WORD = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph, heading or list item, white space folded."""

    text: str
    is_heading: bool = False
    is_item: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """The text of one file."""

    title: str
    blocks: tuple[Block, ...]
    is_cut: bool = False
    """Longer than what is read; the rest was not looked at."""


def read_document(path: Path) -> Document:
    """Read a policy file by its content first and its name second.

    Raises:
        UnreadableArtefact: too large, binary, or with nothing to read.
        OSError: the file cannot be opened.
    """
    if path.stat().st_size > FILE_BYTES_MAX:
        raise UnreadableArtefact(f"a policy of more than {FILE_BYTES_MAX >> 20} MiB")
    raw = path.read_bytes()
    if raw.startswith(b"%PDF") or path.suffix.lower() == ".pdf":
        blocks, is_cut = _pdf_blocks(raw)
    else:
        text = decode(raw)
        is_cut = len(text) > TEXT_CHARACTERS_MAX
        text = text[:TEXT_CHARACTERS_MAX]
        if path.suffix.lower() in (".html", ".htm", ".xhtml") or is_html(text):
            blocks = _html_blocks(text)
        elif path.suffix.lower() == ".md":
            blocks = _markdown_blocks(text)
        else:
            blocks = _plain_blocks(text)
    blocks = [block for block in blocks if _WORD.search(block.text)]
    if sum(len(block.text.split()) for block in blocks) < WORDS_MIN:
        raise UnreadableArtefact("no text to read in it (a scan, or an empty page?)")
    title = next((b.text for b in blocks if b.is_heading), blocks[0].text)
    return Document(title[:160], tuple(blocks[:BLOCKS_MAX]), is_cut or len(blocks) > BLOCKS_MAX)


def is_html(text: str) -> bool:
    """Whether a text begins like an HTML page."""
    head = text[:2048].lstrip().lower()
    return head.startswith(("<!doctype html", "<html", "<head", "<body")) or "<html" in head


def decode(raw: bytes) -> str:
    """Text of bytes in an unknown encoding: byte-order mark, UTF-8, UTF-16 by its zeros, else 1252.

    Raises:
        UnreadableArtefact: the bytes are no text.
    """
    for mark, encoding in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if raw.startswith(mark):
            return raw.decode(encoding, "replace")
    zeros = raw[:4096].count(0)
    if zeros:
        if zeros < len(raw[:4096]) // 3:
            raise UnreadableArtefact("binary data, not a text")
        return raw.decode("utf-16-le" if raw[1:2] == b"\0" else "utf-16-be", "replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    declared = re.search(rb"""charset\s*=\s*["']?([A-Za-z0-9_-]{2,20})""", raw[:2048])
    for encoding in (declared.group(1).decode() if declared else "", "cp1252", "latin-1"):
        try:
            return raw.decode(encoding) if encoding else raw.decode("ascii")
        except (UnicodeDecodeError, LookupError):
            continue
    raise UnreadableArtefact("no encoding fits")


def _folded(text: str) -> str:
    return " ".join(text.replace("\u00ad", "").split())


def _html_blocks(text: str) -> list[Block]:
    # An encoding declaration inside a decoded text would make the parser refuse it.
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text, count=1)
    parser = html.HTMLParser(huge_tree=False, recover=True, remove_comments=True, no_network=True)
    try:
        root = html.document_fromstring(text, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableArtefact(f"HTML that cannot be parsed: {error}") from error
    blocks: list[Block] = []
    pieces: list[str] = []
    kinds: list[str] = []

    def flush() -> None:
        folded = _folded("".join(pieces))
        pieces.clear()
        if folded:
            inside = set(kinds)
            blocks.append(Block(folded, bool(inside & _HEADINGS), bool(inside & _ITEMS)))

    skipped = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        tag = element.tag if isinstance(element.tag, str) else ""
        is_skipped = tag in _SKIPPED or not tag or _is_hidden(element)
        is_block = tag in _BLOCKS
        if event == "start":
            skipped += is_skipped
            if is_block and not skipped:
                flush()
                kinds.append(tag)
            if not skipped and element.text:
                pieces.append(element.text)
        else:
            if is_block and not skipped:
                flush()
                kinds.pop()
            skipped -= is_skipped
            if not skipped and element.tail:
                pieces.append(element.tail)
    flush()
    return blocks


def _is_hidden(element: "etree._Element") -> bool:
    style = element.get("style")
    return "hidden" in element.attrib or bool(style and _HIDDEN.search(style))


def _pdf_blocks(raw: bytes) -> tuple[list[Block], bool]:
    from pypdf import PdfReader  # only here: few policies are PDF, and it loads for 80 ms
    from pypdf.errors import PyPdfError

    # The library warns about every oddity of a file; oddities of foreign files are no news here.
    getLogger("pypdf").setLevel("CRITICAL")
    pages: list[str] = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            reader = PdfReader(io.BytesIO(raw), strict=False)
            if reader.is_encrypted and not reader.decrypt(""):
                raise UnreadableArtefact("a PDF that asks for a password")
            count = len(reader.pages)
            pages = [reader.pages[n].extract_text() for n in range(min(count, PDF_PAGES_MAX))]
    except (PyPdfError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise UnreadableArtefact(f"a damaged PDF: {type(error).__name__}") from error
    except (RecursionError, OverflowError, ArithmeticError, AssertionError) as error:
        raise UnreadableArtefact(f"a damaged PDF: {type(error).__name__}") from error
    text = "\n\n".join(pages)[:TEXT_CHARACTERS_MAX]
    return _plain_blocks(text), count > PDF_PAGES_MAX


_HYPHEN = re.compile(r"(\w)-\n(?=[a-zäöüß])")
_LIST_ITEM = re.compile(r"^\s*(?:[-*•·\u2013▪◦]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s+")
_NUMBERED_HEADING = re.compile(r"^\s*(?:\d{1,2}(?:\.\d{1,2})*\.?|[IVX]{1,5}\.|§ ?\d+)\s+\S")


def _plain_blocks(text: str) -> list[Block]:
    text = _HYPHEN.sub(r"\1", text.replace("\r\n", "\n").replace("\f", "\n\n"))
    blocks: list[Block] = []
    for paragraph in re.split(r"\n[ \t]*\n+", text):
        lines = [line for line in paragraph.split("\n") if line.strip()]
        blocks += _paragraph_blocks(lines)
    return blocks


def _paragraph_blocks(lines: list[str]) -> list[Block]:
    blocks: list[Block] = []
    held: list[str] = []
    is_item = False
    for line in lines:
        is_start = bool(_LIST_ITEM.match(line)) or _is_plain_heading(line, alone=len(lines) == 1)
        if is_start and held:
            blocks.append(Block(_folded(" ".join(held)), is_item=is_item))
            held = []
        if _is_plain_heading(line, alone=len(lines) == 1):
            blocks.append(Block(_folded(line), is_heading=True))
            continue
        if not held:
            is_item = bool(_LIST_ITEM.match(line))
        held.append(_LIST_ITEM.sub("", line) if not held else line)
    if held:
        blocks.append(Block(_folded(" ".join(held)), is_item=is_item))
    return blocks


def _is_plain_heading(line: str, *, alone: bool) -> bool:
    stripped = line.strip()
    if len(stripped) > 90 or stripped.endswith((".", ",", ";", ":", "!", "?")):
        return False
    is_numbered = bool(_NUMBERED_HEADING.match(stripped)) and len(stripped.split()) <= 10
    return stripped.isupper() or is_numbered or (alone and len(stripped.split()) <= 10)


_IMAGE = re.compile(r"!\[([^\]]{0,300})\]\([^)\s]{0,300}+(?:\s[^)]{0,100}+)?\)")
_LINK = re.compile(
    r"\[((?:[^\[\]\\]|\\.){0,500})\]\((?:[^()\s]|\([^()]{0,200}\)){0,1000}(?:\s+\"[^\"]{0,300}\")?\)"
)
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,300}>")
_EMPHASIS = re.compile(r"\*{1,3}|(?<!\w)_{1,3}(?=\S)|(?<=\S)_{1,3}(?!\w)|`{1,3}|~~")
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+.!|>~-])")
_BOLD_LINE = re.compile(r"^\s*\*\*[^*]{1,90}\*\*\s*$")


def _markdown_blocks(text: str) -> list[Block]:
    lines = text.replace("\r\n", "\n").split("\n")
    blocks: list[Block] = []
    held: list[str] = []
    is_item = False

    def flush() -> None:
        folded = _inline("  ".join(held))
        held.clear()
        if folded:
            blocks.append(Block(folded, is_item=is_item))

    for number, line in enumerate(lines):
        following = lines[number + 1].strip() if number + 1 < len(lines) else ""
        is_under = bool(line.strip()) and bool(re.fullmatch(r"=+|-{3,}", following))
        if re.fullmatch(r"\s*(?:=+|-{3,}|\*{3,}|_{3,})\s*", line) or not line.strip():
            flush()
        elif line.lstrip().startswith("#") or _BOLD_LINE.match(line) or is_under:
            flush()
            blocks.append(Block(_inline(line.lstrip().lstrip("#")), is_heading=True))
        else:
            match = _LIST_ITEM.match(line)
            if match:
                flush()
            if not held:
                is_item = bool(match)
            held.append(_LIST_ITEM.sub("", line).lstrip("> ").strip("|"))
    flush()
    return blocks


def _inline(text: str) -> str:
    text = _IMAGE.sub(r"\1", text)
    text = _LINK.sub(r"\1", text)
    text = _TAG.sub(" ", text)
    text = _EMPHASIS.sub("", text)
    return _folded(_ESCAPE.sub(r"\1", text))
