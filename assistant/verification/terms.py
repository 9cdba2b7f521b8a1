"""The content words of the claim occur in the quote, or in the title and headings the quote stands under."""

from __future__ import annotations

from assistant.answer import Citation
from assistant.verification.finding import Finding
from indexes.lexical import tokens
from indexes.passage import Passage


def check_terms(claim: str, citation: Citation, passage: Passage) -> Finding:
    """The share of the claim's content words that the quote and its context have."""
    wanted = set(tokens(claim))
    if not wanted:
        return Finding(0.0, "the claim says nothing")
    context = " ".join((citation.quote, passage.title, *passage.section))
    missing = wanted - set(tokens(context))
    score = 1.0 - len(missing) / len(wanted)
    return Finding(score, f"words not in the source: {', '.join(sorted(missing))}" if missing else "")
