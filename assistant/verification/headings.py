"""What stands under a heading is what the heading says: a line under "Contraindications" is no treatment, one under "Complications" no symptom.

Lines of lists say nothing of that themselves ("Peptic ulcer"), so that any claim which names it shares all their words. A sentence that says itself
what it is ("Paracetamol may be given") is taken at its word.
"""

from __future__ import annotations

import re
from functools import lru_cache

from assistant.planning.aspects import aspect_headed, says
from assistant.verification.evidence import Evidence
from assistant.verification.finding import FINE, Finding
from assistant.verification.wordlists import Phrases, alternation, phrases, sections

_SAME = {"contraindications": "cautions"}
_NAMED = ("complications", "causes", "features", "differential", "cautions", "prevention", "treatment")
_OUTCOMES = frozenset({"Primary outcomes", "Secondary outcomes"})


def check_headings(claim: str, evidence: Evidence) -> Finding:
    """0 where a claim makes something else of a line than its heading does: a use of a caution, a result of a plan, a symptom of a complication."""
    if _OUTCOMES & set(evidence.headings) and not _has("planned", claim):
        return Finding(0.0, "the source is an outcome that a trial planned to measure, no result", fault=True)
    headed = aspect_headed(evidence.headings) if evidence.headings else None
    if headed is None:
        return FINE
    headed = _SAME.get(headed, headed)
    if headed == "cautions" and _has("use", claim) and not _has("warns", claim) and not _has("use", evidence.quote):
        return _fault(evidence)
    told = _told(claim)
    return _fault(evidence) if told and headed in _NAMED and not _is_told(told, headed, evidence.quote) else FINE


def _is_told(told: str, headed: str, quote: str) -> bool:
    """Whether the heading or the quote makes of it what the claim does."""
    named = Phrases(phrases(sections("headings.txt")[told])).search(quote) is not None
    return told == headed or named or (told == "treatment" and says("treatment", quote) and headed != "cautions")


def _told(claim: str) -> str | None:
    """What the claim says that something is: "complications of malaria include …", "… is a symptom of malaria"."""
    found = _members().search(claim.lower())
    return None if found is None else next(name for name in _NAMED if found[f"{name}_are"] or found[f"is_{name}"])


def _fault(evidence: Evidence) -> Finding:
    return Finding(0.0, f"the source lists this under “{' '.join(evidence.headings[0].split())[:80]}”", fault=True)


def _has(section: str, text: str) -> bool:
    return _words(section).search(text) is not None


@lru_cache(maxsize=8)
def _words(section: str) -> Phrases:
    return Phrases(phrases(sections("headings.txt")[section]))


@lru_cache(maxsize=1)
def _members() -> re.Pattern[str]:
    parts = []
    for name in _NAMED:
        nouns = alternation(phrases(sections("headings.txt")[name]))
        of = r"(?: (?:of|for|in|to) [^.;:]{1,80}?)?"
        parts.append(rf"(?P<{name}_are>(?:{nouns}){of}(?: (?:are|is|include[sd]?|(?:may|can) include)\b|:))")
        parts.append(
            rf"(?P<is_{name}>\b(?:is|are|as) (?:(?:an?|the|one|some|among|of|common|known|important|serious|possible|major|its) ){{0,4}}(?:{nouns}))"
        )
    return re.compile("|".join(parts))
