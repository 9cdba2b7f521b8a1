"""Is a claim carried by the words it cites? `verify` is the one entry; checks are pure functions, one a file, registered in `checks.CHECKS`.

What the checks call a fault keeps a claim from the reader whatever else is found. The calibrated model weighs everything together.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from assistant.answer import Citation
from assistant.verification.admission import compared
from assistant.verification.evidence import Evidence, LongForms
from assistant.verification.features import Embed, Judge, Read, read, with_judgement
from assistant.verification.labels import Label
from assistant.verification.model import best_for
from assistant.verification.verbatim import check_retrieved, check_verbatim
from indexes.passage import Passage

BAR = 0.5
"""Support from which a claim in other words than its quote may be shown: more likely than not. docs/verification.md has what it costs."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the citations of a claim make of it.

    `support` in [0, 1] is the calibrated probability that they support it, `label` what is likeliest. `findings` say in words what was noted;
    `faults` are those of them that keep the claim from being shown. `by_citation` has the support that each citation gives alone.
    """

    support: float
    findings: tuple[str, ...] = ()
    label: Label = "neutral"
    faults: tuple[str, ...] = ()
    by_citation: tuple[float, ...] = ()
    bar: float = BAR

    @property
    def supported(self) -> bool:
        """Whether the claim may be shown."""
        return not self.faults and self.support >= self.bar


def verify(
    claim: str,
    cited: Sequence[tuple[Citation, Passage]],
    *,
    allowed: Collection[str] | None = None,
    long_forms: LongForms | None = None,
    embed: Embed | None = None,
    judge: Judge | None = None,
    bar: float = BAR,
) -> Verdict:
    """The verdict on a claim and the passages its citations name, as the ledger has them.

    A claim that says one of its quotes word for word is supported by it. Any other is checked against each quote alone and, where none carries it,
    against all of them together. Without a citation there is no support, and none where a quote is not verbatim or its passage was not retrieved.

    `allowed`: the passages that this question retrieved. `long_forms`: the ledger's table of abbreviations. `embed`: the library's embedder (or
    vectors kept); `judge`: a neural model, as `neural.probabilities`, asked only about a claim in other words. Without the last two the verdict
    rests on rules and words.
    """
    if not cited:
        return _refused("nothing is cited", bar, 0)
    untrue = [
        found.text
        for citation, passage in cited
        for found in (check_verbatim(claim, citation, passage), check_retrieved(citation, allowed))
        if not found.score
    ]
    if untrue:
        return Verdict(0.0, tuple(untrue), faults=tuple(untrue), by_citation=(0.0,) * len(cited), bar=bar)
    if not claim.strip():
        return _refused("the claim says nothing", bar, len(cited))
    same = tuple(1.0 if _plain(citation.quote) == _plain(claim) else 0.0 for citation, _ in cited)
    if any(same):
        return Verdict(1.0, label="support", by_citation=same, bar=bar)
    evidence = [Evidence.of(citation, passage).resolving(claim, long_forms) for citation, passage in cited]
    verdicts = _judged(claim, evidence, embed, judge, bar)
    alone = tuple(verdict.support if not verdict.faults else 0.0 for verdict in verdicts)
    if len(evidence) > 1 and not any(verdict.supported for verdict in verdicts):
        verdicts += _judged(claim, [Evidence.joined(evidence)], embed, judge, bar)
    best = max(verdicts, key=lambda verdict: (not verdict.faults, verdict.support))
    return Verdict(best.support, best.findings, best.label, best.faults, alone, bar)


def _judged(
    claim: str, evidence: Sequence[Evidence], embed: Embed | None, judge: Judge | None, bar: float
) -> list[Verdict]:
    pairs = [compared(claim, each) for each in evidence]
    found = [read(pair.claim, pair.evidence, embed).noting("admission", pair.finding) for pair in pairs]
    judged = judge([(pair.claim, pair.evidence.quote) for pair in pairs]) if judge is not None else None
    return [
        Verdict(1.0, label="support", bar=bar)
        if pair.repeats and not pair.finding.fault
        else _verdict(each, None if judged is None else judged[number].tolist(), bar)
        for number, (pair, each) in enumerate(zip(pairs, found, strict=True))
    ]


def _verdict(found: Read, judged: Sequence[float] | None, bar: float) -> Verdict:
    values = with_judgement(found.values, judged) if judged is not None else found.values
    opinion = best_for(values).opinion(values)
    texts = tuple(finding.text for finding in found.findings.values() if finding.text)
    faults = tuple(finding.text for finding in found.findings.values() if finding.fault)
    label = opinion.label
    if faults and label == "support":  # what may not be shown is not called supported
        label = "contradict" if any(finding.contradicts for finding in found.findings.values()) else "neutral"
    return Verdict(opinion.support, texts, label, faults, bar=bar)


def _refused(why: str, bar: float, citations: int) -> Verdict:
    return Verdict(0.0, (why,), faults=(why,), by_citation=(0.0,) * citations, bar=bar)


def _plain(text: str) -> str:
    return " ".join(text.split())
