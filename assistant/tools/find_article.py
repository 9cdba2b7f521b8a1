"""`find_article`: a work that the question names, by what it is known by."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from assistant.errors import ToolError
from assistant.shelves import passages_in
from assistant.tools.base import Arguments, Bench, Found
from assistant.tools.bibliography import is_author, is_journal, plain_words, title_likeness
from assistant.tools.searching import Year, left_out
from indexes.filters import Filters
from indexes.lexical import encode_query
from indexes.passage import Passage, Status
from ingestion.document import Document

SCANNED = 2_000
"""Documents of a library that are looked through one by one; in a larger one only titles lead to an article."""
_CANDIDATES = 200  # passages whose titles are compared
LIKE = 0.6  # of the words of a title
_PREFIX = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*|pmid:?\s*|pubmed:|pmc:|nct:|ictrp:)", re.IGNORECASE)
LISTED = 6
"""Works that are told of."""


class Article(Arguments):
    """What is known of it."""

    title: Annotated[str, Field(max_length=400, description="Or words of it.")] = ""
    author: Annotated[str, Field(max_length=120)] = ""
    journal: Annotated[str, Field(max_length=200)] = ""
    year: Year | None = None
    identifier: Annotated[str, Field(max_length=200, description="PMID, DOI, PMCID or NCT.")] = ""


@dataclass(frozen=True, slots=True)
class _Match:
    document: Document
    likeness: float


class FindArticle:
    """A work of the library by title, author, journal, year or identifier."""

    name = "find_article"
    description = (
        "A work that the question names. Not for topics.\n"
        "What did McMurray's PARADIGM-HF find? -> title: PARADIGM-HF, author: McMurray\n"
        "PMID 10376614? -> identifier: 10376614"
    )
    arguments = Article

    def run(self, arguments: Article, bench: Bench) -> Found:
        """The beginning of each work that fits, best first. Raises `ToolError` where nothing is said that it can be found by."""
        if arguments.identifier.strip():
            return _told(bench, [_Match(each, 1.0) for each in _identified(bench, arguments.identifier)])
        if not any(plain_words(words) for words in (arguments.title, arguments.author, arguments.journal)):
            raise ToolError("Say what it is found by: title, author, journal or identifier.")
        large = bench.library.ledger.has_more_than(SCANNED)
        if large and not plain_words(arguments.title):
            raise ToolError(
                f"The library holds more than {SCANNED:,} documents, and one so large is searched by titles only. Give words of the title."
            )
        found = _by_title(bench, arguments) if large else _one_by_one(bench, arguments)
        fitting = [match for match in found if _fits(match.document, arguments)]
        fitting.sort(key=lambda match: (-match.likeness, -(match.document.year or 0), match.document.document_id))
        scope = " In a library so large, only works that have text were looked at, by their titles." if large else ""
        return _told(bench, fitting, scope)


def _identified(bench: Bench, identifier: str) -> Iterator[Document]:
    """The documents of that identifier, whichever register it is of."""
    bare = _PREFIX.sub("", identifier.strip(), count=1)
    names = [
        identifier.strip(),
        f"pubmed:{bare}",
        f"nct:{bare.upper()}",
        f"pmc:{bare.upper()}",
        f"pmc:PMC{bare}",
        f"ictrp:{bare}",
    ]
    for document_id in dict.fromkeys([*names, *bench.library.ledger.identified(bare)]):
        if document := bench.shelf.document(document_id):
            yield document


def _one_by_one(bench: Bench, arguments: Article) -> Iterator[_Match]:
    for document in bench.library.ledger.documents():
        likeness = title_likeness(arguments.title, document.title) if arguments.title else 1.0
        if likeness >= LIKE:
            yield _Match(document, likeness)


def _by_title(bench: Bench, arguments: Article) -> Iterator[_Match]:
    """Works whose titles are like it, among the passages that have its words: a passage is indexed with its title."""
    searcher = bench.library.searcher
    years = Filters(year_from=arguments.year, year_to=arguments.year)
    ranked = searcher.engine.lexical(encode_query(arguments.title), _CANDIDATES, years)
    passages = searcher.engine.passages(list(ranked))
    titles = {passage.document_id: passage.title for passage in passages.values()}
    for document_id, title in titles.items():
        likeness = title_likeness(arguments.title, title)
        if likeness >= LIKE and (document := bench.library.ledger.document(document_id)):
            yield _Match(document, likeness)


def _fits(document: Document, arguments: Article) -> bool:
    return (
        (not arguments.author or is_author(arguments.author, document.authors))
        and (not arguments.journal or is_journal(arguments.journal, document.publisher))
        and (arguments.year is None or document.year == arguments.year)
    )


def _told(bench: Bench, matches: Sequence[_Match], scope: str = "") -> Found:
    """The works in a line each, and the beginnings of those that may be evidence."""
    if not matches:
        return Found(text=f"The library has no such work.{scope} Try fewer particulars, or a search.")
    passages: list[Passage] = []
    retracted: list[Passage] = []
    lines, gone, shut_out = [], 0, 0
    for document in (match.document for match in matches[:LISTED]):
        first = next(passages_in(bench.shelf, document.document_id), None)
        if document.status is Status.RETRACTED:
            gone += 1
            retracted += [first] if first else []
        elif first is None:
            lines.append(f"{_line(document)} (title only, no text)")
        elif not bench.filters.accepts(first):
            shut_out += 1
        else:
            lines.append(_line(document))
            passages.append(first)
    said = [
        f"{len(matches)} found{scope}" + (f"; the {LISTED} most like it:" if len(matches) > LISTED else ":"),
        *lines,
    ]
    said += [left_out(gone)] if gone else []
    said += [f"{shut_out} shut out by the question's own filters."] if shut_out else []
    return Found(passages, "\n".join(said), retracted=retracted)


def _line(document: Document) -> str:
    authors = ", ".join(document.authors[:3]) + (" et al." if len(document.authors) > 3 else "")
    parts = (authors, document.title[:200], document.publisher, str(document.year or ""))
    return f"- {document.document_id}: {'. '.join(filter(None, parts))}"
