"""PubMed's MEDLINE display format: what "Save" and "Send to: citation manager" give (`.txt`, `.nbib`), and efetch with `rettype=medline`.

Fields and their meaning: https://pubmed.ncbi.nlm.nih.gov/help/#pubmed-format. A field is a tag of two to four letters, a hyphen and its
value, which goes on in indented lines; a blank line ends a record. A structured abstract is one field here: it is cut again where a
sentence begins with a label in capitals and a colon. Lines are joined by a space; otherwise every word stays as it is in the file.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from indexes.passage import Role
from ingestion.document import Document, Item, Problem
from ingestion.errors import SourceError
from ingestion.sources.abstracts import Abstract, Stretch
from ingestion.sources.article import PMID, article_document, incomplete, mesh_terms
from ingestion.sources.medline import abstract_role, iso_language, written_date
from ingestion.sources.records import MAX_RECORD, lines

_START = b"PMID-"
_FIELD = re.compile(r"([A-Z][A-Z0-9]{1,3}) {0,2}-(?:\s(.*))?", re.DOTALL)
_FIRST_FIELD = re.compile(rb"(?:\xef\xbb\xbf)?\s*[A-Z][A-Z0-9]{1,3} {0,2}-[ \r\n]")
_PMID_FIELD = re.compile(rb"^PMID- {0,8}[1-9][0-9]{0,8}\s*$", re.MULTILINE)
_LINE_COST = 64  # bytes that Python spends on a line beside its text
_DOI = re.compile(r"(?<!\S)(\S+)\s+\[doi\]$")
_LABEL = re.compile(r"""(?:\A|[.!?][)\]"'”’]?\s{1,3})([A-Z][A-Z ,/&'’().-]{2,80}):(?=\s|\Z)""")
_OTHER_TYPE = re.compile(r"(AAMC|AIDS|KIE|PIP|NASA|Publisher|plain-language-summary): ")
_ACRONYM = 5  # letters; a shorter word in capitals is a label only where its meaning is known

# The fields of a notice that was published on this article (https://www.nlm.nih.gov/bsd/policy/errata.html), by the RefType that the XML has
# for them. What this article says of others (retraction of, erratum for) and comments on it leave it as it is.
_NOTICES = {
    "RIN": "retractionin",
    "RRI": "retractedandrepublishedin",
    "ECI": "expressionofconcernin",
    "PRIN": "partialretractionin",
    "EIN": "erratumin",
    "CRI": "correctedandrepublishedin",
}


