"""The same quantity reads the same in whatever format; another one does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.verification.evidence import Evidence
from assistant.verification.measures import measures
from assistant.verification.quantities import check_quantities


def keys(text: str) -> list[tuple[str, str]]:
    return [quantity.key for quantity in measures(text).quantities]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("16.3%", "16.3 percent"),
        ("16.3%", "16·3 %"),
        ("0.74", ".74"),
        ("1,200 patients", "1200 patients"),
        ("1 200 patients", "1,200 patients"),
        ("16.30", "16.3"),
        ("three trials", "3 trials"),
        ("twenty-four adults", "24 adults"),
        ("half of the patients", "50% of the patients"),
        ("doubled", "a twofold rise"),
        ("1 g", "1000 mg"),
        ("500 µg", "0.5 mg"),
        ("500 mcg", "500 μg"),
        ("2 weeks", "14 days"),
        ("12 months", "1 year"),
        ("1.2 million people", "1,200,000 people"),
        ("10⁹ cells", "10^9 cells"),
        ("5 to 10 mg", "5–10 mg"),
        ("100 mg/dL", "100 mg per dL"),
        ("a 12-week trial", "a trial of 12 weeks"),
    ],
)
def test_one_quantity_in_two_formats(one: str, other: str) -> None:
    assert keys(one) == keys(other) != []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("6 weeks", "6 months"),
        ("10 mg", "10 g"),
        ("126 mg/dL", "126 mmol/L"),
        ("5%", "5 percentage points"),
        ("12.5", "125"),
        ("1,200", "1,2"),
        ("5 mg", "5 mg/kg"),
        ("1.05", "1.5"),
        ("5%", "5"),
    ],
)
def test_two_quantities_stay_two(one: str, other: str) -> None:
    assert keys(one) != keys(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("40 mg twice daily", "40 mg bid"),
        ("40 mg twice a day", "40 mg 2 times a day"),
        ("75 mg/day", "75 mg once daily"),
        ("every 2 years", "biennially"),
        ("annual screening", "screening every year"),
        ("three times a day", "tid"),
        ("every 12 hours", "q12h"),
    ],
)
def test_one_frequency_in_two_formats(one: str, other: str) -> None:
    assert measures(one).frequencies == measures(other).frequencies != ()


def test_names_with_digits_are_no_figures_and_labels_are_labels() -> None:
    assert keys("HbA1c, B12, IL-6, COVID-19 and CYP2D6") == []
    assert measures("type 2 diabetes, NYHA class III, phase 3").labels == ("type 2", "class 3", "phase 3")


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("aged ≥18 years", "ge"), ("at least 18 years", "ge"), ("18 years or older", "ge"), ("up to 18 years", "le"), ("<18 years", "lt"),
        ("more than 18 years", "gt"), ("no more than 18 years", "le"), ("18 years", ""), ("about 18 years", "approx"),
    ],
)  # fmt: skip
def test_bounds_are_read_in_words_and_signs(text: str, bound: str) -> None:
    assert [quantity.bound for quantity in measures(text).quantities] == [bound]


@pytest.mark.parametrize(
    ("claim", "quote", "fits"),
    [
        ("P<0.05", "p < .05", True),
        ("P=0.05", "P<0.05", False),
        ("adults 65 and older", "adults 65 or older", True),
        ("adults 65 and older", "adults up to 65", False),
        ("It fell by 16.", "It fell by 16%.", False),
        ("women 50 to 74 years", "women aged 50 to 74", True),
        ("10 mg twice daily", "10 mg daily", False),
        ("10 mg", "10 mg daily", True),
        ("in type 1 diabetes", "in type 2 diabetes", False),
        ("about 20% of them", "20% of them", True),
        ("in 3 trials of 40 patients", "in three trials of forty patients", True),
        ("HR 0.85 (95% CI 0.73 to 0.99)", "HR 0·85, 95% CI 0·73–0·99", True),
        ("HR 0.85 (95% CI 0.73 to 0.98)", "HR 0·85, 95% CI 0·73–0·99", False),
    ],
)
def test_a_claims_figures_are_those_of_its_quote(claim: str, quote: str, fits: bool) -> None:
    finding = check_quantities(claim, Evidence(quote))
    assert finding.fault is not fits
    assert bool(finding.text) is not fits


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("below 126 mg/dL (7.0 mmol/L)", ["lt", "lt"]),
        ("126 mg/dL (7.0 mmol/L) or higher", ["ge", "ge"]),
        ("≥126 mg/dL [7.0 mmol/L]", ["ge", "ge"]),
        ("less than 24 hours (1 day)", ["lt", "lt"]),
        ("126 mg/dL (7.0 mmol/L)", ["", ""]),
        ("below 126 mg/dL (about 7.0 mmol/L)", ["lt", "lt"]),
        ("126 mg/dL (about 7.0 mmol/L)", ["", "approx"]),
        ("below 140 mm Hg (90 mm Hg diastolic)", ["lt", ""]),  # says more than the same in another unit
        ("below 140 mm Hg (120 mm Hg)", ["lt", ""]),
        ("more than 300 patients (20%)", ["gt", ""]),
        ("less than 10 mg (20%)", ["lt", ""]),
    ],
)
def test_a_conversion_in_brackets_is_bounded_as_its_figure_is(text: str, bounds: list[str]) -> None:
    assert [quantity.bound for quantity in measures(text).quantities] == bounds


@pytest.mark.parametrize(
    ("claim", "quote", "fits"),
    [
        ("Aim below 7.0 mmol/L.", "Aim below 126 mg/dL (7.0 mmol/L).", True),
        ("Aim below 126 mg/dL.", "Aim below 126 mg/dL (7.0 mmol/L).", True),
        ("It is 7.0 mmol/L or higher.", "It is 126 mg/dL (7.0 mmol/L) or higher.", True),
        ("It is 126 mg/dL or higher.", "It is 126 mg/dL (7.0 mmol/L) or higher.", True),
        ("Aim above 7.0 mmol/L.", "Aim below 126 mg/dL (7.0 mmol/L).", False),
        ("Aim below 7.0 mmol/L.", "It is 126 mg/dL (7.0 mmol/L) or higher.", False),
    ],
)
def test_a_claim_may_give_one_of_the_two(claim: str, quote: str, fits: bool) -> None:
    assert check_quantities(claim, Evidence(quote)).fault is not fits


@given(st.text(max_size=120))
def test_any_text_can_be_read(text: str) -> None:
    read = measures(text)
    assert not check_quantities(text, Evidence(text)).fault
    assert all(read.text[each.start : each.end].strip() == each.printed for each in read.quantities)


@given(st.integers(1, 10**6), st.sampled_from(["mg", "%", "weeks", "mmHg", "patients"]), st.integers(1, 10**6))
def test_another_value_never_fits(value: int, unit: str, other: int) -> None:
    fault = check_quantities(f"It was {other} {unit}.", Evidence(f"It was {value:,} {unit}.")).fault
    assert fault is (value != other)
