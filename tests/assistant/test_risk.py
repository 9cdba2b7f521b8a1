"""People at low and at increased risk: what is advised for the ones is not advised for the others."""

from __future__ import annotations

import pytest

from assistant.planning.risk import other_risk
from assistant.verdicts.topic import speaks_of

LOW = "Should low-risk adults be screened for latent tuberculosis?"
ADVICE = "The USPSTF recommends screening for latent tuberculosis in populations at increased risk."


@pytest.mark.parametrize(
    ("question", "text", "other"),
    [
        (LOW, ADVICE, "people at low risk"),
        ("Is screening for latent tuberculosis recommended at average risk?", ADVICE, "people at low risk"),
        ("Does a woman without risk factors need aspirin?", "Give it to women with 1 or more high-risk factors.", "people at low risk"),
        ("Should high-risk adults be screened?", "Do not screen adults at low risk.", "people at increased risk"),
        ("Should adults at increased risk be screened?", ADVICE, None),
        ("Should adults be screened?", ADVICE, None),
        (LOW, "Do not screen people who are not at increased risk.", None),
        (LOW, "Screen adults at increased risk, not those at low risk.", None),
        (LOW, "Treatment is associated with an increased risk of hepatitis.", None),
    ],
)  # fmt: skip
def test_advice_for_people_at_another_risk_is_told(question: str, text: str, other: str | None) -> None:
    assert other_risk(question, text) == other


def test_no_direction_is_read_from_advice_for_people_at_another_risk() -> None:
    asked = "Should adults at increased risk be screened for latent tuberculosis?"
    assert speaks_of(asked, ADVICE, "Latent tuberculosis: screening")
    assert not speaks_of(LOW, ADVICE, "Latent tuberculosis: screening")
