"""Folds that leak nothing: no claim and no document of one fold is in another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from assistant.verification.training.pairs import LabelledPair


def group_folds(pairs: Sequence[LabelledPair], count: int) -> list[int]:
    """The fold of each pair, from 0 to `count` - 1, of sizes as alike as the groups allow; the same for the same pairs.

    Pairs of one claim or of one document (else: one evidence) are a group, and so are those that share a claim or document with any of the group.
    """
    parent: dict[tuple[str, str], tuple[str, str]] = {}

    def find(key: tuple[str, str]) -> tuple[str, str]:
        parent.setdefault(key, key)
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for pair in pairs:
        parent[find(_claim(pair))] = find(_document(pair))
    groups = [find(_claim(pair)) for pair in pairs]
    sizes = Counter(groups)
    filled = [0] * count
    fold_of: dict[tuple[str, str], int] = {}
    for group in sorted(sizes, key=lambda group: (-sizes[group], group)):
        fold = min(range(count), key=filled.__getitem__)
        fold_of[group] = fold
        filled[fold] += sizes[group]
    return [fold_of[group] for group in groups]


def _claim(pair: LabelledPair) -> tuple[str, str]:
    return "claim", " ".join(pair.claim.lower().split())


def _document(pair: LabelledPair) -> tuple[str, str]:
    return "document", pair.document_id or " ".join(pair.evidence.lower().split())
