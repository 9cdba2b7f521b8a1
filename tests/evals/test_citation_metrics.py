"""Citations by ALCE's definitions, and agreement beyond chance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.metrics import citations
from evals.metrics.agreement import kappa


def by_facts(needed: set[str]) -> citations.Supports[set[str]]:
    """A judge for whom a sentence needs some facts, and citations have theirs together."""
    return lambda some: needed <= set().union(*some)


@pytest.mark.parametrize(
    ("cited", "recall", "precise", "needed"),
    [
        ([{"a", "b"}], True, (True,), (True,)),
        ([{"a"}], False, (False,), (False,)),
        ([], False, (), ()),
        ([{"a"}, {"b"}], True, (True, True), (True, True)),  # each half: neither is irrelevant
        ([{"a", "b"}, {"c"}], True, (True, False), (True, False)),  # the second is beside the point
        ([{"a", "b"}, {"b"}], True, (True, False), (True, False)),
        ([{"a", "b"}, {"a", "b"}], True, (True, True), (False, False)),  # each enough alone: precise, not minimal
        ([{"a"}, {"c"}], False, (False, False), (False, False)),
    ],
)
def test_a_sentence(cited: list[set[str]], recall: bool, precise: tuple[bool, ...], needed: tuple[bool, ...]) -> None:
    scored = citations.score(cited, by_facts({"a", "b"}))
    assert (scored.recall, scored.precise, scored.needed) == (recall, precise, needed)


def test_an_answer() -> None:
    scored = [
        citations.score([{"a", "b"}, {"c"}], by_facts({"a", "b"})),
        citations.score([{"c"}], by_facts({"a"})),
        citations.score(list[set[str]](), by_facts({"a"})),
    ]
    assert citations.recall(scored) == pytest.approx(1 / 3)
    assert citations.precision(scored) == pytest.approx(1 / 3)
    assert citations.precision(scored[2:]) == 0


facts = st.lists(st.sets(st.sampled_from("abcd"), max_size=3), max_size=5)


@given(facts, st.sets(st.sampled_from("abcd"), min_size=1, max_size=3))
def test_what_holds_for_any_citations(cited: list[set[str]], needed: set[str]) -> None:
    scored = citations.score(cited, by_facts(needed))
    assert len(scored.precise) == len(scored.needed) == len(cited)
    assert all(precise or not must for precise, must in zip(scored.precise, scored.needed, strict=True))
    assert scored.recall or not any(scored.precise)
    kept = [each for each, precise in zip(cited, scored.precise, strict=True) if precise]
    if scored.recall and len(cited) - len(kept) == 1:
        assert needed <= set().union(*kept)  # what is irrelevant can go


@pytest.mark.parametrize(
    ("said", "gold", "expected"),
    [
        ([1, 0, 1, 0], [1, 0, 1, 0], 1),
        ([0, 1, 0, 1], [1, 0, 1, 0], -1),
        ([1, 1, 1, 1], [1, 0, 1, 0], 0),
        ([1, 1, 1, 1], [1, 1, 1, 1], 0),
        ([1] * 20 + [1] * 5 + [0] * 10 + [0] * 15, [1] * 20 + [0] * 5 + [1] * 10 + [0] * 15, 0.4),
    ],
)
def test_kappa(said: Sequence[int], gold: Sequence[int], expected: float) -> None:
    assert kappa(np.array(said, bool), np.array(gold, bool)) == pytest.approx(expected)
