"""Which way cited sentences point, and when nothing is said of it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.verdicts import Cited, read_direction
from assistant.verdicts.models import EFFECTS, YES_NO, shipped
from assistant.verdicts.sentences import Said
from indexes.passage import Role

STROKE = "Does losartan prevent strokes in hypertension?"
PREVENTS = "In hypertension, losartan prevents significantly more strokes than atenolol."
NO_CANCER = "We conclude that simvastatin does not cause cancer."
ASPIRIN = "Should a healthy 65-year-old start aspirin?"
EFFECT = "Compared with placebo, what was the effect of tiotropium on exacerbations?"


def cited(*texts: str, role: Role = Role.CONCLUSION, grade: str | None = None) -> list[Cited]:
    return [Cited(number, f"pubmed:{number}", Said(text, role), grade) for number, text in enumerate(texts)]


def verdict(question: str, sentences: list[Cited]) -> str | None:
    found = read_direction(question, sentences)
    return found.verdict if found else None


def test_a_conclusion_that_says_so_is_a_yes_and_one_that_denies_it_a_no() -> None:
    assert verdict(STROKE, cited(PREVENTS)) == "yes"
    assert verdict("Does simvastatin cause cancer?", cited(NO_CANCER)) == "no"


def test_a_verdict_names_the_claims_it_is_read_from() -> None:
    found = read_direction(STROKE, cited("Rats were kept in cages of their own.", PREVENTS))
    assert found is not None
    assert found.claims == [1]
    assert found.text == "The evidence cited points to: yes."


def test_nothing_is_said_where_nothing_concludes_or_names_the_question() -> None:
    assert verdict(STROKE, cited("Strokes occurred in 232 of 4,605 patients on losartan.", role=Role.RESULT)) is None
    assert verdict(STROKE, cited("Losartan was significantly better than atenolol.")) is None
    assert verdict(STROKE, []) is None


@pytest.mark.parametrize(
    "question",
    [
        "Is losartan safe in hypertension after strokes?",  # "no difference" would mean yes
        "Does losartan or atenolol prevent strokes in hypertension?",
        "Are losartan and atenolol equally good at preventing strokes in hypertension?",
        "Which drug prevents strokes in hypertension?",
    ],
)
def test_questions_whose_yes_cannot_be_read_get_no_verdict(question: str) -> None:
    assert verdict(question, cited(PREVENTS)) is None


def test_evidence_that_says_it_does_not_decide_is_uncertain() -> None:
    text = "The evidence is insufficient to say whether losartan prevents strokes in hypertension."
    assert verdict(STROKE, cited(text)) == "uncertain"


def test_a_sentence_that_leaves_it_open_carries_no_yes() -> None:
    assert verdict(STROKE, cited(PREVENTS, f"{PREVENTS[:-1]}, but the trial cannot settle it.")) is None


@pytest.mark.parametrize(
    ("text", "grade", "expected", "said"),
    [
        ("The USPSTF recommends against initiating aspirin in adults 60 years or older.", "D", "no", "against it (grade D)"),
        ("The USPSTF recommends screening for hypertension in adults.", "Grade: A", "yes", "(grade A)"),
        ("The USPSTF concludes that the current evidence is insufficient to assess the balance.", "I", "uncertain", "too little evidence"),
        ("Offer aspirin selectively to adults aged 40 to 59.", "C", None, ""),
        ("Start aspirin only if the risk of bleeding is low; it should be a shared decision.", None, None, ""),
    ],
)  # fmt: skip
def test_advice_is_read_from_recommendations_with_their_grade(text: str, grade: str | None, expected: str | None, said: str) -> None:  # fmt: skip
    found = read_direction(ASPIRIN, cited(text, role=Role.RECOMMENDATION, grade=grade))
    assert (found.verdict if found else None) == expected
    assert said in (found.text if found else "")


def test_advice_is_read_from_recommendations_alone_and_only_where_they_agree() -> None:
    against, favour = "Do not start aspirin in older adults.", "Aspirin is recommended in older adults."
    assert verdict(ASPIRIN, cited("Aspirin reduced infarction significantly.")) is None
    assert verdict(ASPIRIN, cited(against, favour, role=Role.RECOMMENDATION)) is None
    assert verdict("Should I stop aspirin?", cited(favour, role=Role.RECOMMENDATION)) is None


def test_an_effect_is_read_from_the_sentence_that_names_the_outcome() -> None:
    none = "Mortality did not differ significantly between tiotropium and placebo (p=0.43)."
    fewer = "Exacerbations were significantly reduced with tiotropium compared with placebo (p<0.001)."
    found = read_direction(EFFECT, cited(none, fewer, role=Role.RESULT))
    assert found is not None
    assert (found.verdict, found.claims) == ("decreased", [1])
    of_mortality = EFFECT.replace("exacerbations", "mortality")
    assert verdict(of_mortality, cited(none, fewer, role=Role.RESULT)) == "no difference"
    assert verdict(EFFECT.replace("exacerbations", "lung function"), cited(none, fewer, role=Role.RESULT)) is None


def test_an_effect_against_nothing_is_not_read() -> None:
    fewer = "Exacerbations were significantly reduced with tiotropium compared with placebo (p<0.001)."
    assert verdict("What is the effect of tiotropium on exacerbations?", cited(fewer, role=Role.RESULT)) is None


def test_the_models_shipped_know_the_verdicts_that_have_a_bar() -> None:
    models = shipped()
    assert models.yes_no.labels == YES_NO
    assert models.effect.labels == EFFECTS
    assert set(models.bars) <= {*YES_NO, *EFFECTS}
    assert all(0.5 <= bar <= 1 for bar in models.bars.values())


@settings(deadline=None, max_examples=60)
@given(st.sampled_from([STROKE, ASPIRIN, EFFECT]), st.lists(st.tuples(st.text(max_size=90), st.sampled_from(Role))))
def test_a_verdict_is_only_read_from_claims_that_are_there(question: str, said: list[tuple[str, Role]]) -> None:
    sentences = [Cited(number, "pubmed:1", Said(text, role)) for number, (text, role) in enumerate(said)]
    found = read_direction(question, sentences)
    assert found is None or (found.claims and set(found.claims) <= set(range(len(said))))
