"""What the calibrated model sees of a claim and its evidence: the checks' scores, shared words, closeness in meaning, a neural model's opinion."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from assistant.planning.terms import content_of
from assistant.planning.vocabulary import generic
from assistant.verification.checks import examine
from assistant.verification.direction import matches
from assistant.verification.evidence import Evidence
from assistant.verification.finding import Finding
from assistant.verification.measures import measures
from assistant.verification.tables import table_values
from assistant.verification.words import negations, stems
from indexes.embedding import Vectors
from ingestion.sentences import sentence_spans

Embed = Callable[[Sequence[str]], Vectors]
"""Texts -> unit vectors, one a row."""
Judge = Callable[[Sequence[tuple[str, str]]], NDArray[np.float64] | None]
"""Pairs of claim and evidence -> probabilities of support, contradiction and neutrality, one row a pair; `None` where no model is at hand."""

SHORTLIST = 2  # sentences of a long evidence whose meaning is compared
JUDGED = 3  # sentences of a long evidence that a neural model reads
SHORT = 2  # sentences up to which evidence is read as it is
LINES = 4  # line breaks from which evidence is a list or a table, as trial reports are: shared words say less there
OTHERWISE_IN_LISTS = (
    "share_telling", "share_best", "jaccard", "share_pairs", "denials", "denials_differ", "figures_there", "length", "faulty", "contradicted",
    "same_direction",
)  # fmt: skip
TABLED = ("counted", "measured", "mentioned")
NEARLY = 0.5  # of the words of a claim and its evidence that both have (Jaccard): from here on the claim repeats it, with changes
NEAR = "near_"
"""How the features begin that count for such claims only: there a changed word tells, elsewhere even shared ones say little."""
WHOLE = frozenset({"quantities", "entities", "tables", "terms"})
"""Checks that look for the claim's things in all of the evidence; the others compare statements, and look at the best sentence."""


@dataclass(frozen=True, slots=True)
class Read:
    """Evidence as read for a claim: its sentence that is closest to the claim, what a neural model should see, what the checks found."""

    best: str
    judged: str
    findings: Mapping[str, Finding]
    values: Mapping[str, float]

    def noting(self, check: str, finding: Finding) -> Read:
        """The same with what a check found beside those that are weighed."""
        return replace(self, findings={**self.findings, check: finding})


def read(claim: str, evidence: Evidence, embed: Embed | None = None) -> Read:
    """Compare claim and evidence. Evidence of more than two sentences is read at its best one, found by shared words and, with `embed`, meaning."""
    text = evidence.quote
    sentences = _sentences(text)
    wanted = set(stems(claim))
    shares = [_share(wanted, sentence) for sentence in sentences]
    order = sorted(range(len(sentences)), key=lambda n: (-shares[n], n))[:SHORTLIST]
    cosines = dict.fromkeys(order, 0.0)
    whole = 0.0
    if embed is not None and order:
        vectors = embed([claim, *(sentences[n] for n in order)])
        cosines = {n: float(vector @ vectors[0]) for n, vector in zip(order, vectors[1:], strict=True)}
        whole = max(cosines.values())
    ranked = sorted(order, key=lambda n: -(shares[n] + 2.0 * cosines[n]))
    best = sentences[ranked[0]] if ranked else text
    narrow = text if len(sentences) <= SHORT else best
    on_whole = examine(claim, evidence)
    on_best = on_whole if narrow == text else examine(claim, replace(evidence, quote=narrow))
    findings = {name: on_whole[name] if name in WHOLE else on_best[name] for name in on_whole}
    values = _values(claim, evidence, narrow, findings, on_best, max(shares, default=0.0))
    if embed is not None:
        top = sorted(cosines.values(), reverse=True)[:2]
        values |= {
            "cosine": whole,
            "cosine_second": top[-1] if top else 0.0,
            "cosine_share": whole * values["share_best"],
            "cosine_listed": whole * values["listed"],
        }
    judged = text if len(sentences) <= JUDGED else " ".join(sentences[n] for n in sorted(ranked[:JUDGED]))
    return Read(best, judged, findings, _by_nearness(values))


