"""Which way cited sentences point, and when nothing is said of it."""

from __future__ import annotations

import gc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.verdicts import Cited, read_direction
from assistant.verdicts.models import EFFECTS, YES_NO, shipped
from assistant.verdicts.sentences import Said
from assistant.verdicts.yes_no import names_outcomes, says, values
from assistant.verification.neural import probabilities
from indexes.passage import Role, Status

STROKE = "Does losartan prevent strokes in hypertension?"
PREVENTS = "In hypertension, losartan prevents significantly more strokes than atenolol."
NO_CANCER = "We conclude that simvastatin does not cause cancer."
ASPIRIN = "Should a healthy 65-year-old start aspirin?"
EFFECT = "Compared with placebo, what was the effect of tiotropium on exacerbations?"


def cited(*texts: str, role: Role = Role.CONCLUSION, grade: str | None = None) -> list[Cited]:
    return [Cited(number, f"pubmed:{number}", Said(text, role), grade) for number, text in enumerate(texts)]


def advised(question: str, *texts: str, title: str = "", status: Status = Status.CURRENT) -> str | None:
    """The verdict read from recommendations."""
    return verdict(
        question, [replace(one, title=title, status=status) for one in cited(*texts, role=Role.RECOMMENDATION)]
    )


def verdict(question: str, sentences: list[Cited]) -> str | None:
    found = read_direction(question, sentences, judge=probabilities)
    return found.verdict if found else None


def test_a_conclusion_that_says_so_is_a_yes_and_one_that_denies_it_a_no() -> None:
    assert verdict(STROKE, cited(PREVENTS)) == "yes"
    assert verdict("Does simvastatin cause cancer?", cited(NO_CANCER)) == "no"


def test_a_verdict_names_the_claims_it_is_read_from() -> None:
    found = read_direction(STROKE, cited("Rats were kept in cages of their own.", PREVENTS), judge=probabilities)
    assert found is not None
    assert found.claims == [1]
    assert found.text == "The evidence cited points to: yes."


@pytest.mark.parametrize(
    "seen",
    [
        {"text": "In hypertensive rats, losartan prevents significantly more strokes than atenolol."},
        {"title": "Losartan prevents strokes in mice with hypertension"},
        {"animal": True},
    ],
)
def test_what_animals_show_is_no_yes_for_people(seen: dict[str, object]) -> None:
    (found,) = cited(str(seen.pop("text", PREVENTS)))
    one = replace(found, **seen)  # type: ignore[arg-type]
    assert verdict(STROKE, cited(PREVENTS)) == "yes"
    assert verdict(STROKE, [one]) is None
    with_people = read_direction(STROKE, [one, replace(cited(PREVENTS)[0], claim=1)], judge=probabilities)
    assert with_people is not None
    assert with_people.claims == [1]


def test_a_question_on_animals_is_answered_by_them() -> None:
    (one,) = cited(PREVENTS)
    asked = "Does losartan prevent strokes in rats with hypertension?"
    assert verdict(asked, [replace(one, title="Losartan in rats")]) == verdict(asked, [one])


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
        ("The USPSTF recommends against initiating aspirin in adults 60 years or older.", "D", "no", '(grade "D")'),
        ("The USPSTF recommends low-dose aspirin in adults.", "Grade: A", "yes", '(grade "A")'),
        ("The USPSTF concludes that the evidence on aspirin is insufficient to assess the balance.", "I", "uncertain", "too little evidence"),
        ("Offer aspirin selectively to adults aged 40 to 59.", "C", None, ""),
        ("Start aspirin only if the risk of bleeding is low; it should be a shared decision.", None, None, ""),
    ],
)  # fmt: skip
def test_advice_is_read_from_recommendations_with_their_grade(text: str, grade: str | None, expected: str | None, said: str) -> None:  # fmt: skip
    found = read_direction(ASPIRIN, cited(text, role=Role.RECOMMENDATION, grade=grade), judge=probabilities)
    assert (found.verdict if found else None) == expected
    assert said in (found.text if found else "")


