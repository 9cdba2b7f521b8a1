"""Cited documents that found different effects of the same thing on the same outcome: one a decrease, another no difference.

Only where the model that reads effects is sure of both, and where neither sentence names another drug that it might be compared with.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations

from assistant.drafts import Checked
from assistant.planning.asking import Effect
from assistant.planning.premises import effect_asked
from assistant.planning.terms import content_of, drugs_in
from assistant.verdicts import effects
from assistant.verdicts.models import Models, probabilities, shipped
from assistant.verdicts.reading import EVIDENCE
from assistant.verdicts.sentences import said_by, seen_in_people
from assistant.verification.words import stems

SURE = 0.85
"""Probability from which a sentence is taken to say one thing. Figures: docs/verification.md."""
NAMED = 0.5
"""Share of the words of what is given, and of what it is compared with, that sentence and title must have."""
_NO_TREATMENT = re.compile(
    r"\b(?:placebo|controls?|usual|standard|routine|conventional|sham|no|nothing|baseline)\b", re.IGNORECASE
)
"""What many sentences leave unsaid."""


def disagreeing(
    question: str, claims: Sequence[Checked], models: Models | None = None
) -> tuple[str, list[tuple[Checked, Checked]]]:
    """What the effect is of and on, in the question's words, and the pairs of claims from different documents that found different effects."""
    effect = effect_asked(question)
    if effect is None:
        return "", []
    told = []
    for document in dict.fromkeys(each.passages[0].document_id for each in claims):
        own = [each for each in claims if each.passages[0].document_id == document and _is_on(effect, each)]
        number = effects.most_telling(effect, [said_by(each) for each in own])
        if number is not None and (verdict := _verdict(effect, own[number], models or shipped())):
            told.append((own[number], verdict))
    pairs = [(one, other) for (one, first), (other, second) in combinations(told, 2) if first != second]
    return f"the effect of {effect.intervention} on {effect.outcome}", pairs


def _is_on(effect: Effect, checked: Checked) -> bool:
    said = said_by(checked)
    there = set(stems(f"{said.text} {checked.passages[0].title}"))
    compared = "" if _NO_TREATMENT.search(effect.comparator) else effect.comparator
    asked = content_of(f"{effect.intervention} . {effect.comparator}")
    return (
        said.role in EVIDENCE
        and seen_in_people(checked)
        and all(
            len(words & there) >= NAMED * len(words) for words in map(set, map(stems, (effect.intervention, compared)))
        )
        and all(any(f" {name} " in asked for name in drug.names) for drug in drugs_in(said.text))
    )


def _verdict(effect: Effect, checked: Checked, models: Models) -> str | None:
    chances = probabilities(models.effect, effects.values(effect, said_by(checked)))
    best = max(chances, key=chances.__getitem__)
    return best if chances[best] >= SURE else None
