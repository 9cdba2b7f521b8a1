"""What was once advised is not advice in force."""

from __future__ import annotations

from assistant.advisers import is_former, says_when
from assistant.verification.evidence import Evidence
from assistant.verification.finding import FINE, Finding


def check_standing(claim: str, evidence: Evidence) -> Finding:
    """0 where the words cited tell what was once advised and the claim gives it as what is."""
    if not is_former(evidence.quote) or is_former(claim) or says_when(claim):
        return FINE
    return Finding(0.0, "the words cited tell what was once advised, and the claim does not say so", fault=True)
