"""Tokens as clinicians write them, and the weights that are stored for them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexes.lexical import K1, encode_passage, encode_query, stopwords, token_spans, tokens

# Texts in which tokens, joints and numbers are likely.
TEXTS = st.lists(
    st.sampled_from(
        ["HbA1c", "IL-6", "0.75", ".5", "1,200", "BRCA1/2", "’s", "the", "μg", "ﬁ", "%", " ", "-", ".", "\n"]
    )
    | st.text(max_size=6)
).map("".join)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("HbA1c", ["hba1c"]),
        ("IL-6", ["il-6", "il", "6"]),
        ("SARS-CoV-2", ["sars-cov-2", "sar", "cov", "2"]),
        ("BRCA1/2", ["brca1-2", "brca1", "2"]),
        ("0.75", ["0.75"]),
        ("1,200", ["1,200"]),
        ("7.5%", ["7.5"]),
        ("5%", ["5"]),
        ("1-2.5 mg", ["1", "2.5", "mg"]),
        ("p<0.05", ["p", "0.05"]),
        ("p<.05", ["p", "0.05"]),
        ("vol.5", ["vol", "5"]),
        ("and so on ..5", ["5"]),
        ("Crohn’s disease", ["crohn", "diseas"]),
        ("T-cells", ["t-cell", "t", "cell"]),
        ("ﬁbrillation", ["fibril"]),
        ("10 \u00b5g", ["10", "\u03bcg"]),
        ("of the", []),
        ("", []),
    ],
)
def test_tokens_of_biomedical_words(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("il-6 blockade", "Blockade of IL-6 was studied."),
        ("brca1 carriers", "Carriers of BRCA1/2 variants"),
        ("vaccine against sars-cov-2", "Vaccines Against SARS-CoV-2"),
        ("hba1c of 7.5", "HbA1c was 7.5% at baseline."),
        ("statin", "Statins"),
        ("crohn's", "Crohn’s disease"),
    ],
)
def test_every_word_of_a_question_meets_the_same_word_of_a_passage(question: str, text: str) -> None:
    assert set(encode_query(question).indices) <= set(encode_passage(text).indices)


@given(TEXTS)
def test_spans_lie_in_the_text_in_order_and_give_their_token_again(text: str) -> None:
    last = 0
    for token, start, end in token_spans(text):
        assert last <= start < end <= len(text)
        assert token in tokens(text[start:end])
        last = start


@given(TEXTS)
def test_no_token_is_empty_or_a_stopword_by_itself(text: str) -> None:
    for token, start, end in token_spans(text):
        assert token
        assert text[start:end].lower() not in stopwords()


@given(TEXTS)
def test_a_passage_is_found_by_each_of_its_own_words(text: str) -> None:
    stored = encode_passage(text)
    assert set(encode_query(text).indices) == set(stored.indices)
    assert len(stored.indices) == len(set(stored.indices)) == len(stored.values)
    assert all(value > 0 for value in stored.values)


def test_a_word_said_more_often_weighs_more_but_never_beyond_saturation() -> None:
    term = encode_query("aspirin").indices[0]

    def weight(text: str) -> float:
        stored = encode_passage(text)
        return stored.values[stored.indices.index(term)]

    once, twice, often = (weight("aspirin " * count + "placebo " * (60 - count)) for count in (1, 2, 50))
    assert once < twice < often < K1 + 1


def test_the_same_word_weighs_less_in_a_longer_passage() -> None:
    short, long = (
        dict(zip(v.indices, v.values, strict=True)) for v in map(encode_passage, ("aspirin", "aspirin " + "x " * 300))
    )
    term = encode_query("aspirin").indices[0]
    assert long[term] < short[term]


def test_a_word_of_the_query_counts_once() -> None:
    assert encode_query("aspirin Aspirin ASPIRIN") == encode_query("aspirin")
    assert encode_query("aspirin").values == [1.0]
    assert encode_query("of the").indices == []