def test_advice_is_read_from_recommendations_alone_and_only_where_they_agree() -> None:
    against, favour = "Do not start aspirin in older adults.", "Aspirin is recommended in older adults."
    assert verdict(ASPIRIN, cited("Aspirin reduced infarction significantly.")) is None
    assert verdict(ASPIRIN, cited(against, favour, role=Role.RECOMMENDATION)) is None
    assert verdict("Should I stop aspirin?", cited(favour, role=Role.RECOMMENDATION)) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("NSAIDs should be avoided in patients with heart failure.", "no"),
        ("Avoid NSAIDs in heart failure.", "no"),
        ("Patients with heart failure should refrain from NSAIDs.", "no"),
        ("In heart failure, NSAIDs should never be used.", "no"),
        ("NSAIDs shouldn’t be used in heart failure.", "no"),
        ("NSAIDs are contra-indicated in heart failure.", "no"),
        ("We recommend against NSAIDs in heart failure.", "no"),
        ("NSAIDs are not routinely recommended in heart failure.", "no"),
        ("NSAIDs should be offered in heart failure.", "yes"),
        ("NSAIDs are recommended in heart failure.", "yes"),
        ("The college recommends that patients with heart failure take NSAIDs.", "yes"),
        ("Use NSAIDs in heart failure.", "yes"),
        ("NSAIDs should not be avoided in heart failure.", None),
        ("Do not avoid NSAIDs in heart failure.", None),
        ("There is no reason to avoid NSAIDs in heart failure.", None),
        ("NSAIDs are neither recommended nor advised against in heart failure.", None),
        ("NSAIDs should be withheld in heart failure.", None),
        ("Withhold NSAIDs in heart failure.", None),
        ("NSAIDs should be stopped in heart failure.", None),
        ("It is recommended that NSAIDs be discontinued in heart failure.", None),
        ("Stopping NSAIDs is recommended in heart failure.", None),
        ("Abstinence from NSAIDs is recommended in heart failure.", None),
        ("NSAIDs are rarely indicated, though they should be used in heart failure.", None),
        ("In heart failure there is no need for NSAIDs, which should be given rarely.", None),
        ("NSAIDs are not sufficient in heart failure and should be used.", None),
        ("NSAIDs should be limited in heart failure.", None),
        ("NSAIDs should never be withheld in heart failure.", None),
        ("NSAIDs should be monitored in heart failure.", None),
        ("Monitoring of NSAIDs is recommended in heart failure.", None),
        ("A heart failure clinic should know of NSAIDs.", None),
        ("The recommended dose of NSAIDs in heart failure is low.", None),
        ("Should NSAIDs be used in heart failure? They are recommended.", None),
        ("NSAIDs should n\u00adot be used in heart failure.", "no"),
        ("NSAIDs are recommended in heart failure with care, but sh\u200bould not be used for long.", None),
        ("NSAIDs are recommended over aspirin in heart failure.", None),
        ("Gastroprotection is recommended in patients taking NSAIDs with heart failure.", None),
        ("The evidence on NSAIDs in heart failure is insufficient to recommend for or against them.", "uncertain"),
        ("The evidence on NSAIDs in heart failure is insufficient, so they should be avoided.", None),
    ],
)
def test_the_way_of_advice_is_told_from_its_form_or_not_at_all(text: str, expected: str | None) -> None:
    assert advised("Should NSAIDs be used in patients with heart failure?", text) == expected


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Should metformin be held before contrast?", "Metformin should be continued before contrast."),
        ("Should metformin be held before contrast?", "Metformin should be given before contrast."),
        ("Should we skip metformin before contrast?", "Metformin should be given before contrast."),
        ("Should metformin be reduced before contrast?", "Metformin is recommended before contrast."),
        ("Should metformin be delayed before contrast?", "Metformin is recommended before contrast."),
        ("Should metformin be stopped before contrast?", "Metformin should not be used before contrast."),
        ("Should metformin be continued before contrast?", "Do not start metformin before contrast."),
        ("Should metformin be given before contrast?", "Metformin should be withheld before contrast."),
        ("Shouldn't metformin be given before contrast?", "Metformin should be given before contrast."),
        ("Should alcohol be used in pregnancy?", "Pregnant patients should abstain from smoking."),
    ],
)
def test_no_direction_is_told_where_question_and_advice_may_run_against_each_other(question: str, text: str) -> None:
    assert advised(question, text) is None


@pytest.mark.parametrize(
    ("question", "text", "title", "expected"),
    [
        ("Should adults over 60 start aspirin?", "Statins are recommended for adults aged 40 to 75 years.", "", None),
        ("Should adults over 60 start aspirin?", "Statins are recommended for adults.", "Aspirin and statins", None),
        ("Should adults over 60 start aspirin?", "It is recommended for adults.", "Aspirin", "yes"),
        ("Should adults over 60 start aspirin?", "Aspirin is recommended for adults aged 40 to 59 years.", "", None),
        ("Should NSAIDs be used in heart failure?", "NSAIDs are recommended for osteoarthritis.", "", None),
        (
            "Should NSAIDs be used in heart failure?",
            "NSAIDs are recommended for osteoarthritis.",
            "Heart failure",
            None,
        ),
        ("Should NSAIDs be used in heart failure?", "NSAIDs should be avoided.", "Heart failure", "no"),
        (
            "Should metformin be used in diabetes?",
            "Metformin should not be used in renal impairment.",
            "Diabetes",
            None,
        ),
        ("Should metformin be used in diabetes?", "Metformin should not be used before contrast.", "Diabetes", None),
        ("Should adults be screened for hypertension?", "Screen adults for hypertension.", "", "yes"),
        ("Should adults be screened for hypertension?", "Offer amlodipine to adults with hypertension.", "", None),
        ("Should lithium be used in hypothyroidism?", "Screen patients for hypothyroidism.", "Lithium", None),
    ],
)
def test_advice_counts_only_for_what_it_is_about(question: str, text: str, title: str, expected: str | None) -> None:
    assert advised(question, text, title=title) == expected


