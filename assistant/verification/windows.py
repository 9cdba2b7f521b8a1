"""The part of a long evidence that a claim is about: a small model reads a hundred words well, and neither quickly nor well a whole abstract."""

from __future__ import annotations

import math
from collections import Counter

from indexes.lexical import tokens
from ingestion.sentences import sentence_spans

WORDS = 96  # of evidence beside a claim, about 140 word pieces: nine of ten abstracts of SciFact then show a sentence that decides
LONGEST_SENTENCE = 60  # words; a longer one, such as a table that was written in one line, is cut to pieces
_LATER = (
    3.0  # in the weight of words: what the last sentence is ahead of the first, for results and conclusions stand last
)


def closest_words(claim: str, evidence: str, words: int = WORDS) -> str:
    """The sentences of the evidence that share most with the claim, in their order, of at most `words` words together; all of a short evidence.

    A shared word weighs by how rare it is among the evidence's sentences (inverse document frequency). The closest sentence is there in any case.
    """
    if len(evidence.split()) <= words:
        return evidence
    sentences = _pieces(evidence)
    wanted = set(tokens(claim))
    found = [wanted & set(tokens(sentence)) for sentence in sentences]
    common = Counter(word for each in found for word in each)
    weight = {word: math.log(1 + len(sentences) / count) for word, count in common.items()}
    closeness = [
        sum(weight[word] for word in sorted(each)) + _LATER * place / len(sentences) for place, each in enumerate(found)
    ]
    chosen: list[int] = []
    left = words
    for place in sorted(range(len(sentences)), key=closeness.__getitem__, reverse=True):
        size = len(sentences[place].split())
        if size <= left or not chosen:
            chosen.append(place)
            left -= size
    return " ".join(sentences[place] for place in sorted(chosen))


def _pieces(text: str) -> list[str]:
    """Sentences and lines; none is longer than `LONGEST_SENTENCE` words."""
    pieces: list[str] = []
    for line in text.splitlines():
        for start, end in sentence_spans(line):
            found = line[start:end].split()
            pieces += [" ".join(found[at : at + LONGEST_SENTENCE]) for at in range(0, len(found), LONGEST_SENTENCE)]
    return pieces
