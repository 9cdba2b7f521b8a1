"""Association is not causation: a source that saw two things go together does not say that one brings about the other."""

from __future__ import annotations

from assistant.verification.evidence import Evidence
from assistant.verification.finding import FINE, Finding
from assistant.verification.words import cue, has


def check_causation(claim: str, evidence: Evidence) -> Finding:
    """0 where the claim says that something causes or changes something, and the quote only that they are associated."""
    if has("association", claim) or not has("causal", claim):
        return FINE
    match = next(
        (found for found in cue("association").finditer(evidence.quote) if evidence.quote[found.start()].islower()),
        None,
    )
    if match is None:  # or the name of a society
        return FINE
    said = {match[0].lower() for match in cue("causal").finditer(claim)}
    between = evidence.quote[: match.start()]
    if any(match[0].lower() in said for match in cue("causal").finditer(between)):
        return FINE  # the quote says it of something else than the association, and the claim may mean that
    return Finding(0.0, f"the source reports an association (“{match[0]}”), not an effect", fault=True)