def with_judgement(values: Mapping[str, float], probabilities: Sequence[float]) -> dict[str, float]:
    """The values with what a neural model thinks of support, contradiction and neutrality: log odds of the first two against the last."""
    support, contradict, neutral = (min(max(float(p), 1e-4), 1.0) for p in probabilities)
    judged = {"neural_support": math.log(support / neutral), "neural_contradict": math.log(contradict / neutral)}
    return {**values, **judged, **_if_near(values["near_claim"], judged)}


def _by_nearness(values: Mapping[str, float]) -> dict[str, float]:
    """The values, and once more where the claim nearly repeats its evidence; where it does not, these are 0. No claim repeats a list."""
    near = float(values["jaccard"] > NEARLY)
    told = {name: value for name, value in values.items() if not name.startswith(("listed", *TABLED))}
    return {**values, "near_claim": near, **_if_near(near, told)}


def _if_near(near: float, values: Mapping[str, float]) -> dict[str, float]:
    return {f"{NEAR}{name}": near * value for name, value in values.items()}


def begins(feature: str, starts: tuple[str, ...]) -> bool:
    """Whether a feature's name begins so, with or without what says that it counts for claims near their evidence only."""
    return feature.startswith(starts) or feature.removeprefix(NEAR).startswith(starts)


def _values(
    claim: str,
    evidence: Evidence,
    narrow: str,
    findings: Mapping[str, Finding],
    on_best: Mapping[str, Finding],
    share_best: float,
) -> dict[str, float]:
    said, source = stems(claim), stems(narrow)
    telling = {word for word in said if word not in generic()}
    content = content_of(evidence.spelt_out(evidence.quote))
    pairs, pairs_there = _bigrams(said), _bigrams(source)
    compared = matches(claim, narrow)
    figures, there = measures(claim).quantities, {each.key for each in measures(evidence.quote).quantities}
    values = {f"amiss_{name}": 1.0 - finding.score for name, finding in findings.items()}
    values |= {f"amiss_best_{name}": 1.0 - on_best[name].score for name in WHOLE if name != "tables"}
    values |= {
        "contradicted": float(any(finding.contradicts for finding in on_best.values())),
        "same_direction": float(sum(match.relation == "same" for match in compared)),
        "other_direction": float(sum(match.relation != "same" for match in compared)),
        "share_telling": sum(f" {word} " in content for word in telling) / max(1, len(telling)),
        "share_best": share_best,
        "share_pairs": len(pairs & pairs_there) / max(1, len(pairs)),
        "jaccard": len(set(said) & set(source)) / max(1, len(set(said) | set(source))),
        "figures": min(3.0, float(len(figures))),
        "figures_there": sum(each.key in there for each in figures) / max(1, len(figures)),
        "denials": float(min(1, len(negations(claim)))),
        "denials_there": float(min(1, len(negations(narrow)))),
        "denials_differ": float(bool(negations(claim)) != bool(negations(narrow))),
        "length": math.log1p(len(said)),
        "length_there": math.log1p(len(stems(evidence.quote))),
    }
    values["faulty"] = float(any(finding.fault for finding in findings.values()))
    values["faulty_close"] = values["faulty"] * values["share_pairs"]
    listed = float(evidence.quote.strip().count("\n") >= LINES)
    values["listed"] = listed
    values |= {f"listed_{name}": listed * values[name] for name in OTHERWISE_IN_LISTS}
    values["turned_close"] = values["contradicted"] * values["share_telling"]
    values["denials_close"] = values["denials_differ"] * values["share_telling"]
    return values | table_values(claim, evidence)


@lru_cache(maxsize=4096)
def _sentences(text: str) -> tuple[str, ...]:
    """The sentences of a text; a line of a list or a table is one."""
    found = [text[start:end].strip() for start, end in sentence_spans(text)]
    return tuple(line.strip() for sentence in found for line in sentence.splitlines() if line.strip())


def _share(wanted: set[str], sentence: str) -> float:
    return len(wanted & set(stems(sentence))) / max(1, len(wanted))


def _bigrams(words: Sequence[str]) -> set[tuple[str, str]]:
    return set(pairwise(words))
