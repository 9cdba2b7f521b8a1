"""Work that is not, or not yet, a reviewed report: a preprint, a conference abstract, a trial that is only registered.

That of an article only the abstract is held is no mark against it: it is so of nearly all of PubMed. It is noted in its appraisal.
"""

from __future__ import annotations

from assistant.appraisal.rules import rules
from indexes.passage import Kind, folded
from ingestion.document import Document

REGISTERED = "A trial registration says what was planned; it is no result."
POSTED = "Results as posted in the trial's registry, which no journal has reviewed."


def why_preliminary(document: Document) -> str:
    """Why the document is preliminary, as a sentence; empty where it is not."""
    if document.kind is Kind.TRIAL:
        return POSTED if has_results(document) else REGISTERED
    if document.kind is not Kind.LITERATURE:
        return ""
    said = rules()["preliminary"]
    types = set(map(folded, document.publication_types))
    if folded(document.publisher).startswith(tuple(said["servers"])):
        types.add("preprint")
    return next((str(words) for kind, words in said["types"].items() if kind in types), "")


def has_results(document: Document) -> bool:
    """Whether a registered trial has posted results."""
    return document.attributes.get("has_results") is True
