"""A PubMed article as a document, the same whichever format NLM gave it in."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from indexes.passage import Kind, Status
from ingestion.design import study_design
from ingestion.document import Document, Problem
from ingestion.sources.abstracts import Abstract, chosen_text

PMID = re.compile(r"[1-9][0-9]{0,8}")
RETRACTED_TITLE = re.compile(r"^\W*retracted(?: article)?\b\W*[:\]-]", re.IGNORECASE)
"""How publishers mark the title of an article that they have retracted; a notice's begins with "Retraction"."""
OF_OTHERS = frozenset(
    ("Letter", "Editorial", "News", "Comment", "Published Erratum", "Retraction of Publication", "Expression of Concern")
)  # fmt: skip
"""Types that speak of another article: the one that they name as retracted or corrected is not they."""
_LAST_VERSION = 99  # two digits, so that revisions sort as text

# What a notice linked from the article means for it (RefType of CommentsCorrections, lower case), the gravest first. A retraction in part
# leaves the rest standing, under doubt.
_NOTICES = (
    (Status.RETRACTED, {"retractionin", "retractedandrepublishedin"}),
    (Status.CONCERN, {"expressionofconcernin", "partialretractionin"}),
    (Status.CORRECTED, {"erratumin", "correctedandrepublishedin"}),
)


def article_document(
    *,
    pmid: str,
    title: str,
    abstracts: Sequence[Abstract],
    date: tuple[int | None, str | None],
    publisher: str,
    authors: Sequence[str],
    languages: Sequence[str],
    identifiers: Mapping[str, str],
    types: Sequence[str],
    mesh: Sequence[str],
    notices: Collection[str],
    version: int = 1,
    revised: str | None = None,
) -> Document | Problem:
    """The document of one article, or the problem that it says nothing.

    `date` is what `publication_date` gives, `publisher` the journal, `languages` are ISO 639-1 codes, `notices` the RefTypes of what NLM has
    linked, in lower case, `revised` the ISO date on which NLM last changed the record.
    """
    abstract = chosen_text(abstracts, languages)
    if not title and not abstract.builder.sections:
        return incomplete(f"pubmed:{pmid}", "has neither title nor abstract")
    status = next((status for status, kinds in _NOTICES if not kinds.isdisjoint(notices)), Status.CURRENT)
    marked = OF_OTHERS.isdisjoint(types) and RETRACTED_TITLE.match(title)  # before NLM has linked the notice
    design, level = study_design(types, title)
    return Document(
        document_id=f"pubmed:{pmid}",
        kind=Kind.LITERATURE,
        title=title,
        text=abstract.builder.text,
        sections=tuple(abstract.builder.sections),
        url=f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/",
        year=date[0],
        date=date[1],
        publisher=publisher,
        authors=tuple(authors),
        # The abstract may be English whatever the article is written in.
        language=abstract.language or ("en" if "en" in languages or not languages else languages[0]),
        licence=abstract.licence,
        identifiers={"pmid": pmid, **identifiers},
        publication_types=tuple(types),
        mesh=tuple(mesh),
        status=Status.RETRACTED if marked or "Retracted Publication" in types else status,
        revision=f"{min(version, _LAST_VERSION):02} {revised}" if revised else "",
        evidence_level=level,
        attributes={"version": version, "design": design, "languages": list(languages)},
    )


def incomplete(record: str, reason: str) -> Problem:
    """A record that lacks what an article must have."""
    return Problem(
        record,
        f"the record {reason}",
        "look the article up in PubMed and fetch it again with efetch (db=pubmed, retmode=xml)",
    )


def mesh_terms(descriptor: str, *qualifiers: str) -> list[str]:
    """A heading, once for each qualifier where there are any: "Hypertension/drug therapy"."""
    return [f"{descriptor}/{qualifier}" for qualifier in qualifiers] if qualifiers else [descriptor]