class MedlineText:
    """The parser of PubMed's MEDLINE display format."""

    name = "MEDLINE text"
    kind = "pubmed"
    version = 3
    suffixes = (".nbib",)  # a .txt may be anything

    def recognises(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - the name says nothing: judge by content
        """Whether the file begins with a field and a PMID follows."""
        return (
            _FIRST_FIELD.match(head) is not None and _PMID_FIELD.search(head.removeprefix(codecs.BOM_UTF8)) is not None
        )

    def parse(self, path: Path) -> Iterator[Item]:
        """Documents and problems in file order; raises what `lines` raises, and `SourceError` where the file holds no record."""
        ordinal = 0
        for ordinal, block in enumerate(_blocks(path), start=1):
            yield _article(block, ordinal)
        if not ordinal:
            raise SourceError(f"{path}: holds no record; save the articles again in PubMed's own format")


@dataclass(slots=True)
class _Block:
    """The lines of one record; `size` goes on counting where they are too many to keep."""

    lines: list[bytes]
    size: int = 0
    named: bool = False


def _blocks(path: Path) -> Iterator[_Block]:
    """The file's records. One ends at a blank line, and where another PMID shows that the blank line is missing."""
    block = _Block([])
    for number, line in lines(path):
        line = line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
        starts, blank = line.startswith(_START), not line.strip()
        if block.lines and (blank or (starts and block.named)):
            yield block
            block = _Block([])
        if blank:
            continue
        block.named |= starts
        block.size += len(line) + _LINE_COST
        if block.size <= MAX_RECORD or not block.lines:
            block.lines.append(line)
    if block.lines:
        yield block


def _article(block: _Block, ordinal: int) -> Document | Problem:
    named = next(filter(None, map(_PMID_FIELD.match, block.lines)), None)
    record = f"pubmed:{named[0].removeprefix(_START).strip().decode()}" if named else f"record {ordinal}"
    if block.size > MAX_RECORD:
        return incomplete(record, f"is longer than {MAX_RECORD >> 20} MiB")
    try:
        pairs = _pairs(block.lines)
    except UnicodeDecodeError:
        return Problem(record, "the record is not UTF-8 text", "save the file again as UTF-8")
    except ValueError as error:
        return incomplete(record, str(error))
    fields: dict[str, list[str]] = {}
    for tag, value in pairs:
        fields.setdefault(tag, []).append(value)
    pmid = _first(fields, "PMID")
    if not PMID.fullmatch(pmid):
        return incomplete(record, f"has no valid PMID ({pmid[:20]!r})" if pmid else "has no PMID")
    if "STAT" in fields and "SO" not in fields:  # NLM's records begin with the one and end with the other
        return incomplete(record, "breaks off before its last field, SO (truncated)")
    source = _first(fields, "JT", "TA") or _first(fields, "BTI" if "TI" in fields else "PB")
    return article_document(
        pmid=pmid,
        title=_squeezed(_first(fields, "TI", "TT", "BTI")),
        abstracts=_abstracts(fields, pairs),
        date=next(filter(all, map(written_date, _dates(fields))), (None, None)),
        publisher=_squeezed(source),
        authors=_authors(pairs),
        languages=[iso_language(code) for code in fields.get("LA", ())],
        identifiers=_identifiers(fields),
        types=fields.get("PT", ()),
        mesh=[term for heading in fields.get("MH", ()) for term in _mesh(heading)],
        notices={notice for tag, notice in _NOTICES.items() if tag in fields},
        revised=written_date(_first(fields, "LR"))[1],
    )


def _pairs(block: list[bytes]) -> list[tuple[str, str]]:
    """Tags and values in file order, without empty ones. Raises `ValueError` where a line is neither a field nor the rest of one."""
    found: list[tuple[str, list[str]]] = []
    for number, raw in enumerate(block, start=1):
        line = raw.decode()
        if line[0].isspace() and found:
            found[-1][1].append(line.strip())
        elif match := _FIELD.fullmatch(line):
            found.append((match[1], [(match[2] or "").strip()]))
        else:
            raise ValueError(f"has a line, its {number}., that is neither a field nor the rest of one")
    return [(tag, value) for tag, parts in found if (value := " ".join(filter(None, parts)))]


def _first(fields: dict[str, list[str]], *tags: str) -> str:
    return next((fields[tag][0] for tag in tags if tag in fields), "")


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def _abstracts(fields: dict[str, list[str]], pairs: list[tuple[str, str]]) -> list[Abstract]:
    """The abstract, then the other abstracts: each begins with its type and is followed by its language, where that is not English."""
    found = [Abstract(_stretches(" ".join(fields.get("AB", ()))), licence=_squeezed(_first(fields, "CI")))]
    for tag, value in pairs:
        if tag == "OAB":
            kind = _OTHER_TYPE.match(value)
            found.append(
                Abstract(_stretches(value[kind.end() :] if kind else value), kind=kind[1] if kind else "Publisher")
            )
        elif tag == "OABL" and found[-1].kind:
            found[-1] = replace(found[-1], language=iso_language(value))
    return found


def _stretches(text: str) -> list[Stretch]:
    """An abstract's stretches: what stands before the first label, then each label's own."""
    found: list[Stretch] = []
    label, start = "", 0
    for match in _LABEL.finditer(text):
        if _is_label(match[1]):
            found.append(_stretch(label, text[start : match.start(1)]))
            label, start = match[1], match.end()
    return [*found, _stretch(label, text[start:])]


def _stretch(label: str, text: str) -> Stretch:
    """A label with nothing under it is taken for the author's text, so that no word is lost."""
    if label and not text.strip():
        return f"{label}:", "", ""
    return text, label, ""


def _is_label(words: str) -> bool:
    """Whether words in capitals are a label and no acronym: a label that is none costs the text a word."""
    return abstract_role(words, "") is not Role.BODY or sum(map(str.isalpha, words)) > _ACRONYM


def _dates(fields: dict[str, list[str]]) -> Iterator[str]:
    """Where the date may stand, as in the XML: in print, else online, else as PubMed entered it."""
    yield from fields.get("DP", ())
    yield from fields.get("DEP", ())
    yield from (entered for entered in fields.get("PHST", ()) if entered.endswith("[pubmed]"))
    yield from fields.get("EDAT", ())


def _authors(pairs: list[tuple[str, str]]) -> list[str]:
    """People and groups in file order. People stand there twice, and only a file that is not NLM's own has their full names alone."""
    people = "AU" if any(tag == "AU" for tag, _ in pairs) else "FAU"
    return [_squeezed(name.replace(",", " ") if tag == "FAU" else name) for tag, name in pairs if tag in (people, "CN")]


def _identifiers(fields: dict[str, list[str]]) -> dict[str, str]:
    """DOI (of the article identifiers, else of the location) and PMC id."""
    found: dict[str, str] = {}
    if doi := next(filter(None, map(_DOI.search, fields.get("AID", []) + fields.get("LID", []))), None):
        found["doi"] = doi[1]
    if pmcid := _first(fields, "PMC"):
        found["pmcid"] = pmcid
    return found


def _mesh(heading: str) -> list[str]:
    """The terms of "Hypertension/*drug therapy/etiology"; the star of a major topic is not part of them."""
    return mesh_terms(*(part.strip().removeprefix("*") for part in heading.split("/")))
