"""What a question takes for granted, and the sources that deny it."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answer import Answer, Citation, Claim
from assistant.answer import Warning as AnswerWarning
from assistant.drafts import Checked
from assistant.planning.asking import Effect
from assistant.planning.premises import Premised, premise_of, premised
from assistant.service import Assistant
from assistant.verdicts.premises import corrected
from indexes.passage import Kind, Passage


@pytest.mark.parametrize(
    ("question", "premise"),
    [
        (
            "Why does spironolactone increase mortality in heart failure?",
            "spironolactone increase mortality in heart failure",
        ),
        ("How much does empagliflozin cut admissions?", "empagliflozin cut admissions"),
        ("Since aspirin prevents cancer, what dose should adults take?", "aspirin prevents cancer"),
        # What is said of one patient is no statement of evidence.
        ("As a 65-year-old man with atrial fibrillation, should I take aspirin?", ""),
        ("Given that my patient has type 2 diabetes, which drug is best?", ""),
        ("What explains that statins cause dementia?", "statins cause dementia"),
        ("Does aspirin prevent cancer?", ""),
        ("As of 2019, is aspirin advised?", ""),
        ("Why?", ""),
    ],
)
def test_what_is_taken_for_granted(question: str, premise: str) -> None:
    assert premise_of(question) == premise


@pytest.mark.parametrize(
    ("question", "intervention", "way", "outcome", "comparator"),
    [
        (
            "Why does spironolactone increase mortality in heart failure?",
            "spironolactone",
            "increased",
            "mortality",
            "",
        ),
        ("Why does LMWH reduce bleeding compared with heparin?", "LMWH", "decreased", "bleeding", "heparin"),
        ("Why is mortality reduced by spironolactone?", "spironolactone", "decreased", "mortality", ""),
        ("How much does aspirin lower the risk of bleeding?", "aspirin", "decreased", "risk of bleeding", ""),
        ("Why is weight loss higher with drug A than with placebo?", "drug A", "increased", "weight loss", "placebo"),
    ],
)
def test_the_effect_that_a_premise_states(
    question: str, intervention: str, way: str, outcome: str, comparator: str
) -> None:
    assert premised(premise_of(question)) == Premised(Effect(intervention, comparator, outcome), way)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "premise", ["aspirin recommended over 60", "the drug reduce", "losartan better tolerated than captopril", ""]
)
def test_a_premise_that_states_no_effect(premise: str) -> None:
    assert premised(premise) is None


@given(st.text(max_size=120))
def test_a_premise_is_words_of_the_question(question: str) -> None:
    assert premise_of(question) in question


def corrections(answer: Answer) -> list[AnswerWarning]:
    return [warning for warning in answer.warnings if warning.kind == "premise"]


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("Why is aspirin recommended for primary prevention in adults over 60?", "Do not start"),
        ("How much does long-term aspirin lower the risk of gastrointestinal bleeding?", "raises"),
    ],
)
def test_a_wrong_premise_is_corrected_first_in_the_words_of_the_source(
    assistant: Assistant, question: str, word: str
) -> None:
    answer = asyncio.run(assistant.ask(question))
    quote = answer.claims[0].citations[0].quote
    assert word in quote
    assert any(quote in warning.text for warning in corrections(answer))


@pytest.mark.parametrize(
    "question",
    [
        "Why does spironolactone reduce mortality in severe heart failure?",
        "How much does empagliflozin cut heart failure admissions or CV death in type 2 diabetes?",
        "Does spironolactone increase mortality in severe heart failure?",  # asks, and takes nothing for granted
        "Why does aspirin cause bleeding?",
        "Why does amlodipine cause more heart failure than chlorthalidone?",
        "Why is losartan better tolerated than captopril?",
        "Why does valsartan not reduce mortality?",
        "Why do aromatase inhibitors raise cardiovascular events?",
        "Why does dabigatran increase myocardial infarction?",
        "Why does oxygen prolong life in COPD?",
        "Why does intensive glucose control raise mortality?",
    ],
)
def test_a_true_premise_or_none_is_left_alone(assistant: Assistant, question: str) -> None:
    assert not corrections(asyncio.run(assistant.ask(question)))


def claim(quote: str, title: str = "A trial") -> Checked:
    passage = Passage("pubmed:1#0", "pubmed:1", Kind.LITERATURE, quote, 0, len(quote), title)
    citation = Citation(
        passage_id="pubmed:1#0", document_id="pubmed:1", quote=quote, start=0, end=len(quote), support=1.0
    )
    return Checked(Claim(text="In a model's own words.", support=1.0, citations=[citation]), (passage,))


@pytest.mark.parametrize(
    ("question", "quotes", "denied"),
    [
        ("Why does vitamin D prevent fractures?", ["Vitamin D did not prevent fractures in adults."], True),
        ("Why does vitamin D prevent fractures?", ["Vitamin D did not prevent falls in adults."], False),
        ("Why does vitamin D prevent fractures?", ["Vitamin D did not prevent fractures in rats."], False),
        # Another source says what the question says.
        (
            "Why does vitamin D prevent fractures?",
            ["Vitamin D did not prevent fractures in adults.", "Vitamin D prevents fractures in the elderly."],
            False,
        ),
        # A sentence that says two things is not taken at its wrong word.
        (
            "Why does spironolactone raise potassium in heart failure?",
            ["Spironolactone lowered mortality and raised potassium in heart failure."],
            False,
        ),
        # Neither more nor less is no reduction; more people are not fewer.
        (
            "Why does yoga reduce blood pressure compared with usual care?",
            ["There was no significant difference in blood pressure between yoga and usual care (P = 0.61)."],
            True,
        ),
        (
            "Why does yoga reduce blood pressure compared with usual care?",
            ["Blood pressure was significantly lower with yoga than with usual care (P < 0.001)."],
            False,
        ),
        (
            "Why does yoga reduce blood pressure compared with usual care?",
            [
                "There was no significant difference in blood pressure between yoga and usual care (P = 0.61).",
                "Blood pressure was significantly lower with yoga than with usual care (P < 0.001).",
            ],
            False,
        ),
        # Of another drug.
        (
            "Why does aspirin reduce strokes compared with placebo?",
            ["There was no significant difference in strokes between warfarin and placebo (P = 0.61)."],
            False,
        ),
        # A ratio of what is given to what it is compared with says it without a word.
        (
            "Why does spironolactone raise mortality?",
            [
                "35% of patients on spironolactone and 46% on placebo had died (relative risk 0.70; 95% CI 0.60 to 0.82)."
            ],
            True,
        ),
        (
            "Why does spironolactone lower mortality?",
            [
                "35% of patients on spironolactone and 46% on placebo had died (relative risk 0.70; 95% CI 0.60 to 0.82)."
            ],
            False,
        ),
        (
            "Why does spironolactone raise mortality?",
            ["46% of patients on placebo and 35% on spironolactone had died (relative risk 1.43; 95% CI 1.2 to 1.6)."],
            False,
        ),
        (
            "Why does spironolactone raise mortality?",
            ["Admissions with spironolactone and placebo differed (relative risk 0.70; 95% CI 0.60 to 0.82)."],
            False,
        ),
        ("Why does aspirin cause bleeding?", ["Start aspirin in adults without an increased bleeding risk."], False),
    ],
)
def test_what_denies_a_premise(question: str, quotes: list[str], denied: bool) -> None:
    claims, warnings = corrected(question, [claim(quote) for quote in quotes])
    assert bool(warnings) is denied
    assert len(claims) == len(quotes)
    assert not denied or quotes[0] in warnings[0].text
