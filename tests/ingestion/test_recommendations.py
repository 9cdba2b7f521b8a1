"""Which text is a recommendation, and the grade printed with it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexes.passage import Role
from ingestion.sources.recommendations import classify, grade_of, heading_role, labels_recommendation, only_grades


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ("Screen adults aged 18 years or older for high blood pressure. (Grade A)", "Grade A"),
        ("The evidence is insufficient to assess screening. (I statement)", "I statement"),
        ("Offer the test to women aged 21 to 65. (B recommendation)", "B recommendation"),
        ("Screen all adults. This is an A recommendation.", "A recommendation"),
        ("Do not screen. D recommendation", "D recommendation"),
        (
            "WHO recommends A. (strong recommendation, moderate-certainty evidence)",
            "strong recommendation, moderate-certainty evidence",
        ),
        (
            "We suggest A [Conditional recommendation, very low certainty evidence].",
            "Conditional recommendation, very low certainty evidence",
        ),
        (
            "A is advised. Strong recommendation, moderate- to high-certainty evidence",
            "Strong recommendation, moderate- to high-certainty evidence",
        ),
        (
            "Use A (strong recommendation, moderate-to-high certainty of evidence)",
            "strong recommendation, moderate-to-high certainty of evidence",
        ),
        (
            "A is suggested. Conditional recommendation with very low certainty evidence.",
            "Conditional recommendation with very low certainty evidence",
        ),
        ("Use A (weak recommendation; low-quality evidence)", "weak recommendation; low-quality evidence"),
        (
            "Use A (low certainty of evidence, strong recommendation)",
            "low certainty of evidence, strong recommendation",
        ),
        ("Strength of recommendation: conditional", "Strength of recommendation: conditional"),
        ("Treat early (good practice statement).", "good practice statement"),
        ("Give a statin (Class 1, LOE B-NR).", "Class 1, LOE B-NR"),
        ("Give a statin (Class IIa, Level of Evidence A).", "Class IIa, Level of Evidence A"),
        (
            "Do not measure it (Class III: No Benefit, Level of Evidence B-R).",
            "Class III: No Benefit, Level of Evidence B-R",
        ),
        ("Give a statin (COR 2b, LOE C-LD).", "COR 2b, LOE C-LD"),
        (
            "Use nonopioids first (recommendation category: A, evidence type: 4).",
            "recommendation category: A, evidence type: 4",
        ),
        ("Use them (recommendation category B, evidence type 3)", "recommendation category B, evidence type 3"),
        ("We recommend a lower target (1B).", "1B"),
        ("Screen (Grade\n  B)", "Grade B"),
        ("Screen men (Grade B). Do not screen women (Grade D).", "Grade B; Grade D"),
        # The USPSTF's, standing alone.
        ("Grade: B", "Grade: B"),
        ("Recommendation grade: D", "Recommendation grade: D"),
        # GRADE: strength and certainty, in words, figures and circles.
        ("Low-dose colchicine is preferred (Strong, High).", "Strong, High"),
        ("Use A (conditional, very low).", "conditional, very low"),
        ("Use A. Strong recommendation ⊕⊕⊕◯", "Strong recommendation ⊕⊕⊕◯"),
        ("Use A (Strong recommendation; ⊕⊕◯◯ low certainty)", "Strong recommendation; ⊕⊕◯◯ low certainty"),
        ("We suggest A (2 | ⊕⊕○○).", "2 | ⊕⊕○○"),
        ("We recommend A (Grade 1B).", "Grade 1B"),
        (
            "Strong recommendation against the intervention. Quality of evidence: very low",
            "Strong recommendation against the intervention. Quality of evidence: very low",
        ),
        (
            "Strength of recommendation: strong. Certainty of evidence: low",
            "Strength of recommendation: strong. Certainty of evidence: low",
        ),
        (
            "Quality of evidence: high; strength of recommendation: strong",
            "Quality of evidence: high; strength of recommendation: strong",
        ),
        ("Use A (recommendation: strong; certainty: high)", "recommendation: strong; certainty: high"),
        # ACC/AHA and ESC: class and level.
        ("Give a statin (Class I, Level A).", "Class I, Level A"),
        ("Class 1 (Strong), Level B-NR", "Class 1 (Strong), Level B-NR"),
        ("Avoid it (COR 3: Harm, LOE: C-EO).", "COR 3: Harm, LOE: C-EO"),
        # Oxford: the level with the grade it leads to.
        ("Operate (level of evidence 1a, grade A).", "level of evidence 1a, grade A"),
        ("Operate (LE: 1b, GR: B).", "LE: 1b, GR: B"),
        ("Operate (grade of recommendation: C).", "grade of recommendation: C"),
        ("Wash your hands [Good Practice Point].", "Good Practice Point"),
        # Prose that only sounds like a grade.
        ("Patients with grade B oesophagitis were included.", None),
        ("A recommendation provides information about what to do.", None),
        ("Intake followed the vitamin C recommendation of the ministry.", None),
        ("A strong recommendation is one for which the panel was confident.", None),
        ("Moderate-certainty evidence came from three trials.", None),
        ("New York Heart Association class II or III", None),
        ("HbA(1c) fell by 1.2%; 5-HT(2a) receptors", None),
        ("Children with a tear (grade 2b) were included.", None),
        ("Generalised pustular psoriasis (GPP)", None),
        ("Class I antiarrhythmics, level A hospitals", None),
        ("Oxford level 2b studies; level of evidence 1a", None),
        ("The recommendation: strong coffee; certainty: none", None),
    ],
)
def test_grades_are_found_as_printed(text: str, grade: str | None) -> None:
    assert grade_of(text) == grade


def test_wording_is_a_grade_only_where_nice_says_so() -> None:
    assert grade_of("1.2.3 Do not offer opioids for low back pain.", "NICE") == "Do not offer"
    assert grade_of("Consider a statin.", "NICE") == "Consider"
    assert grade_of("1.4 Do not routinely offer imaging.", "NICE") == "Do not routinely offer"
    assert grade_of("Do not use this drug.", "NICE") == "Do not use"
    assert grade_of("Use this drug.", "NICE") is None
    assert grade_of("Offer timely pain relief.", "WHO") is None


@pytest.mark.parametrize(
    ("path", "role"),
    [
        (("Recommendations",), Role.RECOMMENDATION),
        (("3 Recommendations", "3.1 When to start"), Role.RECOMMENDATION),
        (("Recommendations", "Rationale"), Role.BACKGROUND),
        (("Summary of recommendations",), Role.RECOMMENDATION),
        (("Recommendation Summary",), Role.RECOMMENDATION),
        (("Strength and interpretation of recommendations",), Role.METHOD),
        (("From evidence to recommendations",), Role.BACKGROUND),
        (("Recommendations of others",), Role.BODY),
        (("Research recommendations",), Role.BODY),
        (("Executive summary",), Role.SUMMARY),
        (("Why",), Role.BACKGROUND),
        (("In practice",), Role.BODY),
        (("Conclusion",), Role.CONCLUSION),
        (("Follow-up",), Role.BODY),
        ((), Role.BODY),
    ],
)
def test_the_deepest_heading_with_a_meaning_decides(path: tuple[str, ...], role: Role) -> None:
    assert heading_role(path) is role


def test_guessed_headings_need_advising_words_besides() -> None:
    path = ("Recommendations", "4.2 Symptom control")
    story = "The group met twice in 2024."
    assert classify(story, path)[0] is Role.RECOMMENDATION
    assert classify(story, path, strict=True)[0] is Role.BODY
    assert classify("WHO suggests paracetamol for fever.", path, strict=True)[0] is Role.RECOMMENDATION
    assert classify("2a. Advise iron only in deficiency.", path, strict=True)[0] is Role.RECOMMENDATION


def test_advice_with_a_grade_is_a_recommendation_under_any_heading_but_methods() -> None:
    advice = "Clinicians should offer naloxone (Grade B)."
    assert classify(advice, ("Overdose",)) == (Role.RECOMMENDATION, "Grade B")
    assert classify(advice, ("Methods",)) == (Role.METHOD, None)


@pytest.mark.parametrize(
    "heading",
    [
        "Recommendations of others",
        "Recommendations from Other Groups",
        "Update of Previous USPSTF Recommendation",
        "Other organizations' recommendations",
        "Other Related USPSTF Recommendations",
    ],
)
def test_what_others_recommend_is_never_this_bodys_recommendation_whatever_its_grade(heading: str) -> None:
    assert classify("They recommend screening (B recommendation).", (heading, "Adults")) == (Role.BODY, None)
    assert classify("Screen adults (Grade A).", ("Recommendations", heading)) == (Role.BODY, None)
    assert classify("Screen adults.", (heading, "Recommendation 4"))[0] is Role.RECOMMENDATION
    assert classify("Screen adults.", ("TB-related recommendations",))[0] is Role.RECOMMENDATION


def test_a_heading_of_the_whole_statement_makes_nothing_a_recommendation() -> None:
    for heading in ("Full Recommendation:", "Final Recommendation Statement", "Recommendation Information"):
        assert classify("Suicide is a leading cause of death.", (heading, "Preamble"))[0] is Role.BODY


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ("Women aged 40 to 74 years: mammography. Grade: B", "Grade: B"),
        ("Grade: B\nGrade: I statement", "Grade: B; Grade: I statement"),
        ("Grade: A patients were left out", None),
        ("Child-Pugh grade: B. Halve the dose.", None),
        ("Gleason Grade: A", None),
    ],
)
def test_a_grade_behind_a_colon_is_read(text: str, grade: str | None) -> None:
    assert grade_of(text) == grade


def test_labels_and_grades_alone_are_told_from_recommendations() -> None:
    assert labels_recommendation("Conditional recommendation against")
    assert not labels_recommendation("Conditional recommendation, low certainty evidence")
    assert only_grades("[Conditional recommendation, low certainty evidence]")
    assert only_grades("(recommendation category: A, evidence type: 1).")
    assert not only_grades("Strong recommendation: WHO recommends a target below 140 mmHg, low certainty evidence")


@given(st.text(max_size=300))
def test_a_grade_always_stands_in_the_text(text: str) -> None:
    grade = grade_of(text)
    flat = " ".join(text.split())
    assert grade is None or all(part in flat for part in grade.split("; "))
