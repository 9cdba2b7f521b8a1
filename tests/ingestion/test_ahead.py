"""An iterator that runs ahead gives the same items and the same end, and stops when nobody reads it any more."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.ahead import ahead


class BrokenError(Exception):
    """What an iterator ends with."""


@given(st.lists(st.integers(), max_size=50), st.integers(1, 5))
def test_the_same_items_come_in_the_same_order(items: list[int], distance: int) -> None:
    with ahead(iter(items), distance) as found:
        assert list(found) == items


def test_its_error_is_raised_after_the_items_before_it() -> None:
    def items() -> Iterator[int]:
        yield from (1, 2, 3)
        raise BrokenError

    seen: list[int] = []
    with pytest.raises(BrokenError), ahead(items(), 2) as found:
        seen.extend(found)
    assert seen == [1, 2, 3]


def test_it_goes_no_further_ahead_than_asked_and_is_closed_when_its_reader_leaves() -> None:
    made: list[int] = []
    closed = threading.Event()

    def endless() -> Iterator[int]:
        try:
            number = 0
            while True:
                made.append(number)
                yield number
                number += 1
        finally:
            closed.set()

    with ahead(endless(), 3) as found:
        assert next(found) == 0
    assert closed.is_set()
    assert len(made) <= 6
