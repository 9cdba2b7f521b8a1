"""Guidelines as scanned PDF: pages without text are read by OCR, which must be asked for (`--kind scan`) and installed (`citewell[ocr]`).

How well it reads, figures above all, is measured in `docs/parsers.md`. The document says that it was read so (`attributes["ocr"]`), and answers
that cite it warn of it.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pypdfium2

from ingestion.document import Item, Problem
from ingestion.errors import SourceError
from ingestion.sources.guideline_pdf import damaged, guideline_of, opened, read_pages
from ingestion.sources.isolated import parse_isolated
from ingestion.sources.ocr import Reader
from ingestion.sources.pdf_lines import LOCK, Page
from ingestion.sources.scan_lines import ScannedPage, as_pages, doubtful, speck, unreadable

if TYPE_CHECKING:
    from ingestion.sources.ocr import Picture

DPI = 250
_MOST_PIXELS = 16_000_000  # A3 at 250 dpi has 12 million
_SMALLEST = 32  # pixels; no line is lower
_MOST_PAGES = 500
_LEAST = 40  # characters; a page with fewer is a picture with a stamp on it, or nearly blank
_MEMORY = 4 << 30  # bytes of address space; the models, their threads and a page's picture take 1.5 GB
_SECONDS = 4 * 3600  # of processor time; a page takes some six
_NAMED = 20  # pages in a message


class ScannedGuidelines:
    """One PDF with pages that are pictures, one guideline. No file is recognised as one: figures that OCR read are only for who asks for them."""

    name = "guideline (scanned PDF, by OCR)"
    kind = "scan"
    version = 3
    suffixes: tuple[str, ...] = (".pdf",)

    def __init__(self, *, isolated: bool = True) -> None:
        self._isolated = isolated

    def recognises(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - it must be asked for
        """Never."""
        return False

    def parse(self, path: Path) -> Iterator[Item]:
        """Yield the file's one document, then a `Problem` for what could not be read with certainty, and for damaged pages.

        Raises `SourceError` where the file is missing, empty, broken, encrypted or too large, has no words, or OCR is not installed.
        """
        return parse_isolated(type(self), path, _MEMORY, _SECONDS) if self._isolated else self._parse(path)

    def _parse(self, path: Path) -> Iterator[Item]:
        with opened(path) as document:
            pages, broken = read_pages(document, path)
            count = len(pages) + len(broken)
            bare = [page for page in pages if sum(len(line.text) for line in page.lines) < _LEAST]
            if len(bare) > _MOST_PAGES:
                raise SourceError(
                    f"{path}: {len(bare):,} scanned pages are more than the {_MOST_PAGES} allowed; split the file."
                )
            try:
                reader = Reader() if bare else None
            except SourceError as error:
                raise SourceError(f"{path}: {error}") from error
            scanned = _scanned(document, bare, reader, broken) if reader else []
            read = {page.number: page for page in as_pages(scanned)}
            lost = {page.number for page in scanned}.difference(read)
            merged = [read.get(page.number, page) for page in pages if page.number not in lost.union(broken)]
            if scanned and not any(page.lines for page in merged):
                raise SourceError(
                    f"{path}: OCR is sure of none of its {len(pages)} pages; scan them again, upright and with 300 dpi."
                )
            yield guideline_of(path, document, merged, _attributes(scanned, reader.name) if reader else {})
        yield from _left_out(scanned)
        yield from damaged(path, sorted(broken), count - len(broken))


def _scanned(document: pypdfium2.PdfDocument, bare: list[Page], reader: Reader, broken: list[int]) -> list[ScannedPage]:
    """The pages as OCR reads them; those on which it finds nothing are left out, and those that cannot be drawn are added to the broken ones."""
    found = []
    for page in bare:
        try:
            picture, scale = rendered(document, page.number - 1)
        except pypdfium2.PdfiumError:
            broken.append(page.number)
            continue
        if min(picture.shape) >= _SMALLEST and picture.min() < picture.max():
            readings = tuple(reading for reading in reader.read(picture) if not speck(reading))
            if readings:
                found.append(ScannedPage(page.number, page.width, page.height, scale, readings))
    return found


def rendered(document: pypdfium2.PdfDocument, index: int, dpi: float = DPI) -> tuple[Picture, float]:
    """A page in grey, and how many pixels a point has: `dpi` says it, but a vast page has fewer."""
    with LOCK, contextlib.closing(document.get_page(index)) as page:
        width, height = page.get_size()
        scale = min(dpi / 72, math.sqrt(_MOST_PIXELS / max(1.0, width * height)))
        with contextlib.closing(page.render(scale=scale, grayscale=True)) as bitmap:
            return bitmap.to_numpy().reshape(bitmap.height, bitmap.width).copy(), scale


def _attributes(scanned: list[ScannedPage], engine: str) -> dict[str, Any]:
    """What the document says of its reading; nothing where all its pages had text."""
    kept = [reading for page in scanned if not unreadable(page) for reading in page.readings if not doubtful(reading)]
    if not kept:
        return {}
    sure = [figure for reading in kept for figure in reading.sure]
    return {
        "ocr": True,
        "ocr_engine": engine,
        "ocr_pages": len(scanned),
        "ocr_confidence": round(sum(sure) / len(sure), 3),
    }


def _left_out(scanned: list[ScannedPage]) -> Iterator[Problem]:
    """The lines that OCR was not sure of."""
    lost = {
        page.number: len(page.readings) if unreadable(page) else sum(map(doubtful, page.readings)) for page in scanned
    }
    pages = [str(number) for number, lines in lost.items() if lines]
    if pages:
        total = sum(len(page.readings) for page in scanned)
        more = f" and {len(pages) - _NAMED} more" if len(pages) > _NAMED else ""
        yield Problem(
            f"pages {', '.join(pages[:_NAMED])}{more}",
            f"OCR is not sure of {sum(lost.values())} of {total} lines ({sum(lost.values()) / total:.0%}); they were left out, and […] stands "
            "in their place",
            "Read these pages in the file itself, or scan them again, upright and with 300 dpi",
        )
