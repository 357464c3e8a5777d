"""The report as PDF, from the same page as the HTML, laid out by WeasyPrint.

Why that one: design/decisions/0005-pdf.md.
"""

import logging
import warnings

from keepsight.lab.render import html
from keepsight.lab.report import Report


class NoPdf(Exception):  # noqa: N818 - names what is missing
    """PDF cannot be made here; the message says what to install."""


def render(reports: list[Report]) -> bytes:
    """The PDF file.

    Raises:
        NoPdf: WeasyPrint or its system libraries (Pango) are missing.
    """
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Loads Pango, so only who asks for a PDF needs it.
            from weasyprint import HTML  # type: ignore[import-untyped]
    except (ImportError, OSError) as error:
        raise NoPdf(
            "PDF needs WeasyPrint and Pango (Debian: libpango-1.0-0 libpangoft2-1.0-0); "
            "or print the HTML report from a browser"
        ) from error
    document = HTML(string=html.render(reports), url_fetcher=_refuse)
    found: bytes = document.write_pdf()
    return found


def _refuse(url: str, *_: object, **__: object) -> dict[str, object]:
    # The page refers to nothing outside itself; whatever asks for more was smuggled in.
    raise ValueError(f"the report refers to something outside itself: {url[:80]}")
