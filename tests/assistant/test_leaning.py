"""What a sentence that leans on others refers to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.composing.leaning import LONGEST, context_of
from indexes.passage import Kind, Passage

TITLE = "A trial in heart failure"


def of_last(*sentences: str, title: str = TITLE) -> str | None:
    """The context of the last sentence."""
    text = " ".join(sentences)
    passage = Passage("pubmed:1#0", "pubmed:1", Kind.LITERATURE, text, 0, len(text), title)
    return context_of(passage, len(text) - len(sentences[-1]), len(text))


@pytest.mark.parametrize(
    ("sentences", "expected"),
    [
        (("Patients were given dronedarone for a year.", "This drug raised mortality."), "dronedarone"),
        (
            ("Adults were randomized to receive apixaban or warfarin.", "Bleeding was rare in both groups."),
            "apixaban or warfarin",
        ),
        (("We studied children with severe asthma.", "These patients had fewer attacks."), "children with severe asthma"),
        (("Nitrendipine was given for two years.", "It prevented strokes in most patients."), "Nitrendipine"),
        (("Aspirin was compared with placebo.", "These results do not support its use."), TITLE),
        (("Aspirin was compared with placebo.", "Aspirin did not prevent infarction."), None),
        (("Nothing is named here.", "This drug raised mortality."), TITLE),
        (("Nothing is named here.", "Develops as a complication of an infection."), TITLE),
        (("Nothing is named here.", "It is likely that more trials are needed."), None),
    ],
)  # fmt: skip
def test_what_is_leant_on_is_found_or_the_title_says_it(sentences: tuple[str, ...], expected: str | None) -> None:
    assert of_last(*sentences) == expected


def test_of_two_drugs_none_is_taken() -> None:
    assert of_last("Apixaban was given with aspirin.", "This drug caused bleeding.") == TITLE
    assert of_last("Apixaban and aspirin were given.", "It caused bleeding.", title="") is None


@pytest.mark.parametrize(
    "sentences",
    [
        ("Patients were randomised to apixaban or placebo.", "Users of warfarin were excluded.", "This drug reduced stroke."),
        ("Patients were randomised to XB-123 or placebo.", "Aspirin was allowed.", "This drug reduced stroke."),
        ("Zyxtra was added to aspirin.", "This drug reduced stroke."),
        ("Patients on aspirin took Zyxtra.", "This drug reduced stroke."),
        ("Apixaban was given.", "This drug, unlike warfarin, reduced stroke."),
        ("Aspirin was given to relieve headache.", "It resolved within a day."),
        ("Warfarin was given.", "Nothing else was done.", "It reduced stroke."),
        ("Aspirin was given.", "Both reduced stroke."),
        ("Aspirin was given.", "They reduced stroke."),
    ],
)  # fmt: skip
def test_where_another_thing_could_be_meant_the_title_is_shown(sentences: tuple[str, ...]) -> None:
    assert of_last(*sentences) == TITLE


def test_another_drug_in_the_title_leaves_it_open() -> None:
    title = "Apixaban in atrial fibrillation"
    assert of_last("Users of warfarin were excluded.", "This drug reduced stroke.", title=title) == title


def test_that_is_not_taken_for_a_pointer() -> None:
    last = "We conclude that treatment with apixaban reduces stroke."
    assert of_last("Warfarin was the standard of care.", last) is None


def test_a_long_title_is_cut_after_a_word() -> None:
    title = "A trial of a very long name\n" * 20
    found = of_last("Nothing is named here.", "This drug raised mortality.", title=title)
    assert found is not None
    assert len(found) <= LONGEST + 1
    assert "\n" not in found
    words = found.removesuffix("…")
    assert found != words
    assert " ".join(title.split()).startswith(f"{words} ")


@given(
    st.lists(
        st.sampled_from(
            [
                "Patients were randomized to apixaban or warfarin.",
                "Adults with diabetes took metformin.",
                "Nothing else was done.",
                "Mortality (5%) fell; bleeding rose.",
            ]
        ),
        max_size=5,
    ),
    st.sampled_from(
        ["This drug helped.", "Both groups improved.", "These patients died.", "They lived.", "It helped."]
    ),
)
def test_the_context_is_always_words_before_the_sentence_or_the_title(before: list[str], last: str) -> None:
    found = of_last(*before, last)
    assert found is not None
    assert found == TITLE or found in " ".join(before)
