"""Claims on an outcome measure are read by its figures."""

from __future__ import annotations

import pytest
from posted_results import INTERVENTIONS, OUTCOME, RESPONSE, reading_of, report_of

from assistant.verification.registry.mentioned import mentioned


@pytest.mark.parametrize(
    ("text", "true", "claim"),
    [
        (OUTCOME, True, "Median survival was longer with Capecitabine and Lapatinib than with Capecitabine alone."),
        (OUTCOME, False, "Cohort 1 of the primary trial had a longer progression-free survival than cohort 2."),
        (
            OUTCOME,
            True,
            "Progression-free survival was over 2 months longer in cohort 2 of the primary trial than in cohort 1.",
        ),
        (
            OUTCOME,
            False,
            "Progression-free survival was over 4 months longer in cohort 2 of the primary trial than in cohort 1.",
        ),
        (OUTCOME, True, "The longest survival in cohort 2 of the primary trial was over 9 months."),
        (OUTCOME, False, "Survival in cohort 1 of the primary trial was more than a year."),
        (RESPONSE, True, "10% of the primary trial participants had a complete response."),
        (RESPONSE, False, "The majority of the primary trial participants had a partial response."),
        (RESPONSE, True, "At least 10 patients in the primary trial had a partial response."),
        (RESPONSE, True, "More than 60% of participants in the primary trial had no response."),
    ],
)
def test_figures_decide(text: str, true: bool, claim: str) -> None:
    reading = reading_of(claim, text)
    assert reading is not None
    assert reading.true is true


@pytest.mark.parametrize(
    "claim",
    [
        "The primary trial measured progression-free survival.",
        "Progression-free survival was longer than the study duration in cohort 1 of the primary trial.",
        "",
    ],
)
def test_what_no_figure_decides_is_left(claim: str) -> None:
    assert reading_of(claim, OUTCOME) is None


def test_words_are_looked_for_where_the_claim_says_they_are() -> None:
    report = report_of(INTERVENTIONS)

    def share(claim: str) -> float:
        found = mentioned(claim, report)
        assert found is not None
        return found.share

    assert share("The secondary trial gives trastuzumab intravenously.") == 1.0
    assert share("The primary trial gives trastuzumab intravenously.") == 0.0
    assert share("Both the primary trial and the secondary trial give capecitabine.") == 0.0
    assert share("Cohort 1 of the primary trial receives oral capecitabine, whereas cohort 2 does not.") == 1.0
    assert share("The secondary trial does not give capecitabine.") == 1.0
    assert mentioned("The primary trial.", report) is None
