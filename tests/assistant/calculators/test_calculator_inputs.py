"""What may be given to a calculator: numbers with units, converted exactly; and what is refused, with the mend and without an echo."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inputs_of import inputs_of

from assistant.calculators import Given, calculate, calculators, find_calculator
from assistant.calculators.inputs import Input
from assistant.calculators.units import convert, find_unit, units_of
from assistant.errors import CalculatorError
from assistant.tools.calculator_shelf import CalculatorShelf

EGFR = {"creatinine": "1.2 mg/dL", "age": 60, "sex": "female"}
NUMBERS = [each for calculator in calculators().values() for each in calculator.inputs if each.type == "number"]
QUANTITIES = sorted({each.quantity for each in NUMBERS})
ATOMS = {"H": 1.008, "C": 12.011, "N": 14.007, "O": 15.999, "Ca": 40.078}


def refusal(name: str, inputs: dict[str, Given]) -> str:
    with pytest.raises(CalculatorError) as raised:
        calculate(name, inputs)
    return str(raised.value)


@pytest.mark.parametrize(
    ("quantity", "unit", "formula", "scale"),
    [
        ("creatinine", "µmol/L", "C4H7N3O", 1e4),
        ("bilirubin", "µmol/L", "C33H36N4O6", 1e4),
        ("glucose", "mmol/L", "C6H12O6", 10),
        ("cholesterol", "mmol/L", "C27H46O", 10),
        ("calcium", "mmol/L", "Ca", 10),
        ("urea", "mmol/L", "N2", 10),
    ],
)
def test_molar_factors_are_sums_of_atomic_weights(quantity: str, unit: str, formula: str, scale: float) -> None:
    mass = sum(ATOMS[atom] * int(count or 1) for atom, count in re.findall(r"(Ca|[A-Z])(\d*)", formula))
    found = find_unit(quantity, unit)
    assert found
    assert found.factor * scale == pytest.approx(mass, abs=5e-4)


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_every_unit_is_found_by_its_name(quantity: str) -> None:
    for unit in units_of(quantity):
        for written in (unit.name, unit.name.upper(), unit.name.lower(), unit.name.replace("µ", "u")):
            assert find_unit(quantity, written) == unit


@pytest.mark.parametrize("written", ["10^9/L", "10⁹/L", "x10^9/L", "G/L", "10^3/uL", "K/µL", "x10^3/µL"])
def test_spellings_of_cell_counts(written: str) -> None:
    found = find_unit("cells", written)
    assert found
    assert found.factor == 1


@pytest.mark.parametrize(
    ("quantity", "given_", "value"),
    [
        ("temperature", ("100.4", "°F", "°C"), 38.0),
        ("temperature", ("98.6", "F", "°C"), 37.0),
        ("mass", ("100", "lb", "kg"), 45.359237),
        ("height", ("70", "in", "cm"), 177.8),
        ("pressure", ("10", "kPa", "mmHg"), 75.00615758),
        ("protein", ("35", "g/L", "g/dL"), 3.5),
        ("oxygen_fraction", ("0.4", "fraction", "%"), 40.0),
    ],
)
def test_conversions_that_are_known(quantity: str, given_: tuple[str, str, str], value: float) -> None:
    number, unit, target = given_
    source, goal = find_unit(quantity, unit), find_unit(quantity, target)
    assert source
    assert goal
    assert convert(float(number), source, goal) == value


@given(st.sampled_from(QUANTITIES), st.floats(0.01, 5000), st.data())
def test_units_there_and_back(quantity: str, value: float, data: st.DataObject) -> None:
    one, other = (data.draw(st.sampled_from(units_of(quantity))) for _ in range(2))
    assert convert(convert(value, one, other), other, one) == pytest.approx(value, rel=1e-8, abs=1e-6)


@given(st.data())
@settings(max_examples=60)
def test_the_unit_that_is_chosen_changes_no_result(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["serum_osmolality", "corrected_calcium", "bmi", "fib4", "homa_ir", "meld3"]))
    calculator = find_calculator(name)
    inputs = data.draw(inputs_of(calculator))
    other = dict(inputs)
    for wanted in calculator.inputs:
        if len(wanted.unit_names) > 1:
            own, unit = find_unit(wanted.quantity, wanted.unit), find_unit(wanted.quantity, wanted.unit_names[1])
            assert own
            assert unit
            moved = convert(float(str(inputs[wanted.name]).split()[0]), own, unit)
            other[wanted.name] = f"{moved:.9f} {unit.name}"
    try:
        moved_result = calculator.calculate(other)
    except CalculatorError:
        return  # a value at the very end of a range, which nine digits put beyond it
    assert moved_result.value == pytest.approx(calculator.calculate(inputs).value, abs=1.01 * 10**-calculator.decimals)


@pytest.mark.parametrize(
    "written", ["106µmol/L", "106 umol/L", "106 μmol/l", "106 MICROMOL/L", "106\u00a0µmol/L", "1.19907 mg/dl", 1.19907]
)
def test_ways_to_write_the_same(written: Given) -> None:
    assert calculate("ckd_epi_2021_creatinine", {**EGFR, "creatinine": written}).value == 52


def test_what_was_converted_is_shown() -> None:
    result = calculate("ckd_epi_2021_creatinine", {**EGFR, "creatinine": "106 µmol/L"})
    assert "creatinine 1.19907 mg/dL (given as 106 µmol/L)" in result.statement
    assert "given as" not in calculate("ckd_epi_2021_creatinine", EGFR).statement


@pytest.mark.parametrize("bare", [90, "90", 15, 1000])
def test_a_number_that_may_be_in_two_units_is_refused_with_both(bare: Given) -> None:
    said = refusal("ckd_epi_2021_creatinine", {**EGFR, "creatinine": bare})
    assert "creatinine needs its unit, mg/dL or µmol/L" in said


def test_a_number_that_fits_one_unit_only_needs_none() -> None:
    assert calculate("ckd_epi_2021_creatinine", {**EGFR, "creatinine": 1.2}).value == 52
    assert calculate("bmi", {"weight": "70 kg", "height": 175}).value == 22.9
    assert "kg or lb" in refusal("bmi", {"weight": 70, "height": 175})
    assert "cm or m or in or ft" in refusal("bmi", {"weight": "70 kg", "height": 1.75})


def test_every_fault_is_told_at_once_with_its_mend() -> None:
    said = refusal("ckd_epi_2021_creatinine", {"creatinine": "500 mg/dL", "age": 12, "gender": "f"})
    assert "creatinine must be 0.1 to 30 mg/dL" in said
    assert "age must be 18 to 120 years: the equation is for adults" in said
    assert "sex is missing: one of female (woman), male (man)" in said
    assert "one input is not known here" in said
    assert said.startswith("eGFR (CKD-EPI 2021, creatinine) cannot be calculated.")


@pytest.mark.parametrize(
    ("name", "wrong", "mend"),
    [
        ("creatinine", "1,2 mg/dL", "decimal point"),
        ("creatinine", "1.2.3", "decimal point"),
        ("creatinine", "1.2 mol", "mg/dL or µmol/L"),
        ("creatinine", "high", "write a number in mg/dL or µmol/L"),
        ("creatinine", "", "write a number"),
        ("creatinine", "-1.2 mg/dL", "must be 0.1 to 30 mg/dL"),
        ("creatinine", "1e400", "mg/dL or µmol/L"),
        ("creatinine", float("nan"), "write a number"),
        ("creatinine", float("inf"), "write a number"),
        ("creatinine", 10**400, "write a number"),
        ("creatinine", True, "write a number"),
        ("creatinine", "1" * 100, "longer than 64 characters"),
        ("creatinine", "١.٢ mg/dL", "write a number"),
        ("age", "60 dog years", "write a number in years"),
        ("sex", "unknown", "one of female, male"),
        ("sex", True, "one of female, male"),
    ],
)
def test_bad_values_are_refused(name: str, wrong: Given, mend: str) -> None:
    assert mend in refusal("ckd_epi_2021_creatinine", {**EGFR, name: wrong})


@given(st.floats(-1e-8, 1e-8), st.sampled_from([("systolic", 100), ("respiratory_rate", 22)]))
def test_a_result_can_be_computed_again_from_its_identifier(off: float, at: tuple[str, int]) -> None:
    given_: dict[str, Given] = {"systolic": 100.0, "respiratory_rate": 22.0, "altered_mentation": False}
    result = calculate("qsofa", given_ | {at[0]: at[1] + off})
    again = CalculatorShelf().passage(result.passage_id)
    assert again
    assert again.text == result.text


def test_yes_and_no() -> None:
    given_ = {"respiratory_rate": 25, "systolic": 90}
    assert calculate("qsofa", {**given_, "altered_mentation": "Yes"}).value == 3
    assert calculate("qsofa", {**given_, "altered_mentation": "n"}).value == 2
    assert "altered_mentation is neither yes nor no" in refusal("qsofa", {**given_, "altered_mentation": "maybe"})


def test_nothing_is_taken_for_granted() -> None:
    said = refusal("cha2ds2_vasc", {"age": 70, "sex": "male"})
    assert said.count("is missing") == 5


def test_fractions_of_beats_and_breaths_are_refused_where_the_chart_has_none() -> None:
    vitals: dict[str, Given] = {
        "respiratory_rate": 8.5,
        "spo2": 96,
        "spo2_scale": "1",
        "oxygen": False,
        "temperature": "37 °C",
    }
    said = refusal("news2", {**vitals, "systolic": 120, "pulse": 70, "consciousness": "alert"})
    assert "respiratory_rate must be a whole number" in said


def test_a_temperature_between_two_rows_of_a_chart_is_read_in_tenths() -> None:
    vitals: dict[str, Given] = {"respiratory_rate": 16, "spo2": 96, "spo2_scale": "1", "oxygen": False, "systolic": 120}
    result = calculate("news2", {**vitals, "temperature": "95.1 °F", "pulse": 70, "consciousness": "alert"})
    assert result.value == 1
    assert "temperature 35.1 °C (given as 95.1 °F)" in result.text


def test_pressures_that_are_exchanged_are_noticed() -> None:
    assert "diastolic must be below systolic" in refusal("mean_arterial_pressure", {"systolic": 80, "diastolic": 120})


def test_a_value_out_of_the_usual_is_used_with_a_warning() -> None:
    result = calculate("fib4", {"age": 80, "ast": 40, "alt": 40, "platelets": "200 10^9/L"})
    assert result.warnings == ("The age is outside 35 to 65 years: outside these ages the index is less accurate.",)
    assert result.warnings[0] in result.text


@given(st.text(min_size=6, max_size=40), st.sampled_from(["creatinine", "age", "sex"]))
@settings(max_examples=30)
def test_an_error_never_repeats_what_was_given(secret: str, name: str) -> None:
    patient = f"Jane Roe {secret}"
    for inputs in ({**EGFR, name: patient}, {**EGFR, patient: 1}):
        said = refusal("ckd_epi_2021_creatinine", inputs)
        assert "Jane" not in said


@given(st.sampled_from(NUMBERS), st.floats() | st.integers() | st.booleans() | st.text(max_size=80))
def test_whatever_is_given_is_read_or_refused(wanted: Input, anything: Given) -> None:
    from assistant.calculators.inputs import read

    try:
        used = read(wanted, anything)
    except ValueError as error:
        assert str(error)  # noqa: PT017 - either way will do, and a refusal says why
        return
    assert wanted.range
    assert isinstance(used.value, float)
    assert wanted.range[0] - 0.05 <= used.value <= wanted.range[1] + 0.05
