"""A ratio with its interval says a direction, and a claim that says another is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.verification.checks import CHECKS
from assistant.verification.evidence import Evidence
from assistant.verification.ratios import ratios

STROKE = "Apixaban: stroke or systemic embolism HR 0.79 (0.66-0.95)."
DEMENTIA = "Aspirin and dementia: OR 1.02 (95% CI 0.91 to 1.15)."
COMPARED = "Compared with warfarin, apixaban: major bleeding HR 0.69 (95% CI 0.60-0.80)."


@pytest.mark.parametrize(
    ("text", "ways"),
    [
        ("HR 0.79 (0.66-0.95)", [-1]),
        ("a hazard ratio of 1·27 (95% CI, 1·05 to 1·53)", [1]),
        ("odds ratio (OR) for death, 1.02 [95% confidence interval, 0.91–1.15]", [0]),
        ("relative risk 0.83, 95% CI 0.75-0.93; OR=1.02 (0.91-1.15)", [-1, 0]),
        ("HR 0.79, P=0.01", []),
        ("HR 2.79 (0.66-0.95)", []),
        ("a mean of 0.79 (0.66-0.95)", []),
    ],
)
def test_ratios_are_read_with_their_interval(text: str, ways: list[int]) -> None:
    assert [ratio.way for ratio in ratios(text)] == ways


@pytest.mark.parametrize(
    ("claim", "quote"),
    [
        ("Apixaban increased stroke.", STROKE),
        ("Stroke did not differ with apixaban.", STROKE),
        ("Aspirin increased dementia.", DEMENTIA),
        ("Aspirin reduced dementia.", DEMENTIA),
        ("Apixaban increased major bleeding compared with warfarin.", COMPARED),
        ("Apixaban increased death.", f"{COMPARED} Death: HR 1.01 (0.92-1.11)."),
    ],
)
def test_a_direction_that_the_ratio_denies_contradicts(claim: str, quote: str) -> None:
    found = CHECKS["direction"](claim, Evidence(quote))
    assert found.fault
    assert found.contradicts
    assert "(" in found.text


@pytest.mark.parametrize(
    ("claim", "quote"),
    [
        ("Apixaban reduced stroke.", STROKE),
        ("Aspirin did not increase dementia.", DEMENTIA),
        ("Apixaban reduced major bleeding compared with warfarin.", COMPARED),
        ("Major bleeding was more common with warfarin than with apixaban.", COMPARED),
        ("Nivolumab increased overall survival.", "Overall survival with nivolumab: HR 0.73 (0.59-0.89)."),
        ("Higher coffee intake was associated with dementia.", "Coffee intake and dementia: OR 0.80 (0.70-0.90)."),
        ("Aspirin lowered dementia.", "Aspirin reduced dementia: OR 0.96 (0.90-1.02)."),  # the source's own word counts
    ],
)
def test_what_the_ratio_says_or_does_not_tell_is_left_alone(claim: str, quote: str) -> None:
    assert not CHECKS["direction"](claim, Evidence(quote)).fault


def test_a_ratio_that_agrees_says_the_direction() -> None:
    assert CHECKS["direction"]("Apixaban reduced stroke.", Evidence(STROKE)).score == 1


@given(st.integers(1, 400), st.integers(0, 100), st.integers(0, 100))
def test_one_in_the_interval_is_no_difference(low: int, more: int, most: int) -> None:
    low, value, high = low / 100, (low + more) / 100, (low + more + most) / 100
    text = f"For stroke the odds ratio was {value:.2f} (95% CI {low:.2f}-{high:.2f})."
    (ratio,) = ratios(text)
    assert ratio.way == (1 if low > 1 else -1 if high < 1 else 0)
    assert CHECKS["direction"]("Stroke was increased.", Evidence(text)).fault is (ratio.way < 1)
    assert CHECKS["direction"]("Stroke was reduced.", Evidence(text)).fault is (ratio.way > -1)
