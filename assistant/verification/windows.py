"""The part of a long evidence that a claim is about: a small model reads a hundred words well, and neither quickly nor well a whole abstract."""

from __future__ import annotations

import math
from collections import Counter

from indexes.lexical import tokens
from ingestion.sentences import sentence_spans

WORDS = 64  # of evidence beside a claim: about 100 word pieces
LONGEST_SENTENCE = 60  # words; a longer one, such as a table that was written in one line, is cut to pieces
_LATER = 0.05  # of one shared word: of two sentences alike close, the later, for conclusions stand last


def closest_words(claim: str, evidence: str, words: int = WORDS) -> str:
    """The sentences of the evidence that share most with the claim, in their order, of about `words` words together; all of a short evidence.

    A shared word weighs by how rare it is among the evidence's sentences (inverse document frequency), and counts once: a sentence is chosen for
    what those before it did not bring.
    """
    if len(evidence.split()) <= words:
        return evidence
    sentences = _pieces(evidence)
    wanted = set(tokens(claim))
    found = [wanted & set(tokens(sentence)) for sentence in sentences]
    common = Counter(word for each in found for word in each)
    weight = {word: math.log(1 + len(sentences) / count) for word, count in common.items()}
    chosen: set[int] = set()
    brought: set[str] = set()
    left = words
    while len(chosen) < len(sentences):
        place = max(
            (place for place in range(len(sentences)) if place not in chosen),
            key=lambda place: (
                sum(weight[word] * (0.5 if word in brought else 1.0) for word in found[place])
                + _LATER * place / len(sentences)
            ),
        )
        size = len(sentences[place].split())
        if chosen and size > left:
            break
        chosen.add(place)
        brought |= found[place]
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
