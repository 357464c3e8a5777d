"""Files of every kind and encoding become blocks; nothing to read is unreadable."""

import contextlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfWriter

from keepsight.lab.read import document
from keepsight.lab.read.document import read_document
from keepsight.lab.read.limits import UnreadableArtefact

WORDS = "This is the privacy policy of a camera that is read by people who want to know. " * 3


def read(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return read_document(path)


def texts(found):
    return [block.text for block in found.blocks]


def test_html_without_scripts_styles_and_hidden_parts(tmp_path):
    found = read(
        tmp_path, "a.html",
        f"<html><body><h1>Title</h1><script>secret()</script><p style='display: none'>hidden</p>"
        f"<noscript>no</noscript><p hidden>gone</p><p>{WORDS}</p><ul><li>one</li><li>two</li></ul>",
    )  # fmt: skip
    assert found.title == "Title"
    assert texts(found) == ["Title", WORDS.strip(), "one", "two"]
    assert found.blocks[2].is_item


def test_markdown_without_its_marks(tmp_path):
    found = read(
        tmp_path, "a.md",
        f"Title\n=====\n\n{WORDS} See [the **terms**](https://e.example/a_(b)) and `code`.\n\n"
        "* first\n* second\n\n**Bold line**\n\n![picture](x.png)\n",
    )  # fmt: skip
    assert found.blocks[0].is_heading
    assert "See the terms and code." in texts(found)[1]
    assert texts(found)[2:5] == ["first", "second", "Bold line"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_encodings(tmp_path, encoding):
    found = read(tmp_path, "a.txt", ("Erklärung über Geräte. " + WORDS).encode(encoding))
    assert "Erklärung über Geräte." in texts(found)[0]


def test_a_declared_encoding_is_used(tmp_path):
    html = f"<html><meta charset=iso-8859-2><p>{WORDS} \u0159eka</p>".encode("iso-8859-2")
    assert "\u0159eka" in texts(read(tmp_path, "a.html", html))[0]


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.txt", b"", "no text"),
        ("a.html", b"<html><script>all script</script></html>", "no text"),
        ("a.txt", bytes(range(256)) * 30, "binary"),
        ("a.pdf", b"%PDF-1.7 broken", "damaged PDF"),
        ("a.pdf", b"", "damaged PDF"),
    ],
)
def test_nothing_to_read(tmp_path, name, data, reason):
    with pytest.raises(UnreadableArtefact, match=reason):
        read(tmp_path, name, data)


def test_a_pdf_of_pictures_is_unreadable_and_a_locked_one_too(tmp_path):
    for password in (None, "secret"):
        writer = PdfWriter()
        writer.add_blank_page(200, 200)
        if password:
            writer.encrypt(password)
        with (tmp_path / "b.pdf").open("wb") as file:
            writer.write(file)
        with pytest.raises(UnreadableArtefact, match="password" if password else "no text"):
            read_document(tmp_path / "b.pdf")


def test_too_much_text_is_cut_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(document, "TEXT_CHARACTERS_MAX", 500)
    assert read(tmp_path, "a.txt", WORDS * 10).is_cut
    monkeypatch.setattr(document, "FILE_BYTES_MAX", 500)
    with pytest.raises(UnreadableArtefact, match="more than"):
        read(tmp_path, "a.txt", WORDS * 10)


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=300), st.sampled_from(["a.html", "a.md", "a.txt", "a.pdf"]))
def test_noise_never_raises_anything_else(tmp_path, noise, name):
    for data in (noise, b"<html><body>" + noise + WORDS.encode(), b"%PDF-1.4\n" + noise):
        with contextlib.suppress(UnreadableArtefact):
            read(tmp_path, name, data)


@pytest.mark.parametrize("piece", ["![x](", "[x](", "[x]((a)", "<a ", "*", "[", "a@a.", ". "])
def test_endless_beginnings_of_marks_do_not_hold_the_reader_up(tmp_path, piece):
    # Found by hand: 4 MB of "![x](" took more than four minutes; now about a second.
    found = read(tmp_path, "a.md", WORDS + piece * 100_000)
    assert found.blocks
