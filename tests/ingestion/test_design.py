"""Study design and level of evidence."""

from __future__ import annotations

import pytest

from ingestion.design import LEVELS, study_design


@pytest.mark.parametrize(
    ("types", "level"),
    [
        (["Journal Article", "Practice Guideline"], "guideline"),
        (["Journal Article", "Meta-Analysis", "Systematic Review"], "1"),
        (["Journal Article", "Randomized Controlled Trial", "Multicenter Study"], "2"),
        (["Clinical Trial, Phase II", "Journal Article"], "3"),
        (["Observational Study"], "3"),
        (["Comparative Study", "Journal Article"], "3"),
        (["Case Reports", "Journal Article"], "4"),
        (["Case Reports", "Comparative Study"], "4"),
        (["Review", "Journal Article"], "5"),
        (["Letter", "Comment"], "5"),
        (["Randomized Controlled Trial, Veterinary"], "5"),
        (["Journal Article"], "unknown"),
        ([], "unknown"),
    ],
)
def test_publication_types_decide(types: list[str], level: str) -> None:
    assert study_design(types, "A title that says nothing")[1] == level


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Aspirin in older adults: a randomised, double-blind, placebo-controlled trial", ("randomised trial", "2")),
        (
            "Statins for primary prevention: systematic review and meta-analysis of randomised trials",
            ("meta-analysis", "1"),
        ),
        ("Exercise in COPD: a systematic review", ("systematic review", "1")),
        ("Alcohol and stroke: a prospective cohort study", ("observational study", "3")),
        ("A nonrandomized trial of coaching", ("clinical trial", "3")),
        ("Secondary analysis of a randomised trial of niacin", ("observational study", "3")),
        ("Myocarditis after vaccination: a case report", ("case report", "4")),
        ("Cough: study protocol for a randomised controlled trial", ("trial protocol", "5")),
        ("Metformin slows tumour growth in mice", ("animal study", "5")),
        ("In vitro fertilization outcomes: a cohort study", ("observational study", "3")),
        ("Erratum to: a randomised trial of aspirin", ("notice", "5")),
        ("Response to six classes of medication in a randomized controlled trial", ("randomised trial", "2")),
        ("Authors' response: aspirin and stroke", ("comment", "5")),
        ("Quasirandomised allocation to early feeding", ("clinical trial", "3")),
        ("Rational use of antibiotics", ("unknown", "unknown")),
        ("What randomised trials teach us", ("unknown", "unknown")),
        ("A new induction protocol in labour: a randomised trial", ("randomised trial", "2")),
    ],
)
def test_title_decides_where_the_types_do_not(title: str, expected: tuple[str, str]) -> None:
    assert study_design(["Journal Article"], title) == expected


def test_title_overrules_weak_types_only() -> None:
    title = "A multicentre randomised trial of oxygen"
    assert study_design(["Multicenter Study"], title)[1] == "2"
    assert study_design(["Editorial"], title)[1] == "5"
    assert study_design(["Review"], "Oxygen: a systematic review")[1] == "1"


def test_every_level_is_ranked() -> None:
    assert LEVELS == ("guideline", "1", "2", "3", "4", "5", "registration", "unknown")
