"""What a sentence that leans on others refers to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.composing.leaning import context_of
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
        (("Nothing is named here.", "It is likely that more trials are needed."), None),
    ],
)  # fmt: skip
def test_what_is_leant_on_is_found_or_the_title_says_it(sentences: tuple[str, ...], expected: str | None) -> None:
    assert of_last(*sentences) == expected


def test_of_two_drugs_none_is_taken() -> None:
    assert of_last("Apixaban was given with aspirin.", "This drug caused bleeding.") == TITLE
    assert of_last("Apixaban and aspirin were given.", "It caused bleeding.", title="") is None


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
