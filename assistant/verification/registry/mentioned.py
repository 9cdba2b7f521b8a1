"""How much of what a claim names stands in the report of each trial or arm that it speaks of, or, where it denies, does not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from assistant.planning.vocabulary import generic
from assistant.verification.registry.clauses import split
from assistant.verification.registry.frames import frame
from assistant.verification.registry.report import Arm, Report
from assistant.verification.registry.scope import scopes, without
from assistant.verification.words import stems

_WAYS = (
    (re.compile(r"\b(?:orally|oral|by mouth|per os|tablets?|capsules?)\b"), "po"),
    (re.compile(r"\b(?:intravenously|intravenous|by iv|infusions?)\b"), "iv"),
    (re.compile(r"\b(?:subcutaneously|subcutaneous)\b"), "sc"),
    (re.compile(r"\b(?:intramuscularly|intramuscular)\b"), "im"),
    (re.compile(r"\b(?:once daily|once a day|every day|each day|qd)\b"), "daily"),
    (re.compile(r"\b(?:twice daily|twice a day)\b"), "bid"),
)
"""Routes and frequencies as reports abbreviate them."""
_DENIED = re.compile(r"\b(?:no|not|none|never|neither|nor|without)\b|n['’]t\b")
_GENERIC = 0.3  # weight of a word that is common in medicine; others weigh 1


@dataclass(frozen=True, slots=True)
class Mention:
    """`share` of the claim's words, 0 to 1, that stand where they should, in its weakest clause. `denied`: some clause denies."""

    share: float
    denied: bool


def mentioned(claim: str, report: Report) -> Mention | None:
    """How well the claim's words fit the places it names; `None` where it has no words of its own."""
    found: list[tuple[float, bool]] = []
    before: frozenset[str] = frozenset()
    for text in split(claim):
        plain = without(text, scopes(text, report.arms))
        own = frozenset(stem for stem in stems(_usual(plain)) if stem not in frame("mentions")) or before
        if not own:
            continue
        before = own
        weights = {stem: _GENERIC if stem in generic() else 1.0 for stem in own}
        shares = [
            sum(weight for stem, weight in weights.items() if any(stem in _held(arm) for arm in arms))
            / sum(weights.values())
            for arms in _places(text, report.arms)
        ]
        denied = bool(_DENIED.search(text.lower()))
        found.append((1 - max(shares) if denied else min(shares), denied))
    return Mention(min(share for share, _ in found), any(denied for _, denied in found)) if found else None


def _places(text: str, arms: Sequence[Arm]) -> list[Sequence[Arm]]:
    named: list[Sequence[Arm]] = [scope.arms for scope in scopes(text, arms) if scope.arms]
    if re.search(r"(?:both|all|each) (?:cohorts?|groups?|arms?)", text.lower()):
        return [[arm] for some in named or [arms] for arm in some]
    return named or [arms]


@lru_cache(maxsize=4096)
def _held(arm: Arm) -> frozenset[str]:
    return frozenset(stems(_usual(f"{arm.title}\n{arm.text}")))


def _usual(text: str) -> str:
    text = text.lower()
    for pattern, usual in _WAYS:
        text = pattern.sub(usual, text)
    return text
