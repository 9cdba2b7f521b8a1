"""Questions about trials: who may take part, told by criteria with their list, and what was found, told by rows of posted tables with their arms."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import pytest

from assistant.answer import Answer
from assistant.planning.rules import plan
from assistant.service import Assistant

KEPT_OUT = ("Pregnancy or breastfeeding", "Dialysis", "NYHA class IV heart failure", "A stroke in the last 3 months")
LET_IN = ("Age 18 years or older", "eGFR from 25 to 75 mL/min/1.73 m2, measured twice")


ARMS = [{"id": "G0", "title": "Empagliflozin"}, {"id": "G1", "title": "Placebo"}]
RESULTS = {
    "outcomeMeasuresModule": {
        "outcomeMeasures": [
            {
                "title": f"Change in {what}",
                "paramType": "MEAN",
                "unitOfMeasure": unit,
                "groups": ARMS,
                "classes": [
                    {"categories": [{"measurements": [{"groupId": f"G{n}", "value": v} for n, v in enumerate(values)]}]}
                ],
            }
            for what, unit, values in (("eGFR", "mL/min", ("-2.1", "-2.9")), ("Body weight", "kg", ("-1.8", "0.1")))
        ]
    },
    "adverseEventsModule": {
        "eventGroups": ARMS,
        "otherEvents": [
            {
                "term": term,
                "stats": [
                    {"groupId": f"G{n}", "numAffected": count, "numAtRisk": 400} for n, count in enumerate(counts)
                ],
            }
            for term, counts in (("Gout", (3, 9)), ("Urinary tract infection", (40, 31)), ("Ketoacidosis", (2, 0)))
        ],
    },
}


def study(nct: str, title: str, let_in: tuple[str, ...], kept_out: tuple[str, ...], **results: object) -> str:
    lists = "\n".join(
        (
            "Inclusion Criteria:",
            "",
            *(f"* {one}" for one in let_in),
            "",
            "Exclusion Criteria:",
            "",
            *(f"* {one}" for one in kept_out),
        )
    )
    return json.dumps(
        {
            "protocolSection": {
                "identificationModule": {"nctId": nct, "briefTitle": title},
                "statusModule": {"overallStatus": "RECRUITING"},
                "descriptionModule": {
                    "briefSummary": f"We test {title.lower()}, which may slow the loss of kidney function."
                },
                "conditionsModule": {"conditions": ["Chronic Kidney Disease"]},
                "eligibilityModule": {"eligibilityCriteria": lists},
            },
            "hasResults": bool(results),
            "resultsSection": results,
        }
    )


ARTICLE = """---
title: "Empagliflozin in chronic kidney disease"
publisher: "WHO"
version: "2021"
---

# Empagliflozin in chronic kidney disease

## Evidence

