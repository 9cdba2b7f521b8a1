"""Calculators at the command line and over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from command_line import Run
from fastapi.testclient import TestClient

from assistant.api.app import create_app
from assistant.calculators import calculators
from assistant.calculators.views import CalculatorView, ResultView

EGFR = ["creatinine=106µmol/L", "age=60", "sex=female"]
NAME = "ckd_epi_2021_creatinine"


class NoLibrary:
    """What calculators need of an assistant: nothing but that it has a folder, which no error may name."""

    def __init__(self, home: Path) -> None:
        self.library = self
        self.home = home


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(create_app(NoLibrary(tmp_path))) as client:  # type: ignore[arg-type]
        yield client


def test_a_result_for_a_person(citewell: Run) -> None:
    result = citewell("calculate", NAME, *EGFR)
    assert result.code == 0
    plain = " ".join(result.out.split())
    assert "eGFR (CKD-EPI 2021, creatinine) 52 mL/min/1.73 m² from creatinine 1.19907 mg/dL" in plain
    assert "GFR category G3a: mildly to moderately decreased (KDIGO 2024)" in plain
    assert "https://doi.org/10.1056/NEJMoa2102953" in result.out.split()
    assert "clinician's judgement" in result.err


def test_a_result_for_a_program(citewell: Run) -> None:
    result = citewell("calculate", NAME, "creatinine=106 µmol/L", *EGFR[1:], "--json")
    assert (result.code, result.err) == (0, "")
    view = ResultView.model_validate(result.json)
    assert view.value == 52
    assert view.text.startswith(view.statement)
    assert view.inputs[0].given == "106 µmol/L"


def test_a_list_and_what_each_takes(citewell: Run) -> None:
    listed = citewell("calculate", "--list")
    assert listed.code == 0
    assert all(name in listed.out.split() for name in calculators())
    assert [each["name"] for each in citewell("calculate", "--list", "--json").json["calculators"]] == list(
        calculators()
    )
    shown = " ".join(citewell("calculate", NAME, "--inputs").out.split())
    assert "Serum creatinine. A number from 0.1 to 30 mg/dL, with its unit (mg/dL or µmol/L)." in shown
    assert "Not in children" in shown
    assert "urine_output (optional)" in " ".join(citewell("calculate", "sofa", "--inputs").out.split())
    view = CalculatorView.model_validate(citewell("calculate", NAME, "--inputs", "--json").json)
    jsonschema.Draft202012Validator.check_schema(view.inputs)


@pytest.mark.parametrize(
    ("words", "mend"),
    [
        ([NAME, "creatinine=90", "age=60", "sex=female"], "needs its unit, mg/dL or µmol/L"),
        ([NAME], "creatinine is missing"),
        (["ckd_epi"], "citewell calculate --list"),
        ([], "citewell calculate --list"),
        ([NAME, "creatinine"], "NAME=VALUE"),
        ([NAME, "age=60", "age=61"], "NAME=VALUE"),
    ],
)
def test_a_wrong_call_is_told_the_mend(citewell: Run, words: list[str], mend: str) -> None:
    result = citewell("calculate", *words)
    assert result.code == 2
    assert result.out == ""
    assert mend in " ".join(result.err.replace("│", " ").split())


def test_over_http(client: TestClient) -> None:
    listed = client.get("/v1/calculators").json()["calculators"]
    assert [each["name"] for each in listed] == list(calculators())
    schema = client.get(f"/v1/calculators/{NAME}").json()["inputs"]
    inputs = {"creatinine": "106 µmol/L", "age": 60, "sex": "female"}
    jsonschema.validate(inputs, schema)
    view = ResultView.model_validate(client.post(f"/v1/calculators/{NAME}", json={"inputs": inputs}).json())
    assert view.value == 52
    assert view.passage_id.startswith(f"calculator:{NAME}@2021?")
    yes = {"respiratory_rate": 25, "systolic": 90, "altered_mentation": True}
    assert client.post("/v1/calculators/qsofa", json={"inputs": yes}).json()["value"] == 3


@pytest.mark.parametrize(
    ("name", "body", "status", "mend"),
    [
        (NAME, {"inputs": {"creatinine": 90, "age": 60, "sex": "female"}}, 422, "needs its unit, mg/dL or µmol/L"),
        (NAME, {"inputs": {}}, 422, "age is missing"),
        (NAME, {"inputs": {"age": [60]}}, 422, "schema"),
        (NAME, {"inputs": {str(n): 1 for n in range(50)}}, 422, "schema"),
        (NAME, {}, 422, "schema"),
        ("nothing", {"inputs": {}}, 404, "citewell calculate --list"),
    ],
)
def test_http_errors_are_problems_with_the_mend(
    client: TestClient, name: str, body: dict[str, Any], status: int, mend: str
) -> None:
    response = client.post(f"/v1/calculators/{name}", json=body)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert mend in response.json()["detail"]
