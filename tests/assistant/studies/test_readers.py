"""What the readers of studies find in sentences as papers write them, and what they leave alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.studies.arms import find_arms, find_intervention
from assistant.studies.effects import find_effects
from assistant.studies.outcomes import find_asked, find_outcome_before, find_primary
from assistant.studies.participants import Span, find_count, find_counted_people, find_people, find_plain_people


def said(text: str, span: Span | None) -> str | None:
    """The words of a span."""
    return text[slice(*span)] if span else None


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("We randomised 19,114 adults aged 70 years or older to aspirin or placebo.", "19,114"),
        ("A total of 4060 patients were enrolled.", "4060"),
        ("The trial was done in 303 patients with high-risk asthma.", "303"),
        ("Forty-two women with endometriosis were randomly assigned to surgery.", "Forty-two"),
        ("Twelve trials (10 372 participants) were pooled.", "10 372"),
        ("The trial was open to adults (N = 240).", "240"),
        ("The network pooled 42 long-term randomised trials with 192,478 patients.", "192,478"),
        ("60 patients were assigned to aspirin and 61 to placebo.", None),
        ("Therapy was observed (55 subjects) or self-administered (52 subjects).", None),
        ("Buprenorphine (n = 58) was compared with clonidine (n = 56).", None),
        ("In the placebo group, 12 patients died.", None),
        ("Patients were recruited from 2008 to 2012 in 25 hospitals.", None),
        ("Adults aged 70 years took part.", None),
    ],
)
def test_counts(text: str, count: str | None) -> None:
    assert said(text, find_count(text)) == count


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("We randomised 19,114 adults aged 70 years or older to aspirin or placebo.", "adults aged 70 years or older"),
        (
            "It enrolled 3991 patients with NYHA class II-IV heart failure and an ejection fraction of 0.40 or less.",
            "patients with NYHA class II-IV heart failure and an ejection fraction of 0.40 or less",
        ),
        (
            "Patients with NYHA class II, III or IV heart failure were included.",
            "Patients with NYHA class II, III or IV heart failure",
        ),
        ("Postmenopausal women with osteoporosis received zoledronic acid.", "Postmenopausal women with osteoporosis"),
        ("A 64-year-old woman with gout should she take colchicine?", "64-year-old woman with gout"),
        ("The drug lowered the rate of stroke.", None),
    ],
)
def test_people(text: str, people: str | None) -> None:
    assert said(text, find_people(text)) == people


def test_people_by_their_number_or_an_adjective() -> None:
    counted = "The review covered trials in 10,480 heart failure patients."
    assert said(counted, find_counted_people(counted)) == "heart failure patients"
    plain = "It was tested in postmenopausal women."
    assert said(plain, find_plain_people(plain)) == "postmenopausal women"


@pytest.mark.parametrize(
    ("text", "arms"),
    [
        (
            "Patients were randomly assigned to receive apixaban 5 mg twice daily or warfarin.",
            ("apixaban 5 mg twice daily", "warfarin"),
        ),
        (
            "It randomised 364 patients with up to four metastases to FOLFOX4 (six cycles) with surgery, or to surgery alone.",
            ("FOLFOX4", "surgery alone"),
        ),
        ("This trial compared bupropion SR with sertraline.", ("bupropion SR", "sertraline")),
        ("Dabigatran 110 mg and 150 mg were compared with warfarin.", ("Dabigatran 110 mg and 150 mg", "warfarin")),
        ("We assessed the efficacy of zoledronic acid versus placebo in women.", ("zoledronic acid", "placebo")),
        ("Dabigatran compared favourably with warfarin.", None),
        ("Benefit persisted in 89% of responders compared with 45% of responders to megestrol.", None),
        ("The rates were compared between groups.", None),
    ],
)
def test_arms(text: str, arms: tuple[str, str] | None) -> None:
    found = find_arms(text)
    assert ((said(text, found.intervention), said(text, found.comparator)) if found else None) == arms


def test_an_intervention_alone() -> None:
    text = "We studied the effect of exercise training on walking distance."
    assert said(text, find_intervention(text)) == "exercise training"


@pytest.mark.parametrize(
    ("text", "effect"),
    [
        (
            "Death was rarer (hazard ratio 0.75, 95% CI 0.60 to 0.92; P = 0.006).",
            "hazard ratio 0.75, 95% CI 0.60 to 0.92; P = 0.006",
        ),
        ("It fell (HR 0.52 [95% CI 0.32–0.84]).", "HR 0.52 [95% CI 0.32–0.84]"),
        (
            "The relative risk was 1.3 (95% confidence interval, 1.1-1.5).",
            "relative risk was 1.3 (95% confidence interval, 1.1-1.5)",
        ),
        (
            "The mean difference was −4.2 mm Hg (95% CI −6.0 to −2.4).",
            "mean difference was −4.2 mm Hg (95% CI −6.0 to −2.4)",
        ),
        ("Death was less frequent (odds ratio 0.63).", "odds ratio 0.63"),
        ("It was 3.8% versus 2.8%, P = 0.001.", "3.8% versus 2.8%, P = 0.001"),
        ("The difference was 3 points.", None),
        ("The groups were alike at the start.", None),
        ("The number needed to treat for at least 50% pain relief was low.", None),
    ],
)
def test_effects(text: str, effect: str | None) -> None:
    assert said(text, next(find_effects(text), None)) == effect


@pytest.mark.parametrize(
    ("find", "text", "outcome"),
    [
        (find_primary, "The primary outcome was death from any cause.", "death from any cause"),
        (
            find_primary,
            "The primary end point was a composite of death, stroke, or myocardial infarction.",
            "composite of death, stroke, or myocardial infarction",
        ),
        (find_primary, "It had progression-free survival as the primary endpoint.", None),
        (
            find_primary,
            "It was given with progression-free survival as the primary endpoint.",
            "progression-free survival",
        ),
        (find_primary, "The primary outcome was similar in both groups.", None),
        (find_primary, "The primary outcome occurred in 12%.", None),
        (find_asked, "Does aspirin reduce the risk of stroke?", "stroke"),
    ],
)
def test_outcomes(find: Callable[[str], Span | None], text: str, outcome: str | None) -> None:
    assert said(text, find(text)) == outcome


def test_the_outcome_that_an_effect_is_of() -> None:
    text = "Diuretics reduced stroke (RR, 0.71), heart failure (RR, 0.51) and total mortality (RR, 0.90)."
    assert said(text, find_outcome_before(text, text.index("RR, 0.71"))) == "stroke"
    assert said(text, find_outcome_before(text, text.index("RR, 0.90"))) == "total mortality"
    far = "Diuretics reduced stroke (RR, 0.71); in men it was another (RR, 0.80)."
    assert find_outcome_before(far, far.index("RR, 0.80")) is None


SAID = (
    "We randomised 1,234 adults with gout aged to aspirin or placebo versus compared the primary outcome was death "
    "(hazard ratio 0.7 95% CI 0.5 , . ; ) women n = 12"
)
WORDS = st.lists(st.sampled_from(SAID.split()), max_size=30).map(" ".join)


@given(WORDS)
def test_whatever_is_found_is_a_stretch_of_the_sentence(text: str) -> None:
    arms = find_arms(text)
    spans = [find_count(text), find_people(text), find_primary(text), find_intervention(text), *find_effects(text)]
    spans += [arms.intervention, arms.comparator] if arms else []
    for span in filter(None, spans):
        assert 0 <= span[0] < span[1] <= len(text)
        assert text[slice(*span)].strip() == text[slice(*span)] != ""
