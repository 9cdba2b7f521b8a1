"""Guidelines as Excel workbooks: decision tables and tables of recommendations, one workbook one document.

The cover sheet says what the workbook is. Sheets that explain the workbook, its references and its changes are left out, hidden ones too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ingestion.document import Item, printable
from ingestion.errors import SourceError
from ingestion.sources.decision_tables import table_blocks_of
from ingestion.sources.guideline import Metadata, build_document, publisher_named_in, web_url, year_in
from ingestion.sources.packages import first_member, is_zip
from ingestion.sources.records import read_head
from ingestion.sources.workbook import Sheet, refused, sheets

_COVER = re.compile(r"\bcover\b|\btitle page\b", re.IGNORECASE)
_ABOUT = re.compile(
    r"\bread ?me\b|\breferences?\b|\bchange ?s?(?: ?log)?\b|\brevision history\b|\bversion history\b|\binstructions?\b|\bhow to use\b|"
    r"\bguidance notes?\b|\blists?\b|\bglossary\b|\babbreviations\b",
    re.IGNORECASE,
)
_URL = re.compile(r"https?://\S[^\n]*?\.xlsx\b|https?://\S+")
_VERSION = re.compile(r"[/ _-]v(\d{1,3}(?:\.\d{1,3}){1,3})\b|\bversion (\d{1,3}(?:\.\d{1,3}){0,3})\b", re.IGNORECASE)
_LICENCE = re.compile(r"\bCC BY(?:-[A-Z]{2})*(?: \d\.\d)?(?: IGO)?", re.IGNORECASE)
_LONGEST = 20_000_000  # characters; the longest there is has 640,000
_LONGEST_SUBTITLE = 40
_MOST_ON_COVER = 1_000
_COPYRIGHT = re.compile(r"©[^\n]{0,80}?((?:19|20)\d\d)\b")


class XlsxGuidelines:
    """One workbook, one guideline."""

    name = "guideline tables (XLSX)"
    kind = "guideline"
    version = 3
    suffixes: tuple[str, ...] = (".xlsx", ".xlsm", ".xls")

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether it is named as a workbook, or is one whatever its name: a zip file whose parts begin as Office's do, in `xl/`."""
        return path.suffix.lower() in self.suffixes or (
            is_zip(head) and first_member(head)[0] == "[Content_Types].xml" and b"xl/workbook" in head
        )

    def parse(self, path: Path) -> Iterator[Item]:
        """Yield the workbook's one document.

        Raises what `sheets` raises, and `SourceError` where it is protected by a password or has no table of a known layout.
        """
        refused(path, read_head(path, 8))
        cover: list[str] = []
        blocks = []
        length = 0
        for sheet in sheets(path):
            if _COVER.search(sheet.title):
                cover += _texts(sheet)
            elif not _ABOUT.search(sheet.title):
                for block in table_blocks_of(sheet):
                    blocks.append(block)
                    length += len(block.text)
                    if length > _LONGEST:  # one text may fill all cells, and a merged cell belongs to many rows
                        raise SourceError(
                            f"{path}: its tables have more than {_LONGEST:,} characters, merged cells counted in each row; split the workbook"
                        )
        if not any(block.level is None for block in blocks):
            raise SourceError(
                f'{path}: no visible sheet has a decision table (a cell "Decision ID" above a header) or a table with a column '
                '"Recommendation"; leave the workbook out, or name that column so'
            )
        yield build_document(path, _metadata(path, cover), blocks)


def _texts(sheet: Sheet) -> list[str]:
    return [text for _, text in sorted(sheet.cells.items())[:_MOST_ON_COVER]]


def _metadata(path: Path, cover: list[str]) -> Metadata:
    """What the cover says: its first words, and the address, version, year and licence among the others."""
    words = "\n".join(cover)
    lines = [" ".join(text.split()) for text in cover[:2]]
    title = (
        ": ".join(lines if len(lines[-1]) < _LONGEST_SUBTITLE else lines[:1])[:300] if cover else printable(path.stem)
    )
    version, link, licence = _VERSION.search(words), _URL.search(words), _LICENCE.search(words)
    copyright_year = _COPYRIGHT.search(words)
    return Metadata(
        title=title,
        publisher=publisher_named_in(words),
        slug=path.stem,  # two workbooks of one kit have the same words on their covers
        version=(version[1] or version[2]) if version else "",
        year=int(copyright_year[1]) if copyright_year else year_in(words),
        url=web_url(link[0].replace(" ", "%20")) if link else "",
        licence=" ".join(licence[0].split()) if licence else "",
    )
