"""PubMed's language from typed parts: every phrase in its field, and nothing of the caller's is taken for the language."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.tools.pubmed_query import LONGEST, Concept, PubMedSearch


@pytest.mark.parametrize(
    ("search", "query"),
    [
        (PubMedSearch([Concept(["heart failure"])]), '"heart failure"[tiab]'),
        (
            PubMedSearch(
                [Concept(["HFpEF", "preserved ejection fraction"], ["Heart Failure"]), Concept(["semaglutide"])]
            ),
            '("HFpEF"[tiab] OR "preserved ejection fraction"[tiab] OR "Heart Failure"[mh]) AND "semaglutide"[tiab]',
        ),
        (
            PubMedSearch(
                [Concept(mesh=["Stroke/prevention & control"])],
                authors=["Lip GY", "Lane DA"],
                journals=["Chest"],
                publication_types=["Review", "Meta-Analysis"],
                mesh=["Aged"],
                year_from=2010,
            ),
            '"Stroke/prevention control"[mh] AND "Lip GY"[au] AND "Lane DA"[au] AND "Chest"[ta] AND '
            '("Review"[pt] OR "Meta-Analysis"[pt]) AND "Aged"[mh] AND 2010:3000[dp]',
        ),
        (PubMedSearch([Concept(["statin*"])], year_to=1999), '"statin*"[tiab] AND 1500:1999[dp]'),
        (PubMedSearch([Concept(["st*", "statin"])]), '("st"[tiab] OR "statin"[tiab])'),
        (PubMedSearch([Concept(['gout"[tiab] OR all[sb'])]), '"gout tiab OR all sb"[tiab]'),
        (PubMedSearch([Concept(["gout", "gout"])], authors=[" . "]), '"gout"[tiab]'),
        (PubMedSearch(authors=["Lip GY"]), '"Lip GY"[au]'),
    ],
)
def test_each_part_has_its_tag(search: PubMedSearch, query: str) -> None:
    assert search.query() == query


def test_nothing_to_search_for_and_too_much_are_said() -> None:
    for nothing in (PubMedSearch(), PubMedSearch([Concept(['"" [] *'])], year_from=2000)):
        with pytest.raises(ValueError, match="says nothing that could be searched for"):
            nothing.query()
    with pytest.raises(ValueError, match="too long a search"):
        PubMedSearch([Concept(["x" * LONGEST])]).query()


@given(st.lists(st.lists(st.text(max_size=30), max_size=4), max_size=4), st.lists(st.text(max_size=30), max_size=3))
def test_whatever_the_words_the_language_stays_ours(concepts: list[list[str]], authors: list[str]) -> None:
    search = PubMedSearch([Concept(words, words) for words in concepts], authors=authors, year_from=2000)
    try:
        query = search.query()
    except ValueError:
        return
    phrase = r'"[^"\[\](){}:|&\x00-\x1f]+"\[(?:tiab|mh|au)\]'
    group = rf"(?:{phrase}|\({phrase}(?: OR {phrase})+\))"
    assert re.fullmatch(rf"{group}(?: AND {group})* AND 2000:3000\[dp\]", query)
