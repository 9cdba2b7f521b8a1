"""The content words of the claim occur in the quote, or in the title and headings the quote stands under."""

from __future__ import annotations

from assistant.planning.terms import content_of
from assistant.verification.evidence import Evidence
from assistant.verification.finding import FINE, Finding
from assistant.verification.naming import named
from assistant.verification.words import stems

SHOWN = 6  # missing words that are named


def check_terms(claim: str, evidence: Evidence) -> Finding:
    """The share of the claim's content words that the quote and its context have, under any of their names. No fault: words can be said otherwise."""
    wanted = set(stems(claim))
    if not wanted:
        return Finding(0.0, "the claim says nothing", fault=True)
    context = content_of(evidence.spelt_out(f"{evidence.quote} . {evidence.context}"))
    missing = wanted - set(context.split())
    said_otherwise = {word for entity in named(claim) if entity.occurs_in(context) for word in stems(entity.text)}
    missing -= said_otherwise
    if not missing:
        return FINE
    return Finding(1.0 - len(missing) / len(wanted), f"words not in the source: {', '.join(sorted(missing)[:SHOWN])}")
