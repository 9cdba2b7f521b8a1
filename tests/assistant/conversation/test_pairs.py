"""Follow-ups are read as they are meant, or left as they are: written conversations, and a score over all of them."""

from __future__ import annotations

import pytest
from pairs import Pair, pairs, score

PAIRS = pairs()


def test_there_are_enough_of_each() -> None:
    assert len(PAIRS) >= 120
    assert sum(pair.reads is None for pair in PAIRS) >= 40
    assert sum(pair.only is not None for pair in PAIRS) >= 8
    assert sum(pair.insists for pair in PAIRS) >= 8


@pytest.mark.parametrize("pair", [p for p in PAIRS if p.reads is None], ids=lambda p: p.said[:40])
def test_what_stands_alone_or_cannot_be_completed_is_left_as_it_is(pair: Pair) -> None:
    read = pair.read()
    assert (read.changed, read.question, read.only) == (False, pair.said, frozenset())


def test_no_question_is_read_wrongly_and_few_are_missed() -> None:
    total = score()
    assert [(pair.said, read.question) for pair, read in total.wrong] == []
    assert total.precision == 1.0
    assert total.recall >= 0.9
