"""The equations of the calculators: pure functions of their inputs, in the units that the data files declare, each with its source.

Parameters are named like the inputs. What a table of coefficients holds stands in the data file and comes as `constants`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import exp, log, sqrt

Constants = Mapping[str, Mapping[str, float]]

MINUTE = 60.0  # seconds
WATER_VAPOUR = 47.0  # mmHg, saturated at 37 °C
RESPIRATORY_QUOTIENT = 0.8


def ckd_epi_creatinine(creatinine: float, age: float, sex: str, constants: Constants) -> float:
    """eGFR in mL/min/1.73 m² from creatinine in mg/dL (Inker et al. 2021, race-free)."""
    c = constants[sex]
    ratio = creatinine / c["kappa"]
    return float(
        c["factor"] * c["sex"] * min(ratio, 1.0) ** c["alpha"] * max(ratio, 1.0) ** c["beyond"] * c["year"] ** age
    )


def ckd_epi_creatinine_cystatin(
    creatinine: float, cystatin_c: float, age: float, sex: str, constants: Constants
) -> float:
    """eGFR in mL/min/1.73 m² from creatinine in mg/dL and cystatin C in mg/L (Inker et al. 2021, race-free)."""
    c = constants[sex]
    ratio = cystatin_c / c["cystatin_kappa"]
    by_cystatin = float(min(ratio, 1.0) ** c["cystatin_alpha"] * max(ratio, 1.0) ** c["cystatin_beyond"])
    return ckd_epi_creatinine(creatinine, age, sex, constants) * by_cystatin


def cockcroft_gault(age: float, weight: float, creatinine: float, sex: str) -> float:
    """Creatinine clearance in mL/min from weight in kg and creatinine in mg/dL (Cockcroft and Gault 1976)."""
    return (140 - age) * weight / (72 * creatinine) * (0.85 if sex == "female" else 1.0)


def bmi(weight: float, height: float) -> float:
    """Body mass index in kg/m² from kg and cm."""
    return weight / (height / 100) ** 2


def bsa_mosteller(weight: float, height: float) -> float:
    """Body surface area in m² from kg and cm (Mosteller 1987)."""
    return sqrt(height * weight / 3600)


def ideal_body_weight(height: float, sex: str) -> float:
    """Ideal body weight in kg from cm, for heights of five feet and more (Devine 1974)."""
    return (45.5 if sex == "female" else 50.0) + 2.3 * (height / 2.54 - 60)


def adjusted_body_weight(height: float, weight: float, sex: str) -> float:
    """Ideal weight and four tenths of what lies above it, in kg; the actual weight where nothing does (Winter et al. 2012)."""
    ideal = ideal_body_weight(height, sex)
    return ideal + 0.4 * (weight - ideal) if weight > ideal else weight


def corrected_calcium(calcium: float, albumin: float) -> float:
    """Calcium in mg/dL as it would be at an albumin of 4 g/dL (K/DOQI 2003)."""
    return calcium + 0.8 * (4.0 - albumin)


def corrected_sodium(sodium: float, glucose: float) -> float:
    """Sodium in mmol/L as it would be at a glucose of 100 mg/dL: 1.6 for each 100 mg/dL above (Katz 1973)."""
    return sodium + 1.6 * (glucose - 100) / 100


def anion_gap(sodium: float, chloride: float, bicarbonate: float) -> float:
    """Anion gap in mmol/L, without potassium (Kraut and Madias 2007)."""
    return sodium - chloride - bicarbonate


def anion_gap_corrected(sodium: float, chloride: float, bicarbonate: float, albumin: float) -> float:
    """Anion gap in mmol/L as it would be at an albumin of 4 g/dL: 2.5 for each g/dL below (Figge et al. 1998)."""
    return anion_gap(sodium, chloride, bicarbonate) + 2.5 * (4.0 - albumin)


def serum_osmolality(sodium: float, glucose: float, bun: float) -> float:
    """Osmolality in mOsm/kg from sodium in mmol/L, glucose and urea nitrogen in mg/dL (Smithline and Gardner 1976)."""
    return 2 * sodium + glucose / 18 + bun / 2.8


def winters(bicarbonate: float) -> float:
    """PaCO2 in mmHg to expect in metabolic acidosis (Albert et al. 1967); the range is 2 mmHg to either side."""
    return 1.5 * bicarbonate + 8


def qtc_bazett(qt: float, heart_rate: float) -> float:
    """QTc in ms: QT over the square root of RR in seconds (Bazett 1920)."""
    return qt / sqrt(MINUTE / heart_rate)


def qtc_fridericia(qt: float, heart_rate: float) -> float:
    """QTc in ms: QT over the cube root of RR in seconds (Fridericia 1920)."""
    return float(qt / (MINUTE / heart_rate) ** (1 / 3))


def qtc_framingham(qt: float, heart_rate: float) -> float:
    """QTc in ms: QT and 154 ms for each second that RR lacks of one (Sagie et al. 1992)."""
    return qt + 154 * (1 - MINUTE / heart_rate)


def qtc_hodges(qt: float, heart_rate: float) -> float:
    """QTc in ms: QT and 1.75 ms for each beat above 60 a minute (Hodges et al. 1983)."""
    return qt + 1.75 * (heart_rate - 60)


def mean_arterial_pressure(systolic: float, diastolic: float) -> float:
    """Mean arterial pressure in mmHg: the diastolic and a third of the pulse pressure."""
    return diastolic + (systolic - diastolic) / 3


def alveolar_arterial_gradient(pao2: float, paco2: float, fio2: float, barometric: float) -> float:
    """Alveolar less arterial oxygen in mmHg, by the alveolar gas equation in its short form; `fio2` in percent."""
    return fio2 / 100 * (barometric - WATER_VAPOUR) - paco2 / RESPIRATORY_QUOTIENT - pao2


def pao2_fio2(pao2: float, fio2: float) -> float:
    """PaO2/FiO2 in mmHg; `fio2` in percent."""
    return pao2 / (fio2 / 100)


def homa_ir(insulin: float, glucose: float) -> float:
    """HOMA-IR from fasting insulin in µU/mL and glucose in mmol/L (Matthews et al. 1985)."""
    return insulin * glucose / 22.5


def fib4(age: float, ast: float, alt: float, platelets: float) -> float:
    """FIB-4 from years, U/L and 10⁹/L (Sterling et al. 2006)."""
    return age * ast / (platelets * sqrt(alt))


def meld3(
    sex: str, bilirubin: float, sodium: float, inr: float, creatinine: float, albumin: float, dialysis: bool
) -> float:
    """MELD 3.0 from mg/dL, mmol/L and g/dL, each bounded as its authors bound it (Kim et al. 2021); from 6 to 40, as it is used to allocate."""
    ln_bilirubin, ln_inr = log(max(bilirubin, 1.0)), log(max(inr, 1.0))
    ln_creatinine = log(3.0 if dialysis else min(max(creatinine, 1.0), 3.0))
    sodium_lacking = 137 - min(max(sodium, 125.0), 137.0)
    albumin_lacking = 3.5 - min(max(albumin, 1.5), 3.5)
    score = (
        (1.33 if sex == "female" else 0.0)
        + 4.56 * ln_bilirubin
        + 0.82 * sodium_lacking
        - 0.24 * sodium_lacking * ln_bilirubin
        + 9.09 * ln_inr
        + 11.14 * ln_creatinine
        + 1.85 * albumin_lacking
        - 1.83 * albumin_lacking * ln_creatinine
        + 6
    )
    return min(max(score, 6.0), 40.0)


def pooled_cohort(
    age: float,
    sex: str,
    race: str,
    total_cholesterol: float,
    hdl: float,
    systolic: float,
    treated: bool,
    smoker: bool,
    diabetes: bool,
    constants: Constants,
) -> float:
    """Ten-year risk of a first atherosclerotic event in percent, cholesterol in mg/dL and pressure in mmHg (Goff et al. 2014, table A)."""
    ln_age, ln_total, ln_hdl, ln_systolic = log(age), log(total_cholesterol), log(hdl), log(systolic)
    pressure = "treated" if treated else "untreated"
    terms = {
        "ln_age": ln_age,
        "ln_age_squared": ln_age**2,
        "ln_total": ln_total,
        "ln_age_ln_total": ln_age * ln_total,
        "ln_hdl": ln_hdl,
        "ln_age_ln_hdl": ln_age * ln_hdl,
        f"ln_{pressure}": ln_systolic,
        f"ln_age_ln_{pressure}": ln_age * ln_systolic,
        "smoker": float(smoker),
        "ln_age_smoker": ln_age * smoker,
        "diabetes": float(diabetes),
    }
    return _cox_risk(terms, constants[f"{race}_{sex}"])


def framingham(
    age: float,
    sex: str,
    total_cholesterol: float,
    hdl: float,
    systolic: float,
    treated: bool,
    smoker: bool,
    diabetes: bool,
    constants: Constants,
) -> float:
    """Ten-year risk of general cardiovascular disease in percent, cholesterol in mg/dL and pressure in mmHg (D'Agostino et al. 2008, table 2)."""
    terms = {
        "ln_age": log(age),
        "ln_total": log(total_cholesterol),
        "ln_hdl": log(hdl),
        "ln_treated" if treated else "ln_untreated": log(systolic),
        "smoker": float(smoker),
        "diabetes": float(diabetes),
    }
    return _cox_risk(terms, constants[sex])


def _cox_risk(terms: Mapping[str, float], coefficients: Mapping[str, float]) -> float:
    """Percent by a proportional hazards model: the survival of the average person, raised to the hazard relative to that person."""
    summed = sum(coefficients[name] * value for name, value in terms.items() if name in coefficients)
    return float(100 * (1 - coefficients["survival"] ** exp(summed - coefficients["mean"])))


EQUATIONS: Mapping[str, Callable[..., float]] = {
    function.__name__: function
    for function in (
        ckd_epi_creatinine,
        ckd_epi_creatinine_cystatin,
        cockcroft_gault,
        bmi,
        bsa_mosteller,
        ideal_body_weight,
        adjusted_body_weight,
        corrected_calcium,
        corrected_sodium,
        anion_gap,
        anion_gap_corrected,
        serum_osmolality,
        winters,
        qtc_bazett,
        qtc_fridericia,
        qtc_framingham,
        qtc_hodges,
        mean_arterial_pressure,
        alveolar_arterial_gradient,
        pao2_fio2,
        homa_ir,
        fib4,
        meld3,
        pooled_cohort,
        framingham,
    )
}
"""Every equation, by the name that a data file gives as `equation`."""
