"""The registry of sources: a new source is one file in this folder and one line in `PARSERS`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from ingestion.errors import UnknownKindError
from ingestion.sources.archive import Archive
from ingestion.sources.base import Parser
from ingestion.sources.compressed import unpacked_name
from ingestion.sources.guideline_conditions import ConditionGuidelines
from ingestion.sources.guideline_docx import DocxGuidelines
from ingestion.sources.guideline_epub import EpubGuidelines
from ingestion.sources.guideline_html import HtmlGuidelines
from ingestion.sources.guideline_markdown import MarkdownGuidelines
from ingestion.sources.guideline_pdf import PdfGuidelines
from ingestion.sources.guideline_refused import RefusedGuidelines
from ingestion.sources.guideline_scan import ScannedGuidelines
from ingestion.sources.guideline_xlsx import XlsxGuidelines
from ingestion.sources.ictrp import IctrpCsv, IctrpXml
from ingestion.sources.jats import PmcJats
from ingestion.sources.medline_text import MedlineText
from ingestion.sources.pubmed import PubMedXml
from ingestion.sources.records import read_head
from ingestion.sources.trials import ClinicalTrialsGov
from ingestion.sources.trials_legacy_json import LegacyTrialsJson
from ingestion.sources.trials_legacy_xml import LegacyTrialsXml
from ingestion.sources.uspstf import UspstfStatements

# In the order in which they are asked whether a file is theirs.
PARSERS: tuple[Parser, ...] = (
    PubMedXml(),
    PmcJats(),
    MedlineText(),
    ClinicalTrialsGov(),
    LegacyTrialsJson(),
    LegacyTrialsXml(),
    IctrpXml(),
    IctrpCsv(),
    UspstfStatements(),
    ConditionGuidelines(),
    XlsxGuidelines(),
    MarkdownGuidelines(),
    PdfGuidelines(),
    EpubGuidelines(),
    DocxGuidelines(),
    HtmlGuidelines(),
    RefusedGuidelines(),
    ScannedGuidelines(),
)
HEAD = 4096  # bytes that a parser sees to recognise a file


def kinds() -> list[str]:
    """The values of `--kind`, without `auto`."""
    return list(dict.fromkeys(parser.kind for parser in PARSERS))


def find_parser(path: Path, kind: str = "auto") -> Parser:
    """The parser for a file.

    Raises `SourceError` where the file is missing, empty or unreadable, and `UnknownKindError` where no parser (of that kind) recognises it.
    """
    asked = [parser for parser in PARSERS if kind in ("auto", parser.kind)]
    archive = Archive(kind, asked, partial(_choose, kind=kind, asked=asked))
    return _choose(path, kind, [archive, *asked])  # first: what it holds may begin within what others look at


def _choose(path: Path, kind: str, asked: Sequence[Parser]) -> Parser:
    head = read_head(path, HEAD)
    for parser in asked:
        if parser.recognises(path, head):
            return parser
    for parser in asked if kind != "auto" else ():
        if unpacked_name(path).endswith(parser.suffixes):
            return parser  # the user says so; the parser will say what is wrong with the file
    known = ", ".join(parser.name for parser in asked)
    mend = f"say what it is with --kind {'|'.join(kinds())}" if kind == "auto" else "leave out --kind"
    raise UnknownKindError(f"{path}: is not recognised as any of {known}; {mend}, or leave the file out")
