"""Neutral pairs for sets that have none: a claim beside the evidence of another claim, one that looks as if it belonged."""

from __future__ import annotations

import random
from collections.abc import Sequence

from assistant.verification.labelled import LabelledPair
from indexes.finetuning.bm25 import Bm25

LOOKED_AT = 8  # evidences that share words with the claim


def made_neutral(pairs: Sequence[LabelledPair], count: int, draw: random.Random) -> list[LabelledPair]:
    """`count` neutral pairs of claims and evidences of these pairs, each by BM25 one of the best that belongs to no like claim.

    A claim that shares its evidence with another is not paired with what the other has: both may be of one article.
    """
    if not count or len(pairs) < 2:
        return []
    texts = {pair.evidence: pair.evidence for pair in pairs}
    belongs: dict[str, set[str]] = {}
    for pair in pairs:
        belongs.setdefault(pair.claim, set()).add(pair.evidence)
    claims_of: dict[str, set[str]] = {}
    for pair in pairs:
        claims_of.setdefault(pair.evidence, set()).add(pair.claim)
    index = Bm25(texts)
    made: list[LabelledPair] = []
    for pair in draw.sample(list(pairs), len(pairs)):
        if len(made) == count:
            break
        own = {text for claim in claims_of[pair.evidence] for text in belongs[claim]} | belongs[pair.claim]
        others = [text for text in index.best(pair.claim, LOOKED_AT + len(own)) if text not in own][:LOOKED_AT]
        if others:
            made.append(
                LabelledPair(
                    id=f"{pair.id}-neutral",
                    claim=pair.claim,
                    evidence=draw.choice(others[1:] or others),
                    label="neutral",
                    source=f"{pair.source}+neutral",
                )
            )
    return made
