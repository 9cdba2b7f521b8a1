"""What a question asks for: key terms, filters, where to look."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.planning.rules import Wanted, plan
from assistant.planning.terms import content_of, key_terms
from assistant.planning.vocabulary import looks_like_a_condition
from indexes.filters import Filters
from indexes.passage import Kind


def terms(question: str) -> list[str]:
    return [term.text for term in key_terms(question)]


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("high blood pressure", "Adults with hypertension were treated."),
        ("HTN", "raised blood pressure in adults"),
        ("heart attacks", "Myocardial infarction fell by a third."),
        ("AF", "stroke in atrial fibrillation"),
        ("haemorrhage", "Bleeding was rare."),
        ("beta blockers", "the β-blocker was stopped"),
        ("TB", "pulmonary tuberculosis"),
        ("bowel cancer", "Colorectal cancers were found early."),
        ("statins", "atorvastatin 10 mg"),
        ("SGLT2 inhibitors", "on empagliflozin"),
    ],
)
def test_a_question_and_a_text_that_name_a_thing_differently_meet(question: str, text: str) -> None:
    (term,) = key_terms(question)
    assert term.text == question
    assert term.occurs_in(content_of(text))


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("type 1 diabetes", "type 2 diabetes"),
        ("empagliflozin", "dapagliflozin lowered HbA1c"),
        ("rosuvastatin", "simvastatin 40 mg"),
        ("apixaban", "edoxaban 30 mg"),
        ("colonoscopy", "flexible sigmoidoscopy"),
        ("breast cancer", "colorectal cancer"),
    ],
)
def test_different_things_do_not_meet(question: str, text: str) -> None:
    (term,) = key_terms(question)
    assert not term.occurs_in(content_of(text))


@pytest.mark.parametrize(
    "asked",
    ["a 50-year-old", "someone of 62", "a 62yo", "100 mg", "81mg", "1,200", "5%", "12 weeks", "2.5 years", "60 and 75"],
)
def test_ages_doses_and_numbers_need_not_be_in_the_answer(asked: str) -> None:
    assert terms(f"metformin for {asked}") == ["metformin"]


def test_terms_are_the_questions_own_words_once_and_in_order() -> None:
    assert terms("Is Losartan better than ATENOLOL, and is losartan safe?") == ["Losartan", "ATENOLOL"]
    assert key_terms("") == ()


@given(st.text(max_size=300))
def test_any_text_has_terms_that_stand_in_it(text: str) -> None:
    for term in key_terms(text):
        assert term.text in text
        assert term.text.strip()


def test_a_year_in_the_question_is_a_filter_and_the_callers_wins() -> None:
    assert plan("statins since 2018").filters.year_from == 2018
    assert plan("statin studies after 1999?").filters.year_from == 1999
    assert plan("statins since 2018", Filters(year_from=2010)).filters.year_from == 2010
    assert plan("statins since 2018", Filters(frozenset({Kind.TRIAL}), year_to=2020)).filters == Filters(
        frozenset({Kind.TRIAL}), 2018, 2020
    )
    for none in ("statins in 2018 patients", "lower metformin from 2000 to 1000 mg", "from 2000 mg down", "statins"):
        assert plan(none).filters == Filters()


def test_every_kind_is_looked_at_unless_the_caller_says_otherwise() -> None:
    assert set(plan("metformin").quotas) == set(Kind)
    assert set(plan("metformin", Filters(frozenset({Kind.TRIAL, Kind.GUIDELINE}))).quotas) == {
        Kind.TRIAL,
        Kind.GUIDELINE,
    }
    assert all(quota > 0 for quota in plan("metformin").quotas.values())


def test_the_salt_of_a_drug_is_no_word_to_be_found() -> None:
    assert [term.text for term in key_terms("sodium valproate in epilepsy")] == ["sodium valproate", "epilepsy"]
    assert [term.text for term in key_terms("metoprolol tartrate in angina")] == ["metoprolol", "angina"]
    assert "sodium" in [term.text for term in key_terms("sodium in cirrhosis")]


def test_how_often_is_asked_by_an_interval_too() -> None:
    assert Wanted.FREQUENCY in plan("lenacapavir injection interval").wanted
    assert Wanted.FREQUENCY not in plan("QT interval on citalopram").wanted


def test_intents() -> None:
    trials = plan("Which clinical trials are recruiting patients with COPD?")
    assert trials.wants_trials
    assert trials.quotas[Kind.TRIAL] > plan("metformin").quotas[Kind.TRIAL]
    assert not plan("Does metformin lower HbA1c?").wants_trials
    assert plan("How often should women be screened?").wants_guidance
    assert not plan("Does metformin lower HbA1c?").wants_guidance


@pytest.mark.parametrize(
    ("question", "harm"),
    [
        ("What are the side effects of tamoxifen?", True),
        ("adverse effects of pyrazinamide", True),
        ("What are the risks of tamoxifen?", True),
        ("Do SSRIs have sexual side effects?", False),
        ("What is the number needed to harm with isoniazid?", False),
    ],
)
def test_a_question_for_harms_wants_any_of_them(question: str, harm: bool) -> None:
    made = plan(question)
    assert (Wanted.HARM in made.wanted) is harm
    assert not harm or [term.text for term in made.terms] == [made.terms[0].text]


@pytest.mark.parametrize(
    ("word", "is_one"),
    [
        ("prostatitis", True), ("xerophthalmia", False), ("Hypophosphataemia", True), ("bronchiectasis", True), ("tuberculosis", True),
        ("cardiomyopathies", False), ("melanomas", True), ("diagnosis", False), ("prognosis", False), ("apoptosis", False), ("dose", False),
        ("coma", False),
    ],
)  # fmt: skip
def test_names_of_diseases_are_known_by_their_endings(word: str, *, is_one: bool) -> None:
    assert looks_like_a_condition(word) is is_one


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("cipro for typhoid", "Ciprofloxacin 500 mg"),
        ("cotrimoxazole", "Co-trimoxazole: 960 mg"),
        ("opioid naive", "in opioid naïve people"),
        ("PCV in newborns", "haematocrit below 36%"),
        ("c-section", "Caesarean delivery is indicated"),
        ("perinatal asphyxia", "birth asphyxia"),
    ],
)
def test_short_forms_accents_and_hyphens_name_the_same(question: str, text: str) -> None:
    assert key_terms(question)[-1 if "naive" in question else 0].occurs_in(content_of(text))


def test_the_letter_of_a_vitamin_is_part_of_its_name() -> None:
    (vitamin,) = key_terms("vitamin A")
    assert vitamin.text == "vitamin A"
    assert vitamin.occurs_in(content_of("800 µg of vitamin A a day"))
    assert not vitamin.occurs_in(content_of("a vitamin and 30 mg of iron"))
    assert not vitamin.occurs_in(content_of("vitamin D"))


def test_a_cut_off_is_a_figure_however_it_is_written() -> None:
    assert all(Wanted.FIGURE in plan(f"PCV {cut} for transfusion").wanted for cut in ("cutoff", "cut-off", "cut off"))
