"""The quote stands in the passage, word for word, where the citation says."""

from __future__ import annotations

from assistant.answer import Citation
from assistant.verification.finding import Finding
from indexes.passage import Passage


def check_verbatim(claim: str, citation: Citation, passage: Passage) -> Finding:  # noqa: ARG001 - every check sees the claim
    """1 where passage and offsets give exactly the quote, else 0."""
    if passage.passage_id != citation.passage_id or passage.document_id != citation.document_id:
        return Finding(0.0, "the citation names another passage")
    if passage.text[citation.start : citation.end] != citation.quote:
        return Finding(0.0, "the quote is not what the source says at that place")
    return Finding(1.0)
