"""`live_pubmed`: PubMed as it is today."""

from __future__ import annotations

import tempfile
import weakref
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from assistant.errors import ToolError
from assistant.settings import Settings
from assistant.tools.base import Arguments, Bench, Found
from assistant.tools.leaving import refuse_identifiers
from assistant.tools.live import REPLY_S, SPARE, TIME_S, Hurry, said, shelved, told_remarks
from assistant.tools.live_shelf import LiveShelf
from assistant.tools.narrowing import Both
from assistant.tools.pubmed_query import Concept, PubMedSearch
from assistant.tools.searching import Word, Year
from indexes.filters import Filters
from indexes.passage import Kind
from ingestion.clients.eutils import Eutils
from ingestion.clients.patience import AskAgainError
from ingestion.document import Document
from ingestion.errors import SourceError
from ingestion.sources.pubmed import PubMedXml

MOST = 20
Terms = Annotated[tuple[Word, ...], Field(max_length=8)]


class ConceptIn(Arguments):
    """One concept."""

    words: Terms = ()
    mesh: Terms = ()

    @model_validator(mode="before")
    @classmethod
    def _of_words(cls, given: object) -> object:
        """Models also write the synonyms as a plain list, or one as a word."""
        if isinstance(given, str):
            return {"words": [given]}
        return {"words": given} if isinstance(given, list) else given


class PubMedArguments(Arguments):
    """A search of PubMed, in parts."""

    concepts: Annotated[
        tuple[ConceptIn, ...],
        Field(min_length=1, max_length=5, description="All are required, each by any synonym or MeSH term."),
    ]
    publication_types: Annotated[tuple[Word, ...], Field(max_length=5)] = ()
    authors: Annotated[tuple[Word, ...], Field(max_length=5)] = ()
    journal: Annotated[str, Field(max_length=120)] = ""
    year_from: Year | None = None
    year_to: Year | None = None
    k: Annotated[int, Field(ge=1, le=MOST)] = 10


class LivePubMed:
    """PubMed, asked now. What is sent is the query and nothing else."""

    name = "live_pubmed"
    description = (
        "PubMed itself, where the library has too little. Slow. Never send patient details.\n"
        "Semaglutide in HFpEF since 2023? -> concepts: [{words: [semaglutide]}, "
        "{words: [HFpEF, preserved ejection fraction], mesh: [Heart Failure]}], year_from: 2023\n"
        "Reviews by Lip on stroke? -> concepts: [{mesh: [Stroke]}], authors: [Lip GY], publication_types: [Review]"
    )
    arguments = PubMedArguments

    def __init__(self, settings: Settings, live: LiveShelf, *, seconds: float = TIME_S) -> None:
        """Raises `LiveSourceError` where the address of PubMed in the settings is none. `seconds` is what one call may take."""
        self._live = live
        self._hurry = Hurry("PubMed", seconds)
        self._eutils = Eutils(
            str(settings.eutils_url),
            email=settings.ncbi_email,
            api_key=settings.ncbi_api_key,
            timeout=min(REPLY_S, seconds),
            sleep=self._hurry.sleep,
        )
        self.close = weakref.finalize(self, self._eutils.close)

    def run(self, arguments: PubMedArguments, bench: Bench) -> Found:
        """The best matches. Raises `ToolError` where PubMed cannot be asked, or nothing may be sent."""
        literature = Filters(
            kinds=frozenset({Kind.LITERATURE}), year_from=arguments.year_from, year_to=arguments.year_to
        )
        both = Both(bench.filters, literature)
        search = PubMedSearch(
            concepts=[Concept(each.words, each.mesh) for each in arguments.concepts],
            authors=arguments.authors,
            journals=[arguments.journal] if arguments.journal else [],
            publication_types=arguments.publication_types or sorted(bench.filters.publication_types),
            mesh=sorted(bench.filters.mesh),
            year_from=both.nearest.year_from,
            year_to=both.nearest.year_to,
        )
        words = [word for each in arguments.concepts for word in (*each.words, *each.mesh)]
        refuse_identifiers([*words, *arguments.authors, *arguments.publication_types, arguments.journal])
        try:
            query = search.query()
        except ValueError as error:
            raise ToolError(f"concepts: {error}.") from None
        count, remarks, documents = self._hurry.within(lambda: self._ask(query, arguments.k + SPARE))
        found = shelved(bench, self._live, documents, both, " ".join(words), arguments.k)
        told = f"PubMed has {count:,} records for this" + (
            ", best matches first." if count else "; use fewer concepts or more synonyms."
        )
        return said(found, told, told_remarks(remarks))

    def _ask(self, query: str, most: int) -> tuple[int, tuple[str, ...], list[Document]]:
        search = self._eutils.search(query, first=most, by_relevance=True)
        if not search.pmids:
            return search.count, search.remarks, []
        documents = self._eutils.fetch(search.pmids, 0, len(search.pmids), _documents)
        order = {f"pubmed:{pmid}": at for at, pmid in enumerate(search.pmids)}
        asked_for = [document for document in documents if document.document_id in order]
        return search.count, search.remarks, sorted(asked_for, key=lambda each: order[each.document_id])


def _documents(body: bytes) -> list[Document]:
    """The documents of a page, by the parser that ingests them. Raises `AskAgainError` where it is not whole."""
    with tempfile.TemporaryDirectory(prefix="citewell-") as folder:
        path = Path(folder, "page.xml")
        path.write_bytes(body)
        try:
            return [item for item in PubMedXml().parse(path) if isinstance(item, Document)]
        except SourceError:
            raise AskAgainError("sent an incomplete page") from None
