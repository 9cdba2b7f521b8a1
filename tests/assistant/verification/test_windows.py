"""What is read of long evidence."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assistant.verification.windows import LONGEST_SENTENCE, closest_words

FILLER = "The weather of the region was recorded by the station on every day of the year. " * 8
ANSWER = "Apixaban halved the rate of major bleeding in patients with atrial fibrillation."


def test_short_evidence_is_read_as_it_is() -> None:
    assert closest_words("anything", "One line.\nAnother line.") == "One line.\nAnother line."


def test_the_sentence_about_the_claim_is_read_wherever_it_stands() -> None:
    for evidence in (f"{ANSWER} {FILLER}", f"{FILLER} {ANSWER} {FILLER}", f"{FILLER} {ANSWER}"):
        assert ANSWER in closest_words("Apixaban causes less major bleeding.", evidence, 40)


def test_sentences_keep_their_order() -> None:
    first, last = "Warfarin was given to half of them.", "Bleeding was rarer without warfarin."
    found = closest_words("Warfarin and bleeding", f"{first} {FILLER} {last}", 30)
    assert 0 <= found.find(first) < found.find(last)


def test_where_nothing_is_shared_the_conclusion_is_read() -> None:
    assert closest_words("xylophone", f"{FILLER} We conclude that it works.", 20).endswith("We conclude that it works.")


@given(st.text(max_size=60), st.text(max_size=1500), st.integers(1, 90))
def test_never_much_more_than_asked_for_and_never_nothing(claim: str, evidence: str, words: int) -> None:
    found = closest_words(claim, evidence, words)
    assert len(found.split()) <= max(words, LONGEST_SENTENCE)
    assert bool(found.split()) == bool(evidence.split())
