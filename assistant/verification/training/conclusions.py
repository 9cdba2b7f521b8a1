"""Pairs made from abstracts: what their authors conclude, beside the results that they conclude it from.

A conclusion says in other words what its results carry, which no exchange of words within a sentence teaches. The same conclusion turned round
(another direction, a negation more or less) is contradicted by the same results, so that no word of a claim gives its label away; beside the
abstract of something alike it is not supported.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.verification.labelled import LabelledPair
from assistant.verification.labels import Label
from assistant.verification.training.neutrals import made_neutral
from assistant.verification.training.perturbation import LONGEST, SHORTEST, change_direction, change_negation
from ingestion.sentences import sentence_spans

LEAST_BEFORE = 300  # characters of an abstract before its conclusion: shorter ones hold no results
_HEADED = re.compile(
    r"(?:^|[.\n]\s*)(?:main\s+|authors?\W{0,2}\s+)?conclusions?(?:\s*(?:and|/|&)\s*[a-z ]{1,40})?\s*[:.][\s:.]*",
    re.IGNORECASE,
)
_OPENS = re.compile(
    r"(?:in (?:conclusion|summary)\b|(?:these|our|the present|the) (?:results?|findings?|data|stud(?:y|ies)|meta-analys[ei]s)[^.]{0,40}"
    r"\b(?:suggest|indicate|demonstrate|show|confirm|reveal)s?\b|we (?:conclude|have shown|demonstrate|show)\b"
    r"|this (?:study|trial|meta-analysis)[^.]{0,30}\b(?:show|demonstrate|suggest|indicate)s\b"
    r"|(?:thus|therefore|taken together|collectively|overall),)",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^(?:in (?:conclusion|summary),?\s+|(?:thus|therefore|taken together|collectively|overall),\s+)?"
    r"(?:[^,;]{0,60}\b(?:suggest|indicate|demonstrate|show|conclude|confirm|reveal)(?:s|ed|n)?\s+that\s+)?",
    re.IGNORECASE,
)


def conclusion_of(abstract: str) -> tuple[str, str] | None:
    """What an abstract concludes, one sentence without "we conclude that", and the text before it; `None` where no conclusion is marked."""
    headed = list(_HEADED.finditer(abstract))
    if headed and headed[-1].start() >= LEAST_BEFORE:
        before, rest = abstract[: headed[-1].start() + 1], abstract[headed[-1].end() :]
    else:
        spans = sentence_spans(abstract)[-2:]
        opens = next((start for start, end in spans if _OPENS.match(abstract[start:end])), None)
        if opens is None or opens < LEAST_BEFORE:
            return None
        before, rest = abstract[:opens], abstract[opens:]
    sentences = sentence_spans(rest)
    if not sentences:
        return None
    start, end = sentences[0]
    said = _LEAD.sub("", rest[start:end], count=1).lstrip(" :;,.")
    if not SHORTEST <= len(said.split()) <= LONGEST:
        return None
    return said[0].upper() + said[1:], before.strip()


def concluded(texts: Sequence[str], count: int, seed: int) -> list[LabelledPair]:
    """`count` pairs, or as many as the abstracts give: a third each of supported, contradicted and unsupported conclusions."""
    draw = random.Random(f"{seed} conclusions")  # noqa: S311 - reproducible, not secret
    made: list[LabelledPair] = []
    for text in draw.sample(list(texts), len(texts)):
        if len(made) >= count // 3 * 2:
            break
        if not (found := conclusion_of(text)):
            continue
        claim, evidence = found
        turned = [each for each in (change_direction(claim, draw), change_negation(claim, draw)) if each]
        if turned:
            made.append(_pair(f"as-is-{len(made)}", claim, evidence, "support"))
            made.append(_pair(f"turned-{len(made)}", draw.choice(turned), evidence, "contradict"))
    unlike = made_neutral(made, len(made) // 2, draw)
    return made + [replace(pair, two_class=True) for pair in unlike]  # another abstract may contradict, by chance


def _pair(key: str, claim: str, evidence: str, label: Label) -> LabelledPair:
    return LabelledPair(id=key, claim=claim, evidence=evidence, label=label, source="conclusions")
