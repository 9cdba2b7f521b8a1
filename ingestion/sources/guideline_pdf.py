"""Guidelines as PDF, read with PDFium (pypdfium2): chosen by measurement and licence, see `docs/parsers.md`."""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from indexes.passage import Status
from ingestion.document import Document, Item, Problem
from ingestion.errors import SourceError
from ingestion.sources.guideline import (
    Metadata,
    build_document,
    program_title,
    publisher_named_in,
    short_publisher,
    year_in,
)
from ingestion.sources.isolated import parse_isolated
from ingestion.sources.ocr import INSTALL
from ingestion.sources.pdf_blocks import Bookmark, blocks
from ingestion.sources.pdf_gaps import OMITTED, marked
from ingestion.sources.pdf_lines import (
    LOCK,
    Page,
    body_size,
    read_page,
    running_title,
    without_furniture,
    without_line_numbers,
)

_LARGEST = 300_000_000  # bytes
_MOST_PAGES = 5_000
_MOST_CHARACTERS = 10_000_000  # some 3,000 full pages: small files can repeat one page thousands of times
_MOST_BOOKMARKS = 20_000
_LEAST = 40  # characters in ten pages: less than any text has, more than some scanners stamp on a page
_FRONT = 8  # pages that say who published it, when and under what terms
# Templates leave these behind; Latin letters are not written in them.
_OTHER_SCRIPTS = frozenset(("ar", "fa", "he", "ur", "zh", "ja", "ko", "ru", "uk", "el", "th", "hi"))
_COPYRIGHT = re.compile(
    r"(?:©|\(c\)|copyright) ?(?:the )?(?P<holder>[A-Z][\w ,.&'’-]{2,80}?)?,? ?(?P<year>(?:19|20)\d\d)\b", re.IGNORECASE
)
_ISBN = re.compile(r"ISBN:? ?(97[89][\d -]{10,14}\d)")
_LICENCE = re.compile(r"\bCC BY(?:-[A-Z]{2}){0,3} \d\.\d(?: IGO)?\b")


class PdfGuidelines:
    """One PDF with text, one guideline.

    It is read in a process of its own with bounded memory, since PDFium can be made to crash or to take gigabytes; `isolated=False` reads it in
    this one. PDFium is not thread-safe; every call to it is made under one lock, so that threads may parse at once, though not faster.
    """

    name = "guideline (PDF)"
    kind = "guideline"
    version = 4
    suffixes: tuple[str, ...] = (".pdf",)

    def __init__(self, *, isolated: bool = True) -> None:
        self._isolated = isolated

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether it begins as a PDF does (some carry a few bytes before), or is named as one."""
        return b"%PDF-" in head[:1024] or path.suffix.lower() in self.suffixes

    def parse(self, path: Path) -> Iterator[Item]:
        """Yield the file's one document, then a `Problem` for pages that could not be read.

        Raises `SourceError` where the file is missing, empty, broken, encrypted, too large, or has no text (a scan).
        """
        return parse_isolated(type(self), path) if self._isolated else self._parse(path)

    def _parse(self, path: Path) -> Iterator[Item]:
        with opened(path) as document:
            pages, broken = read_pages(document, path)
            printed = sum(len(line.text) for page in pages for line in page.lines)
            if printed < _LEAST * max(1, len(pages) // 10):
                bare = sum(not page.lines for page in pages)
                raise SourceError(
                    f"{path}: {bare} of {len(pages)} pages have no text, so it is probably a scan; read it with --kind scan, for which "
                    f"you need: {INSTALL}; or make the text readable first, for example with: ocrmypdf {path.name!r} with-text.pdf"
                )
            yield guideline_of(path, document, pages)
        yield from damaged(path, broken, len(pages))


def guideline_of(
    path: Path, document: pypdfium2.PdfDocument, pages: Sequence[Page], attributes: Mapping[str, Any] | None = None
) -> Document:
    """The guideline that these pages of the PDF make; `attributes` are its document's, beside those that every PDF has.

    Raises `SourceError` where there is no text in them.
    """
    with LOCK:
        written = document.get_metadata_dict(skip_empty=True)
        language = _language(document)
        bookmarks = _bookmarks(document)
    numbered = [without_line_numbers(page) for page in pages]
    draft = sum(had for _, had in numbered) > len(pages) / 2
    unnumbered = [page for page, _ in numbered]
    cleaned = marked(without_furniture(unnumbered))
    found = blocks(cleaned, bookmarks, body_size(cleaned))
    meta = _metadata(path, cleaned, written, running_title(unnumbered), draft, language)
    hidden = sum(page.hidden for page in pages)
    layer = {"ocr": True, "ocr_engine": "the file's own text layer", "ocr_pages": hidden} if hidden else {}
    meta = replace(meta, attributes={**meta.attributes, **layer, **(attributes or {})})
    return build_document(path, meta, found, strict=True)


def damaged(path: Path, broken: Sequence[int], sound: int) -> Iterator[Problem]:
    """What is said of the pages that cannot be read, where there are any beside the sound ones."""
    if broken:
        yield Problem(
            f"pages {', '.join(map(str, broken[:20]))}",
            f"{len(broken)} of {sound + len(broken)} pages of {path.name} are damaged and were left out",
            "Fetch the file again, or repair it, for example with: qpdf in.pdf out.pdf",
        )


@contextlib.contextmanager
def opened(path: Path) -> Iterator[pypdfium2.PdfDocument]:
    """The open document, closed again whatever happens. Raises `SourceError` that names the cause and the mend."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror}); check the path and its permissions.") from error
    if not path.is_file():
        raise SourceError(f"{path}: this is not a file; name the PDF itself.")
    if size == 0:
        raise SourceError(f"{path}: the file is empty (0 bytes); fetch it again.")
    if size > _LARGEST:
        raise SourceError(f"{path}: {size:,} bytes is more than the {_LARGEST:,} allowed for a PDF; split the file.")
    with LOCK:
        try:
            document = pypdfium2.PdfDocument(path)
        except pypdfium2.PdfiumError as error:
            if getattr(error, "err_code", None) in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
                raise SourceError(
                    f"{path}: the PDF is encrypted; take the password off first, for example with: qpdf --decrypt --password=… in.pdf out.pdf"
                ) from error
            raise SourceError(f"{path}: this is no readable PDF, or a broken one ({error}); fetch it again.") from error
    try:
        yield document
    finally:
        with LOCK:
            document.close()


