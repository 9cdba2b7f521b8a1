"""Pages whose words were put under their picture by OCR: scanners, ocrmypdf and Acrobat make such files, and misread figures as others do."""

from __future__ import annotations

import contextlib

import pypdfium2
import pypdfium2.raw as pdfium

from ingestion.sources.pdf_lines import LOCK

_SAMPLE = 20  # every so many characters one is looked at


def pages_with_hidden_text(document: pypdfium2.PdfDocument) -> int:
    """On how many pages most of the characters are set to be invisible; a page that cannot be opened is not counted."""
    found = 0
    for index in range(len(document)):
        with (
            LOCK,
            contextlib.suppress(pypdfium2.PdfiumError),
            contextlib.closing(document.get_page(index)) as page,
            contextlib.closing(page.get_textpage()) as textpage,
        ):
            objects = [
                pdfium.FPDFText_GetTextObject(textpage.raw, place)
                for place in range(0, textpage.count_chars(), _SAMPLE)
            ]
            modes = [pdfium.FPDFTextObj_GetTextRenderMode(each) for each in objects if each]
            found += 2 * modes.count(pdfium.FPDF_TEXTRENDERMODE_INVISIBLE) > len(modes)
    return found
