"""What was seen in animals or in a dish is not clinical evidence."""

from __future__ import annotations

from assistant.verification.evidence import Evidence
from assistant.verification.finding import FINE, Finding
from assistant.verification.words import cue, has


def check_setting(claim: str, evidence: Evidence) -> Finding:
    """0 where the evidence is from animals or cells and the claim does not say so."""
    if has("animal", claim):
        return FINE
    if match := cue("animal").search(evidence.quote):
        return Finding(
            0.0, f"the evidence is not from people (“{match[0]}”), and the claim does not say so", fault=True
        )
    if evidence.animal:
        return Finding(0.0, "the study is indexed as one of animals, and the claim does not say so", fault=True)
    match = cue("animal").search(evidence.context)
    if match and not has("human", f"{evidence.context} {evidence.quote}"):
        return Finding(0.0, f"the study is not of people (“{match[0]}”), and the claim does not say so", fault=True)
    return FINE
