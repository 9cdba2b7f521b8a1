"""The learning rate's way and a training's end."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from indexes.errors import ModelError
from indexes.finetuning.pace import Pace
from indexes.finetuning.recipe import Recipe


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_rate_rises_then_falls_to_zero() -> None:
    pace = Pace(100, 0.1, None, Clock())
    rates = [pace.factor(step) for step in range(101)]
    assert rates[:11] == sorted(rates[:11])
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert (max(rates), rates[100]) == (1.0, 0.0)
    assert rates[0] > 0, "a step without learning is a step lost"


def test_what_is_out_of_time_is_over_and_has_cooled_down() -> None:
    clock = Clock()
    pace = Pace(1000, 0.1, 60, clock)
    clock.now = 30
    assert pace.done(20) == 0.5
    assert pace.expected_steps(20) == 40
    clock.now = 61
    assert (pace.done(41), pace.factor(41)) == (1.0, 0.0)


def test_the_time_counts_from_the_start() -> None:
    clock = Clock()
    pace = Pace(10, 0.0, 60, clock)
    clock.now = 600  # a model was loaded
    pace.start()
    assert pace.done(1) == 0.1


@example(1, 0.1, None, 0.0, 0)
@given(st.integers(1, 500), st.floats(0, 0.9), st.none() | st.floats(1, 100), st.floats(0, 200), st.integers(0, 500))
def test_the_rate_is_a_share_of_the_highest(
    steps: int, warmup: float, limit: float | None, now: float, step: int
) -> None:
    clock = Clock()
    pace = Pace(steps, warmup, limit, clock)
    clock.now = now
    assert 0 <= pace.factor(min(step, steps)) <= 1
    assert pace.expected_steps(step) >= min(step, steps)


@pytest.mark.parametrize("field", ["epochs", "batch_size", "learning_rate", "max_tokens", "max_seconds"])
def test_a_recipe_that_cannot_be_followed_names_the_field(field: str) -> None:
    with pytest.raises(ModelError, match=field):
        Recipe(**{field: 0})
