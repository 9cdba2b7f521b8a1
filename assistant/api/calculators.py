"""Clinical calculators over HTTP: which there are, what each takes, and a result that can be cited."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field, StrictBool

from assistant.answer import Model
from assistant.calculators import calculate, calculators, find_calculator
from assistant.calculators.views import CalculatorLine, CalculatorView, ResultView

PATH = "/v1/calculators"
MOST_INPUTS = 40  # of one request: no calculator has as many


class CalculateIn(Model):
    """The inputs of a calculation, by name: `true`, a choice, a number, or a number with its unit."""

    inputs: dict[str, StrictBool | float | str] = Field(
        max_length=MOST_INPUTS, examples=[{"creatinine": "1.2 mg/dL", "age": 60, "sex": "female"}]
    )


class CalculatorsOut(Model):
    """Every calculator, by name."""

    calculators: list[CalculatorLine]


def calculator_routes() -> APIRouter:
    """The routes under `/v1/calculators`. They need no library."""
    router = APIRouter()

    @router.get(PATH)
    def listed() -> CalculatorsOut:
        """Every calculator: what it is for, its inputs and its source."""
        return CalculatorsOut(calculators=[CalculatorLine.of(each) for each in calculators().values()])

    @router.get(f"{PATH}/{{name}}")
    def shown(name: str) -> CalculatorView:
        """A calculator: when to use it and when not, its formula, and the JSON Schema of its inputs."""
        return CalculatorView.of(find_calculator(name))

    @router.post(f"{PATH}/{{name}}")
    def calculated(name: str, body: CalculateIn) -> ResultView:
        """Calculate. A number without a unit is taken only where it makes sense in one unit alone; a 422 lists every input to mend."""
        return ResultView.of(calculate(name, body.inputs))

    return router
