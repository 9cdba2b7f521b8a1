"""False claims made by rule of the starter library's sentences are refused, true ones are not: at least 1,000 cases."""

from __future__ import annotations

from collections import defaultdict

import pytest

from assistant.verification.checks import examine
from assistant.verification.evidence import Evidence, introduced
from evals.mutations import FALSE, TRUE, Mutant, mutants
from indexes.passage import Kind
from ingestion.library import Library
from ingestion.sentences import sentence_spans

MOST = 150
LEAST_CAUGHT = {
    "number swapped": 0.99, "numbers exchanged": 0.95, "unit swapped": 0.97, "comparator turned": 0.95,
    "direction flipped": 0.95, "drug swapped": 0.99, "negated": 0.95, "population widened": 0.85, "hedge dropped": 0.85,
    "word inverted": 0.9, "prefix exchanged": 0.95, "against dropped": 0.95, "advice strengthened": 0.85, "ratio contradicted": 0.8,
}  # fmt: skip
MOST_WRONGED = 0.02  # of harmless rewordings


@pytest.fixture(scope="module")
def judged(starter_library: Library) -> dict[str, list[tuple[Mutant, list[str]]]]:
    """Kind -> its cases, each with the faults found."""
    sources = {}
    for passage in starter_library.ledger.passages():
        if passage.kind is Kind.TRIAL:
            continue
        for start, end in sentence_spans(passage.text):
            if 50 < end - start < 350:
                sources.setdefault(passage.text[start:end], passage)
    found = defaultdict(list)
    for mutant in mutants(sorted(sources), 7, MOST):
        passage = sources[mutant.sentence]
        pairs = introduced(f"{passage.title}. {passage.text}")
        evidence = Evidence(mutant.sentence, " . ".join((passage.title, *passage.section)), passage.text, pairs=pairs)
        faults = [finding.text for finding in examine(mutant.claim, evidence).values() if finding.fault]
        found[mutant.kind].append((mutant, faults))
    return found


def test_the_cases_are_many(judged: dict[str, list[tuple[Mutant, list[str]]]]) -> None:
    assert set(judged) == {*FALSE, *TRUE}
    assert sum(map(len, judged.values())) >= 1000


@pytest.mark.parametrize("kind", FALSE)
def test_false_claims_are_refused(kind: str, judged: dict[str, list[tuple[Mutant, list[str]]]]) -> None:
    missed = [mutant.claim for mutant, faults in judged[kind] if not faults]
    assert len(missed) <= (1 - LEAST_CAUGHT[kind]) * len(judged[kind]) + 1, missed


@pytest.mark.parametrize("kind", TRUE)
def test_true_claims_are_not(kind: str, judged: dict[str, list[tuple[Mutant, list[str]]]]) -> None:
    wronged = [(mutant.claim, faults) for mutant, faults in judged[kind] if faults]
    assert len(wronged) <= MOST_WRONGED * len(judged[kind]) + 1, wronged
