"""What is written in several ways is found however it is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexes.lexical import encode_passage, encode_query, encode_tokens, tokens
from indexes.variants import forms


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("IL6", "IL-6"),
        ("COVID19", "COVID-19"),
        ("5FU", "5-FU"),
        ("500mg", "500 mg"),
        ("500 mg", "500mg"),
        ("24h", "24 h"),
        ("50 μg", "50\u00b5g"),
        ("TNF-α", "TNF-alpha"),
        ("TNF-alpha", "TNF-α"),
        ("TNFα", "TNF-alpha"),
        ("TNF alpha", "TNFα"),
        ("TNF-alpha", "TNFα"),
        ("IL1β", "IL-1-beta"),
        ("β-blockers", "beta-blocker"),
        ("beta blocker", "β-blocker"),
        ("ω-3", "Omega-3"),
        ("NF-κB", "NF-kappaB"),
        (".5", "0.5"),
        ("p < 0.05", "p<.05"),
    ],
)
def test_every_term_that_is_asked_for_is_a_term_of_what_is_written(asked: str, written: str) -> None:
    assert set(encode_query(asked).indices) <= set(encode_passage(f"Given ({written}) once.").indices)


@pytest.mark.parametrize(("asked", "written"), [("IL-6", "IL6"), ("COVID-19", "COVID19"), ("SARS-CoV-2", "SARS-CoV2")])
def test_the_name_is_found_though_its_parts_are_not_written_by_themselves(asked: str, written: str) -> None:
    assert set(encode_query(asked).indices) & set(encode_passage(written).indices)


@pytest.mark.parametrize("word", ["αλφα", "μg", "hba1c", "brca1-2", "b12", "12.5", "statin", "500", "mg"])
def test_what_is_written_in_one_way_is_one_term(word: str) -> None:
    assert forms(word) == (word,)


def test_other_numbers_and_names_stay_apart() -> None:
    assert not set(encode_query("IL6").indices) & set(encode_passage("IL-17 and TNF-β").indices)
    assert not set(encode_query(".5").indices) & set(encode_passage("No. 5, vol.5, 1.5 and 50 mg").indices)


@given(st.text(max_size=12))
def test_every_token_has_a_first_form_by_which_it_is_counted(text: str) -> None:
    for token in tokens(text):
        assert all(forms(token))
        assert set(encode_tokens([token]).indices) <= set(encode_query(text).indices)
