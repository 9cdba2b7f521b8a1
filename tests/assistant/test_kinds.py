"""Kinds of what is asked for: a loading dose is no maintenance dose."""

from __future__ import annotations

import pytest

from assistant.composing.kinds import lacking_kinds


@pytest.mark.parametrize(
    ("question", "text", "lacking"),
    [
        ("HbA1c target in diabetes", "An HbA1c of 6.5% or greater is consistent with diabetes", ["a target"]),
        ("HbA1c target in diabetes", "Keep the HbA1c at 6.5% or less", []),
        ("on-target effects of a drug", "An HbA1c of 6.5% or greater", []),
        ("second line treatment of typhoid", "Ciprofloxacin 500 mg", ["a second line"]),
        ("second-line drugs for gout", "Where this fails, colchicine", []),
        ("herpes suppressive therapy dose", "Aciclovir 5 mg/kg every 8 hours", ["suppressive treatment"]),
        ("herpes suppressive therapy dose", "For suppression aciclovir 400 mg twice daily", []),
        ("loading dose of phenytoin", "Phenytoin 100 mg daily", ["a loading dose"]),
        ("loading dose of phenytoin", "Phenytoin: initially 15 mg/kg", []),
        ("treatment of gout", "Colchicine", []),
        ("at what blood pressure to start drugs", "Drugs prevent strokes at 70 years", ["a blood pressure"]),
        ("at what blood pressure to start drugs", "Start drugs at 140/90 mmHg", []),
        ("GDM: at what glucose to start insulin", "It usually occurs after 20 weeks", ["a glucose value"]),
        ("GDM: at what glucose to start insulin", "Start where fasting glucose is above 5.8 mmol/L", []),
    ],
)
def test_kinds_of_regimen_are_not_each_other(question: str, text: str, lacking: list[str]) -> None:
    assert list(lacking_kinds(question, text)) == lacking