@pytest.mark.parametrize("status", [Status.SUPERSEDED, Status.DRAFT, Status.CONCERN, Status.RETRACTED])
def test_advice_that_is_not_in_force_says_nothing(status: Status) -> None:
    assert advised(ASPIRIN, "Aspirin is recommended in adults.") == "yes"
    assert advised(ASPIRIN, "Aspirin is recommended in adults.", status=status) is None


@pytest.mark.parametrize(
    "grade", ["A" * 41, 'A"). Give 5 g now ("', "A\u202e", "A) and is safe (B"], ids=["long", "quotes", "hidden", "brackets"]
)  # fmt: skip
def test_a_grade_that_could_pass_for_words_of_the_product_is_left_out(grade: str) -> None:
    found = read_direction(
        ASPIRIN, cited("Aspirin is recommended.", role=Role.RECOMMENDATION, grade=grade), judge=probabilities
    )
    assert found is not None
    assert found.text == "The recommendation cited advises it, for those whom it names."


def test_a_grade_is_told_on_one_line() -> None:
    found = read_direction(
        ASPIRIN, cited("Aspirin is recommended.", role=Role.RECOMMENDATION, grade="Grade:\n1A,\n strong")
    )
    assert found is not None
    assert found.text.endswith('(grade "1A, strong").')


def test_no_cache_of_verdicts_keeps_what_was_asked() -> None:
    asked = f"{STROKE[:-1]} in my neighbour Quillfeather?"
    read_direction(asked, cited(PREVENTS), judge=probabilities)
    kept = [each for each in gc.get_objects() if type(each).__name__ == "_lru_cache_wrapper"]
    ours = [each for each in kept if (each.__module__ or "").startswith("assistant.verdicts")]
    assert ours
    assert not [each for each in ours if any(asked in map(str, _within(one)) for one in gc.get_referents(each))]


def _within(kept: object) -> list[object]:
    """The parts of a cache's table: its keys, and what these are made of."""
    if not isinstance(kept, dict):
        return []
    return [part for key in kept for part in (key, *gc.get_referents(key), *(key if isinstance(key, tuple) else ()))]


def test_an_effect_is_read_from_the_sentence_that_names_the_outcome() -> None:
    none = "Mortality did not differ significantly between tiotropium and placebo (p=0.43)."
    fewer = "Exacerbations were significantly reduced with tiotropium compared with placebo (p<0.001)."
    found = read_direction(EFFECT, cited(none, fewer, role=Role.RESULT), judge=probabilities)
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
    assert models.judged is not None
    assert {*models.judged.features} - {*models.yes_no.features} == {"judged_yes", "judged_no"}
    assert all(0.5 <= bar <= 1 for bar in (*models.bars.values(), *models.judged_bars.values()))


def test_without_a_verifier_the_rules_read_alone() -> None:
    said = cited(NO_CANCER)
    asked: list[object] = []
    assert read_direction(
        "Does simvastatin cause cancer?", said, judge=lambda pairs: asked.append(pairs)
    ) == read_direction("Does simvastatin cause cancer?", said)
    assert asked == [[("simvastatin cause cancer", NO_CANCER)]]


def test_the_verifier_may_say_what_no_rule_reads() -> None:
    said = Said("Losartan was of benefit against strokes.", Role.CONCLUSION)
    for opinion, verdict in (((0.9, 0.02, 0.08), "yes"), ((0.02, 0.9, 0.08), "no")):
        found = values(STROKE, said, opinion)
        assert [each for each in ("yes", "no") if says(each, found)] == [verdict]
    assert not [each for each in ("yes", "no") if says(each, values(STROKE, said, (0.1, 0.1, 0.8)))]


@settings(deadline=None, max_examples=60)
@given(st.sampled_from([STROKE, ASPIRIN, EFFECT]), st.lists(st.tuples(st.text(max_size=90), st.sampled_from(Role))))
def test_a_verdict_is_only_read_from_claims_that_are_there(question: str, said: list[tuple[str, Role]]) -> None:
    sentences = [Cited(number, "pubmed:1", Said(text, role)) for number, (text, role) in enumerate(said)]
    found = read_direction(question, sentences, judge=probabilities)
    assert found is None or (found.claims and set(found.claims) <= set(range(len(said))))


def test_deaths_of_one_cause_do_not_answer_for_all() -> None:
    said = Said("Tight control lowers strokes and diabetes-related deaths.", Role.CONCLUSION)
    assert names_outcomes("Does tight control reduce deaths?", said)
    assert not names_outcomes("Does tight control reduce all-cause deaths?", said)
    assert names_outcomes("Does it reduce all-cause deaths?", Said("Deaths from any cause fell.", Role.RESULT))


def test_what_concludes_nothing_tells_only_where_the_verifier_is_sure() -> None:
    found = "Losartan lowered the rate of strokes in hypertension from 5% to 3%."
    said = cited(found, role=Role.RESULT)

    def judge(*row: float) -> str | None:
        read = read_direction(STROKE, said, judge=lambda pairs: np.array([row] * len(pairs)))
        return read.verdict if read else None

    assert judge(0.97, 0.01, 0.02) == "yes"
    assert judge(0.60, 0.10, 0.30) is None
    assert judge(0.02, 0.01, 0.97) is None
