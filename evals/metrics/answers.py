"""Metrics of an answer against what a set has for it: its direction, the words that carry it, a guideline's grade and section."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from assistant.answer import Answer, Claim
from assistant.verification.figures import macro_f1
from evals.metrics import intervals
from evals.qa_sets import Asked
from evals.result import Measures
from indexes.lexical import tokens

SAME_WORDS = 0.5  # F1 from which a claim and a gold span are the same words


def overlap(said: str, references: Sequence[str]) -> float:
    """The best F1 of content words against a reference (Rajpurkar et al. 2016, "SQuAD", with our stems in place of its words)."""
    ours = Counter(tokens(said))
    best = 0.0
    for reference in references:
        wanted = Counter(tokens(reference))
        common = (ours & wanted).total()
        if common:
            best = max(best, 2 * common / (ours.total() + wanted.total()))
    return best


def gold_measures(
    asked: Sequence[Asked],
    answers: Sequence[Answer | None],
    section_of: Callable[[str], Sequence[str]],
    *,
    resamples: int,
    seed: int,
) -> Measures:
    """What the set has gold for; nothing where it has none. `section_of`: a passage's identifier to the headings that it stands under."""
    pairs = [*zip(asked, answers, strict=True)]
    measures: Measures = {}
    directed = [(one.verdict, _verdict(answer)) for one, answer in pairs if one.verdict]
    if directed:
        measures |= _directions(directed, resamples, seed)
    values: dict[str, list[float]] = {
        "span_f1": [],
        "span_hit": [],
        "span_first": [],
        "grade_shown": [],
        "section_cited": [],
    }
    for one, answer in pairs:
        claims = answer.claims if answer else []
        if one.spans:
            each = [overlap(claim.text, one.spans) for claim in claims]
            values["span_f1"].append(sum(each) / len(each) if each else 0.0)
            found = [_carries(claim, one.spans) for claim in claims]
            values["span_hit"].append(float(any(found)))
            values["span_first"].append(float(found[:1] == [True]))
        if one.grade:
            values["grade_shown"].append(float(any(_shows(claim, one.grade) for claim in claims)))
        if one.section:
            cited = {citation.passage_id for claim in claims for citation in claim.citations}
            headings = {heading.casefold() for passage_id in cited for heading in section_of(passage_id)}
            values["section_cited"].append(float(one.section.casefold() in headings))
    measures |= {name: intervals.mean(each, resamples=resamples, seed=seed) for name, each in values.items() if each}
    return measures


def _verdict(answer: Answer | None) -> str:
    return answer.direction.verdict if answer and answer.direction else ""


def _directions(pairs: Sequence[tuple[str, str]], resamples: int, seed: int) -> Measures:
    """Accuracy and macro-F1 over all questions, one without a verdict counting as wrong; the accuracy of always saying the commonest; of the
    verdicts that decide (all but "uncertain"), how many questions have one and how many of those are right."""
    names = sorted({verdict for pair in pairs for verdict in pair})
    gold, chosen = (np.array([names.index(pair[side]) for pair in pairs]) for side in (0, 1))
    commonest = Counter(verdict for verdict, _ in pairs).most_common(1)[0][0]
    decided = [float(wanted == said) for wanted, said in pairs if said not in ("", "uncertain")]
    measures = {
        "accuracy": intervals.mean([float(a == b) for a, b in pairs], resamples=resamples, seed=seed),
        "macro_f1": intervals.of_cases(
            len(pairs), lambda drawn: macro_f1(chosen[drawn], gold[drawn]), resamples=resamples, seed=seed
        ),
        "majority_accuracy": intervals.mean([float(a == commonest) for a, _ in pairs], resamples=resamples, seed=seed),
        "direction_shown": intervals.mean(
            [float(said not in ("", "uncertain")) for _, said in pairs], resamples=resamples, seed=seed
        ),
    }
    if decided:
        measures["direction_precision"] = intervals.mean(decided, resamples=resamples, seed=seed)
    return measures


def _carries(claim: Claim, spans: Sequence[str]) -> bool:
    """Whether a quote of the claim holds a gold span, stands in one, or says nearly the same words."""
    for citation in claim.citations:
        quote = " ".join(citation.quote.split())
        plain = [" ".join(span.split()).rstrip(" .;,") for span in spans]
        if any(quote.rstrip(" .") in span or span in quote for span in plain) or overlap(quote, spans) >= SAME_WORDS:
            return True
    return False


def _shows(claim: Claim, grade: str) -> bool:
    said = " ".join([claim.text, *claim.findings])
    return any(
        f"{before}{grade}{after}" in f"{said} "
        for before, after in (
            ("Grade: ", " "),
            ("grade ", " "),
            ("", " recommendation"),
            ("", " grade"),
            ("", " statement"),
        )
    )