def read_pages(document: pypdfium2.PdfDocument, path: Path) -> tuple[list[Page], list[int]]:
    """The pages that can be read, and the numbers of those that cannot."""
    with LOCK:
        count = len(document)
    if count > _MOST_PAGES:
        raise SourceError(f"{path}: {count:,} pages are more than the {_MOST_PAGES:,} allowed; split the file.")
    pages: list[Page] = []
    broken: list[int] = []
    printed = 0
    for index in range(count):
        try:
            page = read_page(document, index)
            printed += sum(len(line.text) for line in page.lines)
            if printed > _MOST_CHARACTERS:
                raise SourceError(f"{path}: more than {_MOST_CHARACTERS:,} characters of text; split the file.")
            pages.append(page)
        except pypdfium2.PdfiumError:
            broken.append(index + 1)
    if not pages:
        raise SourceError(
            f"{path}: none of its {count} pages can be read; fetch it again, or repair it with: qpdf in.pdf out.pdf"
        )
    return pages, broken


def _bookmarks(document: pypdfium2.PdfDocument) -> list[Bookmark]:
    """The outline's entries that lead to a page; a broken or endless outline gives those before the break."""
    found: list[Bookmark] = []
    with contextlib.suppress(pypdfium2.PdfiumError):
        for entry in document.get_toc(max_depth=8):
            target = entry.get_dest()
            index = target.get_index() if target else None
            if index is not None:
                found.append(Bookmark(entry.get_title() or "", index + 1))
            if len(found) >= _MOST_BOOKMARKS:
                break
    return found


def _language(document: pypdfium2.PdfDocument) -> str:
    """The two letters of the language that the PDF declares; empty where it declares none."""
    size = pdfium.FPDFCatalog_GetLanguage(document.raw, None, 0)
    if not 2 < size < 100:
        return ""
    buffer = (pdfium.FPDF_WCHAR * (size // 2))()
    pdfium.FPDFCatalog_GetLanguage(document.raw, buffer, size)
    code = bytes(buffer).decode("utf-16-le", "ignore").strip("\0").split("-")[0].lower()
    return code if code.isalpha() and len(code) in (2, 3) else ""


def _metadata(
    path: Path, pages: list[Page], written: dict[str, str], running: str, draft: bool, language: str
) -> Metadata:
    """What the PDF's metadata and its first pages say: the (c) line is trusted before the date the file was made."""
    front = " ".join(line.text for page in pages[:_FRONT] for line in page.lines)
    title = " ".join(written.get("Title", "").split())
    if program_title(title):
        printed = _largest(pages[:3])
        title = printed if printed and (not running or running.isupper()) else running
    rights = _COPYRIGHT.search(front)
    holder = short_publisher((rights and rights["holder"]) or "")
    publisher = publisher_named_in(holder) or publisher_named_in(front) or publisher_named_in(written.get("Author", ""))
    made = re.search(r"D:(\d{4})(\d\d)?(\d\d)?", written.get("CreationDate", ""))
    year = int(rights["year"]) if rights else year_in(title) or (int(made[1]) if made else None)
    date = "-".join(part for part in made.groups() if part) if made and int(made[1]) == year else None
    isbn, licence = _ISBN.search(front), _LICENCE.search(front)
    return Metadata(
        title=title,
        publisher=publisher or _issuer(rights),
        slug="" if title else path.stem,
        version=f"{year}-draft" if draft and year else str(year or ""),
        year=year,
        date=date,
        language="" if language in _OTHER_SCRIPTS and _latin(front) else language,
        licence=licence[0] if licence else "",
        status=Status.DRAFT if draft else Status.CURRENT,  # running line numbers are for reviewers
        identifiers={"isbn": re.sub(r"\D", "", isbn[1])} if isbn else {},
        attributes={"pages": len(pages)},
    )


def _latin(text: str) -> bool:
    letters = [char for char in text if char.isalpha()]
    return sum(char.isascii() for char in letters) > 0.9 * len(letters)


def _issuer(rights: re.Match[str] | None) -> str:
    """An unknown copyright holder that reads like a name."""
    holder = ((rights and rights["holder"]) or "").strip(" ,.")
    return holder if 2 <= len(holder.split()) <= 8 else ""


def _largest(pages: list[Page]) -> str:
    """The title as printed: the largest type of the first page that has a few words of it."""
    for page in pages:
        words = Counter[float]()
        for line in page.lines:
            words[round(line.size)] += len(re.findall(r"[^\W\d_]{2,}", line.text))
        for size in sorted((size for size, count in words.items() if count >= 2), reverse=True):
            printed = " ".join(line.text for line in page.lines if round(line.size) == size)
            text = " ".join(printed.replace(OMITTED, " ").split())
            if len(text) <= 300:
                return text
    return ""