In a trial, empagliflozin lowered the risk of progression of chronic kidney disease from 16.9% to 13.1%.
"""


@pytest.fixture
def ask(assistant_of: Callable[[dict[str, str]], Assistant]) -> Callable[[str], Answer]:
    held = assistant_of(
        {
            "one.json": study("NCT00000001", "Empagliflozin in Chronic Kidney Disease", LET_IN, KEPT_OUT, **RESULTS),
            "two.json": study("NCT00000002", "Salt in Hypertension", ("Hypertension",), ("Gout",)),
            "guideline.md": ARTICLE,
        }
    )
    return lambda question: asyncio.run(held.ask(question))


def shown(answer: Answer) -> list[tuple[str | None, str]]:
    return [(claim.context, claim.text) for claim in answer.claims]


@pytest.mark.parametrize(
    "question",
    [
        "What are the exclusion criteria of trials of empagliflozin in chronic kidney disease?",
        "Which patients were excluded from trials of empagliflozin in chronic kidney disease?",
        "Who cannot take part in trials of empagliflozin in chronic kidney disease?",
        "Which patients are kept out of trials of empagliflozin in chronic kidney disease?",
    ],
)
def test_who_is_kept_out_is_answered_from_the_exclusions_alone(ask: Callable[[str], Answer], question: str) -> None:
    assert shown(ask(question)) == [(f"Exclusion criterion {n} of 4", one) for n, one in enumerate(KEPT_OUT, 1)]


def test_the_inclusion_criteria_are_those_of_the_trials_asked_about(ask: Callable[[str], Answer]) -> None:
    answer = ask("What are the inclusion criteria of trials of empagliflozin?")
    assert shown(answer) == [(f"Inclusion criterion {n} of 2", one) for n, one in enumerate(LET_IN, 1)]


def test_who_can_take_part_is_told_by_both_lists_each_named(ask: Callable[[str], Answer]) -> None:
    answer = ask("Who can take part in trials of empagliflozin in chronic kidney disease?")
    assert [text for _, text in shown(answer)] == [*LET_IN, *KEPT_OUT]
    assert {(context or "").split()[0] for context, _ in shown(answer)} == {"Inclusion", "Exclusion"}


def test_who_asks_about_some_people_is_shown_the_criterion_on_them(ask: Callable[[str], Answer]) -> None:
    answer = ask("Can patients on dialysis take part in trials of empagliflozin?")
    assert shown(answer) == [("Exclusion criterion 2 of 4", "Dialysis")]


def test_the_age_limit_is_the_criterion_on_age(ask: Callable[[str], Answer]) -> None:
    assert shown(ask("What is the age limit in trials of empagliflozin?")) == [
        ("Inclusion criterion 1 of 2", LET_IN[0])
    ]


@pytest.mark.parametrize(
    "question",
    [
        "What are the exclusion criteria of trials of empagliflozin in heart failure?",  # which a criterion names
        "Can patients with gout take part in trials of empagliflozin?",  # which another trial keeps out
        "Which children are excluded from trials of empagliflozin?",
    ],
)
def test_criteria_of_other_trials_or_on_other_people_are_no_answer(ask: Callable[[str], Answer], question: str) -> None:
    answer = ask(question)
    assert answer.abstained, shown(answer)


def test_what_a_trial_found_is_still_answered_by_results(ask: Callable[[str], Answer]) -> None:
    answer = ask("Does empagliflozin slow the progression of chronic kidney disease?")
    assert [claim.text for claim in answer.claims][:1] == [ARTICLE.strip().splitlines()[-1]]


@pytest.mark.parametrize(
    ("question", "trials"),
    [
        ("Who is eligible for a trial of labour after caesarean?", False),
        ("Who can take part in a trial of aspirin?", True),
        ("Which trials of aspirin are recruiting?", True),
    ],
)
def test_a_trial_of_labour_is_no_clinical_trial(question: str, trials: bool) -> None:
    assert plan(question).wants_trials is trials


def test_what_a_trial_found_is_not_answered_by_what_it_planned(ask: Callable[[str], Answer]) -> None:
    answer = ask("What did the trial of salt in hypertension find?")
    assert answer.abstained, shown(answer)


def test_a_study_may_be_asked_for_by_that_word(ask: Callable[[str], Answer]) -> None:
    assert shown(ask("Who can join a study of salt in hypertension?")) == [
        ("Inclusion criterion 1 of 1", "Hypertension"),
        ("Exclusion criterion 1 of 1", "Gout"),
    ]
    assert shown(ask("Is dialysis an exclusion criterion in trials of empagliflozin?")) == [
        ("Exclusion criterion 2 of 4", "Dialysis")
    ]


EVENTS = "Adverse events › Other › Affected/at risk: Empagliflozin | Placebo"


def test_what_a_trial_posted_is_quoted_row_by_row_with_its_arms(ask: Callable[[str], Answer]) -> None:
    assert shown(ask("How many patients had ketoacidosis in the trial of empagliflozin?")) == [
        (EVENTS, "Ketoacidosis | 2/400 | 0/400")
    ]
    answer = ask("What did the trial of empagliflozin find on body weight?")
    assert shown(answer) == [("Results › Change in Body weight › Mean, kg: Empagliflozin | Placebo", "kg | -1.8 | 0.1")]


def test_adverse_events_as_such_are_the_most_frequent_ones(ask: Callable[[str], Answer]) -> None:
    answer = ask("What adverse events were reported in the trial of empagliflozin?")
    rows = [text.split(" | ")[0] for context, text in shown(answer) if context == EVENTS]
    assert set(rows) == {"Urinary tract infection", "Gout", "Ketoacidosis"}
    assert not any(claim.text.startswith("We test") for claim in answer.claims)


def test_results_without_a_named_outcome_are_those_of_the_first(ask: Callable[[str], Answer]) -> None:
    answer = ask("What were the results of the trial of empagliflozin in chronic kidney disease?")
    assert [text for context, text in shown(answer) if context and context.startswith("Results")] == [
        "mL/min | -2.1 | -2.9"
    ]


@pytest.mark.parametrize(
    "question",
    [
        "How many patients had a stroke in the trial of empagliflozin?",  # which no row names
        "How many patients had gout in the trial of salt?",  # which another trial posted
    ],
)
def test_rows_of_other_trials_or_events_are_no_answer(ask: Callable[[str], Answer], question: str) -> None:
    answer = ask(question)
    assert not any(" | " in text for _, text in shown(answer)), shown(answer)
