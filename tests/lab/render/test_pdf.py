"""The PDF says what the page says, and fetches nothing."""

import io

import pytest
from pypdf import PdfReader

from keepsight.lab.render import pdf
from tests.lab.reported import report


def test_the_pdf_holds_the_report():
    try:
        data = pdf.render([report()])
    except pdf.NoPdf as error:
        pytest.skip(f"PDF is not made here: {error}")
    pages = PdfReader(io.BytesIO(data)).pages
    first = pages[0].extract_text()
    assert "What matters most" in first
    assert "Camera" in first
    assert any(
        "Evidence" in p.extract_text() or "What was looked at" in p.extract_text() for p in pages
    )


def test_what_asks_for_more_is_refused():
    with pytest.raises(ValueError, match="outside itself"):
        pdf._refuse("http://example.net/x.png")


def test_a_machine_without_the_library_gets_a_sentence(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "weasyprint", None)
    with pytest.raises(pdf.NoPdf, match="Pango"):
        pdf.render([report()])
