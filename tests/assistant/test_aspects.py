"""What of a matter a question asks for, and under which headings guidelines list it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.planning.aspects import aspect_headed, aspects_asked, says


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("How is malaria treated?", {"treatment"}),
        ("first-line antibiotic for cholera", {"treatment"}),
        ("Drug of choice for severe malaria?", {"treatment"}),
        ("What are the symptoms and signs of typhoid?", {"features"}),
        ("How does measles present?", {"features"}),
        ("What is the differential diagnosis of asthma?", {"differential"}),
        ("Which investigations are done in suspected meningitis?", {"investigations"}),
        ("How is tuberculosis diagnosed?", {"investigations"}),
        ("What are the complications of mumps?", {"complications"}),
        ("How can cholera be prevented?", {"prevention"}),
        ("What causes anaemia?", {"causes"}),
        ("What are the side effects of metformin?", {"cautions"}),
        ("What are the goals of treatment in asthma?", {"goals"}),
        ("What is the prognosis of rabies?", {"prognosis"}),
        ("Treatment for HIV prevention?", {"prevention"}),
        ("Symptoms and treatment of malaria?", {"features", "treatment"}),
        ("Is sertraline safe after a heart attack?", set()),
        ("warfarin or apixaban", set()),
        ("Should I vaccinate someone who injects drugs?", set()),
    ],
)
def test_the_words_of_a_question_tell_what_it_asks_for(question: str, asked: set[str]) -> None:
    assert aspects_asked(question) == asked


@pytest.mark.parametrize(
    ("headings", "aspect"),
    [
        (("Drug", "Treatment"), "treatment"),
        (("Goals", "Treatment"), "goals"),
        (("Adverse reactions and cautions", "Treatment"), "cautions"),
        (("Acute Uncomplicated malaria", "Clinical features"), "features"),
        (("Differential diagnoses",), "differential"),
        (("Recommended Regimen for Infants and Children", "Primary and Secondary Syphilis"), "treatment"),
        (("Introduction",), None),
        ((), None),
    ],
)
def test_the_lowest_heading_that_names_an_aspect_decides(headings: tuple[str, ...], aspect: str | None) -> None:
    assert aspect_headed(headings) == aspect


@pytest.mark.parametrize(
    "headings",
    [
        ("Costs", "6. Recommendations for patients at high risk and those with complications"),
        ("Ketamine", "Interactions", "Treatment"),
    ],
)
def test_a_long_or_distant_heading_above_says_nothing_of_what_stands_below(headings: tuple[str, ...]) -> None:
    assert aspect_headed(headings) is None


@pytest.mark.parametrize(
    ("aspect", "sentence", "told"),
    [
        ("complications", "It may lead to intestinal perforation.", True),
        ("complications", "A positive culture is the gold standard.", False),
        ("differential", "Asthma must be distinguished from heart failure.", True),
        ("differential", "Bacterial vaginosis is common.", False),
        ("treatment", "Any words may tell of a treatment.", True),
    ],
)
def test_a_sentence_tells_of_an_aspect_in_its_own_words(aspect: str, sentence: str, told: bool) -> None:
    assert says(aspect, sentence) is told


@given(st.text(max_size=200))
def test_any_text_can_be_asked(text: str) -> None:
    assert aspects_asked(text) is not None
    aspect_headed((text, text))
