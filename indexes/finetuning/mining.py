"""From judged data to training pairs with hard negatives."""

from __future__ import annotations

import random

from indexes.finetuning.bm25 import Bm25
from indexes.finetuning.judged import Judged
from indexes.finetuning.pairs import Pair

POSITIVES = 4  # of a query, the best first: a query with a hundred answers must not outweigh the others
DEPTH = 30  # ranks among which negatives are drawn: deeper ones are easy


def mine_pairs(judged: Judged, negatives: int, seed: int) -> list[Pair]:
    """A pair for each query and text that answers it, in an order that the seed decides, each with negatives that BM25 takes for answers.

    What is judged relevant to the query, or says the same as one of these, is no negative. What nobody judged may be, and some of it wrongly so.
    """
    index = Bm25(judged.texts)
    draw = random.Random(seed)  # noqa: S311 - reproducible, not secret
    pairs: list[Pair] = []
    for key in sorted(judged.relevant):
        query = judged.queries[key]
        answers = {judged.texts[each] for each in judged.relevant[key]}
        candidates = [judged.texts[each] for each in index.best(query, DEPTH + len(answers))]
        candidates = list(dict.fromkeys(text for text in candidates if text not in answers))[:DEPTH]
        for text in judged.relevant[key][:POSITIVES]:
            rows = sorted(draw.sample(range(len(candidates)), min(negatives, len(candidates))))
            pairs.append(Pair(query, judged.texts[text], tuple(candidates[row] for row in rows), judged.name))
    draw.shuffle(pairs)
    return pairs
