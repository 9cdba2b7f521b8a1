"""The citation exists: its quote stands word for word where it says, in a passage that this question retrieved."""

from __future__ import annotations

from collections.abc import Collection

from assistant.answer import Citation
from assistant.verification.finding import FINE, Finding
from indexes.passage import Passage


def check_verbatim(claim: str, citation: Citation, passage: Passage) -> Finding:  # noqa: ARG001 - every check sees the claim
    """1 where passage and offsets give exactly the quote, else 0."""
    if passage.passage_id != citation.passage_id or passage.document_id != citation.document_id:
        return Finding(0.0, "the citation names another passage", fault=True)
    if passage.text[citation.start : citation.end] != citation.quote:
        return Finding(0.0, "the quote is not what the source says at that place", fault=True)
    return FINE


def check_retrieved(citation: Citation, allowed: Collection[str] | None) -> Finding:
    """0 where the passage is not among those that were retrieved; `None`: any may be cited."""
    if allowed is not None and citation.passage_id not in allowed:
        return Finding(0.0, "the cited passage was not retrieved for this question", fault=True)
    return FINE
